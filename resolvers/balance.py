"""Where the load is uneven: devices that are held and compute nothing, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.snapshot import DeviceRow, JobRow
from resolvers.context import Context, Info
from resolvers.live import utc
from resolvers.loads import Allocation, allocation
from telemetry.samples import DeviceUuid


@dataclass(frozen=True, slots=True)
class IdleDevice:
    device: DeviceRow
    job: JobRow | None
    since: datetime | None


def idle_devices(context: Context, devices: Iterable[DeviceRow]) -> list[IdleDevice]:
    """The devices that an active job holds and that compute nothing, the longest first."""
    found = [
        IdleDevice(device, _holder(context, device), idle_since(context, device))
        for device in devices
        if allocation(context, device) is Allocation.IDLE
    ]
    return sorted(found, key=lambda idle: (idle.since is None, idle.since, idle.device.id))


def idle_since(context: Context, device: DeviceRow) -> datetime | None:
    """Since when a held device has computed nothing; not before its job began."""
    if allocation(context, device) is not Allocation.IDLE:
        return None
    seconds = context.live.idleness.since(DeviceUuid(device.uuid))
    if seconds is None:
        return None
    job, since = _holder(context, device), utc(seconds)
    return since if job is None or job.started_at is None else max(since, job.started_at)


def _holder(context: Context, device: DeviceRow) -> JobRow | None:
    return next(iter(context.snapshot.jobs_of_device.get(device.id, ())), None)


def of_device(root: DeviceRow, info: Info) -> datetime | None:
    return idle_since(info.context, root)
