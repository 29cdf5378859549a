"""Groups: lists, members and how loaded their pool is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.snapshot import GroupRow, JobRow, UserRow
from resolvers.context import Info
from resolvers.loads import Load, load_of
from resolvers.pages import OrderDirection, Page, Slice, contains, paginate


class GroupOrderField(enum.Enum):
    NAME = "NAME"
    CREATED_AT = "CREATED_AT"


@dataclass
class GroupOrder:
    field: GroupOrderField = GroupOrderField.NAME
    direction: OrderDirection = OrderDirection.ASC


@dataclass
class GroupFilter:
    search: str | None = None


def list_groups(
    root: None, info: Info, filter: GroupFilter | None, order_by: GroupOrder | None, wanted: Slice
) -> Page[GroupRow]:
    order = order_by or GroupOrder()
    groups = info.context.snapshot.groups.values()
    return paginate(
        (group for group in groups if filter is None or contains(filter.search, group.name)),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda group: (
            group.name.casefold()
            if order.field is GroupOrderField.NAME
            else group.created_at.timestamp()
        ),
    )


def by_name(info: Info, name: str) -> GroupRow | None:
    folded = name.casefold()
    groups = info.context.snapshot.groups.values()
    return next((group for group in groups if group.name.casefold() == folded), None)


def users(root: GroupRow, info: Info) -> list[UserRow]:
    return info.context.snapshot.users_of_group.get(root.id, [])


def jobs(root: GroupRow, info: Info) -> list[JobRow]:
    return [job for job in info.context.snapshot.jobs.values() if was_theirs(root, job, info)]


def was_theirs(root: GroupRow, job: JobRow, info: Info) -> bool:
    """Whether an ended job was the group's."""
    group = info.context.snapshot.group_of_job(job)
    return group is not None and group.id == root.id


def load(root: GroupRow, info: Info) -> Load:
    pool_id = root.pool_id
    snapshot = info.context.snapshot
    held = [] if pool_id is None else snapshot.devices_of_pool.get(pool_id, [])
    return load_of(info.context, held, jobs(root, info))


def of_user(root: UserRow, info: Info) -> GroupRow | None:
    return None if root.group_id is None else info.context.snapshot.groups.get(root.group_id)


def of_job(root: JobRow, info: Info) -> GroupRow | None:
    return info.context.snapshot.group_of_job(root)
