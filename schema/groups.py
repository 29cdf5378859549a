"""Groups: users who share a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.snapshot import GroupRow
from resolvers import enforcement, groups, pools
from schema.connections import jobs_of, users_of
from schema.enforcement import Enforcement
from schema.fields import field
from schema.load import Load
from schema.pools import Pool
from schema.relay import Connection, Node
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.jobs import Job
    from schema.users import User

strawberry.enum(groups.GroupOrderField)
GroupFilter = strawberry.input(groups.GroupFilter)
GroupOrder = strawberry.input(groups.GroupOrder)
CreateGroupInput = strawberry.input(groups.CreateGroupInput)
EditGroupInput = strawberry.input(groups.EditGroupInput)
DeleteGroupsInput = strawberry.input(groups.DeleteGroupsInput)


@strawberry.type(description="Users who share a pool.")
class Group(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, GroupRow)

    name: str
    is_default: bool
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")
    pool: Pool | None = field(pools.of_group)
    load: Load = field(groups.load, description="Of its pool; the waiting jobs are its own.")
    enforcement: Enforcement = field(enforcement.of_group)
    users: Connection[Annotated[User, strawberry.lazy("schema.users")]] = users_of(groups.users)
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        groups.jobs, groups.was_theirs
    )


@strawberry.type(description="`isSnapshot` frames carry what is there now, in parts.")
class GroupChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[Group]
    removed: list[strawberry.ID]


@strawberry.type
class GroupsDeleted:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, groups.GroupsDeleted)

    ids: list[strawberry.ID]
