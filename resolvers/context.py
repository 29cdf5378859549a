"""What every resolver is given: who asks, under which request id, and what the process knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from domain.health_history import latest_events
from domain.sessions import Viewer
from domain.snapshot import Snapshot
from resolvers.live import Live

T = TypeVar("T")


class Context:
    """One operation's context.

    Its snapshot stays the same within a query, and within one event of a subscription, so that an
    answer never mixes two states of the inventory.
    """

    def __init__(self, viewer: Viewer, request_id: str, live: Live) -> None:
        self.viewer = viewer
        self.request_id = request_id
        self.live = live
        self.snapshot: Snapshot = live.snapshot
        self._forget()

    def _forget(self) -> None:
        self._reads: dict[str, asyncio.Task[Any]] = {}
        self.events_of_device = DataLoader(partial(latest_events, "device_id"))
        self.events_of_node = DataLoader(partial(latest_events, "node_id"))

    def renew(self) -> Snapshot:
        """Begin the next event of a subscription: a new snapshot, nothing read yet."""
        self.snapshot = self.live.snapshot
        self._forget()
        return self.snapshot

    async def once(self, name: str, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `read`, made once however many fields of this operation ask for it."""
        task = self._reads.get(name)
        if task is None:
            task = self._reads[name] = asyncio.create_task(read())
        result: T = await task
        return result


Info: TypeAlias = strawberry.Info[Context, None]
