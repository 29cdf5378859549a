"""The Feature Store: which DVS target it uses. Once it has been used, that is locked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

from tortoise import fields as columns
from tortoise.models import Model

from domain.actors import Actor
from domain.credentials import Scope
from domain.database import Change, execute, fetch, for_update, lock, operation
from domain.dvs import KIND as TARGET
from domain.dvs import LOCK, locked_target, target_by_id
from domain.refusals import NotAllowed, Refusal
from domain.roles import Role
from domain.versions import require_version

ID: Final = 1
"""Of the one row."""
KIND: Final = "feature_store"
NAME: Final = "Feature Store"


class FeatureStore(Model):
    id = columns.IntField(primary_key=True, generated=False)
    target_id = columns.IntField()
    used_at = columns.DatetimeField(null=True)
    used_by = columns.CharField(max_length=120, null=True)
    version = columns.IntField()

    class Meta:
        table = "feature_store"


@dataclass(frozen=True, slots=True)
class FeatureStoreRow:
    """Locked since `used_at`, where that is known."""

    id: int
    target_id: int
    used_at: datetime | None
    used_by: str | None
    version: int


@dataclass(eq=False)
class FeatureStoreLocked(Refusal):
    """It has been used: another target would not have what is kept in this one."""

    since: datetime
    by: str

    def message(self) -> str:
        return (
            f"The Feature Store has been used since {self.since:%-d %B %Y, %H:%M} UTC (by "
            f"{self.by}), and so its target is locked; unlock it first."
        )


@dataclass(eq=False)
class FeatureStoreNotLocked(Refusal):
    def message(self) -> str:
        return "The Feature Store is not locked: nobody has used it since it was unlocked."


@dataclass(eq=False)
class NotConfirmed(Refusal):
    """What was typed is not the name."""

    name: str

    def message(self) -> str:
        return f"Type the name of the target to confirm it: {self.name}"


async def read_feature_store() -> FeatureStoreRow:
    return await _read()


async def used_target_id() -> int:
    return (await _read()).target_id


@operation("feature_store.set_target", by=Role.OPERATOR)
async def set_target(change: Change, version: int, target_id: int) -> int:
    """Use another target. Raises: NotAllowed, Unknown, StaleEdit, FeatureStoreLocked."""
    target = await locked_target(target_id)
    change.tell(KIND, ID, NAME, after={"target": target.name})
    store = await _read(is_locked=True)
    await require_version(KIND, ID, store.version, version)
    if store.used_at is not None and store.used_by is not None:
        raise FeatureStoreLocked(store.used_at, store.used_by)
    former = await target_by_id(store.target_id)
    await execute(
        "UPDATE feature_store SET target_id = ?, version = version + 1 WHERE id = ?", target.id, ID
    )
    before = {"target": former.name if former else None}
    change.tell(KIND, ID, NAME, before=before, after={"target": target.name})
    change.announce(KIND, ID)
    change.announce(TARGET, store.target_id, target.id)
    return ID


async def mark_used(actor: Actor) -> int:
    """Whoever uses it says so: the first time locks it, and the others change nothing.

    Raises: NotAllowed, TokenOnlyReads.
    """
    may_change = actor.token is None or actor.token.scope is Scope.MANAGE
    if may_change and await _has_a_role(actor) and (await _read()).used_at is not None:
        return ID
    return await _mark_used(actor)


@operation("feature_store.use")
async def _mark_used(change: Change) -> int:
    change.tell(KIND, ID, NAME)
    if not await _has_a_role(change.actor):
        raise NotAllowed(Role.DATA_SCIENTIST)
    await lock(LOCK)
    if (await _read(is_locked=True)).used_at is not None:
        return ID  # somebody else was first
    await execute(
        "UPDATE feature_store SET used_at = ?, used_by = ?, version = version + 1 WHERE id = ?",
        datetime.now(UTC),
        change.actor.name,
        ID,
    )
    change.tell(KIND, ID, NAME, before={"locked": False}, after={"locked": True})
    change.announce(KIND, ID)
    return ID


@operation("feature_store.unlock", by=Role.OPERATOR)
async def unlock(change: Change, version: int, confirmation: str) -> int:
    """Let another target be chosen, though this one has been used; who does it types its name.

    Raises: NotAllowed, StaleEdit, FeatureStoreNotLocked, NotConfirmed.
    """
    change.tell(KIND, ID, NAME, after={"locked": False})
    await lock(LOCK)
    store = await _read(is_locked=True)
    await require_version(KIND, ID, store.version, version)
    if store.used_at is None:
        raise FeatureStoreNotLocked
    target = await locked_target(store.target_id)
    if confirmation.strip() != target.name:
        raise NotConfirmed(target.name)
    await execute(
        "UPDATE feature_store SET used_at = NULL, used_by = NULL, version = version + 1"
        " WHERE id = ?",
        ID,
    )
    before = {
        "locked": True,
        "target": target.name,
        "used since": store.used_at.isoformat(timespec="seconds"),
        "used by": store.used_by,
    }
    change.tell(KIND, ID, NAME, before=before, after={"locked": False, "target": target.name})
    change.announce(KIND, ID)
    return ID


async def _read(*, is_locked: bool = False) -> FeatureStoreRow:
    names = ", ".join(column.name for column in fields(FeatureStoreRow))
    select = f"SELECT {names} FROM feature_store WHERE id = {ID}"  # noqa: S608
    (row,) = await fetch(for_update(select) if is_locked else select)
    return FeatureStoreRow(*row)


async def _has_a_role(actor: Actor) -> bool:
    return bool(await fetch("SELECT 1 FROM user_role WHERE user_id = ? LIMIT 1", actor.user_id))
