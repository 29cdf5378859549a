"""What a source reports of the jobs that wait for devices, made into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.database import fetch, lock, transaction
from domain.jobs import LOCK, Job, JobSource, JobState
from domain.names import fold_name, storable
from domain.owners import user_ids_of


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that waits."""

    key: str
    name: str
    owner: str | None
    pool: str | None  # its name
    requested_devices: int | None
    submitted_at: datetime | None
    remote_cluster: str | None = None  # the name of the one that it was sent to
    waiting_for: str | None = None  # in its scheduler's words, where that says


@dataclass(frozen=True, slots=True)
class _Difference:
    """`values` null: it waits no longer, and nothing has been seen of it since."""

    job: Job | None
    key: str
    values: Mapping[str, object] | None


async def record_queue(
    source: JobSource, queued: Sequence[QueuedJob], at: datetime
) -> tuple[int, ...]:
    """Make the waiting jobs of the source those of the report: the ids of the changed jobs."""
    queued = [
        replace(
            job,
            key=storable(job.key, 200),
            name=storable(job.name, 200),
            owner=storable(job.owner, 120) if job.owner else None,
            waiting_for=storable(job.waiting_for, 500) if job.waiting_for else None,
        )
        for job in queued
    ]
    if not await _differences(source, queued):
        return ()
    return await _record_queue(source, queued, at)


@transaction
async def _record_queue(
    source: JobSource, queued: Sequence[QueuedJob], at: datetime
) -> tuple[int, ...]:
    await lock(LOCK)
    changed = []
    for difference in await _differences(source, queued):
        job = difference.job or Job(source=source, key=difference.key)
        if difference.values is None:
            job.update_from_dict({"state": JobState.ENDED, "ended_at": at})
        else:
            job.update_from_dict(dict(difference.values))
        await job.save()
        changed.append(job.id)
    return tuple(changed)


async def _differences(source: JobSource, queued: Sequence[QueuedJob]) -> list[_Difference]:
    users = await user_ids_of(job.owner for job in queued)
    pools = {row["name_key"]: row["id"] for row in await fetch("SELECT id, name_key FROM pool")}
    clusters = {
        row["name_key"]: row["id"] for row in await fetch("SELECT id, name_key FROM remote_cluster")
    }
    wanted = {job.key: job for job in queued}
    waiting = await Job.filter(source=source, state=JobState.QUEUED)
    known = {job.key: job for job in await Job.filter(source=source, key__in=list(wanted))}
    different = [_Difference(job, job.key, None) for job in waiting if job.key not in wanted]
    for key, queued_job in wanted.items():
        job = known.get(key)
        if job is not None and job.state is JobState.RUNNING:
            continue  # its nodes know better
        values = _values(queued_job, users, pools, clusters)
        if job is None or any(getattr(job, name) != value for name, value in values.items()):
            different.append(_Difference(job, key, values))
    return different


def _values(
    queued: QueuedJob,
    users: Mapping[str, int],
    pools: Mapping[str, int],
    clusters: Mapping[str, int],
) -> dict[str, object]:
    return {
        "name": queued.name,
        "owner": queued.owner,
        "user_id": users.get(fold_name(queued.owner)) if queued.owner else None,
        "pool_id": pools.get(fold_name(queued.pool)) if queued.pool else None,
        "remote_cluster_id": clusters.get(fold_name(queued.remote_cluster or "")),
        "requested_devices": queued.requested_devices,
        "submitted_at": queued.submitted_at,
        "waiting_for": queued.waiting_for,
        "state": JobState.QUEUED,
        "ended_at": None,
    }
