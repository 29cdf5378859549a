"""Users: who is on board, and who asks."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import strawberry

import domain.users
from domain.actors import Actor
from domain.boarding import vouched_for
from domain.roles import Role
from domain.snapshot import JobRow, UserRow
from domain.users import Newcomer, OnBoarded
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Context, Info
from resolvers.ids import global_id, numbers, numbers_or_nothing
from resolvers.mutations import Refused, carry_out, found
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
    is_free: bool | None = None


@dataclass
class NewcomerInput:
    """`subject`: of the active backend's people; without it, a local user."""

    name: str
    display_name: str | None = None
    roles: list[Role] | None = None
    group: strawberry.ID | None = None
    subject: str | None = None


@dataclass
class OnBoardUsersInput:
    users: list[NewcomerInput]
    command_id: str | None = None


@dataclass
class EditUserInput:
    """`displayName`: an empty one takes it away. `confirmOwn`: I mean to lose a role of mine."""

    id: strawberry.ID
    version: int
    display_name: str | None = None
    roles: list[Role] | None = None
    confirm_own: bool = False
    command_id: str | None = None


@dataclass
class DeleteUsersInput:
    users: list[strawberry.ID]
    command_id: str | None = None


@dataclass
class ResetPasswordInput:
    user: strawberry.ID


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """Shown once: it is stored only as a hash."""

    user: UserRow
    password: str | None


@dataclass(frozen=True, slots=True)
class UsersOnBoarded:
    users: list[FirstPassword]


@dataclass(frozen=True, slots=True)
class PasswordReset:
    user: UserRow
    password: str


@dataclass(frozen=True, slots=True)
class UsersDeleted:
    ids: list[str]


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
            and (sought.is_free is None or (user.group_id is None) == sought.is_free)
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


async def user_changes(info: Info) -> AsyncIterator[Changes[UserRow] | None]:
    async for changes in changes_of(info.context, "user", "User", lambda snapshot: snapshot.users):
        yield changes


async def on_board_users(info: Info, input: OnBoardUsersInput) -> UsersOnBoarded | Refused:
    newcomers = [
        Newcomer(
            one.name,
            one.display_name,
            tuple(one.roles or ()),
            None if one.group is None else numbers_or_nothing([one.group], "Group")[0],
            one.subject,
        )
        for one in input.users
    ]
    backends = info.context.backends
    assert backends is not None, "mutations are carried out for a viewer"

    async def operate(actor: Actor) -> list[OnBoarded]:
        return await domain.users.on_board(actor, await vouched_for(actor, backends, newcomers))

    done = await carry_out(info, operate, input.command_id)
    if isinstance(done, Refused):
        return done
    users = info.context.snapshot.users  # without whom somebody has deleted since
    return UsersOnBoarded(
        [FirstPassword(users[one.user_id], one.password) for one in done if one.user_id in users]
    )


async def edit_user(info: Info, input: EditUserInput) -> UserRow | Refused:
    (user,) = numbers_or_nothing([input.id], "User")
    edited = await carry_out(
        info,
        lambda actor: domain.users.edit_user(
            actor,
            user,
            input.version,
            display_name=input.display_name,
            roles=None if input.roles is None else tuple(input.roles),
            confirm_own=input.confirm_own,
        ),
        input.command_id,
    )
    # Who took the operator's role from oneself sees oneself still.
    return found("user", info.context.snapshot.users, edited)


async def reset_password(info: Info, input: ResetPasswordInput) -> PasswordReset | Refused:
    (user,) = numbers_or_nothing([input.user], "User")
    password = await carry_out(info, lambda actor: domain.users.give_password(actor, user), None)
    if isinstance(password, Refused):
        return password
    row = found("user", info.context.snapshot.users, user)
    return row if isinstance(row, Refused) else PasswordReset(row, password)


async def delete_users(info: Info, input: DeleteUsersInput) -> UsersDeleted | Refused:
    users = numbers_or_nothing(input.users, "User")
    deleted = await carry_out(
        info, lambda actor: domain.users.delete_users(actor, users), input.command_id
    )
    if isinstance(deleted, Refused):
        return deleted
    return UsersDeleted([global_id("User", number) for number in deleted])
