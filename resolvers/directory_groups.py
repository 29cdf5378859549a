"""The groups of the active directory and who is in each, for on-boarding by group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import strawberry

from domain.actors import Actor
from domain.boarding import on_board_group, vouched_for
from domain.names import fold_name
from domain.roles import Role
from domain.snapshot import GroupRow, UserRow
from domain.users import Newcomer
from identity.backend import DirectoryGroup, Failed, NotListed, Person
from resolvers.candidates import subjects_on_board
from resolvers.context import Info
from resolvers.ids import numbers_or_nothing
from resolvers.mutations import Refused, carry_out
from resolvers.pages import contains

NOT_KNOWN = "The active backend has no groups to choose from."


@dataclass(frozen=True, slots=True)
class DirectoryGroups:
    read_at: datetime | None
    problem: str | None
    groups: list[DirectoryGroup]


@dataclass(frozen=True, slots=True)
class DirectoryMember:
    person: Person
    user: UserRow | None


@dataclass(frozen=True, slots=True)
class DirectoryMembers:
    read_at: datetime | None
    problem: str | None
    is_cut: bool
    people: list[DirectoryMember]
    group: GroupRow | None


@dataclass
class GroupNewcomerInput:
    subject: str
    name: str
    roles: list[Role] | None = None


@dataclass
class OnBoardDirectoryGroupInput:
    """`name`: of the group here. `joining`: free users who are on board already."""

    name: str
    people: list[GroupNewcomerInput]
    joining: list[strawberry.ID] | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class DirectoryGroupOnBoarded:
    group: GroupRow | None
    users: list[UserRow]


async def list_groups(
    info: Info, search: str | None = None, is_fresh: bool = False
) -> DirectoryGroups | None:
    backends = info.context.backends
    if not info.context.is_operator or backends is None:
        return None
    try:
        _, rosters = await backends.rosters()
        if rosters is None:
            return DirectoryGroups(None, NOT_KNOWN, [])
        roster = await rosters.groups(is_fresh=is_fresh)
    except NotListed:
        return DirectoryGroups(None, NOT_KNOWN, [])
    except Failed as failed:
        return DirectoryGroups(None, f"{failed.step}: {failed}", [])
    groups = [group for group in roster.items if contains(search, group.name)]
    return DirectoryGroups(roster.read_at, _problem(roster.failure), groups)


async def list_members(
    info: Info, key: str, name: str | None = None, is_fresh: bool = False
) -> DirectoryMembers | None:
    """Of the group with this key; `name`: of the group here that they would join."""
    backends = info.context.backends
    if not info.context.is_operator or backends is None:
        return None
    try:
        authentication, rosters = await backends.rosters()
        if rosters is None:
            return DirectoryMembers(None, NOT_KNOWN, False, [], None)
        roster = await rosters.people(None, key, is_fresh=is_fresh)
    except NotListed:
        return DirectoryMembers(None, NOT_KNOWN, False, [], None)
    except Failed as failed:
        return DirectoryMembers(None, f"{failed.step}: {failed}", False, [], None)
    users = await subjects_on_board(authentication)
    snapshot = info.context.snapshot
    people = [
        DirectoryMember(person, snapshot.users.get(users.get(person.subject, 0)))
        for person in roster.items
    ]
    problem = _problem(roster.failure)
    return DirectoryMembers(roster.read_at, problem, roster.is_cut, people, _named(info, name))


async def on_board_directory_group(
    info: Info, input: OnBoardDirectoryGroupInput
) -> DirectoryGroupOnBoarded | Refused:
    newcomers = [
        Newcomer(one.name, None, tuple(dict.fromkeys(one.roles or ())), None, one.subject)
        for one in input.people
    ]
    joining = numbers_or_nothing(input.joining or [], "User")
    backends = info.context.backends
    assert backends is not None, "mutations are carried out for a viewer"

    async def operate(actor: Actor) -> tuple[int, ...]:
        people = await vouched_for(actor, backends, newcomers)
        return await on_board_group(actor, input.name, tuple(people), joining)

    done = await carry_out(info, operate, input.command_id)
    if isinstance(done, Refused):
        return done
    users = info.context.snapshot.users
    joined = [users[number] for number in done if number in users]
    return DirectoryGroupOnBoarded(_named(info, input.name), joined)


def subject(root: DirectoryMember) -> str:
    return root.person.subject


def member_name(root: DirectoryMember) -> str:
    return root.person.name


def display_name(root: DirectoryMember) -> str | None:
    return root.person.display_name


def _named(info: Info, name: str | None) -> GroupRow | None:
    if name is None:
        return None
    groups = info.context.snapshot.groups.values()
    return next((one for one in groups if fold_name(one.name) == fold_name(name)), None)


def _problem(failure: Failed | None) -> str | None:
    return None if failure is None else f"{failure.step}: {failure}"
