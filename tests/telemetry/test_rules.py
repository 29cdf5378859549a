"""Faults that come and go: when they are raised, when they are over, and what is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from telemetry.advice import advise
from telemetry.health import (
    HEALTHY,
    Health,
    HealthLevel,
    HealthReasonCode,
    Reason,
    recall,
    record,
    silent,
)
from telemetry.limits import Limits, limits_of
from telemetry.rules import (
    BRAKE,
    CLOCK_TOLERANCE_SECONDS,
    NVLINK,
    NVLINK_ERRORS,
    PCIE,
    POWER_BRAKE,
    SKEW,
    THERMAL,
    Reading,
    Rule,
    assess,
    assess_clock,
)
from telemetry.samples import DeviceFacts, DeviceStatus, DeviceUuid

Code = HealthReasonCode
LIMITS = Limits(pcie_generation=5, pcie_width=16, nvlink_links=18, is_always_linked=True)
WELL = Reading(
    throttle_reasons=0,
    utilisation_percent=90.0,
    pcie_generation=5,
    pcie_width=16,
    nvlink_active_links=18,
    nvlink_errors=0,
)
HOT, BRAKED = {"throttle_reasons": 0x40}, {"throttle_reasons": POWER_BRAKE}
NARROW, UNLINKED = {"pcie_width": 8}, {"nvlink_active_links": 17}


def read(
    before: Health, readings: int, limits: Limits = LIMITS, at: float = 100.0, **said: Any
) -> Health:
    for reading in range(readings):
        before = assess(before, at + reading, WELL._replace(**said), limits, 0)
    return before


def codes(health: Health) -> set[HealthReasonCode]:
    return {reason.code for reason in health.reasons}


STATES = [(THERMAL, HOT), (BRAKE, BRAKED), (PCIE, NARROW), (NVLINK, UNLINKED)]


@pytest.mark.spec("DEV-2", "F-37")
@pytest.mark.parametrize(("rule", "said"), STATES)
def test_a_state_is_a_fault_once_it_lasts(rule: Rule, said: dict[str, Any]) -> None:
    assert read(HEALTHY, rule.raise_after - 1, **said).level is HealthLevel.OK
    found = read(HEALTHY, rule.raise_after, **said)
    assert (found.level, codes(found)) == (rule.level, {rule.code})
    assert found.since == 100.0  # when it began, not when it was believed


@pytest.mark.spec("DEV-2", "F-37")
@pytest.mark.parametrize(("rule", "said"), STATES)
def test_a_fault_is_over_once_all_has_been_well_for_longer(
    rule: Rule, said: dict[str, Any]
) -> None:
    found = read(HEALTHY, rule.raise_after, **said)
    found = read(found, rule.clear_after - 1)
    found = read(found, 1, **said)
    found = read(found, rule.clear_after - 1)
    assert codes(found) == {rule.code}
    assert read(found, 1) is HEALTHY


@pytest.mark.parametrize(("rule", "said"), STATES)
def test_a_moment_now_and_then_is_no_fault(rule: Rule, said: dict[str, Any]) -> None:
    health = HEALTHY
    for _ in range(20):
        health = read(health, 1, **said)
        health = read(health, rule.of)
        assert health.level is HealthLevel.OK


@pytest.mark.spec("F-37")
@pytest.mark.parametrize(("rule", "said"), STATES)
def test_what_is_not_read_neither_raises_nor_clears(rule: Rule, said: dict[str, Any]) -> None:
    unread = dict.fromkeys(said)
    begun = read(HEALTHY, rule.raise_after - 1, **said)
    assert read(begun, 100, **unread).level is HealthLevel.OK
    assert codes(read(read(begun, 100, **unread), 1, **said)) == {rule.code}
    raised = read(HEALTHY, rule.raise_after, **said)
    assert codes(read(raised, 100, **unread)) == {rule.code}
    silence = read(raised, 100, status=DeviceStatus.TIMEOUT, **unread)
    assert codes(silence) == {rule.code, Code.NVML_TIMEOUT}


@pytest.mark.spec("F-37")
def test_silence_keeps_how_far_a_fault_has_come() -> None:
    begun = read(HEALTHY, THERMAL.raise_after - 1, **HOT)
    assert codes(read(silent(begun, 150.0), 1, **HOT)) == {Code.THERMAL_SLOWDOWN}


def test_a_fault_that_was_logged_goes_on_until_it_has_been_well_for_long() -> None:
    logged = [recall(record(reason)) for reason in read(HEALTHY, 20, **NARROW).reasons]
    after = read(Health(HealthLevel.WARNING, tuple(logged)), PCIE.clear_after - 1, at=900.0)
    assert after.reasons == tuple(logged)
    assert read(after, 1) is HEALTHY


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"pcie_width": 8}, "PCIe link at 50 % of its speed"),
        ({"pcie_width": 4, "utilisation_percent": 0.0}, "PCIe link at 25 % of its speed"),
        ({"pcie_generation": 4}, "PCIe link at 50 % of its speed"),
        ({"pcie_generation": 1, "pcie_width": 8}, "PCIe link at 3 % of its speed"),
        # the generation of an idle card says nothing, its width does
        (
            {"pcie_generation": 1, "pcie_width": 8, "utilisation_percent": 3.0},
            "PCIe link at 50 % of its speed",
        ),
    ],
)
def test_a_slower_pcie_link_is_told_with_what_is_left(said: dict[str, Any], title: str) -> None:
    (reason,) = read(HEALTHY, PCIE.raise_after, **said).reasons
    assert advise(reason).title == title


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ({"pcie_generation": 1, "utilisation_percent": 2.0}, LIMITS),  # power saving
        ({"pcie_generation": 1, "utilisation_percent": None}, LIMITS),
        ({"pcie_width": 8}, LIMITS._replace(pcie_width=8)),  # a slot of 8 lanes
        ({"pcie_width": 1, "pcie_generation": 1, "nvlink_active_links": 2}, Limits()),
        ({"nvlink_active_links": 0}, LIMITS._replace(is_always_linked=False)),  # no bridge
    ],
)
def test_what_is_no_fault_of_a_link_is_none(said: dict[str, Any], limits: Limits) -> None:
    assert read(HEALTHY, 100, limits, **said) is HEALTHY


@pytest.mark.spec("F-37")
def test_a_degraded_link_is_not_believed_well_while_the_card_is_idle() -> None:
    raised = read(HEALTHY, PCIE.raise_after, pcie_generation=3)
    idle = read(raised, 100, pcie_generation=1, utilisation_percent=0.0)
    assert codes(idle) == {Code.PCIE_DEGRADED}
    assert read(idle, PCIE.clear_after) is HEALTHY


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(("active", "title"), [(17, "1 NVLink down"), (0, "18 NVLinks down")])
def test_links_that_are_down_are_counted(active: int, title: str) -> None:
    (reason,) = read(HEALTHY, NVLINK.raise_after, nvlink_active_links=active).reasons
    assert (reason.level, advise(reason).title) == (HealthLevel.CRITICAL, title)


def errors(health: Health, now: int | None, before: int | None) -> Health:
    return assess(health, 100.0, WELL._replace(nvlink_errors=now), LIMITS, before)


@pytest.mark.spec("DEV-2")
def test_new_nvlink_errors_are_told_at_once_and_for_long() -> None:
    found = errors(HEALTHY, 3, 2)
    assert reasons_of(found) == [(Code.NVLINK_ERRORS, HealthLevel.WARNING)]
    for _ in range(NVLINK_ERRORS.clear_after - 1):
        found = errors(found, 3, 3)
    assert codes(found) == {Code.NVLINK_ERRORS}
    assert errors(found, 3, 3) is HEALTHY


def reasons_of(health: Health) -> list[tuple[HealthReasonCode, HealthLevel]]:
    return [(reason.code, reason.level) for reason in health.reasons]


@pytest.mark.parametrize(("now", "before"), [(9, None), (None, 9), (0, 9), (9, 9)])
def test_old_nvlink_errors_are_none_of_now(now: int | None, before: int | None) -> None:
    assert errors(HEALTHY, now, before) is HEALTHY


FACTS = {"uuid": DeviceUuid("GPU-1"), "index": 0, "nvlink_links": 18, "pcie_width_max": 16}


@pytest.mark.parametrize(
    ("product", "mig_enabled", "links", "is_always_linked"),
    [
        ("NVIDIA H100 80GB HBM3", False, 18, True),
        ("NVIDIA A100-SXM4-80GB", False, 18, True),
        ("NVIDIA H200", None, 18, True),
        ("NVIDIA A40", None, 18, False),
        ("NVIDIA H100 PCIe", False, None, False),
        ("NVIDIA H200 NVL", False, None, True),
        ("NVIDIA H100 80GB HBM3", True, None, True),
    ],
)
def test_links_are_expected_where_they_must_be(
    product: str, mig_enabled: bool | None, links: int | None, is_always_linked: bool
) -> None:
    limits = limits_of(DeviceFacts(**FACTS, product=product, mig_enabled=mig_enabled))
    assert (limits.nvlink_links, limits.is_always_linked) == (links, is_always_linked)
    assert limits.pcie_width == 16


def clock(health: Health, readings: int, ahead: float | None) -> Health:
    for reading in range(readings):
        health = assess_clock(health, 100.0 + reading, ahead)
    return health


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize(("ahead", "title"), [(90.4, "Clock 90 s ahead"), (-7, "Clock 7 s behind")])
def test_a_clock_that_is_off_is_the_node_s_fault_once_it_lasts(ahead: float, title: str) -> None:
    assert clock(HEALTHY, SKEW.raise_after - 1, ahead).level is HealthLevel.OK
    found = clock(HEALTHY, SKEW.raise_after, ahead)
    (reason,) = found.reasons
    assert (reason.code, reason.level) == (Code.CLOCK_SKEW, HealthLevel.WARNING)
    assert advise(reason).title == title
    assert codes(clock(found, SKEW.clear_after - 1, 0.0)) == {Code.CLOCK_SKEW}
    assert clock(found, SKEW.clear_after, 0.0) is HEALTHY


def test_a_sample_that_took_its_time_is_no_skew() -> None:
    assert clock(HEALTHY, 100, -CLOCK_TOLERANCE_SECONDS) is HEALTHY
    assert clock(HEALTHY, 100, None) is HEALTHY


def test_a_reason_without_its_value_has_words_all_the_same() -> None:
    for code in (Code.PCIE_DEGRADED, Code.NVLINK_DEGRADED, Code.CLOCK_SKEW):
        assert advise(Reason(code, HealthLevel.WARNING, 0.0)).title
