"""What the rules are about, as plain values that can be compared: pools, groups and users.

The same is read from the tables, from what the API knows, from its answers, and from the audit log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.database import fetch
from domain.devices import type_name
from domain.snapshot import Snapshot
from resolvers.ids import parse_id


@dataclass(frozen=True)
class Pool:
    name: str
    is_default: bool
    type: str | None
    devices: frozenset[str]  # UUIDs
    version: int


@dataclass(frozen=True)
class Group:
    name: str
    is_default: bool
    pool: int | None
    users: frozenset[int]
    version: int


@dataclass(frozen=True)
class User:
    name: str
    display_name: str | None
    roles: frozenset[str]
    version: int

    @property
    def is_operator(self) -> bool:
        return "OPERATOR" in self.roles


@dataclass(frozen=True)
class State:
    pools: Mapping[int, Pool]
    groups: Mapping[int, Group]
    users: Mapping[int, User]

    @property
    def operators(self) -> list[int]:
        return sorted(id for id, user in self.users.items() if user.is_operator)

    @property
    def pool_of(self) -> dict[str, int]:
        """By the UUID of a device."""
        return {uuid: id for id, pool in self.pools.items() for uuid in pool.devices}

    def version(self, kind: str, id: int) -> int:
        rows: Mapping[str, Mapping[int, Any]] = {
            "Pool": self.pools,
            "Group": self.groups,
            "User": self.users,
        }
        found = rows[kind].get(id)
        return 1 if found is None else int(found.version)


@dataclass(frozen=True)
class Job:
    """An active job, by rows: what it holds, and whose it is."""

    state: str
    owner: str | None
    user: int | None
    pool: int | None
    devices: frozenset[str]


async def in_the_tables() -> State:
    devices: dict[int, list[str]] = defaultdict(list)
    for uuid, pool_id in await fetch("SELECT uuid, pool_id FROM device"):
        devices[pool_id].append(uuid)
    members: dict[int, list[int]] = defaultdict(list)
    users = await fetch('SELECT id, name, display_name, group_id, version FROM "user"')
    for user in users:
        members[user["group_id"]].append(user["id"])
    roles: dict[int, list[str]] = defaultdict(list)
    for user_id, role in await fetch("SELECT user_id, role FROM user_role"):
        roles[user_id].append(role)
    pools = await fetch(
        "SELECT p.id, p.name, p.is_default, p.version, t.product, t.mig_profile FROM pool p"
        " LEFT JOIN device_type t ON t.id = p.type_id"
    )
    groups = await fetch('SELECT id, name, is_default, pool_id, version FROM "group"')
    return State(
        {
            row["id"]: Pool(
                row["name"],
                row["is_default"],
                type_name(row["product"], row["mig_profile"]) if row["product"] else None,
                frozenset(devices[row["id"]]),
                row["version"],
            )
            for row in pools
        },
        {
            row["id"]: Group(
                row["name"],
                row["is_default"],
                row["pool_id"],
                frozenset(members[row["id"]]),
                row["version"],
            )
            for row in groups
        },
        {
            row["id"]: User(
                row["name"], row["display_name"], frozenset(roles[row["id"]]), row["version"]
            )
            for row in users
        },
    )


async def active_jobs() -> dict[int, Job]:
    held: dict[int, list[str]] = defaultdict(list)
    for job_id, uuid in await fetch(
        "SELECT h.job_id, d.uuid FROM job_device h JOIN device d ON d.id = h.device_id"
        " WHERE h.until IS NULL"
    ):
        held[job_id].append(uuid)
    rows = await fetch("SELECT id, state, owner, user_id, pool_id FROM job WHERE state <> 'ENDED'")
    return {id: Job(*values, frozenset(held[id])) for id, *values in rows}


def known_to_the_api(snapshot: Snapshot) -> State:
    return State(
        {
            pool.id: Pool(
                pool.name,
                pool.is_default,
                None if pool.type_id is None else snapshot.types[pool.type_id].name,
                frozenset(d.uuid for d in snapshot.devices_of_pool.get(pool.id, ())),
                pool.version,
            )
            for pool in snapshot.pools.values()
        },
        {
            group.id: Group(
                group.name,
                group.is_default,
                group.pool_id,
                frozenset(user.id for user in snapshot.users_of_group.get(group.id, ())),
                group.version,
            )
            for group in snapshot.groups.values()
        },
        {
            user.id: User(
                user.name,
                user.display_name,
                frozenset(role.value for role in user.roles),
                user.version,
            )
            for user in snapshot.users.values()
        },
    )


def jobs_known_to_the_api(snapshot: Snapshot) -> dict[int, Job]:
    return {
        job.id: Job(
            job.state.value,
            job.owner,
            job.user_id,
            job.pool_id,
            frozenset(snapshot.devices[i].uuid for i in job.device_ids),
        )
        for job in snapshot.jobs.values()
    }


QUESTION = """{
  pools(first: 100) { edges { node {
    id name isDefault version deviceType { name } devices(first: 100) { edges { node { uuid } } }
  } } }
  groups(first: 100) { edges { node {
    id name isDefault version pool { id } users(first: 100) { edges { node { id } } }
  } } }
  users(first: 100) { edges { node { id name displayName version roles } } }
}"""


def answered(data: Mapping[str, Any]) -> State:
    """The state in an answer to QUESTION."""
    return State(
        {
            number(pool["id"]): Pool(
                pool["name"],
                pool["isDefault"],
                pool["deviceType"] and pool["deviceType"]["name"],
                frozenset(device["uuid"] for device in _nodes(pool["devices"])),
                pool["version"],
            )
            for pool in _nodes(data["pools"])
        },
        {
            number(group["id"]): Group(
                group["name"],
                group["isDefault"],
                group["pool"] and number(group["pool"]["id"]),
                frozenset(number(user["id"]) for user in _nodes(group["users"])),
                group["version"],
            )
            for group in _nodes(data["groups"])
        },
        {
            number(user["id"]): User(
                user["name"], user["displayName"], frozenset(user["roles"]), user["version"]
            )
            for user in _nodes(data["users"])
        },
    )


def number(id: str) -> int:
    parsed = parse_id(id)
    assert parsed is not None, id
    return parsed[1]


def _nodes(connection: Mapping[str, Any]) -> Iterable[Any]:
    return (edge["node"] for edge in connection["edges"])
