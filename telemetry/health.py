"""Health rules: from one device's sample to OK, WARNING, CRITICAL or UNKNOWN with reasons.

Pure functions. What a reason means and what to do about it is in `telemetry.advice`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.samples import DeviceStatus


class HealthLevel(enum.Enum):
    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"


class HealthReasonCode(enum.Enum):
    XID = "XID"
    ECC_UNCORRECTABLE = "ECC_UNCORRECTABLE"
    ROW_REMAP_FAILED = "ROW_REMAP_FAILED"
    ROW_REMAP_PENDING = "ROW_REMAP_PENDING"
    PAGE_RETIREMENT_PENDING = "PAGE_RETIREMENT_PENDING"
    THERMAL_SLOWDOWN = "THERMAL_SLOWDOWN"
    POWER_BRAKE = "POWER_BRAKE"
    FELL_OFF_BUS = "FELL_OFF_BUS"
    NVML_TIMEOUT = "NVML_TIMEOUT"
    DRIVER_UNAVAILABLE = "DRIVER_UNAVAILABLE"
    NVML_ERROR = "NVML_ERROR"
    MISSING = "MISSING"
    STALE = "STALE"


SEVERITY = {
    HealthLevel.OK: 0,
    HealthLevel.WARNING: 1,
    HealthLevel.UNKNOWN: 2,
    HealthLevel.CRITICAL: 3,
}
"""A known fault outranks silence: a card that was CRITICAL stays so when its node falls silent."""

# Xid codes that point at the GPU, its memory, its links or the driver, by NVIDIA's Xid catalogue
# (https://docs.nvidia.com/deploy/xid-errors/): CRITICAL where its immediate action is a reset or a
# restart of the node, WARNING where the card works on. Codes that an application causes (13, 31,
# 43, 45 and their like) say nothing of the device's health and are left out.
CRITICAL_XIDS = frozenset(
    {48, 62, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 143, 145, 149, 150}
    | {156, 158, 167, 169, 171, 172}
)
WARNING_XIDS = frozenset({54, 61, 63, 92, 94, 121, 144, 146, 147, 148, 154, 155, 157, 161, 168})

# NVML nvmlClocksEventReasons (nvml.h).
GPU_IDLE = 0x1
HARDWARE_SLOWDOWN = 0x8
THERMAL_SLOWDOWN = 0x20 | 0x40  # software, hardware
POWER_BRAKE = 0x80


@dataclass(frozen=True, slots=True)
class Reason:
    """`value`: what the code counts or names (the Xid, the number of errors); `since`: UTC."""

    code: HealthReasonCode
    level: HealthLevel
    since: float
    value: int | None = None

    @property
    def identity(self) -> tuple[HealthReasonCode, int | None]:
        """What makes it the same reason as before; a rising error count is no new reason."""
        return self.code, self.value if self.code is HealthReasonCode.XID else None


@dataclass(frozen=True, slots=True)
class Health:
    level: HealthLevel = HealthLevel.OK
    reasons: tuple[Reason, ...] = ()

    @property
    def since(self) -> float | None:
        """When the worst of the reasons began."""
        return min((r.since for r in self.reasons if r.level is self.level), default=None)

    def says_the_same_as(self, other: Health) -> bool:
        return self.level is other.level and {r.identity for r in self.reasons} == {
            r.identity for r in other.reasons
        }


HEALTHY = Health()

_OF_STATUS = {
    DeviceStatus.LOST: (HealthReasonCode.FELL_OFF_BUS, HealthLevel.CRITICAL),
    DeviceStatus.TIMEOUT: (HealthReasonCode.NVML_TIMEOUT, HealthLevel.UNKNOWN),
    DeviceStatus.DRIVER_UNAVAILABLE: (HealthReasonCode.DRIVER_UNAVAILABLE, HealthLevel.UNKNOWN),
    DeviceStatus.FAILED: (HealthReasonCode.NVML_ERROR, HealthLevel.UNKNOWN),
}


def assess(
    before: Health,
    time: float,
    *,
    status: DeviceStatus,
    xid: int | None,
    xid_at: float | None,
    ecc_volatile_uncorrected: int | None,
    remap_failed: int | None,
    remap_pending: int | None,
    retired_pages_pending: int | None,
    throttle_reasons: int | None,
) -> Health:
    """The health of a device at `time`; a reason that `before` had keeps its `since`.

    Only evidence clears a reason: a value that was read and is well, an answer of the device, or
    for an Xid its absence (the collector keeps it until the card is reset). What could not be read
    clears nothing.
    """
    code, warning, critical = HealthReasonCode, HealthLevel.WARNING, HealthLevel.CRITICAL
    throttled = None if throttle_reasons is None else throttle_reasons & THERMAL_SLOWDOWN
    braked = None if throttle_reasons is None else throttle_reasons & POWER_BRAKE
    readings = (
        (code.ECC_UNCORRECTABLE, critical, ecc_volatile_uncorrected),
        (code.ROW_REMAP_FAILED, critical, remap_failed),
        (code.ROW_REMAP_PENDING, warning, remap_pending),
        (code.PAGE_RETIREMENT_PENDING, warning, retired_pages_pending),
        (code.THERMAL_SLOWDOWN, warning, throttled),
        (code.POWER_BRAKE, warning, braked),
    )
    found: list[Reason] = []
    if status in _OF_STATUS:
        found.append(Reason(*_OF_STATUS[status], time))
    if xid is not None and xid in CRITICAL_XIDS | WARNING_XIDS:
        level = critical if xid in CRITICAL_XIDS else warning
        found.append(Reason(code.XID, level, time if xid_at is None else xid_at, xid))
    for reason, level, value in readings:
        if value:
            count = value if reason is code.ECC_UNCORRECTABLE else None
            found.append(Reason(reason, level, time, count))
    if before.reasons:
        answers = status is DeviceStatus.ANSWERS
        unread = {reason for reason, _, value in readings if value is None or not answers}
        found += [r for r in before.reasons if _stays(r, answers, xid, unread)]
    if not found:
        return HEALTHY
    return _merged(before, found, worst(r.level for r in found))


def _stays(reason: Reason, answers: bool, xid: int | None, unread: set[HealthReasonCode]) -> bool:
    """Whether a reason of before goes on, for want of evidence that it is over."""
    if reason.code is HealthReasonCode.XID:
        return not answers or (xid is not None and reason.level is HealthLevel.CRITICAL)
    if reason.code is HealthReasonCode.FELL_OFF_BUS:
        return not answers
    return reason.code in unread


def record(reason: Reason) -> dict[str, object]:
    """A reason as plain data, to be kept."""
    return {
        "code": reason.code.value,
        "level": reason.level.value,
        "since": reason.since,
        "value": reason.value,
    }


def recall(kept: Mapping[str, Any]) -> Reason:
    """The reason that `record` made plain."""
    return Reason(
        HealthReasonCode(kept["code"]),
        HealthLevel(kept["level"]),
        float(kept["since"]),
        kept.get("value"),
    )


def silent(before: Health, heard_at: float) -> Health:
    """The health of a device whose node has said nothing since `heard_at`."""
    stale = Reason(HealthReasonCode.STALE, HealthLevel.UNKNOWN, heard_at)
    found = [r for r in before.reasons if r.code is not HealthReasonCode.STALE] + [stale]
    return _merged(before, found, worst(r.level for r in found))


def missing(since: float) -> Health:
    """The health of a device that its node's collector no longer lists."""
    level = HealthLevel.CRITICAL
    return Health(level, (Reason(HealthReasonCode.MISSING, level, since),))


def worst(levels: Iterable[HealthLevel], default: HealthLevel = HealthLevel.OK) -> HealthLevel:
    return max(levels, key=SEVERITY.__getitem__, default=default)


def _merged(before: Health, found: list[Reason], level: HealthLevel) -> Health:
    known = {r.identity: r for r in before.reasons}
    unique: dict[object, Reason] = {}
    for reason in found:
        earlier = known.get(reason.identity)
        since = reason.since if earlier is None else earlier.since
        unique.setdefault(reason.identity, Reason(reason.code, reason.level, since, reason.value))
    reasons = sorted(
        unique.values(),
        key=lambda r: (-SEVERITY[r.level], r.since, r.code.value, r.value or 0),
    )
    return Health(level, tuple(reasons))
