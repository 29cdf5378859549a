"""Each reason for which a device is not healthy, its words, and what it takes to clear it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telemetry.advice import XID_CATALOGUE, advise
from telemetry.health import (
    CRITICAL_XIDS,
    GPU_IDLE,
    HEALTHY,
    POWER_BRAKE,
    SEVERITY,
    THERMAL_SLOWDOWN,
    WARNING_XIDS,
    Health,
    HealthLevel,
    HealthReasonCode,
    Reason,
    assess,
    missing,
    recall,
    record,
    silent,
)
from telemetry.samples import DeviceStatus

Code, Level = HealthReasonCode, HealthLevel
OK, WARNING, CRITICAL, UNKNOWN = Level.OK, Level.WARNING, Level.CRITICAL, Level.UNKNOWN
WELL: dict[str, Any] = {
    "status": DeviceStatus.ANSWERS,
    "xid": None,
    "xid_at": None,
    "ecc_volatile_uncorrected": 0,
    "remap_failed": 0,
    "remap_pending": 0,
    "retired_pages_pending": 0,
    "throttle_reasons": 0,
}
NOTHING_READ = dict.fromkeys(WELL) | {"status": DeviceStatus.TIMEOUT}


def health(before: Health = HEALTHY, at: float = 100.0, **said: Any) -> Health:
    return assess(before, at, **{**WELL, **said})


def reasons(found: Health) -> list[tuple[HealthReasonCode, HealthLevel]]:
    return [(reason.code, reason.level) for reason in found.reasons]


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(
    ("said", "code", "level"),
    [
        ({"xid": 79}, Code.XID, CRITICAL),
        ({"xid": 63}, Code.XID, WARNING),
        ({"ecc_volatile_uncorrected": 1}, Code.ECC_UNCORRECTABLE, CRITICAL),
        ({"remap_failed": 1}, Code.ROW_REMAP_FAILED, CRITICAL),
        ({"remap_pending": 1}, Code.ROW_REMAP_PENDING, WARNING),
        ({"retired_pages_pending": 1}, Code.PAGE_RETIREMENT_PENDING, WARNING),
        ({"throttle_reasons": 0x20}, Code.THERMAL_SLOWDOWN, WARNING),
        ({"throttle_reasons": 0x40}, Code.THERMAL_SLOWDOWN, WARNING),
        ({"throttle_reasons": POWER_BRAKE}, Code.POWER_BRAKE, WARNING),
        ({"status": DeviceStatus.LOST}, Code.FELL_OFF_BUS, CRITICAL),
        ({"status": DeviceStatus.TIMEOUT}, Code.NVML_TIMEOUT, UNKNOWN),
        ({"status": DeviceStatus.DRIVER_UNAVAILABLE}, Code.DRIVER_UNAVAILABLE, UNKNOWN),
        ({"status": DeviceStatus.FAILED}, Code.NVML_ERROR, UNKNOWN),
    ],
)
def test_each_fault_has_its_reason_and_level(
    said: dict[str, Any], code: HealthReasonCode, level: HealthLevel
) -> None:
    found = health(**said)
    assert found.level is level
    assert reasons(found) == [(code, level)]
    assert found.since == 100.0
    assert advise(found.reasons[0]).remedy


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"throttle_reasons": GPU_IDLE | 0x4},  # idle, under its power cap: as it should be
        {"xid": 13},  # a program's own faults
        {"xid": 31},
        {"xid": 43},
        {"xid": 45},
        {name: None for name in WELL if name != "status"},
    ],
)
def test_what_is_no_fault_of_the_device_leaves_it_healthy(said: dict[str, Any]) -> None:
    assert health(**said) is HEALTHY


@pytest.mark.spec("DEV-2")
def test_several_faults_are_all_told_the_worst_and_oldest_first() -> None:
    found = health(health(remap_pending=1), 200.0, remap_pending=1, throttle_reasons=0x20)
    found = health(found, 300.0, remap_pending=1, throttle_reasons=0x20, remap_failed=1)
    assert reasons(found) == [
        (Code.ROW_REMAP_FAILED, CRITICAL),
        (Code.ROW_REMAP_PENDING, WARNING),
        (Code.THERMAL_SLOWDOWN, WARNING),
    ]
    assert [reason.since for reason in found.reasons] == [300.0, 100.0, 200.0]
    assert found.since == 300.0


def test_a_rising_count_is_the_same_fault_and_shows_the_new_count() -> None:
    first = health(ecc_volatile_uncorrected=1)
    then = health(first, 200.0, ecc_volatile_uncorrected=3)
    assert then.says_the_same_as(first)
    assert (then.reasons[0].since, then.reasons[0].value) == (100.0, 3)


def test_an_xid_began_when_it_was_logged() -> None:
    assert health(xid=48, xid_at=90.0).since == 90.0
    assert not health(xid=48).says_the_same_as(health(xid=95))


@pytest.mark.spec("F-37")
def test_a_fatal_xid_is_not_covered_up_by_a_later_one() -> None:
    found = health(health(xid=48, xid_at=90.0), 200.0, xid=63, xid_at=200.0)
    assert [(r.value, r.level, r.since) for r in found.reasons] == [
        (48, CRITICAL, 90.0),
        (63, WARNING, 200.0),
    ]
    assert health(found, 300.0, xid=13).level is CRITICAL
    assert health(found, 300.0) is HEALTHY  # the collector has seen a reset


@pytest.mark.spec("F-37")
@pytest.mark.parametrize("fault", [{"ecc_volatile_uncorrected": 2}, {"remap_failed": 1}])
def test_a_value_that_could_not_be_read_clears_nothing(fault: dict[str, Any]) -> None:
    before = health(**fault)
    assert health(before, 200.0, **dict.fromkeys(fault)) == before
    assert health(before, 200.0, **dict.fromkeys(fault, 0)) is HEALTHY


@pytest.mark.spec("F-37")
@pytest.mark.parametrize(
    "fault", [{"xid": 95}, {"remap_failed": 1}, {"status": DeviceStatus.LOST}, {"remap_pending": 1}]
)
def test_a_device_that_stops_answering_keeps_what_was_known(fault: dict[str, Any]) -> None:
    before = health(**fault)
    during = assess(before, 200.0, **NOTHING_READ)
    assert set(before.reasons) < set(during.reasons)
    assert SEVERITY[during.level] >= SEVERITY[UNKNOWN]
    after = health(during, 300.0, **{k: v for k, v in fault.items() if k != "status"})
    assert after == (HEALTHY if "status" in fault else before)


@pytest.mark.spec("NODE-2", "F-37")
@pytest.mark.parametrize("fault", [{}, {"remap_pending": 1}, {"xid": 79}])
def test_silence_adds_to_what_was_known_and_goes_with_the_first_word(
    fault: dict[str, Any],
) -> None:
    before = health(**fault)
    during = silent(before, 150.0)
    assert set(during.reasons) - set(before.reasons) == {Reason(Code.STALE, UNKNOWN, 150.0)}
    assert during.level is (CRITICAL if "xid" in fault else UNKNOWN)
    assert silent(during, 160.0).says_the_same_as(during)
    assert health(during, 300.0, **fault) == before


def test_a_device_that_its_node_no_longer_has_is_missing() -> None:
    assert reasons(missing(100.0)) == [(Code.MISSING, CRITICAL)]


@pytest.mark.parametrize(
    "reason", [Reason(Code.XID, CRITICAL, 1.5, 79), Reason(Code.STALE, UNKNOWN, 2)]
)
def test_a_reason_that_was_kept_comes_back(reason: Reason) -> None:
    assert recall(record(reason)) == reason


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize("code", HealthReasonCode)
def test_every_reason_says_what_it_is_and_what_to_do(code: HealthReasonCode) -> None:
    value = 79 if code is Code.XID else None
    advice = advise(Reason(code, CRITICAL, 0.0, value))
    assert advice.title
    assert advice.detail.endswith(".")
    assert advice.remedy
    assert all(step.endswith((".", ">.")) for step in advice.remedy)


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize("xid", sorted(CRITICAL_XIDS | WARNING_XIDS))
def test_every_xid_that_counts_has_words_of_its_own(xid: int) -> None:
    advice, unknown = (advise(Reason(Code.XID, CRITICAL, 0.0, value)) for value in (xid, 9999))
    assert advice.title.startswith(f"Xid {xid}, ")
    assert advice.detail != unknown.detail
    assert advice.remedy
    assert advice.source == XID_CATALOGUE


@pytest.mark.spec("DEV-2")
def test_an_xid_that_is_new_to_us_points_at_the_catalogue() -> None:
    advice = advise(Reason(Code.XID, WARNING, 0.0, 9999))
    assert "9999" in advice.title
    assert any("catalogue" in step for step in advice.remedy)


# NVIDIA's Xid catalogue, immediate action: resets or restarts, and none or the program's only.
RESETS = {48, 62, 64, 79, 95, 109, 110, 119, 120, 136, 140, 143, 158}
WORKS_ON = {63, 92, 94, 121, 154, 157, 161}
PROGRAMS = {8, 11, 13, 31, 32, 43, 45, 60, 66, 68, 69, 80, 137}


@pytest.mark.spec("DEV-2")
def test_levels_follow_the_catalogue() -> None:
    assert RESETS <= CRITICAL_XIDS
    assert WORKS_ON <= WARNING_XIDS
    assert not PROGRAMS & (CRITICAL_XIDS | WARNING_XIDS)
    assert not CRITICAL_XIDS & WARNING_XIDS


class FatalFaults(RuleBasedStateMachine):
    """A GPU whose faults are known to the test: what is shown follows the evidence alone."""

    def __init__(self) -> None:
        super().__init__()
        self.health = HEALTHY
        self.fatal: dict[tuple[HealthReasonCode, int | None], float] = {}
        self.xid: tuple[int, float] | None = None
        self.now = 0.0

    @rule(
        status=st.sampled_from(DeviceStatus),
        remap_failed=st.sampled_from([None, 0, 1]),
        errors=st.sampled_from([None, 0, 1, 5]),
        throttle=st.sampled_from([None, 0, THERMAL_SLOWDOWN]),
    )
    def is_read(
        self,
        status: DeviceStatus,
        remap_failed: int | None,
        errors: int | None,
        throttle: int | None,
    ) -> None:
        self.now += 1
        xid, xid_at = self.xid or (None, None)
        self.health = health(
            self.health,
            self.now,
            status=status,
            xid=xid,
            xid_at=xid_at,
            remap_failed=remap_failed,
            ecc_volatile_uncorrected=errors,
            throttle_reasons=throttle,
        )
        answers = status is DeviceStatus.ANSWERS
        is_lost = status is DeviceStatus.LOST
        self.evidence(Code.FELL_OFF_BUS, True if is_lost else False if answers else None)
        for code, value in (
            (Code.ROW_REMAP_FAILED, remap_failed),
            (Code.ECC_UNCORRECTABLE, errors),
        ):
            self.evidence(code, True if value else False if value == 0 and answers else None)
        if self.xid is not None and self.xid[0] in CRITICAL_XIDS:
            self.fatal.setdefault((Code.XID, self.xid[0]), self.xid[1])
        if self.xid is None and answers:
            self.fatal = {key: at for key, at in self.fatal.items() if key[0] is not Code.XID}

    def evidence(self, code: HealthReasonCode, is_so: bool | None) -> None:
        if is_so:
            self.fatal.setdefault((code, None), self.now)
        elif is_so is False:
            self.fatal.pop((code, None), None)

    @rule(xid=st.sampled_from([13, 48, 63, 79, 94, 95]))
    def xid_is_logged(self, xid: int) -> None:
        self.xid = (xid, self.now)

    @rule()
    def is_reset(self) -> None:
        self.xid = None

    @rule()
    def node_falls_silent(self) -> None:
        self.health = silent(self.health, self.now)

    @invariant()
    def fatal_faults_are_those_without_evidence_of_their_end(self) -> None:
        shown = {r.identity: r.since for r in self.health.reasons if r.level is CRITICAL}
        assert shown == self.fatal
        assert (self.health.level is CRITICAL) == bool(self.fatal)

    @invariant()
    def reasons_are_told_once_in_one_order(self) -> None:
        told = self.health.reasons
        assert len({reason.identity for reason in told}) == len(told)
        order = [(-SEVERITY[r.level], r.since, r.code.value, r.value or 0) for r in told]
        assert order == sorted(order)


TestFatalFaults = FatalFaults.TestCase
TestFatalFaults.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestFatalFaults.pytestmark = [pytest.mark.spec("F-37")]
