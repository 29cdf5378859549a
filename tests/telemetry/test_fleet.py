"""What the live fleet promises, case by case; test_fleet_model.py has the sequences."""

from __future__ import annotations

import pytest

from telemetry.fleet import Fleet
from telemetry.health import HealthLevel, HealthReasonCode
from telemetry.live_node import BOOTS_REMEMBERED, STALE_AFTER_TICKS
from telemetry.samples import DeviceSample, DeviceStatus, DeviceUuid, NodeId
from tests.telemetry.reports import START, sample

NODE, GPU = NodeId("node-1"), DeviceUuid("GPU-node-1-0")
BROKEN = DeviceSample(remap_failed=1, remap_pending=0)
WELL = DeviceSample(remap_failed=0, remap_pending=0)


def level(fleet: Fleet, uuid: DeviceUuid = GPU) -> HealthLevel:
    return fleet.health[fleet.row_of[uuid]].level


@pytest.mark.spec("NODE-2")
def test_a_node_is_stale_after_three_ticks_of_silence_and_no_sooner() -> None:
    fleet = Fleet()
    fleet.apply(sample(), START)
    assert fleet.tick(START + 3.0) == []
    changes = fleet.tick(START + 3.1)
    assert fleet.nodes[NODE].is_stale
    assert fleet.is_stale(0)
    assert [(change.device, change.after.level) for change in changes] == [
        (None, HealthLevel.UNKNOWN),
        (GPU, HealthLevel.UNKNOWN),
    ]
    assert changes[0].after.reasons[0].code is HealthReasonCode.STALE
    assert changes[0].after.since == START
    assert fleet.tick(START + 60) == []


@pytest.mark.spec("NODE-2")
def test_a_node_that_speaks_again_is_live_at_once_and_says_so() -> None:
    fleet = Fleet()
    fleet.apply(sample(), START)
    fleet.tick(START + 10)
    changes = fleet.apply(sample(sequence=2), START + 10)
    assert not fleet.nodes[NODE].is_stale
    assert {(change.device, change.after.level) for change in changes} == {
        (None, HealthLevel.OK),
        (GPU, HealthLevel.OK),
    }


@pytest.mark.spec("NODE-2", "F-37")
def test_a_broken_device_of_a_silent_node_stays_broken() -> None:
    fleet = Fleet()
    fleet.apply(sample(devices={GPU: BROKEN}), START)
    fleet.tick(START + 10)
    assert level(fleet) is HealthLevel.CRITICAL
    codes = {reason.code for reason in fleet.health[0].reasons}
    assert codes == {HealthReasonCode.ROW_REMAP_FAILED, HealthReasonCode.STALE}


@pytest.mark.spec("F-36")
@pytest.mark.parametrize(
    "repeated",
    [
        pytest.param(sample(sequence=5), id="the same message"),
        pytest.param(sample(sequence=4), id="an earlier one"),
        pytest.param(sample(sequence=6, time=START + 5), id="the same reading with a new number"),
    ],
)
def test_what_is_told_again_is_no_sign_of_life(repeated: object) -> None:
    fleet = Fleet()
    fleet.apply(sample(sequence=5), START)
    for second in range(1, 6):
        fleet.apply(repeated, START + second)  # type: ignore[arg-type]
        fleet.tick(START + second)
    assert fleet.nodes[NODE].is_stale
    assert fleet.dropped["late"] == 5


def test_what_never_came_is_counted() -> None:
    fleet = Fleet()
    for sequence in (1, 2, 5, 6, 10):
        fleet.apply(sample(sequence=sequence), START + sequence)
    assert fleet.dropped == {"gap": 5}


def test_a_reboot_begins_a_new_sequence() -> None:
    fleet = Fleet()
    fleet.apply(sample(sequence=900), START)
    fleet.apply(sample(sequence=1, boot_id="boot-2", time=START + 1000), START + 1)
    assert (fleet.nodes[NODE].boot_id, fleet.nodes[NODE].sequence) == ("boot-2", 1)
    assert not fleet.dropped


def test_a_late_message_of_a_former_boot_does_not_bring_it_back() -> None:
    fleet = Fleet()
    fleet.apply(sample(sequence=900), START)
    fleet.apply(sample(boot_id="boot-2", time=START + 1000), START + 1)
    fleet.apply(sample(sequence=901, time=START + 1001), START + 1.5)
    assert fleet.nodes[NODE].boot_id == "boot-2"
    assert fleet.dropped == {"late": 1}


def test_a_node_that_reboots_with_its_clock_set_back_is_heard_within_three_ticks() -> None:
    fleet = Fleet()
    fleet.apply(sample(sequence=900, time=START + 86400), START)
    heard = []
    for second in range(1, 8):
        fleet.apply(sample(sequence=second, boot_id="boot-2"), START + second)
        heard.append(fleet.nodes[NODE].boot_id)
    assert heard.index("boot-2") == STALE_AFTER_TICKS
    assert heard[-1] == "boot-2"


def test_a_boot_that_was_taken_for_a_former_one_gets_back_in() -> None:
    fleet = Fleet()
    fleet.apply(sample(boot_id="live", time=START), START)
    # A message of the boot before that was held up, from a clock that was ahead.
    fleet.apply(sample(boot_id="old", time=START + 3600), START + 0.5)
    assert fleet.nodes[NODE].boot_id == "old"
    for second in range(2, 8):
        fleet.apply(sample(sequence=second, boot_id="live"), START + second)
    assert fleet.nodes[NODE].boot_id == "live"
    assert fleet.nodes[NODE].sequence == 7


def test_a_collector_whose_clock_jumps_goes_on() -> None:
    fleet = Fleet()
    for sequence, jump in enumerate([0, 86400, -86400, 0.5], start=1):
        fleet.apply(sample(sequence=sequence, time=START + jump), START + sequence)
        assert fleet.nodes[NODE].sequence == sequence


def test_boots_without_end_do_not_fill_the_memory() -> None:
    fleet = Fleet()
    for boot in range(100):
        fleet.apply(sample(boot_id=f"boot-{boot}", time=START + boot), START + boot)
    assert len(fleet.nodes[NODE].last_of_boot) == BOOTS_REMEMBERED


@pytest.mark.spec("NODE-2")
def test_silence_is_noticed_after_our_own_clock_was_set_back() -> None:
    fleet = Fleet()
    fleet.apply(sample(), START)
    fleet.tick(START - 3600)
    fleet.tick(START - 3600 + 3.1)
    assert fleet.nodes[NODE].is_stale


@pytest.mark.spec("T-49")
def test_a_node_cannot_speak_for_a_device_of_another_that_is_heard() -> None:
    fleet = Fleet()
    fleet.apply(sample("victim", devices={"GPU-v": WELL}), START)
    liar = sample("liar", devices={"GPU-l": WELL, "GPU-v": BROKEN})
    fleet.apply(liar, START + 1)
    assert fleet.node_of[fleet.row_of[DeviceUuid("GPU-v")]].node_id == "victim"
    assert level(fleet, DeviceUuid("GPU-v")) is HealthLevel.OK
    assert fleet.nodes[NodeId("liar")].devices == ["GPU-l"]
    assert fleet.dropped == {"foreign": 1}


def test_a_device_that_was_moved_follows_once_its_old_node_is_silent() -> None:
    fleet = Fleet()
    fleet.apply(sample("old", devices={"GPU-moved": BROKEN, "GPU-stays": BROKEN}), START)
    fleet.apply(sample("new", devices={"GPU-moved": WELL}), START + 10)
    assert fleet.nodes[NodeId("old")].devices == ["GPU-stays"]
    assert fleet.node_of[fleet.row_of[DeviceUuid("GPU-moved")]].node_id == "new"
    assert level(fleet, DeviceUuid("GPU-moved")) is HealthLevel.OK
    assert fleet.columns["remap_failed"][fleet.row_of[DeviceUuid("GPU-stays")]] == 1


def test_a_device_keeps_its_fault_when_the_devices_beside_it_change() -> None:
    fleet = Fleet()
    fleet.apply(sample(devices={GPU: BROKEN}), START)
    since = fleet.health[0].since
    fleet.apply(sample("other", devices={"GPU-other": WELL}), START)
    fleet.apply(sample(sequence=2, devices={"GPU-new": WELL, GPU: BROKEN}), START + 1)
    assert fleet.health[fleet.row_of[GPU]].since == since
    assert fleet.generation > 0


def test_a_device_without_a_status_is_not_taken_for_healthy() -> None:
    fleet = Fleet()
    said = sample()
    said.columns[0][0] = None
    fleet.apply(said, START)
    assert level(fleet) is HealthLevel.UNKNOWN


def test_a_node_that_was_forgotten_is_gone_until_it_speaks() -> None:
    fleet = Fleet()
    fleet.apply(sample(), START)
    fleet.forget(NODE)
    fleet.forget(NODE)
    assert (fleet.nodes, fleet.devices, fleet.row_of) == ({}, [], {})
    fleet.apply(sample(), START)
    assert fleet.devices == [GPU]


def test_what_was_kept_on_the_bus_is_as_old_as_when_it_was_said() -> None:
    fleet = Fleet()
    fleet.apply(
        sample(devices={GPU: DeviceSample(status=DeviceStatus.ANSWERS)}), START, heard_at=START - 30
    )
    fleet.tick(START)
    assert fleet.nodes[NODE].is_stale
