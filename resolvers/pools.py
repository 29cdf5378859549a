"""Pools: lists, and how loaded each is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.snapshot import DeviceRow, DeviceTypeRow, GroupRow, JobRow, PoolRow
from resolvers.context import Info
from resolvers.loads import Load, load_of
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


def list_pools(
    root: None, info: Info, filter: PoolFilter | None, order_by: PoolOrder | None, wanted: Slice
) -> Page[PoolRow]:
    order = order_by or PoolOrder()
    pools = info.context.snapshot.pools.values()
    return paginate(
        (pool for pool in pools if filter is None or contains(filter.search, pool.name)),
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
