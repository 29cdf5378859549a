"""Keeps an hour of telemetry in the database: each second a batch, each window packed when over.

Whatever fails, telemetry itself goes on: what could not be written is kept for some minutes, and
then given up and counted. Nothing is held that a restart would lose but the last second.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from domain import history
from domain.history import KeptChunk, Roster
from telemetry.history import (
    RETENTION_SECONDS,
    WINDOW_SECONDS,
    Reading,
    chunks_of,
    pack_batch,
    unpack_batch,
    window_of,
)
from telemetry.samples import DeviceUuid, NodeId, NodeSample
from workers.clock import Clock

log = structlog.get_logger()

LATE_SECONDS = 10
"""So long after its end a window is packed: what comes later than that is not kept for long."""
SKEW_SECONDS = 5.0
"""A node whose clock differs by more is recorded at the time when it was heard."""
BACKLOG = 300
"""Batches that wait for the database; older ones are given up."""
UNSORTED = 5_000
"""Samples that wait for it to be known which roster is theirs."""
ROSTERS_OF_A_NODE = 16
"""At a time: a node that is broken into may name other devices each second."""
ROOM_BYTES = 512 * 2**20
"""So much must be left free where the database is a file: the rest of the product comes first."""


@dataclass(frozen=True, slots=True)
class _Batch:
    first_second: int
    last_second: int
    data: bytes


FreeBytes = Callable[[], int | None]


def unknown() -> int | None:
    """Of a database whose disk is not ours to see."""
    return None


class Historian:
    """`free_bytes`: what is left on the disk of the database."""

    def __init__(self, clock: Clock, free_bytes: FreeBytes = unknown) -> None:
        self._clock = clock
        self._free_bytes = free_bytes
        self._heard: list[tuple[int, NodeSample]] = []
        self._rosters: dict[NodeId, list[Roster]] | None = None
        self._used_at: dict[int, int] = {}  # second, by roster
        self._backlog: deque[_Batch] = deque()
        self._has_room = True
        self.lost: Counter[str] = Counter()
        """Batches given up: `backlog`, `room`; samples not recorded: `unsorted`, `rosters`."""

    def hear(self, sample: NodeSample) -> None:
        """Take in a sample as it comes; what was kept on the bus from before is not for here."""
        now = self._clock.time()
        is_right = abs(now - sample.time) <= SKEW_SECONDS
        self._heard.append((int(sample.time if is_right else now), sample))

    async def write(self) -> None:
        """Write what was heard since. Raises what the database raises; it is kept until then."""
        await self._pack_heard()
        if not self._look_for_room():
            self.lost["room"] += len(self._backlog)
            self._backlog.clear()
        while self._backlog:
            batch = self._backlog[0]
            await history.append_batch(batch.first_second, batch.last_second, batch.data)
            self._backlog.popleft()

    async def _pack_heard(self) -> None:
        heard, self._heard = self._heard, []
        try:
            readings = [one for one in [await self._reading(*said) for said in heard] if one]
        except BaseException:
            self._heard = [*heard, *self._heard]
            excess = max(0, len(self._heard) - UNSORTED)
            del self._heard[:excess]
            self.lost["unsorted"] += excess
            raise
        if not readings:
            return
        seconds = [one.second for one in readings]
        self._backlog.append(_Batch(min(seconds), max(seconds), pack_batch(readings)))
        if len(self._backlog) > BACKLOG:
            self._backlog.popleft()
            self.lost["backlog"] += 1

    async def _reading(self, second: int, sample: NodeSample) -> Reading | None:
        roster = await self._roster(sample.node_id, sample.devices, second)
        if roster is None:
            self.lost["rosters"] += 1
            return None
        self._used_at[roster.id] = second
        return Reading(roster.id, second, sample.columns, sample.host)

    async def _roster(
        self, node_id: NodeId, devices: list[DeviceUuid], second: int
    ) -> Roster | None:
        if self._rosters is None:
            known: dict[NodeId, list[Roster]] = {}
            for roster in await history.rosters():
                known.setdefault(NodeId(roster.machine_id), []).append(roster)
            self._rosters = known
        of_node = self._rosters.setdefault(node_id, [])
        wanted = tuple(devices)
        for roster in of_node:
            if roster.devices == wanted:
                return roster
        if len(of_node) >= ROSTERS_OF_A_NODE:
            return None
        roster = await history.add_roster(node_id, wanted, second)
        of_node.append(roster)
        return roster

    def _look_for_room(self) -> bool:
        free = self._free_bytes()
        has_room = free is None or free >= ROOM_BYTES
        if has_room != self._has_room:
            if has_room:
                log.info("history.has_room_again")
            else:
                log.error("history.no_room", free_bytes=free, needed_bytes=ROOM_BYTES)
        self._has_room = has_room
        return has_room

    async def tidy(self) -> None:
        """Pack the windows that are over, and forget what is too old."""
        now = int(self._clock.time())
        while True:
            oldest = await history.oldest_batch()
            if oldest is None or window_of(oldest) + WINDOW_SECONDS + LATE_SECONDS > now:
                break
            await self._pack_window(window_of(oldest))
        await history.forget_chunks(window_of(now - RETENTION_SECONDS))
        await self._forget_rosters(now)

    async def _forget_rosters(self, now: int) -> None:
        # What is not packed yet still needs them.
        unpacked_from = now - 3 * WINDOW_SECONDS
        self._used_at = {i: at for i, at in self._used_at.items() if at >= unpacked_from}
        gone = await history.forget_rosters(now - RETENTION_SECONDS, self._used_at)
        if gone:
            self._rosters = None  # read again

    async def _pack_window(self, start: int) -> None:
        end = start + WINDOW_SECONDS
        rows_of = {one.id: len(one.devices) for one in await history.rosters()}
        kept = await history.batches_until(end)

        def pack() -> list[KeptChunk]:
            batches = [unpack_batch(one.data) for one in kept]
            return [
                KeptChunk(one.roster_id, one.metric, one.start, one.data)
                for one in chunks_of(batches, start, rows_of)
            ]

        await history.keep_chunks(await asyncio.to_thread(pack))
        await history.forget_batches(end)
