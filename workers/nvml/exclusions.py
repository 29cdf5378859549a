"""Cards that are left alone because a call on them hung or crashed, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from telemetry.samples import DeviceStatus


@dataclass(slots=True)
class _Exclusion:
    status: DeviceStatus
    until: float
    failures: int


class Exclusions:
    """By NVML index. The wait doubles with every failure in a row."""

    def __init__(self, *, first_seconds: float, longest_seconds: float) -> None:
        self._first = first_seconds
        self._longest = longest_seconds
        self._cards: dict[int, _Exclusion] = {}

    def add(self, card: int, status: DeviceStatus, now: float) -> float:
        """Leave the card alone; returns for how many seconds."""
        failures = self._cards[card].failures + 1 if card in self._cards else 1
        seconds = min(self._longest, self._first * 2.0 ** (failures - 1))
        self._cards[card] = _Exclusion(status, now + seconds, failures)
        return seconds

    def sort(self, now: float, held: Collection[int]) -> tuple[list[int], list[int]]:
        """The cards to skip now, and those to try again. One that still holds a child is no use."""
        due = [c for c, e in self._cards.items() if now >= e.until and c not in held]
        return [card for card in self._cards if card not in due], due

    def status(self, card: int) -> DeviceStatus | None:
        exclusion = self._cards.get(card)
        return exclusion.status if exclusion else None

    def forgive(self, card: int) -> None:
        """It has answered in full."""
        self._cards.pop(card, None)

    def clear(self) -> None:
        """The driver was loaded anew: cards may have other indices now."""
        self._cards.clear()
