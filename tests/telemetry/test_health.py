"""Each reason for which a device is not healthy, its words, and what it takes to clear it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telemetry.advice import XID_CATALOGUE, advise
from telemetry.health import (
    HEALTHY,
    SEVERITY,
    Health,
    HealthLevel,
    HealthReasonCode,
    Reason,
    missing,
    recall,
    record,
    silent,
)
from telemetry.limits import NO_LIMITS, Limits
from telemetry.rules import (
    GPU_IDLE,
    LOST,
    NOT_READ,
    POWER_BRAKE,
    RETIRED_PAGES_LIMIT,
    THERMAL,
    THERMAL_SLOWDOWN,
    Reading,
    Rule,
    assess,
)
from telemetry.samples import DeviceStatus
from telemetry.xids import CRITICAL_XIDS, WARNING_XIDS

Code, Level = HealthReasonCode, HealthLevel
OK, WARNING, CRITICAL, UNKNOWN = Level.OK, Level.WARNING, Level.CRITICAL, Level.UNKNOWN
WELL = Reading(
    ecc_volatile_uncorrected=0,
    remap_failed=0,
    remap_pending=0,
    retired_pages=0,
    retired_pages_pending=0,
    throttle_reasons=0,
)
NOTHING_READ = Reading(status=DeviceStatus.TIMEOUT)
PROBES = LOST.clear_after


def health(
    before: Health = HEALTHY,
    at: float = 100.0,
    *,
    limits: Limits = NO_LIMITS,
    readings: int = 1,
    **said: Any,
) -> Health:
    """The health after so many readings that say the same."""
    for reading in range(readings):
        before = assess(before, at + reading, WELL._replace(**said), limits)
    return before


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
        ({"retired_pages": RETIRED_PAGES_LIMIT}, Code.RETIRED_PAGES, CRITICAL),
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
    found = health(readings=THERMAL.raise_after, **said)
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
        {"retired_pages": RETIRED_PAGES_LIMIT - 1},
        {name: None for name in Reading._fields if name != "status"},
    ],
)
def test_what_is_no_fault_of_the_device_leaves_it_healthy(said: dict[str, Any]) -> None:
    assert health(**said) is HEALTHY


@pytest.mark.spec("DEV-2")
def test_several_faults_are_all_told_the_worst_and_oldest_first() -> None:
    found = health(readings=1, remap_pending=1)
    found = health(found, 200.0, readings=10, remap_pending=1, throttle_reasons=0x20)
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
    during = assess(before, 200.0, NOTHING_READ)
    assert set(before.reasons) < set(during.reasons)
    assert SEVERITY[during.level] >= SEVERITY[UNKNOWN]
    still = {k: v for k, v in fault.items() if k != "status"}
    after = health(during, 300.0, readings=PROBES, **still)
    assert after == (HEALTHY if "status" in fault else before)


@pytest.mark.spec("F-37")
@pytest.mark.parametrize("rule", [LOST, *NOT_READ.values()])
def test_a_device_that_answers_once_is_not_yet_back(rule: Rule) -> None:
    status = {**{one.code: said for said, one in NOT_READ.items()}, LOST.code: DeviceStatus.LOST}
    before = health(status=status[rule.code])
    assert reasons(health(before, 200.0, readings=PROBES - 1)) == [(rule.code, rule.level)]
    assert health(before, 200.0, readings=PROBES) == HEALTHY
    wavering = health(before, 200.0, readings=PROBES - 1)
    wavering = health(wavering, 300.0, status=status[rule.code])
    assert health(wavering, 400.0, readings=PROBES - 1).reasons == before.reasons


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
    assert (advice.source or "").startswith("https://") or code is Code.STALE
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


class FatalFaults(RuleBasedStateMachine):
    """A GPU whose faults are known to the test: what is shown follows the evidence alone."""

    def __init__(self) -> None:
        super().__init__()
        self.health = HEALTHY
        self.fatal: dict[tuple[HealthReasonCode, int | None], float] = {}
        self.xid: tuple[int, float] | None = None
        self.answered = 0  # times in a row
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
        self.answered = 0 if is_lost else self.answered + answers
        is_back = self.answered >= PROBES
        self.evidence(Code.FELL_OFF_BUS, True if is_lost else False if is_back else None)
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
