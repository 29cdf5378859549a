"""Which DVS target is the default, and which are no more."""

from __future__ import annotations

from collections.abc import Sequence

from domain.database import Change, execute, fetch, lock, operation
from domain.dvs import KIND, LOCK, DefaultTargetStays, DvsTargetInUse, TargetRow, locked_target
from domain.feature_store import NAME, used_target_id
from domain.locked_rows import lock_rows
from domain.refusals import ItemsRefused, Refusal, RefusedItem
from domain.roles import Role


@operation("target.make_default", by=Role.OPERATOR)
async def make_default(change: Change, target_id: int) -> int:
    """Have new users of targets be offered this one first. Raises: NotAllowed, Unknown."""
    target = await locked_target(target_id)
    change.tell(KIND, target.id, target.name, after={"default": True})
    former = await fetch("SELECT id, name FROM target WHERE is_default AND id <> ?", target.id)
    await execute("UPDATE target SET is_default = ? WHERE is_default", False)
    await execute("UPDATE target SET is_default = ? WHERE id = ?", True, target.id)
    for row in former:
        change.tell(
            KIND, row["id"], row["name"], before={"default": True}, after={"default": False}
        )
        change.announce(KIND, row["id"])
    change.announce(KIND, target.id)
    return target.id


@operation("target.delete", by=Role.OPERATOR)
async def delete_targets(change: Change, target_ids: Sequence[int]) -> tuple[int, ...]:
    """Forget targets, all or none; what is in their repositories, folders and buckets stays there.

    Raises: NotAllowed, Unknown, ItemsRefused of DefaultTargetStays and DvsTargetInUse.
    """
    await lock(LOCK)
    targets = await lock_rows(KIND, TargetRow, target_ids)
    for target in targets:
        change.tell(KIND, target.id, target.name, before={"uuid": target.uuid})
    used = await used_target_id()
    refused = []
    for target in targets:
        reasons: list[Refusal] = []
        if target.is_default:
            reasons.append(DefaultTargetStays())
        if target.id == used:
            reasons.append(DvsTargetInUse(NAME))
        if reasons:
            refused.append(RefusedItem(KIND, target.id, target.name, tuple(reasons)))
    if refused:
        raise ItemsRefused(len(targets), tuple(refused))
    ids = [target.id for target in targets]
    await execute("DELETE FROM target WHERE id IN (?)", ids)
    change.announce(KIND, *ids)
    return tuple(ids)
