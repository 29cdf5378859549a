"""How loaded a set of devices is: the sums that pools, groups, nodes and the cluster show."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.jobs import JobState
from domain.snapshot import DeviceRow, JobRow
from resolvers.context import Context
from telemetry.health import HealthLevel
from telemetry.samples import DeviceStatus

COMPUTING_FROM_PERCENT = 5.0
"""Below this a held device counts as idle."""


class Allocation(enum.Enum):
    FREE = "FREE"
    IDLE = "IDLE"
    COMPUTING = "COMPUTING"
    UNKNOWN = "UNKNOWN"


@dataclass(slots=True)
class Load:
    devices: int = 0
    allocated: int = 0
    computing: int = 0
    idle: int = 0
    free: int = 0
    unknown: int = 0
    healthy: int = 0
    warning: int = 0
    critical: int = 0
    utilisation_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    power_watts: float | None = None
    power_limit_watts: float | None = None
    temperature_max_celsius: float | None = None
    waiting_jobs: int = 0
    waiting_devices: int = 0
    waiting_since: datetime | None = None


def is_fresh(context: Context, device: DeviceRow) -> bool:
    """Whether the device answered at its node's last tick, and the node is not silent."""
    fleet, row = context.live.fleet, context.live.row(device)
    if row is None or device.missing_since is not None or fleet.is_stale(row):
        return False
    return fleet.columns["status"][row] == DeviceStatus.ANSWERS


def allocation(context: Context, device: DeviceRow) -> Allocation:
    if device.id not in context.snapshot.jobs_of_device:
        return Allocation.FREE
    row = context.live.row(device)
    if row is None or not is_fresh(context, device):
        return Allocation.UNKNOWN
    used = context.live.fleet.columns["utilisation_percent"][row]
    if used is None:
        return Allocation.UNKNOWN
    return Allocation.COMPUTING if used >= COMPUTING_FROM_PERCENT else Allocation.IDLE


def load_of(context: Context, devices: Iterable[DeviceRow], jobs: Iterable[JobRow] = ()) -> Load:
    """Sums over `devices`; of `jobs`, those that wait. A sum is null when nothing was known of it.

    A card that is cut into MIG instances is not counted beside them: only its power and
    temperature are, which instances do not have.
    """
    load = Load()
    columns = context.live.fleet.columns
    used, used_memory, total_memory = list[float](), list[float](), list[int]()
    power, limits, temperatures = list[float](), list[float](), list[float]()
    for device in devices:
        fresh = is_fresh(context, device)
        row = context.live.row(device)
        if fresh and row is not None:
            _keep(power, columns["power_watts"][row])
            _keep(limits, columns["power_limit_watts"][row])
            _keep(temperatures, columns["temperature_celsius"][row])
        if device.uuid in context.snapshot.mig_instances:
            continue
        load.devices += 1
        _count_allocation(load, allocation(context, device))
        _count_health(load, context.live.health(device).level)
        if not fresh:
            load.unknown += 1
        total = context.live.type_of(device).memory_total_bytes
        if total is not None:
            total_memory.append(total)
        if fresh and row is not None:
            _keep(used, columns["utilisation_percent"][row])
            _keep(used_memory, columns["memory_used_bytes"][row])
    load.utilisation_percent = sum(used) / len(used) if used else None
    load.memory_used_bytes = int(sum(used_memory)) if used_memory else None
    load.memory_total_bytes = sum(total_memory) if total_memory else None
    load.power_watts = math.fsum(power) if power else None
    load.power_limit_watts = math.fsum(limits) if limits else None
    load.temperature_max_celsius = max(temperatures, default=None)
    for job in jobs:
        if job.state is JobState.QUEUED:
            load.waiting_jobs += 1
            load.waiting_devices += job.requested_devices or 0
            if job.submitted_at is not None:
                since = load.waiting_since or job.submitted_at
                load.waiting_since = min(since, job.submitted_at)
    return load


def _keep(values: list[float], value: float | None) -> None:
    if value is not None:
        values.append(value)


def _count_allocation(load: Load, held: Allocation) -> None:
    if held is Allocation.FREE:
        load.free += 1
        return
    load.allocated += 1
    if held is Allocation.COMPUTING:
        load.computing += 1
    elif held is Allocation.IDLE:
        load.idle += 1


def _count_health(load: Load, level: HealthLevel) -> None:
    if level is HealthLevel.OK:
        load.healthy += 1
    elif level is HealthLevel.WARNING:
        load.warning += 1
    elif level is HealthLevel.CRITICAL:
        load.critical += 1
