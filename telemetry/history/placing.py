"""Readings of batches, put in their places of a grid: a row per device, a column per second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.history.batches import Batch
from telemetry.history.metrics import PRECISIONS, Codes, Metric


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Those of one batch that belong to a layout and a span of time."""

    batch: Batch
    which: NDArray[np.int64]
    seconds: NDArray[np.int64]  # from the beginning of the span
    places: NDArray[np.int64]  # of their rosters in the layout


class Layout:
    """Where the rows of each roster are in a grid; `sizes`: how many devices each has."""

    def __init__(self, sizes: Mapping[int, int]) -> None:
        self.rosters = np.array(sorted(sizes), np.uint32)
        self.sizes = np.array([sizes[int(i)] for i in self.rosters], np.int64)
        self._starts = np.cumsum(self.sizes) - self.sizes

    def grid(self, metric: Metric, seconds: int) -> Codes:
        """One in which nothing is known yet."""
        precision = PRECISIONS[metric]
        height = len(self.rosters) if metric.is_of_host else int(self.sizes.sum())
        return np.full((height, seconds), precision.unknown, precision.kind)

    def starts(self, metric: Metric) -> NDArray[np.int64]:
        """The first row of each roster, in the order of `rosters`."""
        return np.arange(len(self.rosters)) if metric.is_of_host else self._starts

    def readings(self, batches: Iterable[Batch], start: int, seconds: int) -> list[Readings]:
        """What the batches hold of these rosters and seconds, in the order in which it was said."""
        return [one for batch in batches if (one := self._of(batch, start, seconds))]

    def _of(self, batch: Batch, start: int, seconds: int) -> Readings | None:
        since = batch.seconds.astype(np.int64) - start
        places = np.searchsorted(self.rosters, batch.rosters)
        places[places == len(self.rosters)] = 0  # of a greater id: not found there either
        which = np.flatnonzero(
            (since >= 0)
            & (since < seconds)
            & (self.rosters[places] == batch.rosters)
            & (self.sizes[places] == batch.sizes)
        )
        return Readings(batch, which, since[which], places[which]) if len(which) else None

    def write(self, metric: Metric, grid: Codes, readings: Readings) -> None:
        """Into a grid of that metric; later readings replace earlier ones."""
        codes = readings.batch.codes[metric]
        rows = self.starts(metric)[readings.places]
        if metric.is_of_host:
            grid[rows, readings.seconds] = codes[readings.which]
            return
        sizes = readings.batch.sizes[readings.which].astype(np.int64)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        source = np.repeat(readings.batch.starts[readings.which], sizes) + within
        columns = np.repeat(readings.seconds, sizes)
        grid[np.repeat(rows, sizes) + within, columns] = codes[source]
