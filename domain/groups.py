"""Groups: named sets of users with at most one pool. Making, changing and deleting them."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain.database import Change, execute, fetch, insert, lock, operation
from domain.locked_rows import lock_rows
from domain.names import fold_name, tidy_name
from domain.pools import PoolInUse, lock_pools
from domain.refusals import (
    ItemsRefused,
    Named,
    NameTaken,
    Refusal,
    RefusedItem,
    in_words,
)
from domain.roles import Role
from domain.snapshot import GroupRow, PoolRow
from domain.versions import require_version

if TYPE_CHECKING:
    from domain.pools import Pool

NAME_MAX_LENGTH = 63
"""As a Kubernetes namespace's, which a group becomes there (RFC 1123)."""


class Group(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=NAME_MAX_LENGTH)
    name_key = fields.CharField(max_length=63, unique=True)
    is_default = fields.BooleanField(default=False)
    pool_id: int | None
    pool: fields.OneToOneNullableRelation[Pool] = fields.OneToOneField(
        "models.Pool", related_name="group", null=True, on_delete=fields.NO_ACTION
    )
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "group"


class Keep(enum.Enum):
    """What an edit leaves as it is, where null means something else."""

    KEEP = "KEEP"


@dataclass(frozen=True, slots=True)
class Member:
    """A user whose row is locked, and the group that has them."""

    id: int
    name: str
    group_id: int | None


@dataclass(eq=False)
class UsersInOtherGroup(Refusal):
    """Only free users can be added: who is in a group is removed from it first."""

    users: tuple[Named, ...]
    groups: tuple[Named, ...]

    def message(self) -> str:
        users = in_words(user.name for user in self.users)
        groups = in_words(group.name for group in self.groups)
        verb = "is" if len(self.users) == 1 else "are"
        return f"{users} {verb} in another group ({groups}); remove them there first."


@dataclass(eq=False)
class GroupNotEmpty(Refusal):
    """A group that has users or a pool cannot be deleted."""

    group: Named
    users: tuple[Named, ...]
    pool: Named | None

    def message(self) -> str:
        left = [f"users ({in_words(user.name for user in self.users)})"] if self.users else []
        if self.pool is not None:
            left.append(f"the pool {self.pool.name}")
        return f"{self.group.name} still has {' and '.join(left)}; remove them first."


@dataclass(eq=False)
class DefaultGroupStays(Refusal):
    group: Named

    def message(self) -> str:
        return f"The {self.group.name} group exists from installation and is not deleted."


@operation("group.create", by=Role.OPERATOR)
async def create_group(
    change: Change, name: str, user_ids: Sequence[int] = (), pool_id: int | None = None
) -> int:
    """Make a group of free users, with a free pool or none yet.

    Raises: NotAllowed, BadName, NameTaken, Unknown, PoolInUse, UsersInOtherGroup.
    """
    change.tell("group", None, name, after={"users": len(user_ids), "pool": pool_id})
    name = await require_free_name(name)
    pool = None
    if pool_id is not None:
        (pool,) = await lock_pools([pool_id])
        await _require_free_pool(pool)
    users = await _lock_users(user_ids)
    await _require_free(users)
    (group_id,) = await insert(
        "group",
        {
            "name": name,
            "name_key": fold_name(name),
            "is_default": False,
            "pool_id": pool_id,
            "created_at": datetime.now(UTC),
            "version": 1,
        },
    )
    await _put(users, group_id)
    after = {"users": [user.name for user in users], "pool": pool.name if pool else None}
    change.tell("group", group_id, name, after=after)
    change.announce("group", group_id)
    change.announce("user", *(user.id for user in users))
    return group_id


@operation("group.edit", by=Role.OPERATOR)
async def edit_group(
    change: Change,
    group_id: int,
    version: int,
    *,
    name: str | None = None,
    add: Sequence[int] = (),
    remove: Sequence[int] = (),
    pool_id: int | Keep | None = Keep.KEEP,
) -> int:
    """Rename a group, add free users, remove others, give it another free pool or none.

    `version` is that of the group when it was read.

    Raises: NotAllowed, Unknown, StaleEdit, BadName, NameTaken, PoolInUse, UsersInOtherGroup.
    """
    (group,) = await _lock_groups([group_id])
    change.tell("group", group.id, group.name, after={"added": len(add), "removed": len(remove)})
    await require_version("group", group.id, group.version, version)
    new_name = group.name if name is None else await require_free_name(name, besides=group.id)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    if new_name != group.name:
        before["name"], after["name"] = group.name, new_name
    new_pool_id = group.pool_id if isinstance(pool_id, Keep) else pool_id
    if new_pool_id != group.pool_id:
        pools = {pool.id: pool for pool in await lock_pools(_known([group.pool_id, new_pool_id]))}
        if new_pool_id is not None:
            await _require_free_pool(pools[new_pool_id])
        before["pool"] = None if group.pool_id is None else pools[group.pool_id].name
        after["pool"] = None if new_pool_id is None else pools[new_pool_id].name
    users = {user.id: user for user in await _lock_users([*add, *remove])}
    removed = [users[i] for i in dict.fromkeys(remove) if users[i].group_id == group.id]
    added = [users[i] for i in dict.fromkeys(add) if users[i].group_id != group.id]
    await _require_free(added)
    await _put(removed, None)
    await _put(added, group.id)
    before["removed"] = [user.name for user in removed]
    after["added"] = [user.name for user in added]
    await execute(
        'UPDATE "group" SET name = ?, name_key = ?, pool_id = ?, version = version + 1'
        " WHERE id = ?",
        new_name,
        fold_name(new_name),
        new_pool_id,
        group.id,
    )
    change.tell("group", group.id, group.name, before=before, after=after)
    change.announce("group", group.id)
    change.announce("pool", *_known({group.pool_id, new_pool_id} if "pool" in after else ()))
    change.announce("user", *(user.id for user in [*added, *removed]))
    return group.id


@operation("group.delete", by=Role.OPERATOR)
async def delete_groups(change: Change, group_ids: Sequence[int]) -> tuple[int, ...]:
    """Delete groups that have nobody and nothing left, all or none.

    Raises: NotAllowed, Unknown, ItemsRefused of DefaultGroupStays and GroupNotEmpty.
    """
    groups = await _lock_groups(group_ids)
    for group in groups:
        change.tell("group", group.id, group.name, before={})
    await _require_deletable(groups)
    ids = [group.id for group in groups]
    await execute('DELETE FROM "group" WHERE id IN (?)', ids)
    change.announce("group", *ids)
    return tuple(ids)


async def require_free_name(name: str, besides: int | None = None) -> str:
    """The name as it is kept; it stays free until the transaction ends.

    Raises: BadName, NameTaken.
    """
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    await lock(f"group name {fold_name(tidy)}")
    for row in await fetch('SELECT id, name FROM "group" WHERE name_key = ?', fold_name(tidy)):
        if row["id"] != besides:
            raise NameTaken(tidy, Named("group", row["id"], row["name"]))
    return tidy


async def _require_deletable(groups: Sequence[GroupRow]) -> None:
    ids = [group.id for group in groups]
    users: dict[int, list[Named]] = defaultdict(list)
    rows = await fetch('SELECT id, name, group_id FROM "user" WHERE group_id IN (?)', ids)
    for row in sorted(rows, key=lambda row: row["name"]):
        users[row["group_id"]].append(Named("user", row["id"], row["name"]))
    pools = {pool.id: pool for pool in await lock_pools(_known(g.pool_id for g in groups))}
    refused = []
    for group in groups:
        named = Named("group", group.id, group.name)
        reasons: list[Refusal] = []
        if group.is_default:
            reasons.append(DefaultGroupStays(named))
        elif users[group.id] or group.pool_id is not None:
            pool = None if group.pool_id is None else pools[group.pool_id]
            left = None if pool is None else Named("pool", pool.id, pool.name)
            reasons.append(GroupNotEmpty(named, tuple(users[group.id]), left))
        if reasons:
            refused.append(RefusedItem("group", group.id, group.name, tuple(reasons)))
    if refused:
        raise ItemsRefused(len(groups), tuple(refused))


async def _lock_groups(group_ids: Iterable[int]) -> list[GroupRow]:
    """Raises: Unknown."""
    return await lock_rows("group", GroupRow, group_ids)


async def _require_free_pool(pool: PoolRow) -> None:
    """Raises: PoolInUse."""
    for row in await fetch('SELECT id, name FROM "group" WHERE pool_id = ?', pool.id):
        user = Named("group", row["id"], row["name"])
        raise PoolInUse(Named("pool", pool.id, pool.name), user)


async def _lock_users(user_ids: Iterable[int]) -> list[Member]:
    """In the order of their ids. Raises: Unknown."""
    return await lock_rows("user", Member, user_ids)


async def _require_free(users: Iterable[Member]) -> None:
    """Raises: UsersInOtherGroup."""
    taken = [user for user in users if user.group_id is not None]
    if taken:
        groups = await Group.filter(id__in=_known(user.group_id for user in taken)).order_by("name")
        raise UsersInOtherGroup(
            tuple(Named("user", user.id, user.name) for user in taken),
            tuple(Named("group", group.id, group.name) for group in groups),
        )


async def _put(users: Sequence[Member], group_id: int | None) -> None:
    if users:
        ids = [user.id for user in users]
        await execute('UPDATE "user" SET group_id = ? WHERE id IN (?)', group_id, ids)


def _known(ids: Iterable[int | None]) -> list[int]:
    return sorted({one for one in ids if one is not None})
