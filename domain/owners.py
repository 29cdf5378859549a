"""Whose a job is: the user on board whose name its owner's is."""

from __future__ import annotations

from collections.abc import Iterable

from domain.database import fetch
from domain.names import fold_name


async def user_ids_of(owners: Iterable[str | None]) -> dict[str, int]:
    """User ids by folded name, of those owners who are users."""
    keys = sorted({fold_name(owner) for owner in owners if owner})
    if not keys:
        return {}
    rows = await fetch('SELECT id, name_key FROM "user" WHERE name_key IN (?)', keys)
    return {row["name_key"]: row["id"] for row in rows}
