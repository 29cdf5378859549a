"""What every resolver is given: who asks, under which request id, and what the process knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from domain.actors import Actor
from domain.backends import Backends
from domain.health_history import latest_events
from domain.sessions import Viewer
from domain.snapshot import Snapshot
from domain.visibility import is_operator
from outbound.client import Outbound
from resolvers.dvs_checks import Checks
from resolvers.live import Live

T = TypeVar("T")

MOST_TOKEN_DAYS = 365


Audience: TypeAlias = int | None
"""On whom answers depend: None, all operators alike; else on that one user."""


class Context:
    """One operation's context.

    Its snapshot holds what the viewer may see, and nothing else. It stays the same within a query,
    and within one event of a subscription, so that an answer never mixes two states of the
    inventory or of the viewer's rights.
    """

    def __init__(
        self,
        viewer: Viewer,
        request_id: str,
        live: Live,
        address: str | None = None,
        outbound: Outbound | None = None,
        backends: Backends | None = None,
        most_token_days: int = MOST_TOKEN_DAYS,
        dvs: Checks | None = None,
    ) -> None:
        """`outbound`, `backends`, `dvs`: by which others are called; None allows nobody to call."""
        self.viewer = viewer
        self.request_id = request_id
        self.live = live
        self.address = address
        self.outbound = outbound
        self.backends = backends
        self.most_token_days = most_token_days
        self.dvs = dvs
        self.snapshot: Snapshot
        self.is_operator: bool
        self.histories: int
        self.renew()

    @property
    def audience(self) -> Audience:
        """As the viewer's roles are at this moment."""
        user_id = self.viewer.user_id
        return None if is_operator(self.live.snapshot, user_id) else user_id

    def for_audience(self) -> Context:
        """A context for all of this one's audience, which knows no viewer."""
        return AudienceContext(self.audience, self.live)

    def renew(self) -> Snapshot:
        """Begin the next event: a new snapshot, the roles of now, and nothing read yet."""
        self.snapshot = self.live.visible_to(self.viewer.user_id)
        self.is_operator = is_operator(self.live.snapshot, self.viewer.user_id)
        self._forget()
        return self.snapshot

    def _forget(self) -> None:
        self.histories = 0
        self.rows_so_far = 0
        self._reads: dict[str, asyncio.Task[Any]] = {}
        self.events_of_device = DataLoader(partial(latest_events, "device_id"))
        self.events_of_node = DataLoader(partial(latest_events, "node_id"))

    def actor(self, command_id: str | None = None) -> Actor:
        """The viewer, as the one who changes something."""
        viewer = self.viewer
        return Actor(viewer.user_id, viewer.name, self.address, command_id, viewer.token)

    async def once(self, name: str, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `read`, made once however many fields of this operation ask for it."""
        task = self._reads.get(name)
        if task is None:
            task = self._reads[name] = asyncio.create_task(read())
        result: T = await task
        return result


class AudienceContext(Context):
    """Of frames that are made once for many. It has no `viewer`: what asks for one is not shared.

    An operator's frame must reach nobody who is none any more: who shares it compares `audience`
    with that of each viewer before each frame.
    """

    def __init__(self, audience: Audience, live: Live) -> None:
        self._audience = audience
        self.live = live
        self.request_id = "shared"
        self.address = None
        self.outbound = None
        self.backends = None
        self.most_token_days = MOST_TOKEN_DAYS
        self.dvs = None
        self.renew()

    @property
    def audience(self) -> Audience:
        return self._audience

    def renew(self) -> Snapshot:
        self.is_operator = self._audience is None
        self.snapshot = (
            self.live.snapshot if self._audience is None else self.live.visible_to(self._audience)
        )
        self._forget()
        return self.snapshot


Info: TypeAlias = strawberry.Info[Context, None]
