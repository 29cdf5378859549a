"""Reading the log of health changes: pages of the newest, and the latest per device or node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec

from domain.database import fetch
from domain.health_events import HealthEvent

LATEST = 500
"""As many events of one device or node are kept at hand; the whole log is read by pages."""


@dataclass(frozen=True, slots=True)
class HealthEventRow:
    id: int
    time: datetime
    node_id: int
    device_id: int | None
    level: str
    previous_level: str
    reasons: list[dict[str, Any]]


_COLUMNS = tuple(column.name for column in fields(HealthEventRow))


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """Null: all."""

    levels: frozenset[str] | None = None
    node_ids: frozenset[int] | None = None
    device_ids: frozenset[int] | None = None

    def conditions(self) -> dict[str, object]:
        wanted = {
            "level__in": self.levels,
            "node_id__in": self.node_ids,
            "device_id__in": self.device_ids,
        }
        return {name: sorted(values) for name, values in wanted.items() if values is not None}


async def read_events(
    wanted: EventsWanted,
    limit: int,
    *,
    older_than: int | None = None,
    newer_than: int | None = None,
    oldest_first: bool = False,
) -> list[HealthEventRow]:
    """Up to `limit` events between two ids, newest first unless `oldest_first`."""
    query = HealthEvent.filter(**wanted.conditions())
    if older_than is not None:
        query = query.filter(id__lt=older_than)
    if newer_than is not None:
        query = query.filter(id__gt=newer_than)
    query = query.order_by("id" if oldest_first else "-id").limit(limit)
    return [HealthEventRow(*values) for values in await query.values_list(*_COLUMNS)]


async def count_events(wanted: EventsWanted) -> int:
    return await HealthEvent.filter(**wanted.conditions()).count()


async def latest_events(column: str, ids: Sequence[int]) -> list[list[HealthEventRow]]:
    """The newest events of each id, newest first; `column` is "device_id" or "node_id"."""
    assert column in ("device_id", "node_id")
    names = ", ".join(_COLUMNS)
    rows = await fetch(
        f"SELECT {names} FROM (SELECT {names}, row_number() OVER"  # noqa: S608
        f" (PARTITION BY {column} ORDER BY id DESC) AS place FROM health_event"
        f" WHERE {column} IN (?)) AS latest WHERE place <= ? ORDER BY id DESC",
        list(ids),
        LATEST,
    )
    found: dict[int, list[HealthEventRow]] = defaultdict(list)
    for row in rows:
        values = dict(zip(_COLUMNS, tuple(row), strict=True))
        if isinstance(values["time"], str):
            values["time"] = datetime.fromisoformat(values["time"])
        if isinstance(values["reasons"], str | bytes):
            values["reasons"] = msgspec.json.decode(values["reasons"])
        found[values[column]].append(HealthEventRow(**values))
    return [found[i] for i in ids]
