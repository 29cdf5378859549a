"""What operators ask for, as data: generated and shrunk without looking at the cluster.

A wish names what it is about by position among what there is when it is sent, so that wishes of one
step are often about the same thing. Some name what never was, or is no more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from resolvers.ids import global_id
from tests.rules.states import State

GONE, UNKNOWN, OF_ANOTHER_KIND = -1, -2, -3
ANY = 100
Which = int
"""A position among what a screen would offer; from ANY on, among all; or one of the three above."""


@dataclass(frozen=True)
class Device:
    uuid: str
    type: str
    is_busy: bool


@dataclass
class Sight:
    """What an operator sees when deciding, and what others have seen deleted."""

    state: State
    devices: Mapping[int, Device]
    gone: Mapping[str, Sequence[int]]

    def number(self, kind: str, which: Which, offered: Collection[int] = ()) -> int:
        there: Mapping[str, Collection[int]] = {
            "Pool": self.state.pools,
            "Group": self.state.groups,
            "User": self.state.users,
            "Device": self.devices,
        }
        if which == GONE and self.gone.get(kind):
            return self.gone[kind][-1]
        among = sorted(offered if offered and which < ANY else there[kind])
        return among[which % len(among)] if which >= 0 and among else 999_999

    def id(self, kind: str, which: Which, offered: Collection[int] = ()) -> str:
        stated = "Job" if which == OF_ANOTHER_KIND else kind
        return global_id(stated, self.number(kind, which, offered))

    def ids(self, kind: str, which: Sequence[Which], offered: Collection[int] = ()) -> list[str]:
        return [self.id(kind, one, offered) for one in which]

    def version(self, kind: str, which: Which, age: int, offered: Collection[int] = ()) -> int:
        return self.state.version(kind, self.number(kind, which, offered)) - age

    def idle_in(self, pool_id: int | None) -> set[int]:
        """The devices of a pool that no job holds; of the Default pool for null."""
        pool = self.state.pools[self.default_pool if pool_id is None else pool_id]
        return {
            id
            for id, device in self.devices.items()
            if device.uuid in pool.devices and not device.is_busy
        }

    def of_type(self, ids: Collection[int], type: str | None) -> set[int]:
        return {id for id in ids if self.devices[id].type == type}

    @property
    def default_pool(self) -> int:
        return next(id for id, pool in self.state.pools.items() if pool.is_default)

    @property
    def own_pools(self) -> set[int]:
        """All but the Default one."""
        return {id for id, pool in self.state.pools.items() if not pool.is_default}

    @property
    def free_pools(self) -> set[int]:
        return set(self.state.pools) - {group.pool for group in self.state.groups.values()}

    @property
    def free_users(self) -> set[int]:
        taken = {id for group in self.state.groups.values() for id in group.users}
        return set(self.state.users) - taken

    @property
    def groups_without_pool(self) -> set[int]:
        return {id for id, group in self.state.groups.items() if group.pool is None}

    @property
    def empty_groups(self) -> set[int]:
        groups = self.state.groups.items()
        return {id for id, group in groups if group.pool is None and not group.users}


@dataclass(frozen=True)
class Wish:
    """A mutation. `action` is what the audit log calls it, `selects` what it answers with."""

    action: ClassVar[str]
    selects: ClassVar[str]

    @property
    def field(self) -> str:
        name = type(self).__name__
        return name[0].lower() + name[1:]

    @property
    def document(self) -> str:
        name = type(self).__name__
        return (
            f"mutation($input: {name}Input!) {{ answer: {self.field}(input: $input) {{ __typename"
            f" {self.selects} ... on Refusal {{ message }} }} }}"
        )

    def input(self, sight: Sight) -> dict[str, Any]:
        raise NotImplementedError

    def __repr__(self) -> str:
        """Only what is asked for, so that a failing run can be read."""
        said = ", ".join(
            f"{one.name}={value!r}"
            for one in fields(self)
            if (value := getattr(self, one.name)) not in (None, (), 0, False)
        )
        return f"{type(self).__name__}({said})"


@dataclass(frozen=True, repr=False)
class CreatePool(Wish):
    action = "pool.create"
    selects = "... on Pool { id version }"
    name: str
    devices: tuple[Which, ...]
    group: Which | None = None

    def input(self, sight: Sight) -> dict[str, Any]:
        free = sight.idle_in(None)
        first = sight.devices.get(sight.number("Device", self.devices[0], free))
        alike = sight.of_type(free, first and first.type)
        asked = {"name": self.name, "devices": sight.ids("Device", self.devices, alike)}
        if self.group is None:
            return asked
        return {**asked, "group": sight.id("Group", self.group, sight.groups_without_pool)}


@dataclass(frozen=True, repr=False)
class EditPool(Wish):
    action = "pool.edit"
    selects = "... on Pool { id version }"
    pool: Which
    age: int = 0
    name: str | None = None
    add: tuple[Which, ...] = ()
    remove: tuple[Which, ...] = ()

    def input(self, sight: Sight) -> dict[str, Any]:
        own = sight.own_pools
        pool = sight.state.pools.get(sight.number("Pool", self.pool, own))
        alike = sight.of_type(sight.idle_in(None), pool and pool.type)
        held = sight.idle_in(sight.number("Pool", self.pool, own)) if pool else set()
        return {
            "id": sight.id("Pool", self.pool, own),
            "version": sight.version("Pool", self.pool, self.age, own),
            "name": self.name,
            "addDevices": sight.ids("Device", self.add, alike),
            "removeDevices": sight.ids("Device", self.remove, held),
        }


@dataclass(frozen=True, repr=False)
class MoveDevices(Wish):
    action = "pool.move_devices"
    selects = "... on Pool { id version }"
    devices: tuple[Which, ...]
    to: Which

    def input(self, sight: Sight) -> dict[str, Any]:
        pool = sight.state.pools.get(sight.number("Pool", self.to))
        idle = {id for id, device in sight.devices.items() if not device.is_busy}
        alike = sight.of_type(idle, pool.type) if pool and pool.type else idle
        return {
            "devices": sight.ids("Device", self.devices, alike),
            "toPool": sight.id("Pool", self.to),
        }


@dataclass(frozen=True, repr=False)
class DeletePools(Wish):
    action = "pool.delete"
    selects = "... on PoolsDeleted { ids }"
    pools: tuple[Which, ...]

    def input(self, sight: Sight) -> dict[str, Any]:
        return {"pools": sight.ids("Pool", self.pools, sight.own_pools & sight.free_pools)}


@dataclass(frozen=True, repr=False)
class CreateGroup(Wish):
    action = "group.create"
    selects = "... on Group { id version }"
    name: str
    users: tuple[Which, ...] = ()
    pool: Which | None = None

    def input(self, sight: Sight) -> dict[str, Any]:
        asked = {"name": self.name, "users": sight.ids("User", self.users, sight.free_users)}
        if self.pool is None:
            return asked
        return {**asked, "pool": sight.id("Pool", self.pool, sight.free_pools)}


@dataclass(frozen=True, repr=False)
class EditGroup(Wish):
    """`takes_pool_away` wins over `pool`."""

    action = "group.edit"
    selects = "... on Group { id version }"
    group: Which
    age: int = 0
    name: str | None = None
    add: tuple[Which, ...] = ()
    remove: tuple[Which, ...] = ()
    pool: Which | None = None
    takes_pool_away: bool = False

    def input(self, sight: Sight) -> dict[str, Any]:
        group = sight.state.groups.get(sight.number("Group", self.group))
        asked = {
            "id": sight.id("Group", self.group),
            "version": sight.version("Group", self.group, self.age),
            "name": self.name,
            "addUsers": sight.ids("User", self.add, sight.free_users),
            "removeUsers": sight.ids("User", self.remove, group.users if group else ()),
        }
        if self.takes_pool_away:
            return {**asked, "pool": None}
        if self.pool is None:
            return asked
        return {**asked, "pool": sight.id("Pool", self.pool, sight.free_pools)}


@dataclass(frozen=True, repr=False)
class DeleteGroups(Wish):
    action = "group.delete"
    selects = "... on GroupsDeleted { ids }"
    groups: tuple[Which, ...]

    def input(self, sight: Sight) -> dict[str, Any]:
        return {"groups": sight.ids("Group", self.groups, sight.empty_groups)}


@dataclass(frozen=True)
class Newcomer:
    name: str
    roles: tuple[str, ...] = ()
    group: Which | None = None
    display_name: str | None = None


@dataclass(frozen=True, repr=False)
class OnBoardUsers(Wish):
    action = "user.on_board"
    selects = "... on UsersOnBoarded { users { password user { id name } } }"
    people: tuple[Newcomer, ...]

    def input(self, sight: Sight) -> dict[str, Any]:
        return {
            "users": [
                {
                    "name": one.name,
                    "displayName": one.display_name,
                    "roles": list(one.roles),
                    "group": None if one.group is None else sight.id("Group", one.group),
                }
                for one in self.people
            ]
        }


@dataclass(frozen=True, repr=False)
class EditUser(Wish):
    action = "user.edit"
    selects = "... on User { id version }"
    user: Which
    age: int = 0
    display_name: str | None = None
    roles: tuple[str, ...] | None = None
    confirm_own: bool = False

    def input(self, sight: Sight) -> dict[str, Any]:
        return {
            "id": sight.id("User", self.user),
            "version": sight.version("User", self.user, self.age),
            "displayName": self.display_name,
            "roles": None if self.roles is None else list(self.roles),
            "confirmOwn": self.confirm_own,
        }


@dataclass(frozen=True, repr=False)
class DeleteUsers(Wish):
    action = "user.delete"
    selects = "... on UsersDeleted { ids }"
    users: tuple[Which, ...]

    def input(self, sight: Sight) -> dict[str, Any]:
        return {"users": sight.ids("User", self.users)}


WISHES: tuple[type[Wish], ...] = (
    CreatePool,
    EditPool,
    MoveDevices,
    DeletePools,
    CreateGroup,
    EditGroup,
    DeleteGroups,
    OnBoardUsers,
    EditUser,
    DeleteUsers,
)


def _wide(name: str) -> str:
    """In full-width letters, as East Asian keyboards type them."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)


VARIANTS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    _wide,
    lambda name: f"  {name}\u2003 ",
    lambda name: name.replace(" ", "\u00a0 "),
    lambda name: unicodedata.normalize("NFD", name),
)
"""Ways to type one name so that it is the same name still."""

BAD_NAMES = ("", " \u3000", "a\x00b", "a\u200bb", "a\nb", "x" * 64, "\u00df" * 40, "\ufb03" * 63)
THINGS = ("red", "blue", "deep green", "stra\u00dfe", "\u00fcber", "one", "two", "three", "default")
PEOPLE = ("bob", "cleo", "dan", "eve m\u00fcller", "ada")
ROLES = ("OPERATOR", "DATA_SCIENTIST", "ML_ENGINEER", "PRODUCTION_ENGINEER")


def mostly(often: SearchStrategy[Any], *seldom: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """`often` two times in three. (one_of takes what is given twice once.)"""
    among = [often] * 2 * len(seldom) + list(seldom)
    return st.sampled_from(among).flatmap(lambda one: one)


def names(of: Sequence[str]) -> SearchStrategy[str]:
    same = st.builds(lambda name, vary: vary(name), st.sampled_from(of), st.sampled_from(VARIANTS))
    return mostly(st.sampled_from(of), same, same, st.sampled_from(BAD_NAMES))


which = st.sampled_from(
    [*range(8)] * 4 + [ANY + n for n in range(8)] + [GONE, UNKNOWN, OF_ANOTHER_KIND]
)


def some(least: int = 0, most: int = 3) -> SearchStrategy[tuple[Which, ...]]:
    return st.lists(which, min_size=least, max_size=most).map(tuple)


age = mostly(st.just(0), st.just(0), st.sampled_from([1, -1, 2**31 - 1]))
roles = mostly(
    st.sampled_from([("OPERATOR",), ()]),
    st.lists(st.sampled_from(ROLES), unique=True).map(tuple),
)
group_or_none = mostly(st.none(), which)
new_name = mostly(st.none(), names(THINGS))
display_names = st.sampled_from(["Bob B.", "", " " * 300 + "Cleo", "x" * 201, "a\x00"])

newcomers = st.builds(
    Newcomer, names(PEOPLE), roles, group_or_none, mostly(st.none(), display_names)
)

wishes: SearchStrategy[Wish] = st.one_of(
    st.builds(CreatePool, names(THINGS), some(1), group_or_none),
    st.builds(EditPool, which, age, new_name, some(), some(0, 2)),
    st.builds(MoveDevices, some(1), which),
    st.builds(DeletePools, some(1, 2)),
    st.builds(CreateGroup, names(THINGS), some(0, 2), st.none() | which),
    st.builds(
        EditGroup,
        which,
        age,
        new_name,
        some(0, 2),
        some(0, 2),
        st.none() | which,
        mostly(st.just(False), st.booleans()),
    ),
    st.builds(DeleteGroups, some(1, 2)),
    st.builds(OnBoardUsers, st.lists(newcomers, min_size=1, max_size=2).map(tuple)),
    st.builds(EditUser, which, age, st.none() | display_names, st.none() | roles, st.booleans()),
    st.builds(DeleteUsers, some(1, 2)),
)
