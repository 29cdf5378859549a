"""Asking the directory every few minutes whether its people on board are still there."""

from __future__ import annotations

import random

import structlog

from domain.backends import Backends
from domain.departures import look_for_departures
from identity.backend import Failed
from workers.clock import Clock

log = structlog.get_logger()

EVERY_SECONDS = 300.0
"""Who left keeps a session for so long at most, and what it takes to ask."""
JITTER_SECONDS = 60.0


class DirectoryWatch:
    def __init__(self, backends: Backends, clock: Clock) -> None:
        self._backends = backends
        self._clock = clock

    async def run(self) -> None:
        """Run until cancelled; a directory that is away is asked again the next time."""
        while True:
            await self._clock.sleep(EVERY_SECONDS - random.uniform(0, JITTER_SECONDS))  # noqa: S311
            try:
                left, back = await look_for_departures(self._backends)
            except Failed as failed:
                log.warning("directory.failed", step=failed.step, reason=str(failed))
            else:
                log.info("directory.asked", left=left, back=back)
