"""How samples are kept and summed up: what goes in comes out, within the precision that is said."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.history import (
    WINDOW_SECONDS,
    Metric,
    Reading,
    Series,
    Wanted,
    chunks_of,
    merged,
    pack_batch,
    summarise,
    unpack_batch,
)
from telemetry.samples import DeviceSample, HostSample, to_columns

START = 1_795_500_000 // WINDOW_SECONDS * WINDOW_SECONDS
MIB = 2**20

Told = dict[tuple[int, int], list[DeviceSample]]
"""What was said, by roster and second (from START)."""


def packed(told: Told) -> list[bytes]:
    """Batches of a second each, as the historian writes them."""
    seconds = sorted({second for _, second in told})
    return [
        pack_batch(
            [
                Reading(roster, START + second, to_columns(devices), HostSample(cpu_percent=50.0))
                for (roster, second), devices in told.items()
                if second == now
            ]
        )
        for now in seconds
    ]


def summed(
    told: Told, metric: Metric, seconds: int, bucket: int, *, packed_windows: Iterable[int] = ()
) -> Series:
    """The series of all devices, with some windows packed into chunks and the others not."""
    sizes = {roster: len(devices) for (roster, _), devices in told.items()}
    batches = [unpack_batch(raw) for raw in packed(told)]
    chunks = []
    for window in packed_windows:
        start = START + window * WINDOW_SECONDS
        chunks += list(chunks_of(batches, start, sizes))
        batches = [one for one in batches if window_left(one.seconds, start)]
    return summarise(
        {roster: Wanted(size, np.arange(size)) for roster, size in sizes.items()},
        [metric],
        START,
        seconds,
        chunks=chunks,
        batches=[merged(batches)] if batches else [],
    )[metric].series(bucket)


def window_left(seconds: np.ndarray, start: int) -> bool:
    return not ((seconds >= start) & (seconds < start + WINDOW_SECONDS)).all()


def constantly(devices: int, seconds: Iterable[int], **metrics: float | int) -> Told:
    sample = DeviceSample(**metrics)
    return {(1, second): [sample] * devices for second in seconds}


PRECISION = {
    Metric.UTILISATION_PERCENT: (0.5, 0.0),
    Metric.MEMORY_USED_BYTES: (0.5 * MIB, 0.0),
    Metric.POWER_WATTS: (0.051, 0.0),
    Metric.TEMPERATURE_CELSIUS: (0.5, 0.0),
    Metric.SM_CLOCK_MHZ: (0.5, 0.0),
    Metric.PCIE_TX_BYTES_PER_SECOND: (1.0, 0.006),
}
LIMITS = {
    Metric.UTILISATION_PERCENT: 100.0,
    Metric.MEMORY_USED_BYTES: 288e9,
    Metric.POWER_WATTS: 2_000.0,
    Metric.TEMPERATURE_CELSIUS: 130.0,
    Metric.SM_CLOCK_MHZ: 4_000.0,
    Metric.PCIE_TX_BYTES_PER_SECOND: 1.8e12,
}


@pytest.mark.spec("DEV-3")
@pytest.mark.parametrize("metric", PRECISION)
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_what_was_said_comes_back_within_its_precision_packed_or_not(
    metric: Metric, data: st.DataObject
) -> None:
    values = data.draw(
        st.lists(st.none() | st.floats(0, LIMITS[metric]), min_size=1, max_size=40), "values"
    )
    # Four seconds apart: farther than a silence that is filled.
    told: Told = {
        (1, 4 * place): [DeviceSample(**{metric.value: value}), DeviceSample()]
        for place, value in enumerate(values)
    }
    absolute, relative = PRECISION[metric]
    for windows in ((), (0,)):
        series = summed(told, metric, 4 * len(values), 1, packed_windows=windows)
        for place, value in enumerate(values):
            kept = series.mean[4 * place]
            if value is None:
                assert kept is None
            else:
                assert kept == pytest.approx(value, abs=absolute, rel=relative)
                assert series.minimum[4 * place] == series.maximum[4 * place] == kept


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_buckets_are_what_summing_up_by_hand_gives(data: st.DataObject) -> None:
    seconds = data.draw(st.integers(1, 2 * WINDOW_SECONDS), "seconds")
    bucket = data.draw(st.integers(1, 90), "bucket")
    percent = st.integers(0, 100).map(float)
    # Each second is told by each node, or by none for longer than a silence that is filled.
    quiet = data.draw(st.sets(st.integers(0, seconds // 8)), "quiet")
    told: Told = {}
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), "seed"))
    for second in range(seconds):
        if second // 8 in quiet:
            continue
        for roster in (1, 2):
            told[roster, second] = [
                DeviceSample(utilisation_percent=float(value))
                for value in rng.integers(0, 101, roster)
            ]
    if not told:
        told[1, 0] = [DeviceSample(utilisation_percent=data.draw(percent))]
    windows = data.draw(st.sampled_from([(), (0,), (0, 1)]), "windows")
    series = summed(told, Metric.UTILISATION_PERCENT, seconds, bucket, packed_windows=windows)
    held = _held(told, seconds)
    for place in range(math.ceil(seconds / bucket)):
        within = range(place * bucket, min(seconds, (place + 1) * bucket))
        by_second = [[v for v in held[second] if v is not None] for second in within]
        values = [value for some in by_second for value in some]
        if not values:
            assert series.mean[place] is series.total[place] is series.minimum[place] is None
            continue
        assert series.minimum[place] == min(values)
        assert series.maximum[place] == max(values)
        assert series.mean[place] == pytest.approx(sum(values) / len(values), abs=1e-3)
        sums = [sum(some) for some in by_second if some]
        assert series.total[place] == pytest.approx(sum(sums) / len(sums), abs=1e-3)


def _held(told: Told, seconds: int) -> list[list[float | None]]:
    """Each device's value at each second, where silences of two seconds are filled."""
    rows: list[list[float | None]] = []
    for roster in (1, 2):
        for device in range(roster):
            row: list[float | None] = []
            since = 0
            for second in range(seconds):
                devices = told.get((roster, second))
                value = devices[device].utilisation_percent if devices else None
                since = 0 if value is not None else since + 1
                row.append(row[-1] if value is None and row and since <= 2 else value)
            rows.append(row)
    return [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.spec("DEV-3")
def test_a_gap_is_shown_as_a_gap_and_a_missed_tick_is_none() -> None:
    heard = [*range(20), *range(22, 40), *range(60, 80)]
    series = summed(
        constantly(1, heard, utilisation_percent=70.0), Metric.UTILISATION_PERCENT, 80, 1
    )
    assert series.mean[:42] == [70.0] * 42  # two ticks are missed, and a node is stale after three
    assert series.mean[42:60] == [None] * 18
    assert series.mean[60:] == [70.0] * 20


def test_the_total_is_that_of_all_devices_and_the_mean_that_of_one() -> None:
    told = constantly(8, range(60), power_watts=400.0)
    series = summed(told, Metric.POWER_WATTS, 60, 10)
    assert series.total == [3200.0] * 6
    assert series.mean == series.minimum == series.maximum == [400.0] * 6


def test_a_host_has_its_own_metrics() -> None:
    series = summed(constantly(4, range(30)), Metric.HOST_CPU_PERCENT, 30, 10)
    assert series.mean == series.total == [50.0] * 3


def test_a_chunk_holds_a_window_and_nothing_of_the_next() -> None:
    told = constantly(1, range(WINDOW_SECONDS + 50), temperature_celsius=60)
    batches = [unpack_batch(raw) for raw in packed(told)]
    first = list(chunks_of(batches, START, {1: 1}))
    second = list(chunks_of(batches, START + WINDOW_SECONDS, {1: 1}))
    assert {one.start for one in first} == {START}
    codes = next(one for one in second if one.metric == 4).codes(1)
    assert codes.shape == (1, WINDOW_SECONDS)
    assert (codes[0, :50] == 60).all()
    assert (codes[0, 50:] == 255).all()  # unknown


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x00nonsense"])
def test_what_is_damaged_is_refused_and_not_read(damage: bytes) -> None:
    (chunk,) = [
        one
        for one in chunks_of(
            [unpack_batch(raw) for raw in packed(constantly(1, [0], temperature_celsius=60))],
            START,
            {1: 1},
        )
        if one.metric == 4
    ]
    with pytest.raises(ValueError, match="no chunk"):
        type(chunk)(1, 4, START, damage).codes(1)
    with pytest.raises(ValueError, match="no chunk"):
        chunk.codes(2)  # of another number of devices
    with pytest.raises(ValueError, match="no batch"):
        unpack_batch(damage)
