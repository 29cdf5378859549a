"""Jobs: active ones from memory, ended ones from the database when they are asked for."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import strawberry

from domain.jobs import ACTIVE, JobSource, JobState
from domain.snapshot import JobRow
from domain.snapshot_reader import read_ended_jobs
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Context, Info
from resolvers.ids import numbers
from resolvers.loads import load_of
from resolvers.pages import OrderDirection, Page, Slice, Value, allows, contains, paginate


class JobOrderField(enum.Enum):
    NAME = "NAME"
    STATE = "STATE"
    STARTED_AT = "STARTED_AT"
    SUBMITTED_AT = "SUBMITTED_AT"


@dataclass
class JobOrder:
    field: JobOrderField = JobOrderField.STARTED_AT
    direction: OrderDirection = OrderDirection.DESC


@dataclass
class JobFilter:
    search: str | None = None
    states: list[JobState] | None = None
    sources: list[JobSource] | None = None
    users: list[strawberry.ID] | None = None
    groups: list[strawberry.ID] | None = None
    pools: list[strawberry.ID] | None = None
    nodes: list[strawberry.ID] | None = None


_STATE_ORDER = {JobState.QUEUED: 0, JobState.RUNNING: 1, JobState.ENDED: 2}


async def list_jobs(
    context: Context,
    active: Iterable[JobRow],
    filter: JobFilter | None,
    order_by: JobOrder | None,
    wanted: Slice,
    *,
    belongs: Callable[[JobRow], bool],
) -> Page[JobRow]:
    """One page of jobs: active ones unless the filter names other states.

    `belongs`: whether an ended job is one of this list's.
    """
    sought, order = filter or JobFilter(), order_by or JobOrder()
    states = ACTIVE if sought.states is None else tuple(sought.states)
    rows = list(active)
    if JobState.ENDED in states:
        whose = None if context.is_operator else context.viewer.user_id
        ended = await context.once("ended jobs", partial(read_ended_jobs, whose))
        rows += [job for job in ended if belongs(job)]
    users, groups = numbers(sought.users, "User"), numbers(sought.groups, "Group")
    pools, nodes = numbers(sought.pools, "Pool"), numbers(sought.nodes, "ClusterNode")
    snapshot = context.snapshot

    def group_id(job: JobRow) -> int | None:
        group = snapshot.group_of_job(job)
        return None if group is None else group.id

    def runs_on_wanted_node(job: JobRow) -> bool:
        held = (snapshot.devices.get(i) for i in job.device_ids)
        return nodes is None or any(d is not None and d.node_id in nodes for d in held)

    return paginate(
        (
            job
            for job in rows
            if job.state in states
            and allows(sought.sources, job.source)
            and allows(users, job.user_id)
            and allows(pools, job.pool_id)
            and (groups is None or group_id(job) in groups)
            and runs_on_wanted_node(job)
            and contains(sought.search, job.name, job.owner, job.key)
        ),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda job: _order_value(job, order.field),
    )


def _order_value(job: JobRow, field: JobOrderField) -> Value:
    match field:
        case JobOrderField.NAME:
            return job.name.casefold()
        case JobOrderField.STATE:
            return _STATE_ORDER[job.state]
        case JobOrderField.STARTED_AT:
            return None if job.started_at is None else job.started_at.timestamp()
        case JobOrderField.SUBMITTED_AT:
            return None if job.submitted_at is None else job.submitted_at.timestamp()


def all_active(root: None, info: Info) -> Iterable[JobRow]:
    return info.context.snapshot.jobs.values()


def was_any(root: None, job: JobRow, info: Info) -> bool:
    """Every ended job belongs to the list of all."""
    return True


def held_devices(root: JobRow) -> int:
    return len(root.device_ids) if root.is_active else 0


def waiting_reason(root: JobRow, info: Info) -> str | None:
    """What a queued job waits for, as far as its pool tells; null for one that does not wait."""
    if root.state is not JobState.QUEUED:
        return None
    wanted = root.requested_devices
    asked = "GPUs" if wanted is None else "1 GPU" if wanted == 1 else f"{wanted} GPUs"
    pool = info.context.snapshot.pools.get(root.pool_id or 0)
    if pool is None:
        return f"Waits for {asked}."
    held = info.context.snapshot.devices_of_pool.get(pool.id, ())
    free = load_of(info.context, held).free
    if wanted is not None and free >= wanted:
        return f"Waits to be placed: {asked} of the {free} that are free in {pool.name}."
    there = "none is" if free == 0 else "1 is" if free == 1 else f"{free} are"
    return f"Waits for {asked} of {pool.name}, where {there} free."


async def job_changes(info: Info) -> AsyncIterator[Changes[JobRow]]:
    async for changes in changes_of(info.context, "job", "Job", lambda snapshot: snapshot.jobs):
        yield changes
