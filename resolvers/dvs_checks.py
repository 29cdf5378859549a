"""Checks of DVS targets that are under way in this process, for who waits for their steps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.names import storable
from sources.check import Say, Sources
from sources.failures import Part, Step

KIND = "dvs_check"
"""Of the change feed; the ids are of nothing."""
KEY_MAX_LENGTH = 64


@dataclass(slots=True, eq=False)
class RunningCheck:
    """`key`: by which who asked for it knows it. The step of each part is null before its first."""

    key: str
    by: str
    metadata: Step | None = None
    storage: Step | None = None
    done: list[Part] = field(default_factory=list)

    def reach(self, part: Part, step: Step | None) -> None:
        if step is None:
            self.done.append(part)
        elif part is Part.METADATA:
            self.metadata = step
        else:
            self.storage = step


class Checks:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._running: list[RunningCheck] = []

    @property
    def running(self) -> list[RunningCheck]:
        return list(self._running)

    @contextmanager
    def following(self, key: str, by: str, changed: Callable[[], None]) -> Iterator[Say]:
        """Under way while this is open; `changed` is called at each step, on the loop."""
        check = RunningCheck(storable(key, KEY_MAX_LENGTH), by)
        loop = asyncio.get_running_loop()

        def reached(part: Part, step: Step | None) -> None:
            check.reach(part, step)
            changed()

        def say(part: Part, step: Step | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody follows
                loop.call_soon_threadsafe(reached, part, step)

        self._running.append(check)
        try:
            yield say
        finally:
            self._running.remove(check)
            changed()
