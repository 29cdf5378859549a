"""The publishing loop, on a clock and a bus of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from telemetry.samples import (
    METRICS,
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
    QueueReport,
)
from tests.workers.fakes import FakeClock, RecordingBus
from workers.collector import collect, collect_all, run_collector
from workers.demo import Size
from workers.reader import Processes, Reading

UUID = DeviceUuid("GPU-0")


class StubReader:
    """One node with one device; what it does next is set from outside."""

    def __init__(self, node_id: str = "n1") -> None:
        self.node_id = NodeId(node_id)
        self.boot_id = "boot-1"
        self.inventory_version = 0
        self.error: Exception | None = None
        self.is_closed = False

    async def facts(self) -> NodeFacts:
        return NodeFacts(node_id=self.node_id, boot_id=self.boot_id, time=0, host_name="one")

    async def read(self) -> Reading:
        if self.error is not None:
            raise self.error
        return Reading(HostSample(), [UUID], [DeviceSample(utilisation_percent=42.0)])

    async def processes(self) -> Processes:
        return Processes([UUID], [])

    async def close(self) -> None:
        self.is_closed = True


@asynccontextmanager
async def running(reader: StubReader, bus: RecordingBus, clock: FakeClock) -> AsyncIterator[None]:
    task = asyncio.create_task(collect(reader, bus, clock))
    try:
        yield
        assert not task.done(), "the loop ended"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.mark.spec("API-5")
async def test_a_node_is_published_every_second_with_a_rising_sequence(
    clock: FakeClock, bus: RecordingBus
) -> None:
    async with running(StubReader(), bus, clock):
        await clock.advance(4.5)
    samples = bus.of(NodeSample)
    assert [s.sequence for s in samples] == [1, 2, 3, 4, 5]
    assert [s.time - samples[0].time for s in samples] == [0, 1, 2, 3, 4]
    assert samples[0].columns[METRICS.index("utilisation_percent")] == [42.0]


@pytest.mark.spec("API-5")
@pytest.mark.parametrize("started_at", [1_795_500_000.0, 1_795_500_000.61])
async def test_nodes_are_sampled_within_a_second_so_that_none_waits_a_whole_one_to_be_told(
    bus: RecordingBus, started_at: float
) -> None:
    clock = FakeClock(started_at)
    readers = [StubReader(f"n{number}") for number in range(10)]
    task = asyncio.create_task(collect_all(readers, bus, clock))
    await clock.advance(3.0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    phases = sorted({round(sample.time % 1, 3) for sample in bus.of(NodeSample)})
    assert phases == pytest.approx([0.3 + 0.05 * number for number in range(10)])


async def test_a_collector_that_starts_again_begins_a_new_sequence_under_a_new_boot_id(
    clock: FakeClock, bus: RecordingBus
) -> None:
    for _ in range(2):
        async with running(StubReader(), bus, clock):
            await clock.advance(1.5)
    first, second = bus.of(NodeSample)[0], bus.of(NodeSample)[-1]
    assert first.boot_id != second.boot_id
    assert [s.sequence for s in bus.of(NodeSample)] == [1, 2, 1, 2]


async def test_facts_are_told_at_the_start_on_a_change_and_every_half_minute(
    clock: FakeClock, bus: RecordingBus
) -> None:
    reader = StubReader()
    async with running(reader, bus, clock):
        await clock.advance(5)
        assert len(bus.of(NodeFacts)) == 1
        reader.inventory_version += 1
        await clock.advance(1)
        assert len(bus.of(NodeFacts)) == 2
        await clock.advance(29)
        assert len(bus.of(NodeFacts)) == 2
        await clock.advance(2)
        assert len(bus.of(NodeFacts)) == 3


async def test_a_node_that_boots_begins_a_new_sequence(clock: FakeClock, bus: RecordingBus) -> None:
    reader = StubReader()
    async with running(reader, bus, clock):
        await clock.advance(2.5)
        reader.boot_id, reader.inventory_version = "boot-2", 1
        await clock.advance(1)
    last = bus.of(NodeSample)[-1]
    assert last.sequence == 1
    assert last.boot_id.startswith("boot-2/")
    assert bus.of(NodeFacts)[-1].boot_id == last.boot_id


async def test_processes_are_told_every_three_seconds(clock: FakeClock, bus: RecordingBus) -> None:
    async with running(StubReader(), bus, clock):
        await clock.advance(7)
    assert len(bus.of(NodeProcesses)) == 3
    assert bus.of(NodeProcesses)[0].devices == [UUID]


@pytest.mark.spec("F-34")
async def test_a_reader_that_raises_does_not_end_the_collector(
    clock: FakeClock, bus: RecordingBus
) -> None:
    reader = StubReader()
    async with running(reader, bus, clock):
        await clock.advance(1.5)
        reader.error = RuntimeError("the driver is confused")
        await clock.advance(120)
        assert len(bus.of(NodeSample)) == 2
        assert len(bus.of(NodeProcesses)) > 30, "what still works goes on"
        reader.error = None
        await clock.advance(1)
    assert len(bus.of(NodeSample)) == 3


@pytest.mark.spec("F-16", "API-5")
async def test_a_bus_that_is_away_stops_nothing_and_is_used_again_when_it_is_back(
    clock: FakeClock, bus: RecordingBus
) -> None:
    bus.is_away = True
    async with running(StubReader(), bus, clock):
        await clock.advance(9.5)
        assert bus.published == []
        assert bus.dropped >= 10
        bus.is_away = False
        await clock.advance(1)
        assert [s.sequence for s in bus.of(NodeSample)] == [11], "the gap shows, nothing is late"
        assert len(bus.of(NodeFacts)) == 1, "the facts that were never told"


async def test_the_reader_is_closed_when_the_collector_stops(
    clock: FakeClock, bus: RecordingBus
) -> None:
    reader = StubReader()
    async with running(reader, bus, clock):
        await clock.advance(1)
    assert reader.is_closed


async def test_many_nodes_do_not_publish_in_one_burst(clock: FakeClock, bus: RecordingBus) -> None:
    readers = [StubReader(f"n{i}") for i in range(10)]
    task = asyncio.create_task(collect_all(readers, bus, clock))
    await clock.advance(0.95)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    samples = bus.of(NodeSample)
    assert sorted(s.node_id for s in samples) == [f"n{i}" for i in range(10)]
    assert len({s.time for s in samples}) == 10


async def test_a_demo_fleet_is_collected_with_its_queue(
    clock: FakeClock, bus: RecordingBus
) -> None:
    task = asyncio.create_task(run_collector(bus, demo=Size(8, 4), clock=clock))
    await clock.advance(1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len({s.node_id for s in bus.of(NodeSample)}) == 8
    assert all(facts.is_demo for facts in bus.of(NodeFacts))
    assert bus.of(QueueReport)[0].source == "demo"
