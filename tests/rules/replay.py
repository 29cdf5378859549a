"""The audit log replayed: from its entries alone, what the pools, groups and users must be.

Each entry's `before` has to be what the entries so far led to, so that none lies about either side,
and each makes one version, so that a stale edit can be told what came between. Names in entries are
those of their time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.audit import DONE
from domain.audit_log import AuditRow
from tests.rules import states
from tests.rules.states import State


@dataclass
class Pool:
    name: str
    type: str | None
    version: int = 1


@dataclass
class Group:
    name: str
    pool: int | None = None
    version: int = 1


@dataclass
class User:
    name: str
    display_name: str | None
    roles: set[str]
    group: int | None
    version: int = 1


@dataclass
class Replay:
    pools: dict[int, Pool] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)
    """The pool of each device, by UUID, that is not in the Default pool."""
    default_pool: int | None = None
    default_group: int | None = None

    def apply(self, entries: Iterable[AuditRow]) -> None:
        """Carry out, in the order of their ids, those entries that tell what was done."""
        for entry in entries:
            if entry.outcome != DONE:
                continue
            match entry.action.split(".")[1], entry.object_kind:
                case "install", "pool":
                    self.default_pool = _id(entry)
                    self._pool_made(entry)
                case "install", "group":
                    self.default_group = _id(entry)
                    self._group_made(entry)
                case "install" | "on_board", "user":
                    self._user_made(entry)
                case "create", "pool":
                    self._pool_made(entry)
                case "create", "group" if entry.action == "group.create":
                    self._group_made(entry)
                case "delete", "pool":
                    self._pool_deleted(entry)
                case "delete", "group" if entry.action == "group.delete":
                    self._group_deleted(entry)
                case "delete", "user":
                    self._user_deleted(entry)
                case _, "pool":
                    self._pool_changed(entry)
                case _, "group":
                    self._group_changed(entry)
                case "edit", "user":
                    self._user_changed(entry)
                case "install" | "sign_in" | "sign_out" | "reset_password" | "found_late", _:
                    pass  # nothing of what is looked at here
                case _:
                    raise AssertionError(f"An entry that no replay knows: {entry}")

    def state(self, uuids: Iterable[str]) -> State:
        """`uuids`: of all devices; a newly found one is in the Default pool."""
        devices: dict[int | None, set[str]] = {}
        for uuid in uuids:
            devices.setdefault(self.placed.get(uuid, self.default_pool), set()).add(uuid)
        return State(
            {
                id: states.Pool(
                    pool.name,
                    id == self.default_pool,
                    pool.type,
                    frozenset(devices.get(id, ())),
                    pool.version,
                )
                for id, pool in self.pools.items()
            },
            {
                id: states.Group(
                    group.name,
                    id == self.default_group,
                    group.pool,
                    frozenset(i for i, user in self.users.items() if user.group == id),
                    group.version,
                )
                for id, group in self.groups.items()
            },
            {
                id: states.User(user.name, user.display_name, frozenset(user.roles), user.version)
                for id, user in self.users.items()
            },
        )

    def _pool_made(self, entry: AuditRow) -> None:
        assert _id(entry) not in self.pools, entry
        self.pools[_id(entry)] = Pool(entry.object_name, entry.after["type"])
        self._place(entry.after["devices"], _id(entry))

    def _pool_changed(self, entry: AuditRow) -> None:
        before, after, pool = entry.before or {}, entry.after or {}, self.pools[_id(entry)]
        assert entry.object_name == pool.name, entry
        pool.version += 1
        for name in ("name", "type"):
            if name in after:
                assert getattr(pool, name) == before[name], entry
                setattr(pool, name, after[name])
        for uuid in before.get("removed", ()):
            # What was moved is in its new pool already, if that entry came first.
            if self.placed.get(uuid, self.default_pool) == _id(entry):
                self._place([uuid], self.default_pool)
        self._place(after.get("added", ()), _id(entry))

    def _pool_deleted(self, entry: AuditRow) -> None:
        pool = self.pools.pop(_id(entry))
        held = [uuid for uuid, pool_id in self.placed.items() if pool_id == _id(entry)]
        assert (pool.name, pool.type) == (entry.object_name, entry.before["type"]), entry
        assert sorted(held) == sorted(entry.before["devices"]), entry
        assert all(group.pool != _id(entry) for group in self.groups.values()), entry
        self._place(held, self.default_pool)

    def _place(self, uuids: Iterable[str], pool_id: int | None) -> None:
        for uuid in uuids:
            self.placed.pop(uuid, None)
            if pool_id is not None and pool_id != self.default_pool:
                self.placed[uuid] = pool_id

    def _group_made(self, entry: AuditRow) -> None:
        assert _id(entry) not in self.groups, entry
        pool = self._pool_named(entry.after["pool"])
        self.groups[_id(entry)] = Group(entry.object_name, pool)
        for name in entry.after["users"]:
            self._join(name, _id(entry), entry)

    def _group_changed(self, entry: AuditRow) -> None:
        before, after, group = entry.before or {}, entry.after or {}, self.groups[_id(entry)]
        assert entry.object_name == group.name, entry
        group.version += 1
        if "name" in after:
            assert before["name"] == group.name, entry
            group.name = after["name"]
        if "pool" in after:
            assert self._pool_named(before["pool"]) == group.pool, entry
            group.pool = self._pool_named(after["pool"])
        for name in before.get("removed", ()):
            user = self._user_named(name)
            assert user is None or user.group == _id(entry), entry  # none: deleted in this change
            if user is not None:
                user.group = None
        for name in after.get("added", ()):
            self._join(name, _id(entry), entry)

    def _group_deleted(self, entry: AuditRow) -> None:
        group = self.groups.pop(_id(entry))
        assert (group.name, group.pool) == (entry.object_name, None), entry
        assert all(user.group != _id(entry) for user in self.users.values()), entry

    def _join(self, name: str, group_id: int, entry: AuditRow) -> None:
        user = self._user_named(name)
        assert user is not None, entry
        assert user.group in (None, group_id), entry
        user.group = group_id

    def _user_made(self, entry: AuditRow) -> None:
        assert _id(entry) not in self.users, entry
        after = entry.after
        self.users[_id(entry)] = User(
            entry.object_name,
            after["display_name"],
            set(after["roles"]),
            self._group_named(after["group"]),
        )

    def _user_changed(self, entry: AuditRow) -> None:
        user = self.users[_id(entry)]
        assert user.roles == set(entry.before["roles"]), entry
        user.roles = set(entry.after["roles"])
        user.version += 1
        if "display_name" in entry.after:
            assert user.display_name == entry.before["display_name"], entry
            user.display_name = entry.after["display_name"]

    def _user_deleted(self, entry: AuditRow) -> None:
        user = self.users.pop(_id(entry))
        assert user.name == entry.object_name, entry
        assert user.roles == set(entry.before["roles"]), entry
        assert user.group == self._group_named(entry.before["group"]), entry

    def _pool_named(self, name: str | None) -> int | None:
        return None if name is None else next(i for i, p in self.pools.items() if p.name == name)

    def _group_named(self, name: str | None) -> int | None:
        return None if name is None else next(i for i, g in self.groups.items() if g.name == name)

    def _user_named(self, name: str) -> User | None:
        return next((user for user in self.users.values() if user.name == name), None)


def _id(entry: AuditRow) -> int:
    assert entry.object_id is not None, entry
    return entry.object_id
