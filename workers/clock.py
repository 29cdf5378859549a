"""Time for workers: ticks that never drift. Tests put a clock of their own in its place."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator


class Clock:
    """The machine's clock."""

    def time(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only rise, whatever is done to the wall clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def every(self, seconds: float, offset: float = 0.0) -> AsyncIterator[float]:
        """Yield the time `offset` seconds from now and then every `seconds`.

        After a consumer that took longer than a tick, the ticks that it missed fall out but for
        the last, which comes at once; the later ones come when they would have come anyway.
        """
        begin = self.monotonic() + offset
        tick = 0
        while True:
            wait = begin + tick * seconds - self.monotonic()
            if wait > 0:
                await self.sleep(wait)
            yield self.time()
            tick = max(tick + 1, math.floor((self.monotonic() - begin) / seconds))
