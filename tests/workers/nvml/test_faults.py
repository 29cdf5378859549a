"""Cards that hang, crash or fall off the bus, drivers that go: never at other cards' cost."""

from __future__ import annotations

import asyncio
import signal

import psutil
import pytest

from telemetry.samples import DeviceStatus
from tests.workers.nvml.conftest import SHORT, fresh
from tests.workers.nvml.fake import h100
from workers.nvml import Patience

ANSWERS, LOST, TIMEOUT = DeviceStatus.ANSWERS, DeviceStatus.LOST, DeviceStatus.TIMEOUT
DRIVER_UNAVAILABLE, FAILED = DeviceStatus.DRIVER_UNAVAILABLE, DeviceStatus.FAILED


def children() -> list[psutil.Process]:
    """The NVML children that are alive, abandoned ones included."""
    return [process for process in psutil.Process().children() if _is_alive_child(process)]


def _is_alive_child(process: psutil.Process) -> bool:
    try:
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return not is_zombie and "workers.nvml.child" in process.cmdline()
    except psutil.NoSuchProcess:  # it ended between being listed and being looked at
        return False


@pytest.fixture(autouse=True)
def no_child_outlives_a_test():
    yield
    for process in children():
        process.kill()


def others_fresh(card: int, status: DeviceStatus):
    """The card has this status, and every other one was really read in the same tick."""
    return lambda devices: devices[card].status is status and fresh(devices) == len(devices) - 1


@pytest.mark.spec("F-33", "F-34", "F-35", "DEV-2")
@pytest.mark.parametrize("how", ["hang", "stuck"])
async def test_a_call_that_never_returns_costs_only_its_own_card(node, watch, how):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all=how)
    devices = await reader.until(others_fresh(3, TIMEOUT))
    assert devices[3].utilisation_percent is None
    assert devices[3].memory_used_bytes is None
    assert reader.slowest_read_seconds < 5  # a hang is for ever


@pytest.mark.spec("F-33")
async def test_while_a_card_holds_up_the_tick_the_others_are_not_called_silent(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(0, temperature="hang")
    seen = []

    def record(devices):
        seen.extend((d.status, d.memory_used_bytes) for d in devices[1:])
        return others_fresh(0, TIMEOUT)(devices)

    await reader.until(record)
    assert {status for status, _ in seen} == {ANSWERS}


@pytest.mark.spec("F-33")
async def test_a_card_that_hung_is_tried_again_and_comes_back(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all="hang")
    await reader.until(others_fresh(3, TIMEOUT))
    node.heal(3)
    devices = await reader.all_answer()
    assert devices[3].temperature_celsius == 63


@pytest.mark.spec("F-33")
async def test_a_card_that_hangs_from_the_start_leaves_the_others_readable(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, handle="hang")
    await reader.until(others_fresh(3, TIMEOUT))
    facts = await reader.reader.facts()
    assert len(facts.devices) == 8


@pytest.mark.spec("F-33", "F-39")
async def test_stuck_children_are_abandoned_not_killed_and_never_more_than_allowed(node, watch):
    reader = await watch(SHORT)
    await reader.all_answer()
    for card in range(6):
        node.set(card, all="stuck")
        await reader.until(lambda devices, card=card: devices[card].status is TIMEOUT)
    for _ in range(20):
        await reader.read()
        assert len(children()) <= SHORT.abandoned_children + 1
    stuck = children()
    assert len(stuck) >= 3
    await reader.reader.close()
    assert {p.pid for p in children()} == {p.pid for p in stuck}  # SIGKILL would have ended them


@pytest.mark.spec("F-33")
async def test_a_card_whose_child_is_still_stuck_is_not_tried_again(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all="stuck")
    await reader.until(others_fresh(3, TIMEOUT))
    node.heal(3)
    for _ in range(15):
        await reader.until(others_fresh(3, TIMEOUT))
        await asyncio.sleep(0.05)  # long enough for several retries
    stuck = [p for p in children() if p.create_time() == min(c.create_time() for c in children())]
    stuck[0].kill()
    await reader.all_answer()


@pytest.mark.spec("F-33", "F-36")
async def test_a_stopped_child_is_replaced(node, watch):
    reader = await watch()
    await reader.all_answer()
    [child] = children()
    child.send_signal(signal.SIGSTOP)
    await reader.until(lambda devices: fresh(devices) == 0)
    await reader.all_answer()
    assert child.is_running()


@pytest.mark.spec("F-36")
async def test_a_child_that_ends_is_replaced_and_no_card_is_blamed(node, watch):
    reader = await watch()
    await reader.all_answer()
    [child] = children()
    child.kill()
    devices = await reader.until(lambda devices: fresh(devices) == 8)
    assert {d.status for d in devices} == {ANSWERS}
    assert [c.pid for c in children()] != [child.pid]


@pytest.mark.spec("F-35")
async def test_a_card_that_crashes_the_library_costs_only_itself(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all="crash")
    await reader.until(others_fresh(3, FAILED))
    node.heal(3)
    await reader.all_answer()


@pytest.mark.spec("F-35", "DEV-2")
async def test_a_card_that_falls_off_the_bus_is_lost_and_the_others_go_on(node, watch):
    reader = await watch()
    await reader.all_answer()
    before = children()
    node.xid(3, 79)
    node.set(3, all="!15")
    devices = await reader.until(others_fresh(3, LOST))
    assert devices[3].xid == 79
    assert devices[3].temperature_celsius is None
    assert children() == before  # no restart for what is an answer


@pytest.mark.spec("F-35", "NODE-1")
async def test_a_card_that_is_gone_after_a_driver_reload_stays_listed_as_lost(node, watch):
    reader = await watch()
    await reader.all_answer()
    uuids = node.uuids()
    version = reader.reader.inventory_version
    node.unload_driver()
    await reader.until(lambda devices: {d.status for d in devices} == {DRIVER_UNAVAILABLE})
    node.remove(3)
    node.load_driver()
    await reader.until(lambda devices: fresh(devices) == 7)
    reading = await reader.read()
    by_uuid = dict(zip(reading.uuids, reading.devices, strict=True))
    assert {uuid for uuid, d in by_uuid.items() if d.status is LOST} == {uuids[3]}
    assert sorted(by_uuid) == sorted(uuids)
    assert reader.reader.inventory_version > version
    assert len((await reader.reader.facts()).devices) == 8


@pytest.mark.spec("F-39", "DEV-2")
@pytest.mark.parametrize("code", ["!9", "!18", "!1"])
async def test_after_a_driver_reload_sampling_goes_on(node, watch, code):
    reader = await watch()
    await reader.all_answer()
    node.unload_driver(code)
    devices = await reader.until(
        lambda devices: {d.status for d in devices} == {DRIVER_UNAVAILABLE}
    )
    assert {d.utilisation_percent for d in devices} == {None}
    node.load_driver("580.65.06")
    await reader.all_answer()
    assert (await reader.reader.facts()).driver_version == "580.65.06"


@pytest.mark.spec("F-39")
async def test_healthy_cards_are_read_by_one_child_that_keeps_its_session(node, watch):
    reader = await watch()
    await reader.all_answer()
    first = children()
    for _ in range(25):
        await reader.read()
    assert children() == first
    await reader.reader.close()
    assert children() == []


@pytest.mark.spec("F-33", "F-34")
async def test_a_driver_that_hangs_at_its_start_does_not_stop_the_collector(node, watch):
    node.unload_driver("hang")
    reader = await watch(Patience(start_seconds=3.0, first_facts_seconds=0.2, restart_seconds=0.1))
    facts = await reader.reader.facts()
    assert facts.devices == []
    assert facts.host_name
    assert (await reader.read()).host.memory_total_bytes
    node.load_driver()
    await reader.all_answer()


@pytest.mark.spec("F-35")
async def test_an_error_that_hides_a_whole_card_is_told_as_failed(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all="!999")
    await reader.until(others_fresh(3, FAILED))


@pytest.mark.spec("F-37")
async def test_an_xid_stays_until_there_is_evidence_of_a_reset(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.xid(2, 48)
    devices = await reader.until(lambda devices: devices[2].xid == 48)
    at = devices[2].xid_at
    node.xid(2, 31)  # a program's own fault does not cover it up
    node.xid(1, 31)
    devices = await reader.until(lambda devices: devices[1].xid == 31)
    assert (devices[2].xid, devices[2].xid_at) == (48, at)
    [child] = children()
    child.kill()  # nor does a new child forget it, nor any number of clean readings
    for _ in range(12):
        assert (await reader.all_answer())[2].xid == 48
    node.set_field(2, 83, 5)  # the energy counter starts anew: the card was reset
    devices = await reader.until(lambda devices: devices[2].xid is None)
    assert devices[1].xid == 31


@pytest.mark.spec("F-37")
async def test_a_driver_reload_clears_xids(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.xid(2, 79)
    await reader.until(lambda devices: devices[2].xid == 79)
    node.unload_driver()
    devices = await reader.until(lambda devices: devices[0].status is DRIVER_UNAVAILABLE)
    assert devices[2].xid == 79
    node.load_driver()
    assert (await reader.all_answer())[2].xid is None


@pytest.mark.spec("F-34")
async def test_the_event_loop_runs_on_while_a_card_hangs(node, watch):
    reader = await watch()
    await reader.all_answer()
    node.set(3, all="hang")
    heartbeats = 0

    async def beat():
        nonlocal heartbeats
        while True:
            heartbeats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    await reader.read()
    heart.cancel()
    assert heartbeats > 100


async def test_two_kinds_of_cards_that_fail_in_different_ways_at_once(make_node, watch):
    node = make_node([h100(index) for index in range(4)])
    reader = await watch()
    await reader.all_answer()
    node.set(0, all="hang")
    node.set(1, all="crash")
    node.set(2, all="!15")
    expected = [TIMEOUT, FAILED, LOST, ANSWERS]
    await reader.until(lambda devices: [d.status for d in devices] == expected)
