"""A listener on the bus that remembers what it heard, for tests to wait on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from telemetry.bus import Bus, CaughtUp, Event, Lost

PATIENCE_SECONDS = 30.0


class Ear:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    async def listen_to(self, bus: Bus) -> None:
        async with aclosing(bus.listen()) as events:
            async for event in events:
                self.events.append(event)
                self._more.set()

    async def hears(self, wanted: Event | Callable[[Event], bool], since: int = 0) -> int:
        """Return how much had been heard once an event from `since` on is the wanted one."""
        is_wanted = wanted if callable(wanted) else lambda event: event == wanted
        async with asyncio.timeout(PATIENCE_SECONDS):
            position = since
            while True:
                while position < len(self.events):
                    position += 1
                    if is_wanted(self.events[position - 1]):
                        return position
                self._more.clear()
                await self._more.wait()

    async def is_live(self, since: int = 0) -> int:
        return await self.hears(CaughtUp(), since)

    async def is_deaf(self, since: int = 0) -> int:
        return await self.hears(Lost(), since)


@asynccontextmanager
async def listening(bus: Bus) -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(ear.listen_to(bus))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()  # a listener never ends by itself
