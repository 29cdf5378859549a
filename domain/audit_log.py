"""Reading the audit log: searched, by pages of the newest first, and as a whole for export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from domain.audit import DONE, AuditEntry

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

    def entries(self) -> QuerySet[AuditEntry]:
        found = AuditEntry.all()
        if self.actor is not None:
            found = found.filter(actor__icontains=_findable(self.actor))
        if self.actions is not None:
            found = found.filter(action__in=[_findable(one) for one in self.actions])
        if self.object_kinds is not None:
            found = found.filter(object_kind__in=[_findable(one) for one in self.object_kinds])
        if self.object_id is not None:
            found = found.filter(object_id=self.object_id)
        if self.search is not None:
            text = _findable(self.search)
            found = found.filter(
                Q(object_name__icontains=text)
                | Q(actor__icontains=text)
                | Q(action__icontains=text)
                | Q(message__icontains=text)
            )
        if self.is_refused is not None:
            found = found.exclude(outcome=DONE) if self.is_refused else found.filter(outcome=DONE)
        if self.since is not None:
            found = found.filter(time__gte=self.since)
        if self.until is not None:
            found = found.filter(time__lt=self.until)
        return found


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
    query = wanted.entries()
    if older_than is not None:
        query = query.filter(id__lt=older_than)
    if newer_than is not None:
        query = query.filter(id__gt=newer_than)
    query = query.order_by("id" if oldest_first else "-id").limit(limit)
    return [AuditRow(*values) for values in await query.values_list(*_COLUMNS)]


async def entries_by_id(ids: Sequence[int]) -> list[AuditRow]:
    query = AuditEntry.filter(id__in=list(ids)).order_by("id")
    return [AuditRow(*values) for values in await query.values_list(*_COLUMNS)]


async def count_entries(wanted: EntriesWanted) -> int:
    return await wanted.entries().count()


async def all_entries(wanted: EntriesWanted) -> AsyncIterator[AuditRow]:
    """Every entry, oldest first, read in parts: no transaction is held open by a slow reader."""
    last = 0
    while part := await read_entries(wanted, EXPORT_PART, newer_than=last, oldest_first=True):
        for entry in part:
            yield entry
        last = part[-1].id
