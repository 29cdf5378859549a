"""Health: OK, WARNING, CRITICAL or UNKNOWN with reasons, of a device or of a node.

From what it follows is in `telemetry.rules`, what to do about it in `telemetry.advice`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


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
    RETIRED_PAGES = "RETIRED_PAGES"
    THERMAL_SLOWDOWN = "THERMAL_SLOWDOWN"
    POWER_BRAKE = "POWER_BRAKE"
    PCIE_DEGRADED = "PCIE_DEGRADED"
    NVLINK_DEGRADED = "NVLINK_DEGRADED"
    NVLINK_ERRORS = "NVLINK_ERRORS"
    FELL_OFF_BUS = "FELL_OFF_BUS"
    NVML_TIMEOUT = "NVML_TIMEOUT"
    DRIVER_UNAVAILABLE = "DRIVER_UNAVAILABLE"
    NVML_ERROR = "NVML_ERROR"
    MISSING = "MISSING"
    STALE = "STALE"
    CLOCK_SKEW = "CLOCK_SKEW"


SEVERITY = {
    HealthLevel.OK: 0,
    HealthLevel.WARNING: 1,
    HealthLevel.UNKNOWN: 2,
    HealthLevel.CRITICAL: 3,
}
"""A known fault outranks silence: a card that was CRITICAL stays so when its node falls silent."""


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
class Trend:
    """How a fault that comes and goes has been of late, counted in readings.

    Not in seconds: the clocks of nodes are set, and messages are lost.
    """

    began: float  # the first bad reading since it was well for long
    recent: int = 0  # a bit for each of the last readings, the newest lowest; set: it was bad
    well: int = 0  # readings since the last bad one


@dataclass(frozen=True, slots=True)
class Health:
    level: HealthLevel = HealthLevel.OK
    reasons: tuple[Reason, ...] = ()
    trends: Mapping[HealthReasonCode, Trend] = field(default_factory=dict, compare=False)
    """Of faults that have begun, or are not over for long enough."""

    @property
    def since(self) -> float | None:
        """When the worst of the reasons began."""
        return min((r.since for r in self.reasons if r.level is self.level), default=None)

    def says_the_same_as(self, other: Health) -> bool:
        return self.level is other.level and {r.identity for r in self.reasons} == {
            r.identity for r in other.reasons
        }


HEALTHY = Health()


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
    """The health of a node that has said nothing since `heard_at`, or of a device of it."""
    stale = Reason(HealthReasonCode.STALE, HealthLevel.UNKNOWN, heard_at)
    found = [r for r in before.reasons if r.code is not HealthReasonCode.STALE] + [stale]
    return merged(before, found, before.trends)


def missing(since: float) -> Health:
    """The health of a device that its node's collector no longer lists."""
    level = HealthLevel.CRITICAL
    return Health(level, (Reason(HealthReasonCode.MISSING, level, since),))


def worst(levels: Iterable[HealthLevel], default: HealthLevel = HealthLevel.OK) -> HealthLevel:
    return max(levels, key=SEVERITY.__getitem__, default=default)


def merged(
    before: Health, found: Iterable[Reason], trends: Mapping[HealthReasonCode, Trend]
) -> Health:
    """The health with these reasons; one that `before` had keeps its `since`."""
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
    return Health(worst(r.level for r in reasons), tuple(reasons), trends)
