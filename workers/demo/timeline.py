"""What will happen in the demo fleet, in the order of time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Action = Callable[[float], None]
"""What happens, told when."""


class Timeline:
    """Actions that wait for their time; an action may plan further ones."""

    def __init__(self) -> None:
        self._planned: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def plan(self, time: float, action: Action) -> None:
        heapq.heappush(self._planned, (time, next(self._order), action))

    def advance(self, now: float) -> None:
        """Let everything happen that was planned up to `now`, each at its own time."""
        while self._planned and self._planned[0][0] <= now:
            time, _, action = heapq.heappop(self._planned)
            action(time)
