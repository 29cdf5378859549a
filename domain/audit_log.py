"""Reading the audit log: searched, by pages of the newest first, and as a whole for export."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec

from domain.audit import DONE
from domain.database import fetch

EXPORT_PART = 500


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    time: datetime
    actor: str
    actor_user_id: int | None
    action: str
    object_kind: str
    object_id: int | None
    object_name: str
    before: Any
    after: Any
    outcome: str
    message: str | None
    address: str | None
    token: str | None
    token_id: int | None


_COLUMNS = tuple(column.name for column in fields(AuditRow))


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """What is looked for; null: whatever. Texts are found anywhere in it, whatever their case."""

    actor: str | None = None
    actions: tuple[str, ...] | None = None
    object_kinds: tuple[str, ...] | None = None
    object_id: int | None = None
    search: str | None = None
    is_refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> Where:
        """As the conditions of a SELECT from audit_entry."""
        where = Where()
        if self.actor is not None:
            where.add(_FOUND_IN.format("actor"), _anywhere(self.actor))
        if self.actions is not None:
            where.add("action IN (?)", [_findable(one) for one in self.actions])
        if self.object_kinds is not None:
            where.add("object_kind IN (?)", [_findable(one) for one in self.object_kinds])
        if self.object_id is not None:
            where.add("object_id = ?", self.object_id)
        if self.search is not None:
            columns = ("object_name", "actor", "action", "message", "token")
            found = " OR ".join(_FOUND_IN.format(column) for column in columns)
            where.add(f"({found})", *[_anywhere(self.search)] * len(columns))
        if self.is_refused is not None:
            where.add("outcome <> ?" if self.is_refused else "outcome = ?", DONE)
        if self.since is not None:
            where.add("time >= ?", self.since)
        if self.until is not None:
            where.add("time < ?", self.until)
        return where


class Where:
    """Conditions that all hold, and the values in them."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[object] = []

    def add(self, condition: str, *values: object) -> None:
        self.conditions.append(condition)
        self.values += values

    def __str__(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


_FOUND_IN = "upper({}) LIKE upper(?) ESCAPE '\\'"


def _anywhere(text: str) -> str:
    """As a pattern of LIKE that finds the text as it is."""
    escaped = re.sub(r"([\\%_])", r"\\\1", _findable(text))
    return f"%{escaped}%"


def _findable(text: str) -> str:
    """PostgreSQL refuses NUL, which stands in no entry: what has it finds nothing."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


async def read_entries(
    wanted: EntriesWanted,
    limit: int,
    *,
    older_than: int | None = None,
    newer_than: int | None = None,
    oldest_first: bool = False,
) -> list[AuditRow]:
    """Up to `limit` entries between two ids, newest first unless `oldest_first`."""
    where = wanted.where()
    if older_than is not None:
        where.add("id < ?", older_than)
    if newer_than is not None:
        where.add("id > ?", newer_than)
    order = "id" if oldest_first else "id DESC"
    return await _read(f"{where} ORDER BY {order} LIMIT ?", *where.values, limit)


async def entries_by_id(ids: Sequence[int], wanted: EntriesWanted | None = None) -> list[AuditRow]:
    """Those of them that are looked for, oldest first."""
    where = (wanted or EntriesWanted()).where()
    where.add("id IN (?)", list(ids))
    return await _read(f"{where} ORDER BY id", *where.values)


async def count_entries(wanted: EntriesWanted) -> int:
    where = wanted.where()
    (row,) = await fetch(f"SELECT count(*) FROM audit_entry{where}", *where.values)  # noqa: S608
    return int(row[0])


async def _read(which: str, *values: object) -> list[AuditRow]:
    columns = ", ".join(_COLUMNS)
    rows = await fetch(f"SELECT {columns} FROM audit_entry{which}", *values)  # noqa: S608
    return [_entry(*row) for row in rows]


def _entry(*values: Any) -> AuditRow:
    entry = dict(zip(_COLUMNS, values, strict=True))
    for name in ("before", "after"):
        if entry[name] is not None:
            entry[name] = msgspec.json.decode(entry[name])
    return AuditRow(**entry)


async def all_entries(wanted: EntriesWanted) -> AsyncIterator[AuditRow]:
    """Every entry, oldest first, read in parts: no transaction is held open by a slow reader."""
    last = 0
    while part := await read_entries(wanted, EXPORT_PART, newer_than=last, oldest_first=True):
        for entry in part:
            yield entry
        last = part[-1].id
