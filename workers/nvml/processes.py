"""The compute processes on the cards. NVML names them here; who they belong to is looked up in a
thread of its own, since /proc and the user database can hang while the cards are fine."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import pynvml

from telemetry.samples import DeviceUuid, NodeId, ProcessSample
from workers.nvml.board import Board
from workers.nvml.calls import UNKNOWN_ULONGLONG
from workers.nvml.errors import CARD_LOST, raise_if_fatal
from workers.nvml.inventory import OpenCards
from workers.nvml.protocol import Answer, AskProcesses, ProcessTable
from workers.ownership import Ownership

Found = tuple[DeviceUuid, int, int | None]
"""Device, process id, bytes of its memory on that device."""


class ProcessReader:
    def __init__(self, node_id: NodeId, tell: Callable[[Answer], None]) -> None:
        self._tell = tell
        self._ownership = Ownership(node_id)
        self._work: queue.SimpleQueue[tuple[int, list[DeviceUuid], list[Found]]] = (
            queue.SimpleQueue()
        )
        self._is_busy = False
        threading.Thread(target=self._resolve, name="ownership", daemon=True).start()

    def answer(self, request: AskProcesses, cards: OpenCards, board: Board) -> None:
        """Raises: DriverGone. A look-up that still hangs leaves the request unanswered."""
        if self._is_busy:
            return
        answered: list[DeviceUuid] = []
        found: list[Found] = []
        for index, opened in sorted(cards.cards.items()):
            board.at(index)
            for _, device in opened.devices():
                if device.facts.mig_enabled:
                    answered.append(device.facts.uuid)  # its processes are those of its instances
                    continue
                processes = _running(device.handle)
                if processes is not None:
                    answered.append(device.facts.uuid)
                    found += [(device.facts.uuid, pid, memory) for pid, memory in processes]
        self._is_busy = True
        self._work.put((request.number, answered, found))

    def _resolve(self) -> None:
        while True:
            number, answered, found = self._work.get()
            owners = self._ownership.of({pid for _, pid, _ in found})
            processes = [
                ProcessSample(
                    device=device,
                    pid=pid,
                    name=owner.name,
                    user=owner.user,
                    memory_used_bytes=memory,
                    started_at=owner.started_at,
                    pod_uid=owner.pod_uid,
                    container_id=owner.container_id,
                    job_key=owner.job_key,
                    job_name=owner.job_name,
                )
                for device, pid, memory in found
                if (owner := owners.get(pid)) is not None
            ]
            self._is_busy = False
            self._tell(ProcessTable(number, answered, processes))


def _running(handle: Any) -> list[tuple[int, int | None]] | None:
    """Process id and used bytes; None where the device does not say. Raises: DriverGone."""
    try:
        processes = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except pynvml.NVMLError as error:
        if error.value not in CARD_LOST:
            raise_if_fatal(error.value)
        return None
    unknown = (None, UNKNOWN_ULONGLONG)
    return [(p.pid, None if p.usedGpuMemory in unknown else p.usedGpuMemory) for p in processes]
