"""Who wants to hear what changed: each listener gets the ids since it last looked, coalesced.

A slow listener costs one set of ids, never a queue.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Listener:
    pending: set[int] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class ChangeFeed:
    def __init__(self) -> None:
        self._listeners: dict[str, set[_Listener]] = defaultdict(set)

    def publish(self, kind: str, ids: Iterable[int]) -> None:
        ids = set(ids)
        if not ids:
            return
        for listener in self._listeners[kind]:
            listener.pending |= ids
            listener.woken.set()

    def wake(self) -> None:
        """Have every listener look again, though none of its ids has changed."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.woken.set()

    async def listen(self, *kinds: str) -> AsyncGenerator[set[int], None]:
        """First an empty set, once the listener is registered; then the ids of each change."""
        listener = _Listener()
        for kind in kinds:
            self._listeners[kind].add(listener)
        try:
            yield set()
            while True:
                await listener.woken.wait()
                listener.woken.clear()
                ids, listener.pending = listener.pending, set()
                yield ids
        finally:
            for kind in kinds:
                self._listeners[kind].discard(listener)

    def listeners(self) -> int:
        return sum(len(listeners) for listeners in self._listeners.values())
