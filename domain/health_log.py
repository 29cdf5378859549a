"""The log of health changes: appended to, and read back for what was known before a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.database import fetch, transaction
from domain.health_events import HealthEvent


@dataclass(frozen=True, slots=True)
class NewHealthEvent:
    """A change of a node's health, or of a device's where `device_id` is given."""

    time: datetime
    node_id: int
    device_id: int | None
    level: str
    previous_level: str
    reasons: Sequence[Mapping[str, object]]  # as HealthEvent.reasons


@dataclass(frozen=True, slots=True)
class LastHealth:
    """What the log last said of a node (`device_id` null) or of a device."""

    node_id: int
    device_id: int | None
    level: str
    reasons: tuple[dict[str, Any], ...]


@transaction
async def append_health_events(events: Sequence[NewHealthEvent]) -> tuple[int, ...]:
    """Append all of them, or none: their ids, in order."""
    ids = []
    for event in events:
        row = await HealthEvent.create(
            time=event.time,
            node_id=event.node_id,
            device_id=event.device_id,
            level=event.level,
            previous_level=event.previous_level,
            reasons=[dict(reason) for reason in event.reasons],
        )
        ids.append(row.id)
    return tuple(ids)


async def last_health() -> list[LastHealth]:
    """The last entry of each node and device: a controller that starts goes on from there."""
    rows = await fetch(
        "SELECT node_id, device_id, level, reasons FROM health_event WHERE id IN"
        " (SELECT max(id) FROM health_event GROUP BY node_id, device_id) ORDER BY id"
    )
    return [
        LastHealth(
            node_id=row["node_id"],
            device_id=row["device_id"],
            level=row["level"],
            reasons=tuple(json.loads(row["reasons"])),
        )
        for row in rows
    ]
