"""Groups: lists, members and how loaded their pool is."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass

import strawberry

import domain.groups
from domain.groups import Keep
from domain.snapshot import GroupRow, JobRow, UserRow
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.loads import Load, load_of
from resolvers.mutations import Refused, carry_out, found
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
    has_pool: bool | None = None


@dataclass
class CreateGroupInput:
    name: str
    users: list[strawberry.ID] | None = None
    pool: strawberry.ID | None = None
    command_id: str | None = None


@dataclass
class EditGroupInput:
    """`pool`: left out it stays, null takes it away."""

    id: strawberry.ID
    version: int
    name: str | None = None
    add_users: list[strawberry.ID] | None = None
    remove_users: list[strawberry.ID] | None = None
    pool: strawberry.ID | None = strawberry.UNSET
    command_id: str | None = None


@dataclass
class DeleteGroupsInput:
    groups: list[strawberry.ID]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class GroupsDeleted:
    ids: list[str]


def list_groups(
    root: None, info: Info, filter: GroupFilter | None, order_by: GroupOrder | None, wanted: Slice
) -> Page[GroupRow]:
    order, sought = order_by or GroupOrder(), filter or GroupFilter()
    return paginate(
        (
            group
            for group in info.context.snapshot.groups.values()
            if contains(sought.search, group.name)
            and (sought.has_pool is None or (group.pool_id is not None) == sought.has_pool)
        ),
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
    return info.context.snapshot.jobs_of_group.get(root.id, [])


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


async def group_changes(info: Info) -> AsyncIterator[Changes[GroupRow] | None]:
    async for changes in changes_of(
        info.context, "group", "Group", lambda snapshot: snapshot.groups
    ):
        yield changes


async def create_group(info: Info, input: CreateGroupInput) -> GroupRow | Refused:
    users = numbers_or_nothing(input.users or [], "User")
    pool = None if input.pool is None else numbers_or_nothing([input.pool], "Pool")[0]
    made = await carry_out(
        info,
        lambda actor: domain.groups.create_group(actor, input.name, users, pool),
        input.command_id,
    )
    return _row(info, made)


async def edit_group(info: Info, input: EditGroupInput) -> GroupRow | Refused:
    (group,) = numbers_or_nothing([input.id], "Group")
    pool: int | Keep | None = Keep.KEEP
    if input.pool is not strawberry.UNSET:
        pool = None if input.pool is None else numbers_or_nothing([input.pool], "Pool")[0]
    edited = await carry_out(
        info,
        lambda actor: domain.groups.edit_group(
            actor,
            group,
            input.version,
            name=input.name,
            add=numbers_or_nothing(input.add_users or [], "User"),
            remove=numbers_or_nothing(input.remove_users or [], "User"),
            pool_id=pool,
        ),
        input.command_id,
    )
    return _row(info, edited)


async def delete_groups(info: Info, input: DeleteGroupsInput) -> GroupsDeleted | Refused:
    groups = numbers_or_nothing(input.groups, "Group")
    deleted = await carry_out(
        info, lambda actor: domain.groups.delete_groups(actor, groups), input.command_id
    )
    if isinstance(deleted, Refused):
        return deleted
    return GroupsDeleted([global_id("Group", number) for number in deleted])


def _row(info: Info, result: int | Refused) -> GroupRow | Refused:
    return found("group", info.context.snapshot.groups, result)
