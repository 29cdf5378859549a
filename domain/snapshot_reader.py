"""Reading the inventory from the tables: whole, or those of its tables that have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

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


async def read_snapshot(before: Snapshot | None = None, kinds: Iterable[str] = TABLES) -> Snapshot:
    """The inventory now; with `before`, only the tables in `kinds` are read again.

    What refers is read before what it refers to, and a row whose referent is not there is left out:
    the change that took it away is announced and heals that.
    """
    if before is None:
        before, kinds = Snapshot({}, {}, {}, {}, {}, {}, {}), TABLES
    wanted, found = set(kinds), dict[str, Mapping[int, Any]]()
    if "job" in wanted:
        found["jobs"] = await _read_jobs()
    if "device" in wanted:
        found["devices"] = await _read(Device, DeviceRow)
        found["types"] = await _read(DeviceType, DeviceTypeRow)
    if "user" in wanted:
        found["users"] = await _read_users()
    if "group" in wanted:
        found["groups"] = await _read(Group, GroupRow)
    if wanted & {"pool", "device"}:
        found["pools"] = await _read(Pool, PoolRow)
    if wanted & {"node", "device"}:
        found["nodes"] = await _read(Node, NodeRow)
    after = replace(before, **found)
    whole = {
        device.id: device
        for device in after.devices.values()
        if device.pool_id in after.pools
        and device.node_id in after.nodes
        and device.type_id in after.types
    }
    return after if len(whole) == len(after.devices) else replace(after, devices=whole)


async def read_ended_jobs() -> list[JobRow]:
    """The ended jobs that are still kept, the latest first."""
    jobs = await _read(Job, JobRow, ("device_ids",), state=JobState.ENDED)
    held = await _holds(job__state=JobState.ENDED)
    rows = [replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()]
    return sorted(rows, key=lambda job: job.id, reverse=True)


async def _read(
    table: type[Model], row: type[R], without: tuple[str, ...] = (), **where: object
) -> dict[int, R]:
    columns = [column.name for column in fields(row) if column.name not in without]
    found = await table.filter(**where).order_by("id").values_list(*columns)
    return {values[0]: row(*values) for values in found}


async def _read_users() -> dict[int, UserRow]:
    roles: dict[int, list[Role]] = defaultdict(list)
    order = list(Role)
    for user_id, role in await UserRole.all().values_list("user_id", "role"):
        roles[user_id].append(Role(role))
    users = await _read(User, UserRow, ("roles",))
    return {
        user.id: replace(user, roles=tuple(sorted(roles[user.id], key=order.index)))
        for user in users.values()
    }


async def _read_jobs() -> dict[int, JobRow]:
    held = await _holds(until=None)
    jobs = await _read(Job, JobRow, ("device_ids",), state__in=list(ACTIVE))
    return {job.id: replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()}


async def _holds(**where: object) -> dict[int, list[int]]:
    held: dict[int, list[int]] = defaultdict(list)
    query = JobDevice.filter(**where).order_by("id").values_list("job_id", "device_id")
    for job_id, device_id in await query:
        held[job_id].append(device_id)
    return held
