"""Contacts each remote cluster over and over, in a task of its own: one that hangs slows no other.

What came of it is written to the cluster's row, and hinted at on the bus.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from domain.cluster_contacts import note_contact
from domain.cluster_trials import contact_kept
from domain.clusters import KIND, kept_cluster, versions_of_clusters
from outbound.policy import Policy
from remote.cluster import Failed
from telemetry.bus import Bus, Change
from workers.clock import Clock

log = structlog.get_logger()

LOOK_SECONDS = 1.0
EVERY_SECONDS = 10.0
"""With 12 s at most for a try, and a second try before it is believed: unreachable within 40 s."""
FIRST_PAUSE_SECONDS = 4.0
LONGEST_PAUSE_SECONDS = 40.0
"""So one that is back is shown within a minute, too."""


@dataclass(frozen=True, slots=True)
class _Watched:
    version: int
    task: asyncio.Task[None]


class ClusterWatch:
    def __init__(self, bus: Bus, policy: Policy, clock: Clock) -> None:
        self._bus = bus
        self._policy = policy
        self._clock = clock
        self._watched = dict[int, _Watched]()

    async def run(self) -> None:
        """Until cancelled; a cluster that is added, edited or removed is seen within a second."""
        self._watched.clear()
        async with asyncio.TaskGroup() as tasks:
            async for _ in self._clock.every(LOOK_SECONDS):
                self._follow(await versions_of_clusters(), tasks)

    def _follow(self, versions: dict[int, int], tasks: asyncio.TaskGroup) -> None:
        for cluster_id, watched in list(self._watched.items()):
            if versions.get(cluster_id) != watched.version:
                watched.task.cancel()
                del self._watched[cluster_id]
        for cluster_id, version in versions.items():
            if cluster_id not in self._watched:
                task = tasks.create_task(self._watch(cluster_id), name=f"cluster.{cluster_id}")
                self._watched[cluster_id] = _Watched(version, task)

    async def _watch(self, cluster_id: int) -> None:
        """Until cancelled. What breaks here is this cluster's alone, and is tried again."""
        failures = 0
        while True:
            is_well = False
            try:
                is_well = await self._contact(cluster_id)
            except Exception:
                log.exception("cluster.watch_broke", cluster=cluster_id)
            failures = 0 if is_well else failures + 1
            await self._clock.sleep(pause_seconds(failures))

    async def _contact(self, cluster_id: int) -> bool:
        kept = await kept_cluster(cluster_id)
        if kept is None:
            return False
        outcome = await contact_kept(kept, self._policy)
        at = datetime.fromtimestamp(self._clock.time(), UTC)
        if isinstance(outcome, Failed):
            log.warning(
                "cluster.unreachable",
                cluster=cluster_id,
                step=outcome.step.value,
                reason=outcome.reason,
            )
        if await note_contact(cluster_id, kept.version, outcome, at):
            await self._bus.publish_change(Change(KIND, [cluster_id]))
        return not isinstance(outcome, Failed)


def pause_seconds(failures: int) -> float:
    """After that many failed tries in a row. Jittered, so that clusters are not tried in step."""
    if failures == 0:
        return random.uniform(0.9, 1.0) * EVERY_SECONDS  # noqa: S311 (jitter)
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 (jitter)
