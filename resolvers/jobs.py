"""Jobs: active ones from memory, ended ones from the database when they are asked for."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
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
    ENDED_AT = "ENDED_AT"


@dataclass
class JobOrder:
    field: JobOrderField = JobOrderField.STARTED_AT
    direction: OrderDirection = OrderDirection.DESC


@dataclass
class JobFilter:
    search: str | None = None
    states: list[JobState] | None = None
    sources: list[JobSource] | None = None
    owners: list[str] | None = None
    users: list[strawberry.ID] | None = None
    groups: list[strawberry.ID] | None = None
    pools: list[strawberry.ID] | None = None
    nodes: list[strawberry.ID] | None = None


def list_jobs(
    context: Context,
    active: Iterable[JobRow],
    filter: JobFilter | None,
    order_by: JobOrder | None,
    wanted: Slice,
    *,
    belongs: Callable[[JobRow], bool],
) -> Page[JobRow] | Awaitable[Page[JobRow]]:
    """One page of jobs: active ones unless the filter names other states.

    `belongs`: whether an ended job is one of this list's. Only ended ones have to be waited for.
    """
    if filter is None or filter.states is None or JobState.ENDED not in filter.states:
        return _page(context, active, filter, order_by, wanted)

    async def with_ended() -> Page[JobRow]:
        whose = None if context.is_operator else context.audience
        ended = await context.once("ended jobs", partial(read_ended_jobs, whose))
        rows = [*active, *(job for job in ended if belongs(job))]
        return _page(context, rows, filter, order_by, wanted)

    return with_ended()


def _page(
    context: Context,
    rows: Iterable[JobRow],
    filter: JobFilter | None,
    order_by: JobOrder | None,
    wanted: Slice,
) -> Page[JobRow]:
    order = order_by or JobOrder()
    return paginate(
        rows if filter is None else _matching(context, rows, filter),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=_ORDER_VALUES[order.field],
    )


def _matching(context: Context, rows: Iterable[JobRow], wanted: JobFilter) -> Iterator[JobRow]:
    users, groups = numbers(wanted.users, "User"), numbers(wanted.groups, "Group")
    pools, nodes = numbers(wanted.pools, "Pool"), numbers(wanted.nodes, "ClusterNode")
    states = ACTIVE if wanted.states is None else tuple(wanted.states)
    snapshot = context.snapshot

    def group_id(job: JobRow) -> int | None:
        group = snapshot.group_of_job(job)
        return None if group is None else group.id

    def runs_on_wanted_node(job: JobRow) -> bool:
        held = (snapshot.devices.get(i) for i in job.device_ids)
        return nodes is None or any(d is not None and d.node_id in nodes for d in held)

    return (
        job
        for job in rows
        if job.state in states
        and allows(wanted.sources, job.source)
        and allows(wanted.owners, job.owner)
        and allows(users, job.user_id)
        and allows(pools, job.pool_id)
        and (groups is None or group_id(job) in groups)
        and runs_on_wanted_node(job)
        and contains(wanted.search, job.name, job.owner, job.key)
    )


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


_STATE_ORDER = {JobState.QUEUED: 0, JobState.RUNNING: 1, JobState.ENDED: 2}

_ORDER_VALUES: dict[JobOrderField, Callable[[JobRow], Value]] = {
    JobOrderField.NAME: lambda job: job.name.casefold(),
    JobOrderField.STATE: lambda job: _STATE_ORDER[job.state],
    JobOrderField.STARTED_AT: lambda job: _seconds(job.started_at),
    JobOrderField.SUBMITTED_AT: lambda job: _seconds(job.submitted_at),
    JobOrderField.ENDED_AT: lambda job: _seconds(job.ended_at),
}


def all_active(root: None, info: Info) -> Iterable[JobRow]:
    return info.context.snapshot.jobs.values()


def was_any(root: None, job: JobRow, info: Info) -> bool:
    """Every ended job belongs to the list of all."""
    return True


def held_devices(root: JobRow) -> int:
    return len(root.device_ids) if root.is_active else 0


def waiting_reason(root: JobRow, info: Info) -> str | None:
    """What a queued job waits for, as far as its pool and its scheduler tell; else null."""
    if root.state is not JobState.QUEUED:
        return None
    said = _seen_from_its_pool(root, info)
    return said if root.waiting_for is None else f"{said} Its scheduler says: {root.waiting_for}"


def _seen_from_its_pool(root: JobRow, info: Info) -> str:
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


async def job_changes(info: Info) -> AsyncIterator[Changes[JobRow] | None]:
    async for changes in changes_of(info.context, "job", "Job", lambda snapshot: snapshot.jobs):
        yield changes
