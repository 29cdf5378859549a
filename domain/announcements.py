"""Sending what the outbox holds to the other processes, after the change is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.database import transaction
from domain.outbox import OutboxRow

SEND_TIMEOUT_SECONDS = 2.0
BATCH = 500


@dataclass(frozen=True, slots=True)
class Announcement:
    """Objects of one kind that have changed; may arrive more than once."""

    kind: str
    ids: tuple[int, ...]


@transaction
async def send_announcements(send: Callable[[list[Announcement]], Awaitable[None]]) -> int:
    """Hand what is unsent to `send`, and mark it; the number of rows. Each at least once.

    Rows are found by `sent_at IS NULL`, never by a cursor over ids: a transaction that commits late
    would be missed. Two publishers take different rows (SKIP LOCKED on PostgreSQL).
    """
    unsent = OutboxRow.filter(sent_at=None).order_by("id").limit(BATCH)
    rows = await unsent.select_for_update(skip_locked=True)
    if not rows:
        return 0
    async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
        await send([Announcement(row.kind, tuple(row.ids)) for row in rows])
    await OutboxRow.filter(id__in=[row.id for row in rows]).update(sent_at=datetime.now(UTC))
    return len(rows)


async def prune_outbox(older_than: timedelta = timedelta(days=1)) -> int:
    """Delete what was sent long ago."""
    return await OutboxRow.filter(sent_at__lt=datetime.now(UTC) - older_than).delete()
