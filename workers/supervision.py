"""Keeps a worker's loop running: one that ends, in whatever way, is started again and seen."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from workers.clock import Clock

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_STEADY_SECONDS = 30.0
"""A loop that ran this long was well: the pauses begin anew."""


@dataclass(slots=True)
class Supervised:
    """How a supervised loop fares, for readiness and metrics."""

    name: str
    restarts: int = 0
    is_running: bool = False
    last_error: str | None = None


async def keep_running(
    work: Callable[[], Awaitable[None]], state: Supervised, clock: Clock | None = None
) -> None:
    """Run `work` for ever: when it returns or raises, again after a pause that grows.

    Only cancellation ends it. The pause has full jitter, so that replicas do not come back in step.
    """
    clock = clock or Clock()
    pause = _FIRST_PAUSE_SECONDS
    while True:
        begun = clock.monotonic()
        state.is_running = True
        try:
            await work()
        except Exception as error:
            state.last_error = f"{type(error).__name__}: {error}"
            log.exception("worker.failed", worker=state.name, restarts=state.restarts)
        else:
            state.last_error = "it returned"
            log.error("worker.ended", worker=state.name, restarts=state.restarts)
        finally:
            state.is_running = False
        state.restarts += 1
        if clock.monotonic() - begun >= _STEADY_SECONDS:
            pause = _FIRST_PAUSE_SECONDS
        await clock.sleep(random.uniform(0, pause))  # noqa: S311 (jitter)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
