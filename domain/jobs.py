"""Jobs: work that holds devices or waits for them. Active = queued or running."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain.database import execute, transaction

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


KEPT_FOR = timedelta(days=30)
"""How long an ended job stays in the tables."""

ACTIVE = (JobState.QUEUED, JobState.RUNNING)


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
    requested_devices = fields.IntField(null=True)
    submitted_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

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
    before = now - kept_for
    await execute(
        "DELETE FROM job_device WHERE job_id IN (SELECT id FROM job WHERE ended_at < ?)", before
    )
    return await execute("DELETE FROM job WHERE ended_at < ?", before)
