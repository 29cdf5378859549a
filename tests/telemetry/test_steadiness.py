"""Whatever a device's signals do from tick to tick, nothing flaps; and a fleet tells it so."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from telemetry.fleet import Fleet, HealthChange
from telemetry.health import HEALTHY, Health, HealthLevel, HealthReasonCode
from telemetry.rules import (
    BRAKE,
    LOST,
    NOT_READ,
    NVLINK,
    NVLINK_ERRORS,
    PCIE,
    SKEW,
    THERMAL,
    Rule,
)
from telemetry.samples import DeviceFacts, DeviceSample, DeviceStatus, DeviceUuid, NodeId
from tests.telemetry.reports import START, facts, sample

NODE, GPU = NodeId("node-1"), DeviceUuid("GPU-1")
FACTS = DeviceFacts(
    uuid=GPU,
    index=0,
    product="NVIDIA H100 80GB HBM3",
    pcie_generation_max=5,
    pcie_width_max=16,
    nvlink_links=18,
)
WELL: dict[str, Any] = {
    "utilisation_percent": 90.0,
    "throttle_reasons": 0,
    "pcie_generation": 5,
    "pcie_width": 16,
    "nvlink_active_links": 18,
    "nvlink_errors": 0,
    "remap_failed": 0,
}
SIGNALS: list[tuple[Rule, dict[str, Any]]] = [
    (THERMAL, {"throttle_reasons": 0x40}),
    (BRAKE, {"throttle_reasons": 0x80}),
    (PCIE, {"pcie_width": 8}),
    (NVLINK, {"nvlink_active_links": 16}),
    (LOST, {"status": DeviceStatus.LOST, **dict.fromkeys(WELL)}),
    *((one, {"status": status, **dict.fromkeys(WELL)}) for status, one in NOT_READ.items()),
]
RULES = {one.code: one for one in [*(rule for rule, _ in SIGNALS), NVLINK_ERRORS]}


class Listener:
    """A replica: it hears one node with one device, and keeps what changed."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.fleet.learn(facts(devices=[FACTS]))
        self.tick = 0
        self.changes: list[HealthChange] = []

    def hear(self, *, ahead: float = 0.0, **said: Any) -> None:
        self.tick += 1
        now = START + self.tick
        devices = {GPU: DeviceSample(**WELL | said)}
        told = sample(NODE, self.tick, devices, time=now + ahead)
        self.changes += self.fleet.apply(told, now)
        self.fleet.apply(told, now)  # told again
        self.fleet.apply(sample(NODE, self.tick - 1, devices, time=now - 1), now)  # too late

    @property
    def health(self) -> Health:
        return self.fleet.health[0]

    def times_raised(self, code: HealthReasonCode) -> int:
        return sum(has(c.after, code) and not has(c.before, code) for c in self.changes)


def has(health: Health, code: HealthReasonCode) -> bool:
    return any(reason.code is code for reason in health.reasons)


@pytest.mark.spec("DEV-2", "F-37")
@pytest.mark.parametrize(("signal", "said"), SIGNALS)
@pytest.mark.parametrize("pattern", ["10", "01", "1100", "1000", "1110"])
def test_a_signal_that_toggles_changes_the_health_once_at_most(
    signal: Rule, said: dict[str, Any], pattern: str
) -> None:
    listener = Listener()
    for bad in pattern * 60:
        listener.hear(**said if bad == "1" else {})
    assert len(listener.changes) <= 1
    assert all(has(change.after, signal.code) for change in listener.changes)


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize("ahead", [30.0, -30.0])
def test_a_clock_that_toggles_changes_the_node_s_health_once_at_most(ahead: float) -> None:
    listener = Listener()
    for tick in range(200):
        listener.hear(ahead=ahead if tick % 4 else 0.0)
    assert [change.device for change in listener.changes] == [None]
    assert has(listener.fleet.nodes[NODE].health, HealthReasonCode.CLOCK_SKEW)


@pytest.mark.spec("DEV-2")
def test_a_clock_that_is_set_right_clears_the_node_and_touches_no_device() -> None:
    listener = Listener()
    for _ in range(SKEW.raise_after):
        listener.hear(ahead=-60.0)
    for _ in range(SKEW.clear_after):
        listener.hear()
    assert [(c.device, c.after.level) for c in listener.changes] == [
        (None, HealthLevel.WARNING),
        (None, HealthLevel.OK),
    ]


def test_facts_that_come_late_or_change_are_followed() -> None:
    listener = Listener()
    listener.fleet = Fleet()
    for _ in range(50):
        listener.hear(pcie_width=8)
    assert listener.health is HEALTHY  # nothing is known of the slot
    listener.fleet.learn(facts(devices=[FACTS]))
    for _ in range(PCIE.raise_after):
        listener.hear(pcie_width=8)
    assert has(listener.health, HealthReasonCode.PCIE_DEGRADED)


@pytest.mark.spec("T-49")
def test_a_node_s_facts_say_nothing_of_another_node_s_device() -> None:
    listener = Listener()
    listener.hear()
    wider = DeviceFacts(uuid=GPU, index=0, product="NVIDIA H100", pcie_width_max=32)
    listener.fleet.learn(facts("thief", devices=[wider]))
    for _ in range(100):
        listener.hear()
    assert listener.changes == []


@pytest.mark.spec("DEV-2")
@given(readings=st.lists(st.sampled_from([said for _, said in SIGNALS] + [{}]), max_size=80))
def test_two_that_listen_to_the_same_know_the_same_however_late_one_began(
    readings: list[dict[str, Any]],
) -> None:
    first, second = Listener(), Listener()
    for place, said in enumerate(readings):
        first.hear(**said)
        if place >= len(readings) // 2:
            second.tick = first.tick - 1
            second.hear(**said)
    for _ in range(NVLINK_ERRORS.clear_after):
        first.hear()
        second.tick = first.tick - 1
        second.hear()
    assert first.health == second.health == HEALTHY


class Steadiness(RuleBasedStateMachine):
    """Signals that do as they like; each fault is counted against what its rule promises."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = Listener()
        self.bad: dict[HealthReasonCode, list[bool]] = defaultdict(list)
        self.errors = 0
        self.remap_failed = False

    @initialize()
    def is_well(self) -> None:
        self.listener.hear()

    @rule(
        times=st.integers(1, 40),
        which=st.sampled_from(SIGNALS),
        shape=st.sampled_from(["1", "10", "0", "110"]),
        has_errors=st.booleans(),
    )
    def signals(
        self, times: int, which: tuple[Rule, dict[str, Any]], shape: str, has_errors: bool
    ) -> None:
        for tick in range(times):
            said = which[1] if shape[tick % len(shape)] == "1" else {}
            self.errors += has_errors and tick == 0
            told = {"nvlink_errors": self.errors, "remap_failed": int(self.remap_failed)} | said
            self.listener.hear(**told)
            is_read = "status" not in said
            for one, _ in SIGNALS:
                # What is not read says nothing of states; of the status every reading does,
                # but that a lost card is found lost or not by an answer or a loss only.
                speaks = one in NOT_READ.values() or is_read or one is which[0]
                if speaks and not (one in STATES and not is_read):
                    self.bad[one.code].append(one is which[0] and bool(said))

    @rule()
    def a_row_can_not_be_remapped(self) -> None:
        self.remap_failed = True
        self.listener.hear(nvlink_errors=self.errors, remap_failed=1)
        for one, _ in SIGNALS:
            self.bad[one.code].append(False)

    @invariant()
    def a_fault_is_raised_by_enough_bad_readings_and_over_after_enough_good_ones(self) -> None:
        for code, bad in self.bad.items():
            one, shown = RULES[code], has(self.listener.health, code)
            if sum(bad[-one.of :]) >= one.raise_after:
                assert shown, code
            if not any(bad[-one.clear_after :]):
                assert not shown, code

    @invariant()
    def no_fault_is_raised_more_often_than_its_rule_allows(self) -> None:
        for code, bad in self.bad.items():
            one = RULES[code]
            least = one.raise_after + one.clear_after
            assert self.listener.times_raised(code) <= len(bad) // least + 1

    @invariant()
    def what_is_fatal_stays_until_a_reading_says_otherwise(self) -> None:
        if self.remap_failed:
            assert has(self.listener.health, HealthReasonCode.ROW_REMAP_FAILED)
            assert self.listener.health.level is HealthLevel.CRITICAL


STATES = (THERMAL, BRAKE, PCIE, NVLINK)

TestSteadiness = Steadiness.TestCase
TestSteadiness.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestSteadiness.pytestmark = [pytest.mark.spec("DEV-2", "F-37")]
