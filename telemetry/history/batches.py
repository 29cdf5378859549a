"""A batch: what all nodes said within a moment, as it is written ahead of any order or compression.

One batch a second is what a crash can lose. Several batches are put in order, by device and time,
once their window is over (`telemetry.history.chunks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from telemetry.history.metrics import PRECISIONS, Codes, Metric, encode
from telemetry.samples import METRICS, Column, HostSample

VERSION = 1
_LEVEL = 1  # a batch is kept for minutes only
_LIMIT_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Reading:
    """One node at one second: `columns` as a sample has them, a row per device of the roster."""

    roster_id: int
    second: int  # since the Unix epoch
    columns: Sequence[Column]
    host: HostSample


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    version: int
    rosters: bytes  # u4 each
    seconds: bytes  # u4
    sizes: bytes  # u2: devices
    columns: list[bytes]  # the codes of each metric, in the order of the stores


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Readings by column. `starts[i]`: where reading i's devices begin in a device's column."""

    rosters: NDArray[np.uint32]
    seconds: NDArray[np.uint32]
    sizes: NDArray[np.uint16]
    starts: NDArray[np.int64]
    codes: dict[Metric, Codes]


def pack_batch(readings: Sequence[Reading]) -> bytes:
    columns = []
    for metric in PRECISIONS:
        values = _host_values(metric, readings) if metric.is_of_host else _values(metric, readings)
        columns.append(encode(metric, np.array(values, dtype=np.float64)).tobytes())
    packed = _Packed(
        VERSION,
        np.array([one.roster_id for one in readings], "<u4").tobytes(),
        np.array([one.second for one in readings], "<u4").tobytes(),
        np.array([len(one.columns[0]) for one in readings], "<u2").tobytes(),
        columns,
    )
    return zstandard.compress(msgspec.msgpack.encode(packed), _LEVEL)


def unpack_batch(raw: bytes) -> Batch:
    """Raises: ValueError for what `pack_batch` did not make."""
    try:
        plain = zstandard.decompress(raw, _LIMIT_BYTES)
        packed = msgspec.msgpack.decode(plain, type=_Packed)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"no batch: {error}") from error
    if packed.version != VERSION or len(packed.columns) != len(PRECISIONS):
        raise ValueError(f"a batch of version {packed.version}, not {VERSION}")
    sizes = np.frombuffer(packed.sizes, "<u2")
    return Batch(
        rosters=np.frombuffer(packed.rosters, "<u4"),
        seconds=np.frombuffer(packed.seconds, "<u4"),
        sizes=sizes,
        starts=_starts(sizes),
        codes={
            metric: np.frombuffer(column, precision.kind)
            for (metric, precision), column in zip(PRECISIONS.items(), packed.columns, strict=True)
        },
    )


def merged(batches: Sequence[Batch]) -> Batch:
    """One batch of all their readings, in their order: cheaper to look through than many."""
    sizes = np.concatenate([one.sizes for one in batches])
    return Batch(
        rosters=np.concatenate([one.rosters for one in batches]),
        seconds=np.concatenate([one.seconds for one in batches]),
        sizes=sizes,
        starts=_starts(sizes),
        codes={
            metric: np.concatenate([one.codes[metric] for one in batches])
            for metric in batches[0].codes
        },
    )


def _starts(sizes: NDArray[np.uint16]) -> NDArray[np.int64]:
    return np.cumsum(sizes, dtype=np.int64) - sizes


_COLUMN = {metric: METRICS.index(metric.value) for metric in PRECISIONS if not metric.is_of_host}


def _values(metric: Metric, readings: Sequence[Reading]) -> list[float | None]:
    column = _COLUMN[metric]
    return list(chain.from_iterable(one.columns[column] for one in readings))


def _host_values(metric: Metric, readings: Sequence[Reading]) -> list[float | None]:
    name = metric.value.removeprefix("host_")
    return [getattr(one.host, name) for one in readings]
