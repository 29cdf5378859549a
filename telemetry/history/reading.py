"""Summing up what is kept of some devices, from chunks and from what is not packed yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.history.batches import Batch
from telemetry.history.chunks import WINDOW_SECONDS, Chunk, window_of
from telemetry.history.metrics import Metric, decode, number_of
from telemetry.history.placing import Layout
from telemetry.history.summary import Summary, hold

ROSTERS_AT_ONCE = 128
"""So the grids of a large cluster stay within some tens of megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Of one roster: how many devices it has, and the rows of those that are wanted."""

    size: int
    rows: NDArray[np.int64]


def summarise(
    wanted: Mapping[int, Wanted],
    metrics: Sequence[Metric],
    start: int,
    seconds: int,
    *,
    chunks: Iterable[Chunk],
    batches: Sequence[Batch],
    interval_seconds: float = 1.0,
) -> dict[Metric, Summary]:
    """Each metric of the wanted devices (or of their hosts) over `seconds` seconds from `start`.

    `interval_seconds`: how often the slowest of the nodes says something.
    """
    first = window_of(start)
    length = window_of(start + seconds - 1) + WINDOW_SECONDS - first
    by_roster: dict[tuple[int, int], list[Chunk]] = {}
    for chunk in chunks:
        by_roster.setdefault((chunk.metric, chunk.roster_id), []).append(chunk)
    summaries = {metric: Summary(start, seconds) for metric in metrics}
    ids = sorted(wanted)
    for begin in range(0, len(ids), ROSTERS_AT_ONCE):
        group = ids[begin : begin + ROSTERS_AT_ONCE]
        sizes = {roster_id: wanted[roster_id].size for roster_id in group}
        layout = Layout(sizes)
        readings = layout.readings(batches, first, length)
        for metric, summary in summaries.items():
            grid = layout.grid(metric, length)
            for roster_id, at in zip(group, layout.starts(metric), strict=True):
                for chunk in by_roster.get((number_of(metric), roster_id), ()):
                    codes = chunk.codes(sizes[roster_id])
                    since = chunk.start - first
                    grid[at : at + len(codes), since : since + WINDOW_SECONDS] = codes
            for reading in readings:
                layout.write(metric, grid, reading)
            rows = _rows(layout, metric, [wanted[roster_id].rows for roster_id in group])
            summary.add(hold(decode(metric, grid[rows]), interval_seconds), first)
    return summaries


def _rows(layout: Layout, metric: Metric, rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    starts = layout.starts(metric)
    if metric.is_of_host:
        return starts
    return np.concatenate([start + some for start, some in zip(starts, rows, strict=True)])
