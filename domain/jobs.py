"""Jobs: work that holds devices or waits for them. Active = queued or running."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain.database import execute, fetch, lock, transaction
from domain.refusals import Named

if TYPE_CHECKING:
    from domain.devices import Device
    from domain.pools import Pool
    from domain.users import User


class JobState(enum.Enum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


class JobSource(enum.Enum):
    NVML = "NVML"
    DEMO = "DEMO"
    KUBERNETES = "KUBERNETES"


KEPT_FOR = timedelta(days=30)
"""How long an ended job stays in the tables."""

ACTIVE = (JobState.QUEUED, JobState.RUNNING)
"""Waiting for devices or holding them: what keeps pools, devices and users where they are."""

_ACTIVE_VALUES = [state.value for state in ACTIVE]


@dataclass(frozen=True, slots=True)
class ActiveJob:
    """An active job, as something that is in the way."""

    id: int
    name: str
    device_id: int | None = None
    pool_id: int | None = None
    user_id: int | None = None


LOCK = "jobs"
"""Held by who reports jobs and by who requires that there are none: neither misses the other."""


async def active_jobs_on(device_ids: Sequence[int]) -> list[ActiveJob]:
    """The active jobs that hold one of the devices: one entry for each device and job."""
    rows = await fetch(
        "SELECT j.id, j.name, h.device_id FROM job j JOIN job_device h ON h.job_id = j.id"
        " WHERE h.until IS NULL AND h.device_id IN (?) AND j.state IN (?) ORDER BY j.id",
        device_ids,
        _ACTIVE_VALUES,
    )
    return [ActiveJob(row["id"], row["name"], device_id=row["device_id"]) for row in rows]


async def active_jobs_in(pool_ids: Sequence[int]) -> list[ActiveJob]:
    """The active jobs that hold a device of one of the pools, or wait for one."""
    rows = await fetch(
        "SELECT DISTINCT j.id, j.name, d.pool_id FROM job j"
        " JOIN job_device h ON h.job_id = j.id JOIN device d ON d.id = h.device_id"
        " WHERE h.until IS NULL AND d.pool_id IN (?) AND j.state IN (?)"
        " UNION SELECT id, name, pool_id FROM job WHERE pool_id IN (?) AND state IN (?)"
        " ORDER BY 1",
        pool_ids,
        _ACTIVE_VALUES,
        pool_ids,
        _ACTIVE_VALUES,
    )
    return [ActiveJob(row["id"], row["name"], pool_id=row["pool_id"]) for row in rows]


async def active_jobs_of(user_ids: Sequence[int]) -> list[ActiveJob]:
    """The active jobs whose owner is one of the users."""
    rows = await fetch(
        "SELECT id, name, user_id FROM job WHERE user_id IN (?) AND state IN (?) ORDER BY id",
        user_ids,
        _ACTIVE_VALUES,
    )
    return [ActiveJob(row["id"], row["name"], user_id=row["user_id"]) for row in rows]


async def active_jobs_sent_to(cluster_ids: Sequence[int]) -> dict[int, list[Named]]:
    """The active jobs of each of these remote clusters."""
    rows = await fetch(
        "SELECT id, name, remote_cluster_id FROM job"
        " WHERE remote_cluster_id IN (?) AND state IN (?) ORDER BY id",
        cluster_ids,
        _ACTIVE_VALUES,
    )
    jobs: dict[int, list[Named]] = {}
    for row in rows:
        named = Named("job", row["id"], row["name"])
        jobs.setdefault(row["remote_cluster_id"], []).append(named)
    return jobs


class Job(Model):
    id = fields.IntField(primary_key=True)
    source = fields.CharEnumField(JobSource, max_length=10)
    key = fields.CharField(
        max_length=200
    )  # the source's own identity of it; (source, key) is unique
    name = fields.CharField(max_length=200)
    state = fields.CharEnumField(JobState, max_length=10)
    owner = fields.CharField(max_length=120, null=True)  # the OS user as the source names it
    user_id: int | None
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="jobs", null=True, on_delete=fields.NO_ACTION
    )
    pool_id: int | None
    pool: fields.ForeignKeyNullableRelation[Pool] = fields.ForeignKeyField(
        "models.Pool", related_name="jobs", null=True, on_delete=fields.NO_ACTION
    )
    remote_cluster_id = fields.IntField(null=True)  # to which it was sent
    requested_devices = fields.IntField(null=True)
    submitted_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    waiting_for = fields.CharField(max_length=500, null=True)  # in its scheduler's words

    class Meta:
        table = "job"
        unique_together = (("source", "key"),)


class JobDevice(Model):
    """A device that a job holds now; rows of ended jobs stay as what they held last."""

    id = fields.IntField(primary_key=True)
    job_id: int
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        "models.Job", related_name="holds", on_delete=fields.NO_ACTION
    )
    device_id: int
    device: fields.ForeignKeyRelation[Device] = fields.ForeignKeyField(
        "models.Device", related_name="holds", on_delete=fields.NO_ACTION
    )
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "job_device"
        unique_together = (("job", "device"),)


@transaction
async def prune_jobs(now: datetime, kept_for: timedelta = KEPT_FOR) -> int:
    """Delete the jobs that ended long ago; how many."""
    await lock(LOCK)  # a job may come back
    before = now - kept_for
    await execute(
        "DELETE FROM job_device WHERE job_id IN (SELECT id FROM job WHERE ended_at < ?)", before
    )
    return await execute("DELETE FROM job WHERE ended_at < ?", before)
