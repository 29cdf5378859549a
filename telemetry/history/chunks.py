"""A chunk: one metric of one node's devices over one window, packed to be kept.

A row per device, a column per second; codes, or their steps from second to second, with their bytes
in planes (high bytes together), then zstd: neighbours are alike in both directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import zstandard

from telemetry.history.batches import Batch
from telemetry.history.metrics import PRECISIONS, Codes, Metric, metric_of, number_of
from telemetry.history.placing import Layout

RETENTION_SECONDS = 3600
"""How far back whole seconds are kept."""
WINDOW_SECONDS = 300
"""Longer windows pack a little better, but what is not packed yet is dearer to read."""
_LEVEL = 3
_PLAIN, _STEPS = 0, 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """`data` decodes to a row per device of the roster, or one row for its host."""

    roster_id: int
    metric: int  # its number in the stores
    start: int  # second since the Unix epoch; of a window of WINDOW_SECONDS
    data: bytes

    def codes(self, devices: int) -> Codes:
        """Of shape (rows, WINDOW_SECONDS), of a roster of so many devices.

        Raises: ValueError for what `chunks_of` did not make, or not of so many.
        """
        metric = metric_of(self.metric)
        return _unpack(self.data, metric, 1 if metric.is_of_host else devices)


def window_of(second: int) -> int:
    """The start of the window that holds the second."""
    return second - second % WINDOW_SECONDS


def chunks_of(batches: Sequence[Batch], start: int, sizes: Mapping[int, int]) -> Iterator[Chunk]:
    """All that the batches hold of the window, by roster; `sizes`: how many devices each has.

    What is said twice of one second is kept as it was said last.
    """
    heard = {int(i) for batch in batches for i in batch.rosters}
    layout = Layout({roster_id: sizes[roster_id] for roster_id in heard & sizes.keys()})
    if not layout.rosters.size:
        return
    readings = layout.readings(batches, start, WINDOW_SECONDS)
    for metric, precision in PRECISIONS.items():
        grid = layout.grid(metric, WINDOW_SECONDS)
        for one in readings:
            layout.write(metric, grid, one)
        starts = layout.starts(metric)
        for roster_id, rows in zip(layout.rosters, np.split(grid, starts[1:]), strict=True):
            if not (rows == precision.unknown).all():
                yield Chunk(int(roster_id), number_of(metric), start, _pack(rows))


def _pack(codes: Codes) -> bytes:
    """As steps where these pack better, as they do for what moves slowly; noise does not."""
    steps = np.diff(codes, axis=1, prepend=np.zeros((len(codes), 1), codes.dtype))  # wraps
    return min(
        (
            bytes([form]) + zstandard.compress(_planes(some), _LEVEL)
            for form, some in ((_PLAIN, codes), (_STEPS, steps))
        ),
        key=len,
    )


def _planes(codes: Codes) -> bytes:
    return codes.view(np.uint8).reshape(codes.size, codes.itemsize).T.tobytes()


def _unpack(data: bytes, metric: Metric, rows: int) -> Codes:
    kind = np.dtype(PRECISIONS[metric].kind)
    size = rows * WINDOW_SECONDS * kind.itemsize
    try:
        plain = zstandard.decompress(data[1:], max_output_size=size)
    except zstandard.ZstdError as error:
        raise ValueError(f"no chunk: {error}") from error
    if len(plain) != size or data[0] not in (_PLAIN, _STEPS):
        raise ValueError(f"no chunk of {rows} rows: {len(plain)} bytes of form {data[0]}")
    planes = np.frombuffer(plain, np.uint8).reshape(kind.itemsize, -1)
    codes = np.ascontiguousarray(planes.T).view(kind).reshape(rows, WINDOW_SECONDS)
    return np.cumsum(codes, axis=1, dtype=kind) if data[0] == _STEPS else codes
