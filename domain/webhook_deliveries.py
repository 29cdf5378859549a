"""How far each webhook has come in the log of health, as the controller writes it.

The log has one writer, which appends in the order of ids: what is behind an id has been committed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.actors import Actor
from domain.database import Change, execute, fetch, operation, transaction
from domain.locked_rows import lock_rows
from domain.roles import Role
from domain.webhooks import WebhookRow


@dataclass(frozen=True, slots=True)
class EventToTell:
    """A change of health, with the names that the node and the device have now."""

    id: int
    time: datetime
    level: str
    previous_level: str
    reasons: list[dict[str, Any]]
    host_name: str
    machine_id: str
    device_uuid: str | None
    device_index: int | None
    product: str | None


async def last_event_id() -> int:
    (row,) = await fetch("SELECT COALESCE(max(id), 0) AS id FROM health_event")
    return int(row["id"])


async def next_event(after: int, levels: Collection[str]) -> EventToTell | None:
    """The next change to or from one of the levels."""
    rows = await fetch(
        "SELECT e.id, e.time, e.level, e.previous_level, e.reasons, n.host_name, n.machine_id,"
        ' d.uuid, d."index", t.product FROM health_event e JOIN node n ON n.id = e.node_id'
        " LEFT JOIN device d ON d.id = e.device_id LEFT JOIN device_type t ON t.id = d.type_id"
        " WHERE e.id > ? AND (e.level IN (?) OR e.previous_level IN (?)) ORDER BY e.id LIMIT 1",
        after,
        list(levels),
        list(levels),
    )
    for row in rows:
        values = list(row)
        values[4] = json.loads(values[4])
        return EventToTell(*values)
    return None


@transaction
async def pass_events(webhook_id: int, event_id: int) -> None:
    """None up to this one is for the webhook."""
    await execute(
        "UPDATE webhook SET passed_event_id = ? WHERE id = ? AND passed_event_id < ?",
        event_id,
        webhook_id,
        event_id,
    )


@transaction
async def note_delivery(webhook_id: int, event_id: int) -> None:
    now = datetime.now(UTC)
    await execute(
        "UPDATE webhook SET passed_event_id = ?, attempts = 0, attempted_at = ?, delivered_at = ?,"
        " failing_since = NULL, next_attempt_at = NULL, failure = NULL"
        " WHERE id = ? AND passed_event_id < ?",
        event_id,
        now,
        now,
        webhook_id,
        event_id,
    )


@transaction
async def note_failure(webhook_id: int, failure: str, next_attempt_at: datetime) -> None:
    now = datetime.now(UTC)
    await execute(
        "UPDATE webhook SET attempts = attempts + 1, attempted_at = ?, failure = ?,"
        " failing_since = COALESCE(failing_since, ?), next_attempt_at = ? WHERE id = ?",
        now,
        failure,
        now,
        next_attempt_at,
        webhook_id,
    )


@transaction
async def give_up(webhook_id: int, event_id: int) -> None:
    """Leave an event out for good, and count it."""
    await execute(
        "UPDATE webhook SET passed_event_id = ?, missed = missed + 1, attempts = 0"
        " WHERE id = ? AND passed_event_id < ?",
        event_id,
        webhook_id,
        event_id,
    )


@operation("webhook.disable", by=Role.OPERATOR)
async def _disable(change: Change, webhook_id: int) -> int:
    (webhook,) = await lock_rows("webhook", WebhookRow, [webhook_id])
    await execute(
        "UPDATE webhook SET is_enabled = ?, version = version + 1, failure = 'HTTP_410'"
        " WHERE id = ?",
        False,
        webhook.id,
    )
    change.tell(
        "webhook", webhook.id, webhook.name, before={"enabled": True}, after={"enabled": False}
    )
    change.announce("webhook", webhook.id)
    return webhook.id


async def disable_unwanted(webhook_id: int) -> None:
    """The receiver says that it is gone for good (410). Raises: Unknown."""
    await _disable(Actor.system("controller"), webhook_id)
