"""Users: people on board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.roles import Role
from domain.snapshot import UserRow
from resolvers import groups, sessions, tokens, users
from schema.connections import jobs_of
from schema.fields import field
from schema.groups import Group
from schema.relay import Connection, Node
from schema.scalars import DateTime
from schema.tokens import ApiToken, Session

if TYPE_CHECKING:
    from schema.jobs import Job

NewcomerInput = strawberry.input(users.NewcomerInput)
OnBoardUsersInput = strawberry.input(users.OnBoardUsersInput)
EditUserInput = strawberry.input(users.EditUserInput)
ResetPasswordInput = strawberry.input(users.ResetPasswordInput)
DeleteUsersInput = strawberry.input(users.DeleteUsersInput)


@strawberry.type(description="A person on board.")
class User(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, UserRow)

    name: str
    display_name: str | None
    roles: list[Role]
    group: Group | None = field(groups.of_user)
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")
    last_sign_in_at: DateTime | None
    provider: str = strawberry.field(description='"local", or the kind of backend they are of.')
    left_directory_at: DateTime | None = strawberry.field(
        description="Since when the backend has nobody like that; they cannot sign in."
    )
    tokens: list[ApiToken] = field(tokens.of_user, description="Those that are not revoked.")
    sessions: list[Session] | None = field(
        sessions.of_user, description="Where one is signed in; null for others, operators too."
    )
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        users.jobs, users.was_theirs
    )


@strawberry.type(description="`isSnapshot` frames carry what is there now, in parts.")
class UserChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[User]
    removed: list[strawberry.ID]


@strawberry.type(description="A new user's password to begin with.")
class FirstPassword:
    user: User
    password: str | None = strawberry.field(
        description="Shown this once; null where the same command was carried out before."
    )


@strawberry.type
class UsersOnBoarded:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, users.UsersOnBoarded)

    users: list[FirstPassword]


@strawberry.type
class PasswordReset:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, users.PasswordReset)

    user: User
    password: str = strawberry.field(description="Shown this once.")


@strawberry.type
class UsersDeleted:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, users.UsersDeleted)

    ids: list[strawberry.ID]
