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
from telemetry.idleness import COMPUTING_FROM_PERCENT
from telemetry.samples import Column, DeviceStatus

ANSWERS = int(DeviceStatus.ANSWERS)


class Allocation(enum.Enum):
    FREE = "FREE"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
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
    out_of_service: int = 0
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
    return _fresh_row(context, device) is not None


def _fresh_row(context: Context, device: DeviceRow) -> int | None:
    """The device's row of the fleet's columns, while what stands there is so now."""
    fleet, row = context.live.fleet, context.live.row(device)
    if row is None or device.missing_since is not None or fleet.is_stale(row):
        return None
    return row if fleet.columns["status"][row] == ANSWERS else None


def allocation(context: Context, device: DeviceRow) -> Allocation:
    return allocations(context, (device,))[0]


def allocations(context: Context, devices: Iterable[DeviceRow]) -> list[Allocation]:
    """The allocation of each; for frames of thousands nothing is looked up twice in here."""
    snapshot, live = context.snapshot, context.live
    rows, node_of, columns = live.rows, live.fleet.node_of, live.fleet.columns
    status, utilisation = columns["status"], columns["utilisation_percent"]
    held = snapshot.jobs_of_device.keys() | snapshot.held_by_others
    not_free = held | snapshot.out_of_service

    def of_one(device: DeviceRow) -> Allocation:
        if device.id not in held:
            return Allocation.OUT_OF_SERVICE
        row = None if device.missing_since is not None else rows.get(device.id)
        if row is None or node_of[row].is_stale or status[row] != ANSWERS:
            return Allocation.UNKNOWN
        used = utilisation[row]
        if used is None:
            return Allocation.UNKNOWN
        return Allocation.COMPUTING if used >= COMPUTING_FROM_PERCENT else Allocation.IDLE

    free = Allocation.FREE
    return [of_one(device) if device.id in not_free else free for device in devices]


def load_of(context: Context, devices: Iterable[DeviceRow], jobs: Iterable[JobRow] = ()) -> Load:
    """Sums over `devices`; of `jobs`, those that wait. A sum is null when nothing was known of it.

    A card that is cut into MIG instances is not counted beside them: only its power and
    temperature are, which instances do not have.
    """
    load = Load()
    # Every pool, node and group is summed once a second: nothing is looked up twice in here.
    snapshot, live = context.snapshot, context.live
    rows, fleet, types = live.rows, live.fleet, snapshot.types
    columns, node_of, health = fleet.columns, fleet.node_of, fleet.health
    status, utilisation = columns["status"], columns["utilisation_percent"]
    cut, held, held_by_others, out_of_service = (
        snapshot.mig_instances,
        snapshot.jobs_of_device,
        snapshot.held_by_others,
        snapshot.out_of_service,
    )
    answering, counted = list[int](), list[int]()
    levels, total_memory = list[HealthLevel](), list[int]()
    for device in devices:
        row = None if device.missing_since is not None else rows.get(device.id)
        level = (live.health(device) if row is None else health[row]).level
        if row is not None and (node_of[row].is_stale or status[row] != ANSWERS):
            row = None
        if row is not None:
            answering.append(row)
        if device.uuid in cut:
            continue
        load.devices += 1
        levels.append(level)
        if row is not None:
            counted.append(row)
        if device.id in held or device.id in held_by_others:
            load.allocated += 1
            percent = None if row is None else utilisation[row]
            if percent is not None:
                if percent >= COMPUTING_FROM_PERCENT:
                    load.computing += 1
                else:
                    load.idle += 1
        elif device.id in out_of_service:
            load.out_of_service += 1
        else:
            load.free += 1
        total = types[device.type_id].memory_total_bytes
        if total is not None:
            total_memory.append(total)
    load.unknown = load.devices - len(counted)
    load.healthy = levels.count(HealthLevel.OK)
    load.warning = levels.count(HealthLevel.WARNING)
    load.critical = levels.count(HealthLevel.CRITICAL)
    used = _known(utilisation, counted)
    used_memory = _known(columns["memory_used_bytes"], counted)
    power = _known(columns["power_watts"], answering)
    limits = _known(columns["power_limit_watts"], answering)
    temperatures = _known(columns["temperature_celsius"], answering)
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


def _known(column: Column, rows: Iterable[int]) -> list[float]:
    return [value for row in rows if (value := column[row]) is not None]
