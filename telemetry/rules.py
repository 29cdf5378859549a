"""The rules of health: from one reading of a device, or of a node's clock, to reasons.

Pure functions. A fault that stays until somebody acts is raised by its first reading. One that
comes and goes (throttling, links, clocks) is raised once most readings of a while were bad, and is
over once none was for longer: a signal that toggles raises one reason, not a stream of events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from telemetry.health import HEALTHY, Health, HealthLevel, HealthReasonCode, Reason, Trend, merged
from telemetry.limits import NO_LIMITS, Limits
from telemetry.samples import DeviceStatus
from telemetry.xids import CRITICAL_XIDS, WARNING_XIDS

# NVML nvmlClocksEventReasons (nvml.h).
GPU_IDLE = 0x1
HARDWARE_SLOWDOWN = 0x8
THERMAL_SLOWDOWN = 0x20 | 0x40  # software, hardware
POWER_BRAKE = 0x80

RETIRED_PAGES_LIMIT = 63
"""As many as NVIDIA's field diagnostic and DCGM tolerate (dcgm_gpu_hardware_limits.h)."""
BUSY_PERCENT = 50.0
"""From here on a card has left power saving, in which it lowers the generation of its link."""
CLOCK_TOLERANCE_SECONDS = 5.0
"""A sample is heard well within it; a clock that is kept by NTP is off by milliseconds."""


class Reading(NamedTuple):
    """What is looked at of a sample. Null: not read, or the card does not have it."""

    status: float | None = DeviceStatus.ANSWERS
    xid: float | None = None
    xid_at: float | None = None
    ecc_volatile_uncorrected: float | None = None
    remap_failed: float | None = None
    remap_pending: float | None = None
    retired_pages: float | None = None
    retired_pages_pending: float | None = None
    throttle_reasons: float | None = None
    utilisation_percent: float | None = None
    pcie_generation: float | None = None
    pcie_width: float | None = None
    nvlink_active_links: float | None = None
    nvlink_errors: float | None = None


READ = Reading._fields
"""The metrics of a sample that health depends on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Raised when `raise_after` of the last `of` readings were bad, over after `clear_after` good
    ones in a row. `counts`: its reason tells the signal's value."""

    code: HealthReasonCode
    level: HealthLevel
    raise_after: int = 1
    of: int = 1
    clear_after: int = 1
    counts: bool = False


_CODE, _WARNING, _CRITICAL = HealthReasonCode, HealthLevel.WARNING, HealthLevel.CRITICAL
_UNKNOWN = HealthLevel.UNKNOWN

# A card that answers once is not yet back: some readings in a row are the evidence (F-37).
LOST = Rule(_CODE.FELL_OFF_BUS, _CRITICAL, clear_after=5)
NOT_READ = {
    DeviceStatus.TIMEOUT: Rule(_CODE.NVML_TIMEOUT, _UNKNOWN, clear_after=5),
    DeviceStatus.DRIVER_UNAVAILABLE: Rule(_CODE.DRIVER_UNAVAILABLE, _UNKNOWN, clear_after=5),
    DeviceStatus.FAILED: Rule(_CODE.NVML_ERROR, _UNKNOWN, clear_after=5),
}
# Kept by the card until it is reset.
ECC = Rule(_CODE.ECC_UNCORRECTABLE, _CRITICAL, counts=True)
REMAP_FAILED = Rule(_CODE.ROW_REMAP_FAILED, _CRITICAL)
REMAP_PENDING = Rule(_CODE.ROW_REMAP_PENDING, _WARNING)
RETIREMENT_PENDING = Rule(_CODE.PAGE_RETIREMENT_PENDING, _WARNING)
RETIRED = Rule(_CODE.RETIRED_PAGES, _CRITICAL, counts=True)
# They come and go. Links are read anew every ten seconds or so.
THERMAL = Rule(_CODE.THERMAL_SLOWDOWN, _WARNING, raise_after=5, of=10, clear_after=30)
BRAKE = Rule(_CODE.POWER_BRAKE, _WARNING, raise_after=5, of=10, clear_after=30)
PCIE = Rule(_CODE.PCIE_DEGRADED, _WARNING, raise_after=15, of=20, clear_after=30, counts=True)
NVLINK = Rule(_CODE.NVLINK_DEGRADED, _CRITICAL, raise_after=15, of=20, clear_after=30, counts=True)
# One replay or recovery is what DCGM's health watch fails for; they come apart from each other.
NVLINK_ERRORS = Rule(_CODE.NVLINK_ERRORS, _WARNING, clear_after=600)
SKEW = Rule(_CODE.CLOCK_SKEW, _WARNING, raise_after=10, of=15, clear_after=30, counts=True)

Signal = int | None
"""What a rule looks at in one reading: 0 is well, more is bad, null says nothing."""


def assess(
    before: Health,
    time: float,
    reading: Reading,
    limits: Limits = NO_LIMITS,
    errors_before: float | None = None,
) -> Health:
    """The health of a device at `time`; a reason that `before` had keeps its `since`.

    Only evidence clears a reason: values that were read and are well, an answer of the device, or
    for an Xid its absence (the collector keeps it until the card is reset). What could not be read
    clears nothing. `errors_before`: the NVLink errors of the reading before.
    """
    if before is HEALTHY and _is_plainly_well(reading, limits, errors_before):
        return HEALTHY
    answers = reading.status == DeviceStatus.ANSWERS
    found = _xids(before, time, reading, answers)
    health = _judged(before, time, _signals(reading, limits, errors_before, answers), found)
    return health if health.reasons or health.trends else HEALTHY


def assess_clock(before: Health, time: float, seconds_ahead: float | None) -> Health:
    """The health of a node that is heard, by how far its clock is ahead of ours (or behind).

    Null: it is not known when the sample was sent.
    """
    if before is HEALTHY and abs(seconds_ahead or 0.0) <= CLOCK_TOLERANCE_SECONDS:
        return HEALTHY
    off: Signal = None
    if seconds_ahead is not None:
        off = round(seconds_ahead) if abs(seconds_ahead) > CLOCK_TOLERANCE_SECONDS else 0
    health = _judged(before, time, [(SKEW, off)], [])
    return health if health.reasons or health.trends else HEALTHY


def _is_plainly_well(reading: Reading, limits: Limits, errors_before: float | None) -> bool:
    """Most devices most of the time: whatever fails here is looked at properly."""
    links, generation = reading.nvlink_active_links, limits.pcie_generation
    return (
        reading.status == 0
        and reading.xid is None
        and not reading.ecc_volatile_uncorrected
        and not reading.remap_failed
        and not reading.remap_pending
        and not reading.retired_pages
        and not reading.retired_pages_pending
        and not int(reading.throttle_reasons or 0) & (THERMAL_SLOWDOWN | POWER_BRAKE)
        and (limits.pcie_width is None or reading.pcie_width == limits.pcie_width)
        and (
            generation is None
            or reading.pcie_generation == generation
            or (reading.utilisation_percent or 0.0) < BUSY_PERCENT
        )
        and (
            links == limits.nvlink_links
            or limits.nvlink_links is None
            or links is None
            or (links == 0 and not limits.is_always_linked)
        )
        and (errors_before is None or reading.nvlink_errors == errors_before)
    )


def _signals(
    reading: Reading, limits: Limits, errors_before: float | None, answers: bool
) -> list[tuple[Rule, Signal]]:
    throttle = reading.throttle_reasons
    thermal = None if throttle is None else int(throttle) & THERMAL_SLOWDOWN
    brake = None if throttle is None else int(throttle) & POWER_BRAKE
    retired = reading.retired_pages
    read = (
        (ECC, reading.ecc_volatile_uncorrected),
        (REMAP_FAILED, reading.remap_failed),
        (REMAP_PENDING, reading.remap_pending),
        (RETIREMENT_PENDING, reading.retired_pages_pending),
        (RETIRED, None if retired is None else retired * (retired >= RETIRED_PAGES_LIMIT)),
        (THERMAL, thermal),
        (BRAKE, brake),
        (PCIE, pcie_signal(reading, limits)),
        (NVLINK, nvlink_signal(reading, limits)),
        (NVLINK_ERRORS, _rise(reading.nvlink_errors, errors_before)),
    )
    status = DeviceStatus.FAILED if reading.status is None else DeviceStatus(int(reading.status))
    lost = 1 if status is DeviceStatus.LOST else 0 if answers else None
    signals: list[tuple[Rule, Signal]] = [(LOST, lost)]
    signals += [(rule, int(status is one)) for one, rule in NOT_READ.items()]
    signals += [
        (rule, int(value) if value else 0 if answers and value is not None else None)
        for rule, value in read
    ]
    return signals


def pcie_signal(reading: Reading, limits: Limits) -> Signal:
    """The share of the link's speed that is missing, in percent.

    A card lowers the generation while it has little to do: below its maximum it is judged only when
    busy, and says nothing else.
    """
    width, generation = reading.pcie_width, reading.pcie_generation
    if not width or limits.pcie_width is None:
        return None
    share = width / limits.pcie_width
    if generation and limits.pcie_generation and generation < limits.pcie_generation:
        if (reading.utilisation_percent or 0.0) >= BUSY_PERCENT:
            share *= 2.0 ** (generation - limits.pcie_generation)
        elif share >= 1.0:
            return None
    return max(0, round(100 * (1.0 - share)))


def nvlink_signal(reading: Reading, limits: Limits) -> Signal:
    """How many links are down."""
    active, links = reading.nvlink_active_links, limits.nvlink_links
    if active is None or links is None or (active == 0 and not limits.is_always_linked):
        return None
    return max(0, links - int(active))


def _rise(now: float | None, before: float | None) -> Signal:
    """A counter that fell was reset with the card."""
    return None if now is None or before is None else int(now > before)


def _xids(before: Health, time: float, reading: Reading, answers: bool) -> list[Reason]:
    """The Xid of now, and those of before that nothing says are over."""
    found = []
    xid = None if reading.xid is None else int(reading.xid)
    if xid is not None and xid in CRITICAL_XIDS | WARNING_XIDS:
        level = _CRITICAL if xid in CRITICAL_XIDS else _WARNING
        since = time if reading.xid_at is None else reading.xid_at
        found.append(Reason(_CODE.XID, level, since, xid))
    goes_on = {_CRITICAL, _WARNING} if not answers else set() if xid is None else {_CRITICAL}
    return found + [r for r in before.reasons if r.code is _CODE.XID and r.level in goes_on]


def _judged(
    before: Health, time: float, signals: Iterable[tuple[Rule, Signal]], found: list[Reason]
) -> Health:
    """`found` with the reasons of the rules, those of before among them that are not over."""
    known = {reason.code: reason for reason in before.reasons}
    trends = {}
    for rule, signal in signals:
        held, trend = known.get(rule.code), before.trends.get(rule.code)
        if signal is None:
            if held is not None:
                found.append(held)
            if trend is not None:
                trends[rule.code] = trend
            continue
        if not signal and held is None and trend is None:
            continue
        trend = _moved(trend, rule, time, is_bad=bool(signal))
        if held is None:
            is_raised = trend.recent.bit_count() >= rule.raise_after
            is_over = not trend.recent
        else:
            is_raised = trend.well < rule.clear_after
            is_over = not is_raised
        if is_raised:
            value = signal if signal else held.value if held is not None else None
            found.append(Reason(rule.code, rule.level, trend.began, value if rule.counts else None))
        if not is_over:
            trends[rule.code] = trend
    return merged(before, found, trends)


def _moved(trend: Trend | None, rule: Rule, time: float, *, is_bad: bool) -> Trend:
    """One reading further."""
    if trend is None:
        trend = Trend(time)
    recent = (trend.recent << 1 | is_bad) & ((1 << rule.of) - 1)
    return Trend(trend.began, recent, 0 if is_bad else trend.well + 1)
