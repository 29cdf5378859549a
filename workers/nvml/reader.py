"""A real node as a Reader: its host through psutil, its GPUs through an NVML child."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time
from collections.abc import Mapping

import msgspec

from telemetry.samples import DeviceSample, DeviceStatus, DeviceUuid, NodeFacts, NodeId
from workers import host
from workers.nvml.roster import Known
from workers.nvml.supervisor import Patience, Supervisor
from workers.reader import Processes, Reading


class NvmlReader:
    """See workers.reader.Reader. The child is started by the first call that needs it."""

    def __init__(
        self,
        *,
        interval_seconds: float,
        kubernetes_node: str | None,
        labels: Mapping[str, str],
        patience: Patience,
    ) -> None:
        self._interval_seconds = interval_seconds
        self._kubernetes_node = kubernetes_node
        self._labels = dict(labels)
        self._patience = patience
        self._node_id: NodeId = host.machine_id()
        self._boot_id = f"{host.kernel_boot_id()}:{time.time_ns() // 1_000_000}"
        self._supervisor = Supervisor(self._node_id, patience)
        self._heard: dict[DeviceUuid, tuple[float, DeviceStatus]] = {}  # when (monotonic), and what

    @property
    def inventory_version(self) -> int:
        return self._supervisor.roster.version

    async def facts(self) -> NodeFacts:
        """Waits for NVML's first inventory, but not for long: later cards are told later."""
        facts = await asyncio.to_thread(host.host_facts)
        roster = self._supervisor.roster
        if roster.version == 0:
            await self._supervisor.start(time.monotonic() + self._patience.first_facts_seconds)
        return NodeFacts(
            node_id=self._node_id,
            boot_id=self._boot_id,
            time=time.time(),
            host_name=facts.host_name,
            interval_seconds=self._interval_seconds,
            collector_version=_version(),
            addresses=facts.addresses,
            mac_address=facts.mac_address,
            os_name=facts.os_name,
            kernel_version=facts.kernel_version,
            driver_version=roster.driver_version,
            cuda_version=roster.cuda_version,
            cpu_model=facts.cpu_model,
            cpu_count=facts.cpu_count,
            memory_total_bytes=facts.memory_total_bytes,
            booted_at=facts.booted_at,
            kubernetes_node=self._kubernetes_node,
            labels=self._labels,
            devices=[known.facts for known in roster.devices],
        )

    async def read(self) -> Reading:
        await self._supervisor.tick(time.monotonic() + self._patience.tick_seconds)
        devices = self._supervisor.roster.devices
        return Reading(
            host=host.host_sample(),
            uuids=[known.facts.uuid for known in devices],
            devices=[self._sample(known) for known in devices],
        )

    async def processes(self) -> Processes:
        deadline = time.monotonic() + self._patience.processes_seconds
        table = await self._supervisor.process_table(deadline)
        if table is None:
            return Processes(answered=[], processes=[])
        return Processes(answered=table.answered, processes=table.processes)

    async def close(self) -> None:
        await self._supervisor.close()

    def _sample(self, known: Known) -> DeviceSample:
        """What was read in this tick, or why nothing was; never an older reading."""
        uuid = known.facts.uuid
        sample = self._supervisor.readings.get(uuid)
        if sample is not None:
            self._heard[uuid] = (time.monotonic(), sample.status)
        else:
            sample = DeviceSample(status=self._why_not(known))
        xid = self._supervisor.xids.of(uuid)
        if xid is not None:
            sample = msgspec.structs.replace(sample, xid=xid[0], xid_at=xid[1])
        return sample

    def _why_not(self, known: Known) -> DeviceStatus:
        if self._supervisor.is_driver_gone:
            return DeviceStatus.DRIVER_UNAVAILABLE
        status = known.absence or self._supervisor.exclusions.status(known.card)
        if status is not None:
            return status
        heard_at, heard = self._heard.get(known.facts.uuid, (0.0, DeviceStatus.TIMEOUT))
        is_recent = time.monotonic() - heard_at < self._patience.unasked_seconds
        if is_recent and known.card != self._supervisor.waits_on:
            return heard  # it was not its turn, because another card held up this tick
        return DeviceStatus.TIMEOUT


def _version() -> str | None:
    try:
        return importlib.metadata.version("quartermaster")
    except importlib.metadata.PackageNotFoundError:
        return None
