"""The demo fleet: always the same for a seed, and believable at any time."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.fleet import Fleet
from telemetry.health import HealthLevel, HealthReasonCode
from telemetry.rules import SKEW, THERMAL
from telemetry.samples import (
    DeviceSample,
    DeviceStatus,
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
)
from tests.workers.fakes import FakeClock, RecordingBus
from workers.collector import collect_demo
from workers.demo import DemoFleet
from workers.reader import Processes, Reading

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR


async def read_all(fleet: DemoFleet) -> list[tuple[NodeFacts, Reading, Processes]]:
    """What every node that is not silent says now."""
    told = []
    for reader in fleet.readers():
        with suppress(TimeoutError):
            async with asyncio.timeout(0):  # a silent node waits for a time that does not come
                told.append((await reader.facts(), await reader.read(), await reader.processes()))
    return told


async def collected(fleet: DemoFleet, clock: FakeClock, seconds: float) -> RecordingBus:
    """Everything that the fleet's collectors publish in this time."""
    bus = RecordingBus()
    task = asyncio.create_task(collect_demo(fleet, bus, clock))
    await clock.advance(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return bus


def applied(bus: RecordingBus) -> Fleet:
    fleet = Fleet()
    for facts in bus.of(NodeFacts):
        fleet.learn(facts)
    for sample in bus.of(NodeSample):
        fleet.apply(sample, sample.time)
    return fleet


async def test_one_seed_always_gives_the_same_fleet() -> None:
    histories = []
    for _ in range(2):
        clock = FakeClock()
        fleet = DemoFleet(8, 8, seed=3, clock=clock)
        history: list[object] = []
        for _ in range(5):
            clock.now += 10 * MINUTE
            history += [await read_all(fleet), fleet.queue()]
        histories.append(history)
    assert histories[0] == histories[1]


async def test_another_seed_gives_another_fleet() -> None:
    clock = FakeClock()
    one = await read_all(DemoFleet(2, 2, seed=1, clock=clock))
    other = await read_all(DemoFleet(2, 2, seed=2, clock=clock))
    assert {r.uuids[0] for _, r, _ in one}.isdisjoint(r.uuids[0] for _, r, _ in other)


@settings(max_examples=25, deadline=None)
@given(
    nodes=st.integers(1, 20),
    devices=st.integers(1, 8),
    seed=st.integers(0, 1000),
    pauses=st.lists(st.floats(0.1, 4 * HOUR), min_size=1, max_size=6),
)
def test_at_any_time_every_device_is_believable(
    nodes: int, devices: int, seed: int, pauses: list[float]
) -> None:
    async def check() -> None:
        clock = FakeClock()
        fleet = DemoFleet(nodes, devices, seed, clock)
        for pause in pauses:
            clock.now += pause
            queued = {job.key for job in fleet.queue().jobs}
            for facts, reading, processes in await read_all(fleet):
                assert reading.uuids == [d.uuid for d in facts.devices]
                assert len(reading.uuids) == devices
                held = [p.device for p in processes.processes]
                assert len(held) == len(set(held)), "a device runs one job"
                assert queued.isdisjoint(p.job_key for p in processes.processes)
                for device, sample in zip(facts.devices, reading.devices, strict=True):
                    believable(sample, device.memory_total_bytes or 0, device.uuid in held)

    asyncio.run(check())


def believable(sample: DeviceSample, memory_total: int, is_held: bool) -> None:
    if sample.status is DeviceStatus.LOST:
        assert sample == DeviceSample(status=DeviceStatus.LOST, xid=79, xid_at=sample.xid_at)
        return
    assert sample.utilisation_percent is not None
    assert sample.memory_used_bytes is not None
    assert sample.power_watts is not None
    assert sample.power_limit_watts is not None
    assert sample.temperature_celsius is not None
    assert 0 <= sample.utilisation_percent <= 100
    assert 0 < sample.memory_used_bytes <= memory_total
    assert 20 < sample.power_watts <= 1.03 * sample.power_limit_watts
    assert 20 < sample.temperature_celsius < 92
    is_braked = (sample.throttle_reasons or 0) & ~0x5
    if not is_held and not is_braked:
        assert sample.utilisation_percent == 0
        assert sample.power_watts < 0.2 * sample.power_limit_watts
        assert sample.memory_used_bytes < 0.02 * memory_total


async def test_the_fleet_is_busy_idle_and_free_in_believable_shares_for_days() -> None:
    clock = FakeClock()
    fleet = DemoFleet(125, 8, clock=clock)
    for _ in range(24):
        clock.now += 2 * HOUR
        told = await read_all(fleet)
        used = {
            uuid: sample.utilisation_percent or 0.0
            for _, reading, _ in told
            for uuid, sample in zip(reading.uuids, reading.devices, strict=True)
        }
        held = {p.device for _, _, processes in told for p in processes.processes}
        computing = sum(used[uuid] >= 5 for uuid in held)
        assert 0.7 * len(used) < len(held) < 0.95 * len(used)
        assert 0.03 * len(used) < len(held) - computing < 0.25 * len(used)
        assert 3 <= len(fleet.queue().jobs) <= 40


@pytest.mark.spec("DEV-2")
async def test_a_thousand_devices_show_two_critical_and_two_warnings_from_the_start() -> None:
    clock = FakeClock()
    live = applied(await collected(DemoFleet(125, 8, clock=clock), clock, THERMAL.raise_after + 1))
    levels = Counter(health.level for health in live.health)
    assert levels[HealthLevel.CRITICAL] == 2
    assert levels[HealthLevel.WARNING] == 2
    assert len(live.devices) == 1000


@pytest.mark.spec("DEV-2")
async def test_the_clock_of_a_node_goes_wrong_now_and_then_and_is_set_right() -> None:
    clock = FakeClock()
    fleet = DemoFleet(4, 4, clock=clock)
    ahead: dict[str, float] = {}
    for _ in range(int(DAY / MINUTE)):
        clock.now += MINUTE
        told = await read_all(fleet)
        ahead = {facts.node_id: reading.seconds_ahead for facts, reading, _ in told}
        if any(ahead.values()):
            break
    ((wrong, seconds_ahead),) = ((node, by) for node, by in ahead.items() if by)
    bus = await collected(fleet, clock, SKEW.of)
    live = Fleet()
    for sample in bus.of(NodeSample):
        is_wrong = sample.node_id == wrong
        assert is_wrong == (abs(sample.time - clock.now) > abs(seconds_ahead) - 1)
        live.apply(sample, sample.time - seconds_ahead * is_wrong)
    (reason,) = live.nodes[NodeId(wrong)].health.reasons
    assert reason.code is HealthReasonCode.CLOCK_SKEW
    clock.now += HOUR
    is_right = {f.node_id: not reading.seconds_ahead for f, reading, _ in await read_all(fleet)}
    assert is_right[NodeId(wrong)]


@pytest.mark.spec("NODE-2", "F-36")
async def test_a_node_that_falls_silent_is_stale_within_three_ticks_and_comes_back() -> None:
    clock = FakeClock()
    fleet = DemoFleet(125, 8, clock=clock)
    names = {(f := await r.facts()).node_id: f.host_name for r in fleet.readers()}
    start = clock.now
    bus = RecordingBus()
    task = asyncio.create_task(collect_demo(fleet, bus, clock))
    live = Fleet()
    try:
        await clock.advance(25)
        for sample in bus.of(NodeSample):
            live.apply(sample, sample.time)
        heard = {names[s.node_id] for s in bus.of(NodeSample) if s.time > start + 21}
        assert set(names.values()) - heard == {"l40s-r43-03"}
        live.tick(clock.now)
        assert [names[n.node_id] for n in live.nodes.values() if n.is_stale] == ["l40s-r43-03"]
        await clock.advance(4 * MINUTE)
        bus.published.clear()
        await clock.advance(2)
        back = [s for s in bus.of(NodeSample) if names[s.node_id] == "l40s-r43-03"]
        assert back and back[0].time > start + 4 * MINUTE, "nothing old is told as new"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.spec("F-37")
async def test_a_card_that_fell_off_the_bus_is_healthy_again_only_after_its_node_booted() -> None:
    clock = FakeClock()
    fleet = DemoFleet(125, 8, clock=clock)
    (node,) = [r for r in fleet.readers() if (await r.facts()).host_name == "h100-r14-02"]
    before, version = await node.facts(), node.inventory_version
    assert (await node.read()).devices[5].status is DeviceStatus.LOST
    clock.now += 24 * MINUTE
    assert (await node.read()).devices[5].status is DeviceStatus.LOST
    clock.now += 5 * MINUTE
    after, sample = await node.facts(), (await node.read()).devices[5]
    assert node.inventory_version > version
    assert after.boot_id != before.boot_id
    assert after.devices == before.devices
    assert sample.status is DeviceStatus.ANSWERS
    assert sample.xid is None


@pytest.mark.spec("F-38", "DEV-4")
async def test_nothing_is_said_of_the_job_on_a_card_that_does_not_answer() -> None:
    clock = FakeClock()
    fleet = DemoFleet(125, 8, clock=clock)
    (node,) = [r for r in fleet.readers() if (await r.facts()).host_name == "h100-r14-02"]
    processes, lost = await node.processes(), (await node.read()).uuids[5]
    assert lost not in processes.answered
    assert len(processes.answered) == 7
    assert all(p.device != lost for p in processes.processes)


@pytest.mark.spec("DASH-2")
async def test_a_job_that_waited_runs_later_under_the_same_key() -> None:
    clock = FakeClock()
    fleet = DemoFleet(16, 8, clock=clock)
    waiting = {job.key for job in fleet.queue().jobs}
    assert waiting
    for _ in range(200):
        clock.now += HOUR
        running = {p.job_key for _, _, told in await read_all(fleet) for p in told.processes}
        if waiting & running:
            return
    raise AssertionError("no waiting job was ever started")


@pytest.mark.spec("API-5")
async def test_the_demo_travels_the_same_way_as_a_real_node() -> None:
    clock = FakeClock()
    bus = await collected(DemoFleet(4, 2, clock=clock), clock, 5)
    assert {type(report) for report in bus.published} >= {NodeSample, NodeFacts, NodeProcesses}
