"""Reading the inventory from the tables: whole, or those of its tables that have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

import msgspec

from domain.database import fetch
from domain.jobs import ACTIVE, JobSource, JobState
from domain.roles import Role
from domain.snapshot import (
    DeviceRow,
    DeviceTypeRow,
    EnforcementRow,
    EnforcementState,
    GroupRow,
    JobRow,
    LicenceRow,
    NodeRow,
    PoolRow,
    Snapshot,
    UserRow,
    inherit,
)

R = TypeVar("R", NodeRow, DeviceTypeRow, DeviceRow, PoolRow, GroupRow, UserRow, JobRow)

TABLES = ("node", "device", "pool", "group", "user", "job", "licence")
"""The kinds of change that a snapshot depends on; device types come with the devices."""

Changed = Mapping[str, Collection[int] | None]
"""Which rows to read again, by kind; None: the whole table."""

Rows = Mapping[int, R]

EVERYTHING: Changed = dict.fromkeys(TABLES)


async def read_snapshot(before: Snapshot | None = None, changed: Changed = EVERYTHING) -> Snapshot:
    """The inventory now; with `before`, only the rows in `changed` are read again.

    What refers is read before what it refers to, and a row whose referent is not there is left out:
    the change that took it away is announced and heals that.
    """
    if before is None:
        before, changed = Snapshot({}, {}, {}, {}, {}, {}, {}), EVERYTHING
    jobs = await _renewed(before.jobs, changed, "job", _read_jobs)
    devices = await _renewed(before.devices, changed, "device", partial(_read, "device", DeviceRow))
    users = await _renewed(before.users, changed, "user", _read_users)
    groups = await _renewed(before.groups, changed, "group", partial(_read, "group", GroupRow))
    read = _those_read(devices, changed.get("device", ()))
    if any(device.pool_id not in before.pools for device in read):
        changed = {**changed, "pool": None}
    if any(device.node_id not in before.nodes for device in read):
        changed = {**changed, "node": None}
    pools = await _renewed(before.pools, changed, "pool", partial(_read, "pool", PoolRow))
    nodes = await _renewed(before.nodes, changed, "node", partial(_read, "node", NodeRow))
    types = before.types
    if any(device.type_id not in types for device in read) or changed.get("device", ()) is None:
        types = await _read("device_type", DeviceTypeRow)
    if before.pools.keys() - pools.keys() or before.nodes.keys() - nodes.keys():
        read = list(devices.values())
    lost = {
        device.id
        for device in read
        if device.pool_id not in pools or device.node_id not in nodes or device.type_id not in types
    }
    if lost:
        devices = {i: device for i, device in devices.items() if i not in lost}
    licence = await _read_licence() if "licence" in changed else before.licence
    enforcement = before.enforcement
    if "pool" in changed or "group" in changed:  # announced as what it is of
        enforcement = await _read_enforcement()
    after = Snapshot(
        nodes,
        types,
        devices,
        pools,
        groups,
        users,
        jobs,
        licence=licence,
        enforcement=enforcement,
    )
    devices_read = changed.get("device", ())
    return inherit(after, before, None if lost or devices_read is None else devices_read)


def _those_read(devices: Rows[DeviceRow], ids: Collection[int] | None) -> list[DeviceRow]:
    if ids is None:
        return list(devices.values())
    return [devices[i] for i in ids if i in devices]


async def _renewed(
    before: Rows[R],
    changed: Changed,
    kind: str,
    read: Callable[[Collection[int] | None], Awaitable[dict[int, R]]],
) -> Rows[R]:
    """The rows of a table; the same object where none of them was read again."""
    if kind not in changed:
        return before
    ids = changed[kind]
    found = await read(ids)
    if ids is None:
        return found
    merged = {**before, **found}
    for i in ids:
        if i not in found:
            merged.pop(i, None)
    return merged


async def read_ended_jobs(of_user: int | None = None) -> list[JobRow]:
    """The ended jobs that are still kept, the latest first; of all users, or of one."""
    whose, values = ("", ()) if of_user is None else (" AND user_id = ?", (of_user,))
    ended = f"state = ?{whose}"
    jobs = await _read("job", JobRow, None, ended, JobState.ENDED.value, *values, without=HELD)
    held = await _holds(
        f"job_id IN (SELECT id FROM job WHERE {ended})",  # noqa: S608
        JobState.ENDED.value,
        *values,
    )
    rows = [replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()]
    return sorted(rows, key=lambda job: job.id, reverse=True)


HELD = ("device_ids",)

_DECODERS: dict[str, Callable[[Any], Any]] = {
    "addresses": msgspec.json.decode,
    "labels": msgspec.json.decode,
    "kubernetes": lambda text: None if text is None else msgspec.json.decode(text),
    "source": JobSource,
    "state": JobState,
}
"""Of the columns that are kept as something else."""


async def _read(
    table: str,
    row: type[R],
    ids: Collection[int] | None = None,
    where: str = "TRUE",
    *values: object,
    without: tuple[str, ...] = (),
) -> dict[int, R]:
    """The rows of a table by id, in that order."""
    names = [column.name for column in fields(row) if column.name not in without]
    columns = ", ".join(f'"{name}"' for name in names)
    decoders = [(place, _DECODERS[name]) for place, name in enumerate(names) if name in _DECODERS]
    if ids is not None:
        where, values = f"{where} AND id IN (?)", (*values, list(ids))
    found = await fetch(
        f'SELECT {columns} FROM "{table}" WHERE {where} ORDER BY id',  # noqa: S608
        *values,
    )
    if not decoders:
        return {one[0]: row(*one) for one in found}
    rows = {}
    for one in found:
        cells = list(one)
        for place, decode in decoders:
            cells[place] = decode(cells[place])
        rows[one[0]] = row(*cells)
    return rows


async def _read_users(ids: Collection[int] | None = None) -> dict[int, UserRow]:
    roles: dict[int, list[Role]] = defaultdict(list)
    order = list(Role)
    which, values = ("", ()) if ids is None else (" WHERE user_id IN (?)", (list(ids),))
    for user_id, role in await fetch(f"SELECT user_id, role FROM user_role{which}", *values):  # noqa: S608
        roles[user_id].append(Role(role))
    users = await _read("user", UserRow, ids, without=("roles",))
    return {
        user.id: replace(user, roles=tuple(sorted(roles[user.id], key=order.index)))
        for user in users.values()
    }


async def _read_licence() -> LicenceRow | None:
    rows = await fetch("SELECT id, token, entered_at, entered_by FROM licence")
    return LicenceRow(*rows[0]) if rows else None


async def _read_enforcement() -> dict[tuple[str, int], EnforcementRow]:
    rows = await fetch("SELECT kind, target_id, state, reason, object_name, since FROM enforcement")
    return {
        (kind, id): EnforcementRow(kind, id, EnforcementState(state), *others)
        for kind, id, state, *others in rows
    }


async def _read_jobs(ids: Collection[int] | None = None) -> dict[int, JobRow]:
    which, values = ("", ()) if ids is None else (" AND job_id IN (?)", (list(ids),))
    held = await _holds(f"until IS NULL{which}", *values)
    active = [state.value for state in ACTIVE]
    jobs = await _read("job", JobRow, ids, "state IN (?)", active, without=HELD)
    return {job.id: replace(job, device_ids=tuple(held.get(job.id, ()))) for job in jobs.values()}


async def _holds(where: str, *values: object) -> dict[int, list[int]]:
    held: dict[int, list[int]] = defaultdict(list)
    select = f"SELECT job_id, device_id FROM job_device WHERE {where} ORDER BY id"  # noqa: S608
    for job_id, device_id in await fetch(select, *values):
        held[job_id].append(device_id)
    return held
