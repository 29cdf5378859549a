"""How late the event loop runs: the first sign of a blocking call that starves every client."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

log = structlog.get_logger("server.loop")

PROBE_SECONDS = 0.5
WARN_FROM_SECONDS = 0.5


@dataclass(slots=True)
class LoopLag:
    """A gauge: the last lateness, and the worst one so far."""

    last_seconds: float = 0.0
    worst_seconds: float = 0.0

    async def watch(self) -> None:
        while True:
            due_at = time.monotonic() + PROBE_SECONDS
            await asyncio.sleep(PROBE_SECONDS)
            self.last_seconds = max(0.0, time.monotonic() - due_at)
            self.worst_seconds = max(self.worst_seconds, self.last_seconds)
            if self.last_seconds >= WARN_FROM_SECONDS:
                log.warning("loop.lagged", seconds=round(self.last_seconds, 3))
