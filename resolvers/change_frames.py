"""A subscription to a table: first all rows, in parts, then each one that changes.

Made once for all who may see the same: who joins, or was too slow for a change, gets all rows anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.snapshot import Snapshot
from resolvers.context import Context
from resolvers.ids import global_id

PART = 100
"""Rows per message: few enough that no other client waits for them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    is_snapshot: bool
    is_complete: bool
    changed: Collection[T]
    removed: Collection[str]
    rows: Collection[T]
    """All that there are after the change."""

    def for_newcomer(self) -> list[Changes[T]]:
        """All rows in parts: what to know who has not seen the changes before."""
        rows = list(self.rows)
        starts = range(0, max(len(rows), 1), PART)
        return [
            Changes(True, start + PART >= len(rows), rows[start : start + PART], (), ())
            for start in starts
        ]


async def changes_of(
    context: Context,
    kind: str,
    type_name: str,
    rows_of: Callable[[Snapshot], Mapping[int, T]],
) -> AsyncIterator[Changes[T] | None]:
    """What `rows_of` has now, then what `context.live.feed` tells of `kind`.

    None where nothing changed in it; who may see it may have changed all the same.
    The listener is registered before the rows are read: nothing falls in between.
    """
    sent: set[int] | None = None
    async with aclosing(context.live.feed.listen(kind)) as feed:
        async for ids in feed:
            rows = rows_of(context.renew())
            if sent is None:
                sent = set(rows)
                yield Changes(True, True, rows.values(), (), rows.values())
                continue
            # What the viewer may no longer see is gone, and what is new to them appears.
            changed = [rows[i] for i in sorted((ids | (rows.keys() - sent)) & rows.keys())]
            removed = [global_id(type_name, i) for i in sorted(sent - rows.keys())]
            sent = set(rows)
            is_news = changed or removed
            yield Changes(False, True, changed, removed, rows.values()) if is_news else None
