"""Groups of the active directory, and taking their people on board."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import directory_groups as resolve
from schema.fields import field
from schema.groups import Group
from schema.scalars import DateTime
from schema.users import User

GroupNewcomerInput = strawberry.input(resolve.GroupNewcomerInput)
OnBoardDirectoryGroupInput = strawberry.input(resolve.OnBoardDirectoryGroupInput)


@strawberry.type(description="A group of the directory; `key` finds it again.")
class DirectoryGroup:
    key: str
    name: str


@strawberry.type(description="The directory's groups, as it told of them at one moment.")
class DirectoryGroups:
    read_at: DateTime | None = strawberry.field(description="Null: it never answered.")
    problem: str | None = strawberry.field(description="Why it could not be asked anew.")
    groups: list[DirectoryGroup]


@strawberry.type(description="A person in a group of the directory.")
class DirectoryMember:
    subject: str = field(resolve.subject)
    name: str = field(resolve.member_name)
    display_name: str | None = field(resolve.display_name)
    user: User | None = strawberry.field(description="Null: not on board yet.")


@strawberry.type(description="Who is in a group, those in the groups within it included.")
class DirectoryMembers:
    read_at: DateTime | None
    problem: str | None
    is_cut: bool = strawberry.field(description="There are more than a list can hold.")
    people: list[DirectoryMember]
    group: Group | None = strawberry.field(description="The group here of the name asked for.")


@strawberry.type
class DirectoryGroupOnBoarded:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, resolve.DirectoryGroupOnBoarded)

    group: Group | None
    users: list[User]
