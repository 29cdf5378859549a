"""Summing up for a chart: least, mean and greatest value, and the total, of each bucket of time.

Values come in blocks of devices by seconds, in any order; what is not known is NaN and counts for
nothing. A bucket in which nothing is known is null: a gap stays a gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from telemetry.history.metrics import Values

Number = TypeVar("Number", bound=np.number)

HOLD_TICKS = 2
"""As long as a node that misses a tick is not stale (three), what it said last is still so."""


@dataclass(frozen=True, slots=True)
class Series:
    """An entry per bucket. `total`: the mean over the bucket's time of the sum over all devices."""

    minimum: list[float | None]
    mean: list[float | None]
    maximum: list[float | None]
    total: list[float | None]


class Summary:
    """Of one metric over `seconds` seconds from `start`."""

    def __init__(self, start: int, seconds: int) -> None:
        self.start = start
        self.seconds = seconds
        self._minimum = np.full(seconds, np.inf, np.float32)
        self._maximum = np.full(seconds, -np.inf, np.float32)
        self._sum = np.zeros(seconds)
        self._count = np.zeros(seconds, np.int64)

    def add(self, values: Values, start: int) -> None:
        """Take in values of shape (devices, seconds), of which the first are of second `start`.

        No second of a device may be told twice.
        """
        skipped = max(0, self.start - start)
        first = start + skipped - self.start
        values = values[:, skipped : skipped + max(0, self.seconds - first)]
        if not values.size:
            return
        here = slice(first, first + values.shape[1])
        is_known = ~np.isnan(values)
        # fmin and fmax leave NaN out, where the other is known.
        np.fmin(self._minimum[here], np.fmin.reduce(values, axis=0), out=self._minimum[here])
        np.fmax(self._maximum[here], np.fmax.reduce(values, axis=0), out=self._maximum[here])
        self._sum[here] += np.where(is_known, values, 0).sum(axis=0, dtype=np.float64)
        self._count[here] += is_known.sum(axis=0)

    def series(self, bucket_seconds: int) -> Series:
        """Buckets from `start` on; the last may be shorter than the others."""
        buckets = math.ceil(self.seconds / bucket_seconds)

        def bucketed(values: NDArray[Number], neutral: float) -> NDArray[Number]:
            whole = np.full(buckets * bucket_seconds, neutral, values.dtype)
            whole[: self.seconds] = values
            return whole.reshape(buckets, bucket_seconds)

        count = bucketed(self._count, 0)
        is_known = count.any(axis=1)
        heard = (count > 0).sum(axis=1)  # seconds of the bucket of which anything is known
        total = bucketed(self._sum, 0).sum(axis=1)

        def told(values: NDArray[np.floating]) -> list[float | None]:
            rounded = np.round(values.astype(np.float64), 3).astype(object)
            rounded[~is_known] = None
            return list(rounded)

        return Series(
            minimum=told(bucketed(self._minimum, np.inf).min(axis=1)),
            mean=told(total / np.maximum(count.sum(axis=1), 1)),
            maximum=told(bucketed(self._maximum, -np.inf).max(axis=1)),
            total=told(total / np.maximum(heard, 1)),
        )


def hold(values: Values, interval_seconds: float) -> Values:
    """Values (devices, seconds) with short silences filled by what was said last.

    A node that says something every `interval_seconds` is not silent in between.
    """
    for _ in range(math.ceil(interval_seconds * HOLD_TICKS)):
        is_silent = np.isnan(values[:, 1:]) & ~np.isnan(values[:, :-1])
        if not is_silent.any():
            break
        # All at once, so that a step fills one second and no more.
        values[:, 1:] = np.where(is_silent, values[:, :-1], values[:, 1:])
    return values
