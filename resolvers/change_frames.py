"""A subscription to a table: first all rows, in parts, then each one that changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.snapshot import Snapshot
from resolvers.context import Context
from resolvers.ids import global_id

PART = 100
"""Rows per frame: few enough that no other client waits for them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    is_snapshot: bool
    is_complete: bool
    changed: list[T]
    removed: list[str]


async def changes_of(
    context: Context,
    kind: str,
    type_name: str,
    rows_of: Callable[[Snapshot], Mapping[int, T]],
) -> AsyncIterator[Changes[T]]:
    """What `rows_of` has now, then what `context.live.feed` tells of `kind`.

    The listener is registered before the first part is made: nothing falls in between.
    """
    sent: set[int] | None = None
    async with aclosing(context.live.feed.listen(kind)) as feed:
        async for ids in feed:
            rows = rows_of(context.renew())
            if sent is None:
                sent = set(rows)
                parts = list(rows.values())
                for start in range(0, max(len(parts), 1), PART):
                    part = parts[start : start + PART]
                    yield Changes(True, start + PART >= len(parts), part, [])
                    await asyncio.sleep(0)
                continue
            # What the viewer may no longer see is gone, and what is new to them appears.
            changed = [rows[i] for i in sorted((ids | (rows.keys() - sent)) & rows.keys())]
            removed = sorted(sent - rows.keys())
            sent = set(rows)
            if changed or removed:
                yield Changes(False, True, changed, [global_id(type_name, i) for i in removed])
