"""Users: who is on board, and who asks."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import strawberry

from domain.snapshot import JobRow, UserRow
from domain.roles import Role
from resolvers.context import Context, Info
from resolvers.ids import numbers
from resolvers.pages import OrderDirection, Page, Slice, allows, contains, paginate


class UserOrderField(enum.Enum):
    NAME = "NAME"
    CREATED_AT = "CREATED_AT"


@dataclass
class UserOrder:
    field: UserOrderField = UserOrderField.NAME
    direction: OrderDirection = OrderDirection.ASC


@dataclass
class UserFilter:
    search: str | None = None
    roles: list[Role] | None = None
    groups: list[strawberry.ID] | None = None


def list_users(
    context: Context,
    rows: Iterable[UserRow],
    filter: UserFilter | None,
    order_by: UserOrder | None,
    wanted: Slice,
) -> Page[UserRow]:
    """One page of those of `rows` that the filter lets through."""
    order, sought = order_by or UserOrder(), filter or UserFilter()
    groups = numbers(sought.groups, "Group")
    return paginate(
        (
            user
            for user in rows
            if contains(sought.search, user.name, user.display_name)
            and (sought.roles is None or set(sought.roles) & set(user.roles))
            and allows(groups, user.group_id)
        ),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda user: (
            user.name.casefold()
            if order.field is UserOrderField.NAME
            else user.created_at.timestamp()
        ),
    )


def all_users(root: None, info: Info) -> Iterable[UserRow]:
    return info.context.snapshot.users.values()


def viewer(info: Info) -> UserRow | None:
    return info.context.snapshot.users.get(info.context.viewer.user_id)


def by_name(info: Info, name: str) -> UserRow | None:
    folded = name.casefold()
    users = info.context.snapshot.users.values()
    return next((user for user in users if user.name.casefold() == folded), None)


def jobs(root: UserRow, info: Info) -> list[JobRow]:
    return info.context.snapshot.jobs_of_user.get(root.id, [])


def was_theirs(root: UserRow, job: JobRow, info: Info) -> bool:
    """Whether an ended job was the user's."""
    return job.user_id == root.id


def of_job(root: JobRow, info: Info) -> UserRow | None:
    return None if root.user_id is None else info.context.snapshot.users.get(root.user_id)
