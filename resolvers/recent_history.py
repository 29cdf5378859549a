"""What the database holds of the last hour, summed up; what is not packed yet is kept at hand.

The cache holds exactly the batches that the table does: some minutes of the cluster, read once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain import history
from domain.history import Roster
from telemetry.history import (
    Batch,
    Chunk,
    Metric,
    Summary,
    Wanted,
    merged,
    number_of,
    summarise,
    unpack_batch,
    window_of,
)

MERGED_AT_ONCE = 32
"""Batches that are merged into one, for there are hundreds."""
AT_ONCE = 2
"""Histories that are summed up at the same time, each on a thread."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A device of a node (by machine id), or the node's host, where `uuid` is None."""

    machine_id: str
    uuid: str | None


@dataclass(frozen=True, slots=True)
class _Merged:
    ids: frozenset[int]
    batch: Batch


class RecentHistory:
    """Of one process; `summarise` may be called by many at a time."""

    def __init__(self) -> None:
        self._rosters: dict[int, Roster] = {}
        self._batches: list[_Merged] = []
        self._reading = asyncio.Lock()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def summarise(
        self,
        subjects: Iterable[Subject],
        metrics: Sequence[Metric],
        start: int,
        seconds: int,
        interval_seconds: float,
    ) -> dict[Metric, Summary]:
        """Raises what the database raises."""
        async with self._turn:
            async with self._reading:
                await self._refresh()
            batches = [one.batch for one in self._batches]
            wanted = self._wanted(subjects)
            kept = await history.chunks(
                list(wanted),
                [number_of(metric) for metric in metrics],
                window_of(start),
                start + seconds - 1,
            )
            return await asyncio.to_thread(
                summarise,
                wanted,
                metrics,
                start,
                seconds,
                chunks=[Chunk(one.roster_id, one.metric, one.start, one.data) for one in kept],
                batches=batches,
                interval_seconds=interval_seconds,
            )

    async def _refresh(self) -> None:
        """The rosters, and the batches that are in the table now.

        What is packed and deleted meanwhile is found among the chunks, which are read after this.
        """
        for roster in await history.rosters(max(self._rosters, default=0)):
            self._rosters[roster.id] = roster
        there = set(await history.batch_ids())
        kept = [one for one in self._batches if not one.ids.isdisjoint(there)]
        missing = sorted(there.difference(*(one.ids for one in kept)))
        rows = await history.batches(missing)
        self._batches = await asyncio.to_thread(_with, kept, {row.id: row.data for row in rows})

    def _wanted(self, subjects: Iterable[Subject]) -> dict[int, Wanted]:
        """A device that another node names is not this one: who was broken into can name any."""
        by_node: dict[str, set[str]] = {}
        for subject in subjects:
            uuids = by_node.setdefault(subject.machine_id, set())
            if subject.uuid is not None:
                uuids.add(subject.uuid)
        wanted = {}
        for roster in self._rosters.values():
            uuids_of_node = by_node.get(roster.machine_id)
            if uuids_of_node is not None:
                rows = [row for row, uuid in enumerate(roster.devices) if uuid in uuids_of_node]
                wanted[roster.id] = Wanted(len(roster.devices), np.array(rows, np.int64))
        return wanted


def _with(kept: list[_Merged], added: Mapping[int, bytes]) -> list[_Merged]:
    """The batches with those added; the newest stay single, to be merged when there are more."""
    singles = [_Merged(frozenset([i]), unpack_batch(data)) for i, data in sorted(added.items())]
    every = [*kept, *singles]
    whole = [one for one in every if len(one.ids) > 1]
    loose = [one for one in every if len(one.ids) == 1]
    while len(loose) >= MERGED_AT_ONCE:
        part, loose = loose[:MERGED_AT_ONCE], loose[MERGED_AT_ONCE:]
        ids = frozenset().union(*(one.ids for one in part))
        whole.append(_Merged(ids, merged([one.batch for one in part])))
    return [*whole, *loose]
