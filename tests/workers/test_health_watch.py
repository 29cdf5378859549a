"""The log of health: each change once, whatever restarts, and a fault over only by evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import health_log
from domain.database import OutcomeUnknown, execute
from domain.installation import Installed
from domain.inventory import record_node
from telemetry.embedded_bus import EmbeddedBus
from telemetry.rules import LOST, PCIE
from telemetry.samples import DeviceStatus, NodeSample
from tests.workers.fakes import FakeClock
from tests.workers.reporting import ReportingNode, rows
from workers import health_watch
from workers.health_watch import HealthWatch
from workers.recorder import reported_node

NODE = ReportingNode("a", "GPU-1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def record(node: ReportingNode, clock: FakeClock, **facts: Any) -> None:
    at = datetime.fromtimestamp(clock.time(), UTC)
    await record_node(reported_node(node.facts(**facts)), at)


@pytest.fixture
async def node(installed: Installed, clock: FakeClock) -> ReportingNode:
    """A node with one GPU, in the inventory."""
    await record(NODE, clock)
    return NODE


def watch(clock: FakeClock) -> HealthWatch:
    """A controller's watch, as it starts."""
    return HealthWatch(EmbeddedBus(), clock)


def hear(watch: HealthWatch, clock: FakeClock, node: ReportingNode, **metrics: Any) -> None:
    clock.now += 1
    watch.hear(node.sample(at=clock.now, **metrics), clock.now)


async def logged() -> list[tuple[Any, ...]]:
    sql = "SELECT previous_level, level FROM health_event WHERE device_id IS NOT NULL ORDER BY id"
    return await rows(sql)


async def logged_of_nodes() -> list[tuple[Any, ...]]:
    return await rows(
        "SELECT previous_level, level FROM health_event WHERE device_id IS NULL ORDER BY id"
    )


@pytest.mark.spec("DEV-2")
async def test_each_change_is_logged_once(node: ReportingNode, clock: FakeClock) -> None:
    watching = watch(clock)
    for metrics in ({}, {"xid": 79}, {"xid": 79}, {}, {}, {"remap_pending": 1}):
        hear(watching, clock, node, **metrics)
        await watching.write()
        await watching.write()
    assert await logged() == [("OK", "CRITICAL"), ("CRITICAL", "OK"), ("OK", "WARNING")]


@pytest.mark.spec("DEV-2")
async def test_what_came_and_went_between_two_writings_is_logged_too(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()
    hear(watching, clock, node, xid=79)
    hear(watching, clock, node)
    await watching.write()
    assert await logged() == [("OK", "CRITICAL"), ("CRITICAL", "OK")]


@pytest.mark.spec("DEV-2")
async def test_a_controller_that_starts_anew_repeats_nothing(
    node: ReportingNode, clock: FakeClock
) -> None:
    for _ in range(3):
        watching = watch(clock)
        hear(watching, clock, node, xid=79)
        await watching.write()
    assert await logged() == [("OK", "CRITICAL")]


@pytest.mark.spec("DEV-2")
async def test_a_controller_that_starts_anew_logs_what_changed_meanwhile(
    node: ReportingNode, clock: FakeClock
) -> None:
    before = watch(clock)
    hear(before, clock, node, xid=79)
    await before.write()
    after = watch(clock)
    hear(after, clock, node)
    await after.write()
    assert await logged() == [("OK", "CRITICAL"), ("CRITICAL", "OK")]


@pytest.mark.spec("F-37", "DEV-2")
async def test_after_a_restart_a_fault_is_over_only_when_a_reading_says_so(
    node: ReportingNode, clock: FakeClock
) -> None:
    before = watch(clock)
    hear(before, clock, node, ecc_volatile_uncorrected=3)
    await before.write()
    after = watch(clock)
    hear(after, clock, node, ecc_volatile_uncorrected=None)  # it was not read
    await after.write()
    hear(after, clock, node, status=DeviceStatus.ANSWERS)
    await after.write()
    assert await logged() == [("OK", "CRITICAL")]
    hear(after, clock, node, ecc_volatile_uncorrected=0)
    await after.write()
    assert await logged() == [("OK", "CRITICAL"), ("CRITICAL", "OK")]


@pytest.mark.spec("F-37")
async def test_a_restart_before_the_first_sample_forgets_no_fault(
    node: ReportingNode, clock: FakeClock
) -> None:
    before = watch(clock)
    hear(before, clock, node, ecc_volatile_uncorrected=3)
    await before.write()
    after = watch(clock)
    await after.write()
    hear(after, clock, node, ecc_volatile_uncorrected=None)
    await after.write()
    assert await logged() == [("OK", "CRITICAL")]


@pytest.mark.spec("NODE-2", "DEV-2")
async def test_a_node_that_falls_silent_and_is_back_is_logged_with_its_devices(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()
    clock.now += 4
    await watching.write()
    hear(watching, clock, node)
    await watching.write()
    assert await logged() == [("OK", "UNKNOWN"), ("UNKNOWN", "OK")]
    assert await logged_of_nodes() == [("OK", "UNKNOWN"), ("UNKNOWN", "OK")]


@pytest.mark.spec("NODE-2")
async def test_a_controller_that_starts_waits_a_little_for_its_nodes(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    await watching.write()
    assert await logged_of_nodes() == []
    clock.now += health_watch.PATIENCE_SECONDS
    await watching.write()
    await watching.write()
    assert await logged_of_nodes() == [("OK", "UNKNOWN")]
    assert await logged() == [("OK", "UNKNOWN")]


@pytest.mark.spec("F-38")
async def test_a_card_that_its_node_lists_no_more_is_critical(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()
    await record(node, clock, devices=[])
    watching.inventory_changed()
    await watching.write()
    await watching.write()
    assert await logged() == [("OK", "CRITICAL")]


@pytest.mark.spec("T-49")
async def test_what_a_node_says_of_another_node_s_device_is_no_health_of_it(
    node: ReportingNode, clock: FakeClock
) -> None:
    thief = ReportingNode("thief", "GPU-1")
    await record(ReportingNode("thief", "GPU-2"), clock)
    watching = watch(clock)
    hear(watching, clock, thief, xid=79)  # it names the device first
    await watching.write()
    assert await logged() == []


@pytest.mark.spec("F-30", "DEV-2")
async def test_what_could_not_be_written_is_written_when_the_database_is_back(
    node: ReportingNode, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()

    async def refuse(events: object) -> tuple[int, ...]:
        raise ConnectionError("away")

    monkeypatch.setattr(health_watch, "append_health_events", refuse)
    for metrics in ({"xid": 79}, {}, {"xid": 48}):
        hear(watching, clock, node, **metrics)
        with pytest.raises(ConnectionError):
            await watching.write()
    monkeypatch.undo()
    await watching.write()
    levels = [("OK", "CRITICAL"), ("CRITICAL", "OK"), ("OK", "CRITICAL")]
    assert await logged() == levels
    await watching.write()
    assert await logged() == levels


@pytest.mark.spec("F-32", "DEV-2")
async def test_a_commit_whose_outcome_is_unknown_is_not_logged_twice(
    node: ReportingNode, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()

    async def commit_and_lose_the_answer(events: Any) -> tuple[int, ...]:
        await health_log.append_health_events(events)
        raise OutcomeUnknown

    monkeypatch.setattr(health_watch, "append_health_events", commit_and_lose_the_answer)
    hear(watching, clock, node, xid=79)
    with pytest.raises(OutcomeUnknown):
        await watching.write()
    monkeypatch.undo()
    await watching.write()
    assert await logged() == [("OK", "CRITICAL")]


@pytest.mark.spec("F-30")
async def test_changes_that_wait_for_an_absent_database_are_bounded(
    node: ReportingNode, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_watch, "PENDING_LIMIT", 10)
    watching = watch(clock)
    hear(watching, clock, node)
    await watching.write()
    for xid in (79, None) * 20 + (79,):
        hear(watching, clock, node, xid=xid)
    await watching.write()
    events = await logged()
    assert len(events) <= 11
    assert events[-1] == ("OK", "CRITICAL")  # and what is so now is right


async def reasons_of_nodes() -> list[Any]:
    found = await rows("SELECT reasons FROM health_event WHERE device_id IS NULL ORDER BY id")
    return [[reason["code"] for reason in json.loads(one)] for (one,) in found]


@pytest.mark.spec("DEV-2")
async def test_a_clock_that_is_off_is_logged_of_the_node_once_and_so_is_its_end(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    for ahead in [60.0] * 20 + ["restart"] + [60.0] * 20 + [0.0] * 40:
        if ahead == "restart":
            watching = watch(clock)
            await watching.write()
            continue
        clock.now += 1
        watching.hear(node.sample(at=clock.now + float(ahead)), clock.now)
        await watching.write()
    assert await logged_of_nodes() == [("OK", "WARNING"), ("WARNING", "OK")]
    assert await reasons_of_nodes() == [["CLOCK_SKEW"], []]
    assert await logged() == []


@pytest.mark.spec("DEV-2")
async def test_a_link_is_held_against_what_the_node_s_facts_say_of_it(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    narrow = {"pcie_width": 8, "utilisation_percent": 90.0}
    for _ in range(PCIE.raise_after):
        hear(watching, clock, node, **narrow)
    await watching.write()
    assert await logged() == []
    (gpu,) = node.facts().devices
    watching.learn(node.facts(devices=[msgspec.structs.replace(gpu, pcie_width_max=16)]))
    for _ in range(PCIE.raise_after):
        hear(watching, clock, node, **narrow)
        await watching.write()
    assert await logged() == [("OK", "WARNING")]


@pytest.mark.spec("DEV-2", "F-37")
async def test_a_signal_that_toggles_is_logged_once_whatever_restarts(
    node: ReportingNode, clock: FakeClock
) -> None:
    watching = watch(clock)
    for tick in range(60):
        if tick % 20 == 19:
            watching = watch(clock)
            await watching.write()
        hear(watching, clock, node, throttle_reasons=0x40 * (tick % 2))
        await watching.write()
    assert await logged() == [("OK", "WARNING")]


READINGS = st.sampled_from(
    [
        {},
        {"xid": 79},
        {"xid": 48, "ecc_volatile_uncorrected": 2},
        {"ecc_volatile_uncorrected": 0},
        {"status": DeviceStatus.TIMEOUT},
        {"status": DeviceStatus.LOST, "xid": 79},
        {"remap_pending": 1},
        {"remap_pending": 0, "ecc_volatile_uncorrected": 0},
    ]
)
STEPS = st.lists(st.tuples(READINGS, st.sampled_from(["", "write", "restart"])), max_size=25)


@pytest.mark.spec("DEV-2", "F-37")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
async def test_restarts_at_any_moment_leave_a_log_without_repetitions_that_ends_in_the_truth(
    node: ReportingNode, clock: FakeClock, steps: list[tuple[dict[str, Any], str]]
) -> None:
    await execute("DELETE FROM health_event")
    undisturbed, watching = watch(clock), watch(clock)
    await watching.write()
    metrics: dict[str, Any] = {}
    for metrics, then in steps:
        clock.now += 1
        sample: NodeSample = node.sample(at=clock.now, **metrics)
        undisturbed.hear(sample, clock.now)
        watching.hear(sample, clock.now)
        if then:
            await watching.write()
        if then == "restart":
            watching = watch(clock)
            await watching.write()
            watching.hear(sample, clock.now)
    for _ in range(LOST.clear_after):  # each has its own count of good readings
        clock.now += 1
        sample = node.sample(at=clock.now, **metrics)
        undisturbed.hear(sample, clock.now)
        watching.hear(sample, clock.now)
    await watching.write()
    events = await logged()
    assert all(one[0] == before[1] for before, one in pairwise(events))
    row = undisturbed._fleet.row_of.get(node.uuids[0])
    level = "OK" if row is None else undisturbed._fleet.health[row].level.value
    assert (events[-1][1] if events else "OK") == level
    reasons = await rows("SELECT reasons FROM health_event WHERE device_id IS NOT NULL ORDER BY id")
    assert all(one != before for before, one in pairwise(reasons))
