"""Optimistic concurrency: an edit carries the version that was read, and a stale one is refused."""

from __future__ import annotations

from tortoise.expressions import Q

from domain.audit import DONE, AuditEntry
from domain.refusals import StaleEdit


async def require_version(kind: str, id: int, now: int, read: int) -> None:
    """`now` is the version of the locked row, `read` that which the edit was made from.

    Raises: StaleEdit, with the audit entries of what came between.
    """
    if now == read:
        return
    changed = Q(before__isnull=False) | Q(after__isnull=False)  # a sign-in changes no version
    between = (
        await AuditEntry.filter(changed, object_kind=kind, object_id=id, outcome=DONE)
        .order_by("-id")
        .limit(max(1, now - read))
    )
    raise StaleEdit(
        kind,
        id,
        now,
        tuple(entry.id for entry in reversed(between)),
        tuple(dict.fromkeys(entry.actor for entry in reversed(between))),
    )
