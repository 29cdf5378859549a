"""Jobs that were told of too late: work that ran already when somebody changed what it uses.

A change is checked against the jobs that are known. One that began before the change and is told
of after it could not be in the way; nothing of it is lost, and the audit log says what happened.
"""

from __future__ import annotations

from datetime import UTC, datetime

from domain.audit import DONE, AuditEntry
from domain.database import fetch
from domain.jobs import Job
from domain.names import fold_name

ACTOR = "system:controller"
ACTION = "job.found_late"


async def tell_if_late(job: Job, device_ids: frozenset[int]) -> None:
    """To be called in the transaction that first records the job."""
    if job.started_at is None:
        return
    moved = await fetch(
        "SELECT d.uuid, p.name FROM device d JOIN pool p ON p.id = d.pool_id"
        " WHERE d.id IN (?) AND d.pooled_at > ? ORDER BY d.id",
        sorted(device_ids),
        job.started_at,
    )
    if moved:
        names = sorted({row["name"] for row in moved})
        await _tell(
            job,
            {"devices": [row["uuid"] for row in moved], "pools": names},
            f"{job.name} ran already when its GPUs were moved to {', '.join(names)}; "
            "it holds them there.",
        )
    if job.user_id is None and job.owner is not None and await _was_deleted(job):
        await _tell(
            job,
            {"owner": job.owner},
            f"{job.name} ran already when its owner {job.owner} was deleted; nobody on board "
            "has it.",
        )


async def _was_deleted(job: Job) -> bool:
    deleted = AuditEntry.filter(
        action="user.delete", object_kind="user", outcome=DONE, time__gt=job.started_at
    )
    names = await deleted.values_list("object_name", flat=True)
    return fold_name(job.owner or "") in {fold_name(str(name)) for name in names}


async def _tell(job: Job, after: dict[str, object], message: str) -> None:
    await AuditEntry.create(
        time=datetime.now(UTC),
        actor=ACTOR,
        action=ACTION,
        object_kind="job",
        object_id=job.id,
        object_name=job.name,
        after=after,
        outcome=DONE,
        message=message,
    )
