"""Users: people on board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.snapshot import UserRow
from domain.roles import Role
from resolvers import groups, users
from schema.connections import jobs_of
from schema.fields import field
from schema.groups import Group
from schema.relay import Connection, Node
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.jobs import Job


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
    last_sign_in_at: DateTime | None
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        users.jobs, users.was_theirs
    )
