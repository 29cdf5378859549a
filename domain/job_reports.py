"""What nodes report of the jobs that hold their devices, made into rows.

A node speaks only for its devices that answered: silence ends nothing. A job may be on several
nodes. Nothing is written when nothing has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.database import Row, fetch, lock, transaction
from domain.jobs import LOCK, Job, JobDevice, JobSource, JobState
from domain.late_jobs import tell_if_late
from domain.names import fold_name, storable
from domain.owners import user_ids_of


@dataclass(frozen=True, slots=True)
class ReportedJob:
    """A job that holds devices. Its key is its source's: several nodes may report parts of it."""

    key: str
    name: str
    owner: str | None
    devices: frozenset[str]  # UUIDs; MIG instances are devices
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tables hold of a job, or are to hold."""

    name: str
    owner: str | None
    user_id: int | None
    pool_id: int | None
    state: JobState
    devices: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Device:
    id: int
    pool_id: int


async def record_processes(
    source: JobSource, answered: Collection[str], jobs: Sequence[ReportedJob], at: datetime
) -> tuple[int, ...]:
    """Make the holds on the devices that answered (UUIDs) those of the report.

    A job that holds nothing any more has ended. Answers the ids of the changed jobs.
    """
    answered = [storable(uuid, 96) for uuid in answered]
    jobs = [
        replace(
            job,
            key=storable(job.key, 200),
            name=storable(job.name, 200),
            owner=storable(job.owner, 120) if job.owner else None,
        )
        for job in jobs
    ]
    if not await _differences(source, answered, jobs):
        return ()
    return await _record_processes(source, answered, jobs, at)


@transaction
async def _record_processes(
    source: JobSource, answered: Collection[str], jobs: Sequence[ReportedJob], at: datetime
) -> tuple[int, ...]:
    await lock(LOCK)
    started = {job.key: job.started_at or at for job in jobs}
    changed = []
    for key, facts in (await _differences(source, answered, jobs)).items():
        known = await Job.get_or_none(source=source, key=key)
        job = known or Job(source=source, key=key)
        job.update_from_dict(
            {
                "name": facts.name,
                "owner": facts.owner,
                "user_id": facts.user_id,
                "pool_id": facts.pool_id,
                "state": facts.state,
                "ended_at": at if facts.state is JobState.ENDED else None,
                "started_at": job.started_at or started.get(key),
            }
        )
        await job.save()
        await _hold(job, facts.devices, at)
        if known is None:
            await tell_if_late(job, facts.devices)
        changed.append(job.id)
    return tuple(changed)


async def _hold(job: Job, devices: frozenset[int], at: datetime) -> None:
    """End the holds on other devices, and begin those that are missing."""
    holds = {hold.device_id: hold for hold in await JobDevice.filter(job_id=job.id)}
    gone = [hold.id for id, hold in holds.items() if id not in devices and hold.until is None]
    if gone:
        await JobDevice.filter(id__in=gone).update(until=at)
    for device_id in sorted(devices):
        hold = holds.get(device_id)
        if hold is None:
            await JobDevice.create(job_id=job.id, device_id=device_id, since=at)
        elif hold.until is not None:
            await JobDevice.filter(id=hold.id).update(since=at, until=None)


async def _differences(
    source: JobSource, answered: Collection[str], jobs: Sequence[ReportedJob]
) -> dict[str, _Facts]:
    """By key, what the tables ought to hold of the jobs that the report changes."""
    reported = {job.key: job for job in jobs}
    devices = await _devices(answered)
    users = await user_ids_of(job.owner for job in jobs)
    known = await _known(source, [device.id for device in devices.values()], list(reported))
    pools = {device.id: device.pool_id for device in devices.values()}
    different = {}
    for key in reported.keys() | known.keys():
        job, (facts, held) = reported.get(key), known.get(key, (None, {}))
        wanted_holds = {id: pool for id, pool in held.items() if id not in pools}
        if job is not None:
            here = [devices[uuid].id for uuid in job.devices if uuid in devices]
            wanted_holds.update((id, pools[id]) for id in here)
        wanted = _wanted(job, facts, wanted_holds, users)
        if wanted is not None and wanted != facts:
            different[key] = wanted
    return different


def _wanted(
    job: ReportedJob | None,
    facts: _Facts | None,
    holds: Mapping[int, int],
    users: Mapping[str, int],
) -> _Facts | None:
    """A job as it ought to be with these `holds` (pool by device); null: none is to be made."""
    if facts is None and (job is None or not holds):
        return None
    if not holds:
        assert facts is not None
        ended = facts.state is JobState.RUNNING
        return replace(facts, state=JobState.ENDED, devices=frozenset()) if ended else facts
    pools = set(holds.values())
    pool_id = pools.pop() if len(pools) == 1 else None
    if job is None:
        assert facts is not None
        return replace(facts, pool_id=pool_id, devices=frozenset(holds))
    return _Facts(
        name=job.name,
        owner=job.owner,
        user_id=users.get(fold_name(job.owner)) if job.owner else None,
        pool_id=pool_id,
        state=JobState.RUNNING,
        devices=frozenset(holds),
    )


async def _devices(uuids: Collection[str]) -> dict[str, _Device]:
    rows = await fetch("SELECT uuid, id, pool_id FROM device WHERE uuid IN (?)", list(uuids))
    return {row["uuid"]: _Device(row["id"], row["pool_id"]) for row in rows}


async def _known(
    source: JobSource, device_ids: Sequence[int], keys: Sequence[str]
) -> dict[str, tuple[_Facts | None, dict[int, int]]]:
    """The jobs with these keys or with holds on these devices: facts, and all their holds."""
    rows = await fetch(
        "SELECT j.key, j.name, j.owner, j.user_id, j.pool_id, j.state, h.device_id,"
        " d.pool_id AS device_pool_id FROM job j"
        " LEFT JOIN job_device h ON h.job_id = j.id AND h.until IS NULL"
        " LEFT JOIN device d ON d.id = h.device_id"
        " WHERE j.source = ? AND (j.key IN (?) OR j.id IN"
        " (SELECT job_id FROM job_device WHERE until IS NULL AND device_id IN (?)))",
        source.value,
        keys,
        device_ids,
    )
    holds: dict[str, dict[int, int]] = {row["key"]: {} for row in rows}
    for row in rows:
        if row["device_id"] is not None:
            holds[row["key"]][row["device_id"]] = row["device_pool_id"]
    return {row["key"]: (_facts(row, holds[row["key"]]), holds[row["key"]]) for row in rows}


def _facts(row: Row, holds: Mapping[int, int]) -> _Facts:
    return _Facts(
        name=row["name"],
        owner=row["owner"],
        user_id=row["user_id"],
        pool_id=row["pool_id"],
        state=JobState(row["state"]),
        devices=frozenset(holds),
    )
