"""The audit log as operators search it; for everyone else it is empty."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import strawberry

from domain.audit import DONE
from domain.audit_log import AuditRow, EntriesWanted, count_entries, entries_by_id, read_entries
from domain.snapshot import UserRow
from resolvers.context import Info
from resolvers.ids import NAMES_OF_KINDS, global_id, parse_id
from resolvers.pages import Page, Slice, log_page

ORDER = "AUDIT:DESC"
MOST_AT_ONCE = 500
"""Entries of one frame: of a flood, the newest."""


@dataclass
class AuditFilter:
    """Each narrows the others; texts are found anywhere, whatever their case."""

    actor: str | None = None
    actions: list[str] | None = None
    object_kinds: list[str] | None = None
    object: strawberry.ID | None = None
    search: str | None = None
    is_refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditedValue:
    """One property before and after; each a list of texts, null where it was not there."""

    name: str
    before: list[str] | None
    after: list[str] | None


def wanted_entries(filter: AuditFilter | None) -> EntriesWanted | None:
    """None: nothing can match."""
    if filter is None:
        return EntriesWanted()
    kinds, object_id = filter.object_kinds, None
    if filter.object is not None:
        parsed = parse_id(filter.object)
        kind = None if parsed is None else KIND_OF_NAME.get(parsed[0])
        if parsed is None or kind is None or (kinds is not None and kind not in kinds):
            return None
        kinds, object_id = [kind], parsed[1]
    return EntriesWanted(
        actor=filter.actor,
        actions=None if filter.actions is None else tuple(filter.actions),
        object_kinds=None if kinds is None else tuple(kinds),
        object_id=object_id,
        search=filter.search or None,
        is_refused=filter.is_refused,
        since=filter.since,
        until=filter.until,
    )


KIND_OF_NAME = {name: kind for kind, name in NAMES_OF_KINDS.items()}


async def list_entries(
    root: None, info: Info, filter: AuditFilter | None, order_by: None, wanted: Slice
) -> Page[AuditRow]:
    """A page of the log, newest first."""
    sought = wanted_entries(filter) if info.context.is_operator else None
    if sought is None:
        return await log_page(ORDER, wanted, _nothing, _none)
    return await log_page(
        ORDER,
        wanted,
        lambda limit, **between: read_entries(sought, limit, **between),
        lambda: count_entries(sought),
    )


async def _nothing(limit: int, **between: object) -> list[AuditRow]:
    return []


async def _none() -> int:
    return 0


async def audit_changes(
    info: Info, filter: AuditFilter | None = None
) -> AsyncIterator[list[AuditRow]]:
    """The newest entry, then those that are written; one may be told twice.

    Woken for no entry in particular, it tells the newest: who lacks others beside it asks for them.
    """
    last_id: int | None = None
    async with aclosing(info.context.live.feed.listen("audit_entry")) as feed:
        async for ids in feed:
            info.context.renew()
            sought = wanted_entries(filter) if info.context.is_operator else None
            if sought is None:
                entries = []
            elif ids:
                entries = await entries_by_id(sorted(ids)[-MOST_AT_ONCE:], sought)
            else:
                entries = await read_entries(sought, 1, newer_than=last_id)
            if entries or last_id is None:
                yield entries
            last_id = max(last_id or 0, *(entry.id for entry in entries), 0)


async def by_id(info: Info, number: int) -> AuditRow | None:
    if not info.context.is_operator:
        return None
    found = await read_entries(EntriesWanted(), 1, older_than=number + 1, newer_than=number - 1)
    return next(iter(found), None)


def is_refused(root: AuditRow) -> bool:
    return root.outcome != DONE


def object_id(root: AuditRow) -> str | None:
    name = NAMES_OF_KINDS.get(root.object_kind)
    return None if root.object_id is None or name is None else global_id(name, root.object_id)


def actor_user(root: AuditRow, info: Info) -> UserRow | None:
    return info.context.snapshot.users.get(root.actor_user_id or 0)


def values(root: AuditRow) -> list[AuditedValue]:
    before = root.before if isinstance(root.before, Mapping) else {}
    after = root.after if isinstance(root.after, Mapping) else {}
    names = [*before, *(name for name in after if name not in before)]
    return [AuditedValue(n, _texts(before, n), _texts(after, n)) for n in names]


def _texts(values: Mapping[str, object], name: str) -> list[str] | None:
    value = values.get(name)
    if value is None:
        return None
    many = value if isinstance(value, list) else [value]
    return [one if isinstance(one, str) else json.dumps(one) for one in many]
