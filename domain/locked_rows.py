"""Rows that an operation is about to change: read, and held until its transaction ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from domain.database import fetch, for_update
from domain.refusals import Unknown

R = TypeVar("R")


async def lock_rows(table: str, row: type[R], ids: Iterable[int]) -> list[R]:
    """The rows of these ids as `row`, a dataclass of columns, locked in the order of their ids.

    Raises: Unknown, of the table's kind.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    columns: Any = fields(row)  # type: ignore[arg-type]
    names = ", ".join(f'"{column.name}"' for column in columns)
    select = f'SELECT {names} FROM "{table}" WHERE id IN (?) ORDER BY id'  # noqa: S608
    found = await fetch(for_update(select), wanted)
    if len(found) < len(wanted):
        raise Unknown(table, tuple(sorted(set(wanted) - {one["id"] for one in found})))
    return [row(*one) for one in found]
