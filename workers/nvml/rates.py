"""Counters that only rise, turned into rates."""

from __future__ import annotations


class Rate:
    """The rise of one counter per second between two readings."""

    def __init__(self) -> None:
        self._value: int | float | None = None
        self._at = 0.0

    def per_second(self, value: int | float | None, at: float) -> float | None:
        """Unknown at the first reading, after a gap, and where the counter wrapped or was reset."""
        before, since = self._value, self._at
        self._value, self._at = value, at
        if value is None or before is None or value < before or at <= since:
            return None
        return (value - before) / (at - since)
