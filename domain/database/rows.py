"""Rows by SQL, the same on both databases, inside or outside a transaction: for lists and sums.

Objects cost six to ten times as much to read; they are for one page or one change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Protocol

import msgspec
from tortoise.connection import get_connection

CONNECTION = "default"


class Row(Protocol):
    """A row by column name or position.

    Times are aware datetimes and JSON is text; but what SQL computes (`max(time)`) has no type on
    SQLite and comes as it is stored.
    """

    def __getitem__(self, key: str | int, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def keys(self) -> Any: ...


def connection() -> Any:
    """The open transaction of this task, or else the database: a client of one of our engines."""
    return get_connection(CONNECTION)


def is_postgres() -> bool:
    return bool(connection().capabilities.dialect == "postgres")


async def fetch(sql: str, *values: object) -> Sequence[Row]:
    """The rows of a SELECT, or of a statement with RETURNING.

    `?` stands for a value on both databases; a list or tuple fills `IN (?)` with all of its values.
    """
    rows: Sequence[Row] = await connection().fetch_rows(*_bind(sql, values))
    return rows


async def execute(sql: str, *values: object) -> int:
    """Run a statement; the number of rows that it wrote."""
    written: int = await connection().count_written(*_bind(sql, values))
    return written


async def insert(table: str, *rows: Mapping[str, object]) -> list[int]:
    """The ids of new rows, all with the same columns, by one statement.

    Dicts and lists are kept as JSON.
    """
    if not rows:
        return []
    names = ", ".join(f'"{name}"' for name in rows[0])
    marks = "(" + ", ".join("?" * len(rows[0])) + ")"
    statement = (
        f'INSERT INTO "{table}" ({names}) VALUES {", ".join([marks] * len(rows))} RETURNING id'  # noqa: S608
    )
    made = await fetch(statement, *(_storable(row[name]) for row in rows for name in rows[0]))
    return [row["id"] for row in made]


def _storable(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


def for_update(select: str) -> str:
    """The SELECT with its rows locked until the transaction ends; SQLite has one writer anyway.

    Others may refer to them meanwhile (foreign keys), which asks for no order of locks.
    """
    return f"{select} FOR NO KEY UPDATE" if is_postgres() else select


def for_share(select: str) -> str:
    """The SELECT with its rows kept from change, not from reading, until the transaction ends."""
    return f"{select} FOR SHARE" if is_postgres() else select


async def lock(name: str, *, is_shared: bool = False) -> None:
    """Until the transaction ends, nobody else holds the lock of this name, or only sharers do.

    SQLite has one writer at a time, and so needs none.
    """
    if is_postgres():
        function = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
        await fetch(f"SELECT {function}(hashtextextended(?, 0))", name)


def _bind(sql: str, values: Sequence[object]) -> tuple[str, list[object]]:
    """The statement with its placeholders as the database writes them, and its values in a row."""
    sizes = tuple(len(one) if isinstance(one, (list, tuple)) else None for one in values)
    flat: list[object] = []
    for one in values:
        flat.extend(one if isinstance(one, (list, tuple)) else [one])
    return _statement(sql, sizes, is_postgres()), flat


@lru_cache(maxsize=1024)
def _statement(sql: str, sizes: tuple[int | None, ...], numbered: bool) -> str:
    if not numbered and not any(size is not None for size in sizes):
        return sql
    number, size = count(1), iter(sizes)

    def marks(found: re.Match[str]) -> str:
        if found.group() != "?":
            return found.group()  # a quoted text
        many = next(size)
        each = [f"${next(number)}" if numbered else "?" for _ in range(1 if many is None else many)]
        return ", ".join(each) or "NULL"

    return re.sub(r"'[^']*'|\?", marks, sql)
