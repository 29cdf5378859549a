"""Reading the inventory from the tables: whole, or those of its tables that have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import TypeVar

from tortoise.models import Model

from domain.devices import Device, DeviceType
from domain.groups import Group
from domain.jobs import ACTIVE, Job, JobDevice, JobState
from domain.nodes import Node
from domain.pools import Pool
from domain.roles import Role
from domain.snapshot import (
    DeviceRow,
    DeviceTypeRow,
    GroupRow,
    JobRow,
    NodeRow,
    PoolRow,
    Snapshot,
    UserRow,
)
from domain.users import User, UserRole

R = TypeVar("R", NodeRow, DeviceTypeRow, DeviceRow, PoolRow, GroupRow, UserRow, JobRow)

TABLES = ("node", "device", "pool", "group", "user", "job")
"""The kinds of change that a snapshot depends on; device types come with the devices."""

Changed = Mapping[str, Collection[int] | None]
"""Which rows to read again, by kind; None: the whole table."""

EVERYTHING: Changed = dict.fromkeys(TABLES)


async def read_snapshot(before: Snapshot | None = None, changed: Changed = EVERYTHING) -> Snapshot:
    """The inventory now; with `before`, only the rows in `changed` are read again.

    What refers is read before what it refers to, and a row whose referent is not there is left out:
    the change that took it away is announced and heals that.
    """
    if before is None:
        before, changed = Snapshot({}, {}, {}, {}, {}, {}, {}), EVERYTHING
    jobs = await _renewed(before.jobs, changed, "job", _read_jobs)
    devices = await _renewed(before.devices, changed, "device", partial(_read, Device, DeviceRow))
    users = await _renewed(before.users, changed, "user", _read_users)
    groups = await _renewed(before.groups, changed, "group", partial(_read, Group, GroupRow))
    pools = await _renewed(
        before.pools,
        {**changed, **_missing("pool", before.pools, (d.pool_id for d in devices.values()))},
        "pool",
        partial(_read, Pool, PoolRow),
    )
    nodes = await _renewed(
        before.nodes,
        {**changed, **_missing("node", before.nodes, (d.node_id for d in devices.values()))},
        "node",
        partial(_read, Node, NodeRow),
    )
    types = before.types
    if changed.get("device", ()) is None or _missing(
        "type", types, (d.type_id for d in devices.values())
    ):
        types = await _read(DeviceType, DeviceTypeRow)
    after = Snapshot(nodes, types, devices, pools, groups, users, jobs)
    whole = {
        device.id: device
        for device in devices.values()
        if device.pool_id in pools and device.node_id in nodes and device.type_id in types
    }
    return after if len(whole) == len(devices) else replace(after, devices=whole)


Rows = Mapping[int, R]


async def _renewed(
    before: Rows[R],
    changed: Changed,
    kind: str,
    read: Callable[[Collection[int] | None], Awaitable[dict[int, R]]],
) -> Rows[R]:
    if kind not in changed:
        return before
    ids = changed[kind]
    found = await read(ids)
    if ids is None:
        return found
    gone = {i for i in ids if i not in found}
    merged = {**before, **found}
    return {i: row for i, row in merged.items() if i not in gone} if gone else merged


def _missing(kind: str, known: Mapping[int, object], referred: Iterable[int]) -> Changed:
    """A read of the whole table when something refers to a row that is not known yet."""
    return {} if all(i in known for i in set(referred)) else {kind: None}


async def read_ended_jobs(of_user: int | None = None) -> list[JobRow]:
    """The ended jobs that are still kept, the latest first; of all users, or of one."""
    whose = {} if of_user is None else {"user_id": of_user}
    jobs = await _read(Job, JobRow, None, ("device_ids",), state=JobState.ENDED, **whose)
    held = await _holds(job__state=JobState.ENDED, **{f"job__{k}": v for k, v in whose.items()})
    rows = [replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()]
    return sorted(rows, key=lambda job: job.id, reverse=True)


async def _read(
    table: type[Model],
    row: type[R],
    ids: Collection[int] | None = None,
    without: tuple[str, ...] = (),
    **where: object,
) -> dict[int, R]:
    columns = [column.name for column in fields(row) if column.name not in without]
    if ids is not None:
        where["id__in"] = list(ids)
    found = await table.filter(**where).order_by("id").values_list(*columns)
    return {values[0]: row(*values) for values in found}


async def _read_users(ids: Collection[int] | None = None) -> dict[int, UserRow]:
    roles: dict[int, list[Role]] = defaultdict(list)
    order = list(Role)
    where = {} if ids is None else {"user_id__in": list(ids)}
    for user_id, role in await UserRole.filter(**where).values_list("user_id", "role"):
        roles[user_id].append(Role(role))
    users = await _read(User, UserRow, ids, ("roles",))
    return {
        user.id: replace(user, roles=tuple(sorted(roles[user.id], key=order.index)))
        for user in users.values()
    }


async def _read_jobs(ids: Collection[int] | None = None) -> dict[int, JobRow]:
    held = await _holds(until=None, **({} if ids is None else {"job_id__in": list(ids)}))
    jobs = await _read(Job, JobRow, ids, ("device_ids",), state__in=list(ACTIVE))
    return {job.id: replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()}


async def _holds(**where: object) -> dict[int, list[int]]:
    held: dict[int, list[int]] = defaultdict(list)
    query = JobDevice.filter(**where).order_by("id").values_list("job_id", "device_id")
    for job_id, device_id in await query:
        held[job_id].append(device_id)
    return held
