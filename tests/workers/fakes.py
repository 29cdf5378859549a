"""A clock that stands still until told, and a bus that can be away."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import TypeVar

from telemetry.samples import NodeFacts, NodeProcesses, NodeSample, QueueReport
from workers.clock import Clock

R = TypeVar("R")
_TURNS = 30
"""Turns of the loop that let everything run that does not wait for time."""


class FakeClock(Clock):
    """Time passes only by `advance`, which wakes each sleeper at its own time."""

    def __init__(self, now: float = 1_795_500_000.0) -> None:
        self.now = now
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        await woken

    @property
    def awaited(self) -> list[float]:
        """The moments that somebody sleeps until."""
        return [due for due, _, woken in self._sleepers if not woken.done()]

    async def advance(self, seconds: float) -> None:
        end = self.now + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self.now = max(self.now, due)
            if not woken.done():
                woken.set_result(None)
            await self.settle()
        self.now = end

    @staticmethod
    async def settle() -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)


class RecordingBus:
    """Keeps what is published; while `is_away` it drops and counts, as the real one does."""

    def __init__(self) -> None:
        self.published: list[NodeSample | NodeFacts | NodeProcesses | QueueReport] = []
        self.is_away = False
        self.dropped = 0

    async def publish(self, report: NodeSample | NodeFacts | NodeProcesses | QueueReport) -> bool:
        if self.is_away:
            self.dropped += 1
            return False
        self.published.append(report)
        return True

    def of(self, kind: type[R]) -> list[R]:
        return [report for report in self.published if isinstance(report, kind)]
