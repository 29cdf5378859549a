"""Pools: lists, and how loaded each is."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass

import strawberry

import domain.pools
from domain.refusals import NotAllowed
from domain.roles import Role
from domain.snapshot import DeviceRow, DeviceTypeRow, GroupRow, JobRow, PoolRow
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.loads import Load, load_of
from resolvers.mutations import Refused, carry_out, found
from resolvers.pages import OrderDirection, Page, Slice, contains, paginate


class PoolOrderField(enum.Enum):
    NAME = "NAME"
    CREATED_AT = "CREATED_AT"


@dataclass
class PoolOrder:
    field: PoolOrderField = PoolOrderField.NAME
    direction: OrderDirection = OrderDirection.ASC


@dataclass
class PoolFilter:
    search: str | None = None
    is_free: bool | None = None


@dataclass
class CreatePoolInput:
    name: str
    devices: list[strawberry.ID]
    group: strawberry.ID | None = None
    command_id: str | None = None


@dataclass
class EditPoolInput:
    id: strawberry.ID
    version: int
    name: str | None = None
    add_devices: list[strawberry.ID] | None = None
    remove_devices: list[strawberry.ID] | None = None
    command_id: str | None = None


@dataclass
class MoveDevicesInput:
    devices: list[strawberry.ID]
    to_pool: strawberry.ID
    command_id: str | None = None


@dataclass
class DeletePoolsInput:
    pools: list[strawberry.ID]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class PoolsDeleted:
    ids: list[str]
    default_pool: PoolRow


def list_pools(
    root: None, info: Info, filter: PoolFilter | None, order_by: PoolOrder | None, wanted: Slice
) -> Page[PoolRow]:
    order, sought = order_by or PoolOrder(), filter or PoolFilter()
    taken = info.context.snapshot.group_of_pool
    return paginate(
        (
            pool
            for pool in info.context.snapshot.pools.values()
            if contains(sought.search, pool.name)
            and (sought.is_free is None or (pool.id not in taken) == sought.is_free)
        ),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda pool: (
            pool.name.casefold()
            if order.field is PoolOrderField.NAME
            else pool.created_at.timestamp()
        ),
    )


def by_name(info: Info, name: str) -> PoolRow | None:
    folded = name.casefold()
    pools = info.context.snapshot.pools.values()
    return next((pool for pool in pools if pool.name.casefold() == folded), None)


def devices(root: PoolRow, info: Info) -> list[DeviceRow]:
    return info.context.snapshot.devices_of_pool.get(root.id, [])


def jobs(root: PoolRow, info: Info) -> list[JobRow]:
    return info.context.snapshot.jobs_of_pool.get(root.id, [])


def was_used(root: PoolRow, job: JobRow, info: Info) -> bool:
    """Whether an ended job ran in the pool."""
    return job.pool_id == root.id


def device_type(root: PoolRow, info: Info) -> DeviceTypeRow | None:
    return None if root.type_id is None else info.context.snapshot.types.get(root.type_id)


def device_types(root: PoolRow, info: Info) -> list[DeviceTypeRow]:
    ids = {device.type_id for device in devices(root, info)}
    return sorted((info.context.snapshot.types[i] for i in ids), key=lambda t: (t.name, t.id))


def group(root: PoolRow, info: Info) -> GroupRow | None:
    return info.context.snapshot.group_of_pool.get(root.id)


def load(root: PoolRow, info: Info) -> Load:
    return load_of(info.context, devices(root, info), jobs(root, info))


def of_group(root: GroupRow, info: Info) -> PoolRow | None:
    return None if root.pool_id is None else info.context.snapshot.pools.get(root.pool_id)


def of_job(root: JobRow, info: Info) -> PoolRow | None:
    return None if root.pool_id is None else info.context.snapshot.pools.get(root.pool_id)


async def pool_changes(info: Info) -> AsyncIterator[Changes[PoolRow] | None]:
    async for changes in changes_of(info.context, "pool", "Pool", lambda snapshot: snapshot.pools):
        yield changes


async def create_pool(info: Info, input: CreatePoolInput) -> PoolRow | Refused:
    devices = numbers_or_nothing(input.devices, "Device")
    group = None if input.group is None else numbers_or_nothing([input.group], "Group")[0]
    made = await carry_out(
        info,
        lambda actor: domain.pools.create_pool(actor, input.name, devices, group),
        input.command_id,
    )
    return _row(info, made)


async def edit_pool(info: Info, input: EditPoolInput) -> PoolRow | Refused:
    (pool,) = numbers_or_nothing([input.id], "Pool")
    edited = await carry_out(
        info,
        lambda actor: domain.pools.edit_pool(
            actor,
            pool,
            input.version,
            name=input.name,
            add=numbers_or_nothing(input.add_devices or [], "Device"),
            remove=numbers_or_nothing(input.remove_devices or [], "Device"),
        ),
        input.command_id,
    )
    return _row(info, edited)


async def move_devices(info: Info, input: MoveDevicesInput) -> PoolRow | Refused:
    devices = numbers_or_nothing(input.devices, "Device")
    (pool,) = numbers_or_nothing([input.to_pool], "Pool")
    moved = await carry_out(
        info,
        lambda actor: domain.pools.move_devices(actor, devices, pool),
        input.command_id,
    )
    return _row(info, moved)


async def delete_pools(info: Info, input: DeletePoolsInput) -> PoolsDeleted | Refused:
    pools = numbers_or_nothing(input.pools, "Pool")
    deleted = await carry_out(
        info, lambda actor: domain.pools.delete_pools(actor, pools), input.command_id
    )
    if isinstance(deleted, Refused):
        return deleted
    default = next((pool for pool in info.context.snapshot.pools.values() if pool.is_default), None)
    if default is None:  # done, but somebody has taken the role away before the answer
        return Refused(NotAllowed(Role.OPERATOR))
    return PoolsDeleted([global_id("Pool", number) for number in deleted], default)


def _row(info: Info, result: int | Refused) -> PoolRow | Refused:
    return found("pool", info.context.snapshot.pools, result)
