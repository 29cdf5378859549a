"""Pools: named sets of devices; every device is in exactly one. Making, changing, deleting them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain.database import Change, execute, fetch, for_update, insert, lock, operation
from domain.devices import type_name
from domain.jobs import LOCK as JOBS
from domain.jobs import ActiveJob, active_jobs_in, active_jobs_on
from domain.locked_rows import lock_rows
from domain.names import fold_name, tidy_name
from domain.refusals import (
    ItemsRefused,
    Named,
    NameTaken,
    Refusal,
    RefusedItem,
    Unknown,
    in_words,
)
from domain.roles import Role
from domain.snapshot import PoolRow
from domain.versions import require_version

if TYPE_CHECKING:
    from domain.devices import DeviceType

NAME_MAX_LENGTH = 63
"""As a Kubernetes label value, which a pool's name may become (RFC 1123)."""


class Pool(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=NAME_MAX_LENGTH)
    name_key = fields.CharField(max_length=63, unique=True)  # the name folded, made in Python
    is_default = fields.BooleanField(default=False)
    type_id: int | None
    type: fields.ForeignKeyNullableRelation[DeviceType] = fields.ForeignKeyField(
        "models.DeviceType", related_name="pools", null=True, on_delete=fields.NO_ACTION
    )
    type_key = fields.IntField(default=0)
    """`type_id`, or 0 in the Default pool, which alone has no type: what its devices refer to."""
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "pool"


@dataclass(frozen=True, slots=True)
class PooledDevice:
    """A device whose row is locked, and where it is."""

    id: int
    uuid: str
    type_id: int
    pool_id: int


@dataclass(eq=False)
class NoDevices(Refusal):
    def message(self) -> str:
        return "A pool is made of devices: choose at least one."


@dataclass(eq=False)
class MixedDeviceTypes(Refusal):
    """A pool holds one device type; these are of several. The ids are those of device types."""

    types: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(one.name for one in self.types)
        return f"A pool holds one type of GPU, and these are of {len(self.types)}: {names}."


@dataclass(eq=False)
class DevicesInOtherPool(Refusal):
    """Only what is in the Default pool, or in the pool itself, can be chosen."""

    device_ids: tuple[int, ...]
    pools: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(pool.name for pool in self.pools)
        return (
            f"{_devices(self.device_ids)} in another pool ({names}); "
            "take them out of it first, or move them."
        )


@dataclass(eq=False)
class DevicesBusy(Refusal):
    """A device with an active job stays in its pool."""

    device_ids: tuple[int, ...]
    jobs: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(job.name for job in self.jobs)
        return (
            f"{_devices(self.device_ids)} held by {_jobs(self.jobs)} ({names}); "
            "wait until they end, or choose others."
        )


@dataclass(eq=False)
class PoolBusy(Refusal):
    """A pool with an active job on a device of it, or waiting for one, cannot be deleted."""

    pool: Named
    jobs: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(job.name for job in self.jobs)
        return f"{self.pool.name} has {_jobs(self.jobs)} ({names}); wait until they end."


@dataclass(eq=False)
class PoolInUse(Refusal):
    """A pool that a group has cannot be deleted, nor given to another."""

    pool: Named
    group: Named

    def message(self) -> str:
        return f"The group {self.group.name} has the pool {self.pool.name}; take it away first."


@dataclass(eq=False)
class GroupHasPool(Refusal):
    """A group has at most one pool."""

    group: Named
    pool: Named

    def message(self) -> str:
        has = f"The group {self.group.name} has the pool {self.pool.name} already"
        return f"{has}; take it away first."


@dataclass(eq=False)
class DefaultPoolStays(Refusal):
    pool: Named

    def message(self) -> str:
        return (
            f"The {self.pool.name} pool holds what no other pool holds: it is neither deleted nor "
            "edited. Change the other pools, and its devices follow."
        )


@operation("pool.create", by=Role.OPERATOR)
async def create_pool(
    change: Change, name: str, device_ids: Sequence[int], group_id: int | None = None
) -> int:
    """Move devices out of the Default pool into a new pool, which `group_id` may be given at once.

    Raises: NotAllowed, BadName, NameTaken, NoDevices, Unknown, MixedDeviceTypes,
    DevicesInOtherPool, DevicesBusy, GroupHasPool.
    """
    change.tell("pool", None, name, after={"devices": len(device_ids)})
    await lock(JOBS)
    name = await require_free_name(name)
    group = None if group_id is None else await _lock_group_without_pool(group_id)
    devices = await _lock_devices(device_ids)
    if not devices:
        raise NoDevices
    type_id = await _require_one_type({device.type_id for device in devices})
    await _require_in_pools(devices, [(await _default_pool()).id])
    await _require_idle(devices)
    (pool_id,) = await insert(
        "pool",
        {
            "name": name,
            "name_key": fold_name(name),
            "is_default": False,
            "type_id": type_id,
            "type_key": type_id,
            "created_at": datetime.now(UTC),
            "version": 1,
        },
    )
    await _place(devices, pool_id, type_id)
    after = {"type": await _type_name(type_id), "devices": [device.uuid for device in devices]}
    change.tell("pool", pool_id, name, after=after)
    change.announce("pool", pool_id)
    change.announce("device", *(device.id for device in devices))
    if group is not None:
        await execute(
            'UPDATE "group" SET pool_id = ?, version = version + 1 WHERE id = ?', pool_id, group.id
        )
        change.tell("group", group.id, group.name, before={"pool": None}, after={"pool": name})
        change.announce("group", group.id)
    return pool_id


@operation("pool.edit", by=Role.OPERATOR)
async def edit_pool(
    change: Change,
    pool_id: int,
    version: int,
    *,
    name: str | None = None,
    add: Sequence[int] = (),
    remove: Sequence[int] = (),
) -> int:
    """Rename a pool, take devices out of the Default pool into it, give others back.

    `version` is that of the pool when it was read. A pool left without devices may change its type.

    Raises: NotAllowed, Unknown, DefaultPoolStays, StaleEdit, BadName, NameTaken, MixedDeviceTypes,
    DevicesInOtherPool, DevicesBusy.
    """
    await lock(JOBS)
    (pool,) = await lock_pools([pool_id])
    change.tell("pool", pool.id, pool.name, after={"added": len(add), "removed": len(remove)})
    if pool.is_default:
        raise DefaultPoolStays(Named("pool", pool.id, pool.name))
    await require_version("pool", pool.id, pool.version, version)
    new_name = pool.name if name is None else await require_free_name(name, besides=pool.id)
    default = await _default_pool()
    devices = {device.id: device for device in await _lock_devices([*add, *remove])}
    added = [devices[i] for i in dict.fromkeys(add) if devices[i].pool_id != pool.id]
    removed = [devices[i] for i in dict.fromkeys(remove) if devices[i].pool_id == pool.id]
    added = [device for device in added if device not in removed]
    await _require_in_pools([devices[i] for i in add], [default.id, pool.id])
    await _require_in_pools([devices[i] for i in remove], [default.id, pool.id])
    await _require_idle([*added, *removed])
    await _place(removed, default.id, 0)
    type_id = await _type_with(pool, added)
    await execute(
        "UPDATE pool SET name = ?, name_key = ?, type_id = ?, type_key = ?, version = version + 1"
        " WHERE id = ?",
        new_name,
        fold_name(new_name),
        type_id,
        type_id,
        pool.id,
    )
    await _place(added, pool.id, type_id)
    before: dict[str, object] = {"removed": [device.uuid for device in removed]}
    after: dict[str, object] = {"added": [device.uuid for device in added]}
    if new_name != pool.name:
        before["name"], after["name"] = pool.name, new_name
    if type_id != pool.type_id:
        before["type"], after["type"] = await _type_name(pool.type_id), await _type_name(type_id)
    change.tell("pool", pool.id, pool.name, before=before, after=after)
    change.announce("pool", pool.id)
    change.announce("device", *(device.id for device in [*added, *removed]))
    return pool.id


@operation("pool.move_devices", by=Role.OPERATOR)
async def move_devices(change: Change, device_ids: Sequence[int], to_pool_id: int) -> int:
    """Take devices out of whatever pools they are in, and put them into another, at once.

    The same as removing them there and adding them here, with nobody in between.

    Raises: NotAllowed, NoDevices, Unknown, MixedDeviceTypes, DevicesBusy.
    """
    await lock(JOBS)
    sources = await fetch("SELECT DISTINCT pool_id FROM device WHERE id IN (?)", list(device_ids))
    pools = {
        pool.id: pool
        for pool in await lock_pools({to_pool_id, *(row["pool_id"] for row in sources)})
    }
    target = pools[to_pool_id]
    change.tell("pool", target.id, target.name, after={"added": len(device_ids)})
    if not device_ids:
        raise NoDevices
    devices = [d for d in await _lock_devices(device_ids) if d.pool_id != target.id]
    await _require_in_pools(devices, pools)  # nobody moved them since
    await _require_idle(devices)
    if target.is_default:
        type_id = 0
    else:
        type_id = await _type_with(target, devices)
        if type_id != target.type_id:
            await execute(
                "UPDATE pool SET type_id = ?, type_key = ? WHERE id = ?",
                type_id,
                type_id,
                target.id,
            )
    await _place(devices, target.id, type_id)
    changed = {target.id} | {device.pool_id for device in devices}
    await execute("UPDATE pool SET version = version + 1 WHERE id IN (?)", sorted(changed))
    for pool_id in sorted(changed):
        left = [device.uuid for device in devices if device.pool_id == pool_id]
        if pool_id != target.id:
            change.tell("pool", pool_id, pools[pool_id].name, before={"removed": left})
    before: dict[str, object] = {}
    after: dict[str, object] = {"added": [device.uuid for device in devices]}
    if type_id not in (0, target.type_id):
        before["type"], after["type"] = await _type_name(target.type_id), await _type_name(type_id)
    change.tell("pool", target.id, target.name, before=before, after=after)
    change.announce("pool", *sorted(changed))
    change.announce("device", *(device.id for device in devices))
    return target.id


@operation("pool.delete", by=Role.OPERATOR)
async def delete_pools(change: Change, pool_ids: Sequence[int]) -> tuple[int, ...]:
    """Delete pools, all or none; their devices return to the Default pool.

    Raises: NotAllowed, Unknown, ItemsRefused of DefaultPoolStays, PoolInUse and PoolBusy.
    """
    await lock(JOBS)
    pools = await lock_pools(pool_ids)
    for pool in pools:
        change.tell("pool", pool.id, pool.name)
    await _require_deletable(pools)
    ids = [pool.id for pool in pools]
    default = await _default_pool()
    rows = await fetch(
        for_update("SELECT id, uuid, pool_id FROM device WHERE pool_id IN (?) ORDER BY id"), ids
    )
    uuids: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        uuids[row["pool_id"]].append(row["uuid"])
    await execute(
        "UPDATE device SET pool_id = ?, pool_type_key = 0, pooled_at = ? WHERE pool_id IN (?)",
        default.id,
        datetime.now(UTC),
        ids,
    )
    await execute("UPDATE job SET pool_id = NULL WHERE pool_id IN (?)", ids)  # ended ones
    await execute("DELETE FROM pool WHERE id IN (?)", ids)
    for pool in pools:
        before = {"type": await _type_name(pool.type_id), "devices": uuids[pool.id]}
        change.tell("pool", pool.id, pool.name, before=before)
    change.announce("pool", *ids)
    change.announce("device", *(row["id"] for row in rows))
    return tuple(ids)


async def require_free_name(name: str, besides: int | None = None) -> str:
    """The name as it is kept; it stays free until the transaction ends.

    Raises: BadName, NameTaken.
    """
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    await lock(f"pool name {fold_name(tidy)}")
    for row in await fetch("SELECT id, name FROM pool WHERE name_key = ?", fold_name(tidy)):
        if row["id"] != besides:
            raise NameTaken(tidy, Named("pool", row["id"], row["name"]))
    return tidy


async def _require_deletable(pools: Sequence[PoolRow]) -> None:
    ids = [pool.id for pool in pools]
    groups = {
        row["pool_id"]: Named("group", row["id"], row["name"])
        for row in await fetch('SELECT id, name, pool_id FROM "group" WHERE pool_id IN (?)', ids)
    }
    jobs: dict[int | None, list[Named]] = defaultdict(list)
    for job in await active_jobs_in(ids):
        jobs[job.pool_id].append(Named("job", job.id, job.name))
    refused = []
    for pool in pools:
        named = Named("pool", pool.id, pool.name)
        reasons: list[Refusal] = []
        if pool.is_default:
            reasons.append(DefaultPoolStays(named))
        elif pool.id in groups:
            reasons.append(PoolInUse(named, groups[pool.id]))
        if not pool.is_default and pool.id in jobs:
            reasons.append(PoolBusy(named, tuple(jobs[pool.id])))
        if reasons:
            refused.append(RefusedItem("pool", pool.id, pool.name, tuple(reasons)))
    if refused:
        raise ItemsRefused(len(pools), tuple(refused))


async def lock_pools(pool_ids: Iterable[int]) -> list[PoolRow]:
    """Raises: Unknown."""
    return await lock_rows("pool", PoolRow, pool_ids)


async def _lock_group_without_pool(group_id: int) -> Named:
    """Raises: Unknown, GroupHasPool."""
    rows = await fetch(for_update('SELECT id, name, pool_id FROM "group" WHERE id = ?'), group_id)
    if not rows:
        raise Unknown("group", (group_id,))
    group = Named("group", rows[0]["id"], rows[0]["name"])
    if rows[0]["pool_id"] is not None:
        pool = await Pool.get(id=rows[0]["pool_id"])
        raise GroupHasPool(group, Named("pool", pool.id, pool.name))
    return group


async def _lock_devices(device_ids: Iterable[int]) -> list[PooledDevice]:
    """In the order of their ids. Raises: Unknown."""
    return await lock_rows("device", PooledDevice, device_ids)


async def _default_pool() -> Named:
    (row,) = await fetch("SELECT id, name FROM pool WHERE is_default")
    return Named("pool", row["id"], row["name"])


async def _require_one_type(type_ids: Iterable[int]) -> int:
    """Raises: MixedDeviceTypes."""
    ids = sorted(set(type_ids))
    if len(ids) > 1:
        rows = await fetch("SELECT id, product, mig_profile FROM device_type WHERE id IN (?)", ids)
        types = [
            Named("type", row["id"], type_name(row["product"], row["mig_profile"])) for row in rows
        ]
        raise MixedDeviceTypes(tuple(sorted(types, key=lambda one: one.name)))
    return ids[0]


async def _type_with(pool: PoolRow, added: Sequence[PooledDevice]) -> int:
    """The pool's type once `added` are in it: its own, unless it has no device (left) of it."""
    assert pool.type_id is not None
    types = {device.type_id for device in added}
    if types != {pool.type_id} and await fetch(
        "SELECT 1 FROM device WHERE pool_id = ? LIMIT 1", pool.id
    ):
        types.add(pool.type_id)
    return await _require_one_type(types or {pool.type_id})


async def _require_in_pools(devices: Iterable[PooledDevice], pool_ids: Iterable[int]) -> None:
    """Raises: DevicesInOtherPool."""
    allowed = set(pool_ids)
    others = [device for device in devices if device.pool_id not in allowed]
    if others:
        pools = await Pool.filter(id__in=list({d.pool_id for d in others})).order_by("name")
        raise DevicesInOtherPool(
            tuple(device.id for device in others),
            tuple(Named("pool", pool.id, pool.name) for pool in pools),
        )


async def _require_idle(devices: Iterable[PooledDevice]) -> None:
    """Raises: DevicesBusy."""
    active = await active_jobs_on([device.id for device in devices])
    if active:
        held = {job.device_id for job in active if job.device_id is not None}
        raise DevicesBusy(tuple(sorted(held)), _once_each(active))


async def _place(devices: Sequence[PooledDevice], pool_id: int, type_key: int) -> None:
    await execute(
        "UPDATE device SET pool_id = ?, pool_type_key = ?, pooled_at = ? WHERE id IN (?)",
        pool_id,
        type_key,
        datetime.now(UTC),
        [device.id for device in devices],
    )


async def _type_name(type_id: int | None) -> str | None:
    rows = await fetch("SELECT product, mig_profile FROM device_type WHERE id = ?", type_id)
    return type_name(rows[0]["product"], rows[0]["mig_profile"]) if rows else None


def _once_each(jobs: Iterable[ActiveJob]) -> tuple[Named, ...]:
    return tuple({job.id: Named("job", job.id, job.name) for job in jobs}.values())


def _devices(ids: Sequence[int]) -> str:
    return "1 GPU is" if len(ids) == 1 else f"{len(ids)} GPUs are"


def _jobs(jobs: Sequence[Named]) -> str:
    return "1 active job" if len(jobs) == 1 else f"{len(jobs)} active jobs"
