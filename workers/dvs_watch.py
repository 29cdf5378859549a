"""Checking DVS targets now and then, side by side, so that what is said of them stays true."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import structlog

from domain.dvs import KIND, TargetRow, all_targets
from domain.dvs_trials import check_kept
from sources.check import Sources
from telemetry.bus import Bus, Change
from workers.clock import Clock

log = structlog.get_logger()

LOOK_SECONDS = 5.0
WELL_SECONDS = 600.0
FAILING_SECONDS = 60.0
JITTER = 0.2
"""Of the time between two checks of one target: many that failed at once do not stay in step."""
AT_ONCE = 4


class DvsWatch:
    def __init__(self, bus: Bus, sources: Sources, clock: Clock) -> None:
        self._bus = bus
        self._sources = sources
        self._clock = clock
        self._under_way = set[int]()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Until cancelled; one that hangs keeps only its own place."""
        async with asyncio.TaskGroup() as tasks:
            async for _ in self._clock.every(LOOK_SECONDS):
                for target in await all_targets():
                    if target.id not in self._under_way and self._is_due(target):
                        self._under_way.add(target.id)
                        tasks.create_task(self._own(target), name=f"target.{target.id}")

    def _is_due(self, target: TargetRow) -> bool:
        if target.checked_at is None:
            return True
        every = WELL_SECONDS if target.failed_part is None else FAILING_SECONDS
        age = datetime.fromtimestamp(self._clock.time(), UTC) - target.checked_at
        return age.total_seconds() > every * random.uniform(1 - JITTER, 1)  # noqa: S311

    async def _own(self, target: TargetRow) -> None:
        """What breaks here is this target's alone."""
        try:
            async with self._free:
                is_news = await check_kept(self._sources, target.id, target.version)
            if is_news:
                log.info("target.changed", target=target.id)
            await self._bus.publish_change(Change(KIND, [target.id]))
        except Exception:
            log.exception("target.broke", target=target.id)
        finally:
            self._under_way.discard(target.id)
