"""How many live connections are let in at a time, when all dashboards come back at once.

To let one in costs a look at the database. Some do so at a time, some wait, and whoever finds too
many before it is sent away at once with a moment to come back at: each its own, as far apart as
those that are let in are. WebSockets and event streams wait in one line; a plain request passes it
by, for it is over soon and its client would show a failure instead of coming back.
"""

from __future__ import annotations

import asyncio
import math
import random
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.graphql.accept import EVENT_STREAM, choose_media_type
from server.graphql.messages import SUBPROTOCOL
from server.refusals import Refused

TRY_AGAIN_LATER = 1013
"""RFC 6455's registry of close codes; `graphql-ws` comes back after it."""
AT_ONCE = 32
MOST_WAITING = 256
"""Fewer than are let in before a client would give up waiting."""
SOONEST_SECONDS = 1.0
LATEST_SECONDS = 30.0
FIRST_GUESS_SECONDS = 0.005
LEARNING = 0.05


def retry_hint(seconds: float) -> str:
    """The reason of a close, by which our own web knows when to come back."""
    return f"retry-after-ms={seconds * 1000:.0f}"


class Gate:
    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self.most_waiting = most_waiting
        self.refused = 0
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._seconds_each = FIRST_GUESS_SECONDS
        self._last_in: float | None = None
        self._last_told = 0.0

    @property
    def is_full(self) -> bool:
        return self._turns.locked() and self._waiting >= self.most_waiting

    async def enter(self) -> Turn:
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        return Turn(self)

    def leave(self) -> None:
        """Once for each turn."""
        self._turns.release()
        now, before = time.monotonic(), self._last_in
        # Only in one and the same crowd the time between two says how fast it can go.
        self._last_in = now if self._waiting else None
        if before is not None:
            self._seconds_each += LEARNING * (now - before - self._seconds_each)

    def come_back_in(self) -> float:
        """Seconds, of one who is not let in now: later than all who were told before."""
        self.refused += 1
        now = time.monotonic()
        told = max(self._last_told, now + SOONEST_SECONDS) + self._seconds_each
        self._last_told = min(told, now + LATEST_SECONDS)
        return (self._last_told - now) * random.uniform(0.9, 1.1)  # noqa: S311


class Turn:
    def __init__(self, gate: Gate) -> None:
        self._gate: Gate | None = gate

    def end(self) -> None:
        """The first time counts."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.leave()


class Admission:
    """Stands before an application, whose turn is over when it has said yes or no."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _asks_for_events(scope):
            await self.app(scope, receive, send)
            return
        if self.gate.is_full:
            await _send_away(scope, receive, send, self.gate.come_back_in())
            return
        turn = await self.gate.enter()

        async def send_and_end_turn(message: Message) -> None:
            try:
                await send(message)
            finally:
                turn.end()

        try:
            await self.app(scope, receive, send_and_end_turn)
        finally:
            turn.end()


def _asks_for_events(scope: Scope) -> bool:
    return choose_media_type(Headers(scope=scope).get("accept")) == EVENT_STREAM


async def _send_away(scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
    """A refused handshake would tell a browser nothing: only a close can.

    Raises: Refused (503), of an event stream.
    """
    if scope["type"] == "http":
        whole = math.ceil(seconds)  # RFC 9110, section 10.2.3
        raise Refused(
            503,
            "TRY_AGAIN_LATER",
            f"Too many connect at once; try again in {whole} s.",
            {"Retry-After": str(whole)},
        )
    await receive()
    # Without the subprotocol that it asked for a browser hears of no close either.
    offered = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": offered})
    reason = retry_hint(seconds)
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": reason})
