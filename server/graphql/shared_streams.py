"""Subscriptions that several ask alike: executed once, encoded once, and offered to all of them.

Alike means: the same document, operation and variables, of a field that says that it is shared
(`schema.fields.shared_subscription`), from viewers who may see the same (`context.audience`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec
import structlog

from server.graphql.masking import answer_of
from server.graphql.operations import Operation, closed

log = structlog.get_logger("server.graphql")

OFFERS_AT_ONCE = 50
"""Members served before others get their turn: each costs as much as writing its frame."""


class SharingContext(Protocol):
    """A context whose answers can be shared."""

    @property
    def audience(self) -> Hashable:
        """On whom answers depend, as of now."""
        ...

    def for_audience(self) -> SharingContext:
        """A context for all of the audience."""
        ...


class Member:
    """One operation of one client, which is offered the newest payload whenever there is one."""

    def __init__(self, context: SharingContext, offer: Callable[[bytes], None]) -> None:
        self.context = context
        self.offer = offer
        self.has_frame = asyncio.Event()
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def until_first_frame(self) -> None:
        """Or until the end."""
        waiter = asyncio.create_task(self.has_frame.wait())
        either: list[asyncio.Future[Any]] = [waiter, self._ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()

    async def until_end(self) -> bool:
        """Whether the stream is over; else the viewer may see more or less than before.

        Then join anew, and see the first frame of that. Raises: what ended the stream.
        """
        return await self._ended

    def end(self, error: Exception | None = None) -> None:
        if self._ended.done():
            return
        if error is None:
            self._ended.set_result(True)
        else:
            self._ended.set_exception(error)

    def move(self) -> None:
        if not self._ended.done():
            self._ended.set_result(False)

    def leave(self) -> None:
        if self._ended.done() and not self._ended.cancelled():
            self._ended.exception()  # nobody has to hear of it any more
        self._ended.cancel()


class SharedStream:
    def __init__(self, operation: Operation, audience: Hashable) -> None:
        self.operation = operation
        self.audience = audience
        self.identity = f"shared-{secrets.token_hex(4)}"
        self.members: set[Member] = set()
        self._event: Any = None
        self._newcomers_payload: asyncio.Task[bytes] | None = None
        self.task = asyncio.create_task(self._run(), name=self.identity)

    async def join(self, member: Member) -> None:
        """The member's first frame is that of now, where there is one already."""
        self.members.add(member)
        if self._event is not None:
            await self._welcome(member)

    async def _run(self) -> None:
        error: Exception | None = None
        try:
            async with closed(await self.operation.events()) as events:
                async for event in events:
                    try:
                        await self._publish(event)
                    except Exception:  # one frame is lost, and nobody's subscription
                        log.exception("frame.failed", request_id=self.identity)
        except Exception as raised:
            error = raised
        finally:
            for member in tuple(self.members):
                member.end(error)

    async def _publish(self, event: Any) -> None:
        self._event, self._newcomers_payload = event, None
        payload: bytes | None = None
        for number, member in enumerate(tuple(self.members)):
            if number % OFFERS_AT_ONCE == OFFERS_AT_ONCE - 1:
                await asyncio.sleep(0)
            if not member.has_frame.is_set():
                await self._welcome(member)
                continue
            if payload is None:
                payload = await self._payload(event)
            self._offer(member, payload)

    async def _welcome(self, member: Member) -> None:
        if self._newcomers_payload is None:
            event = self._event
            for_newcomer = getattr(event, "for_newcomer", None)
            made = self._payload(event if for_newcomer is None else for_newcomer())
            self._newcomers_payload = asyncio.create_task(made)
        payload = await asyncio.shield(self._newcomers_payload)
        if not member.has_frame.is_set():
            self._offer(member, payload)

    def _offer(self, member: Member, payload: bytes) -> None:
        """Hand it over, unless the member has left, or may no longer see what the others see."""
        if member not in self.members:
            return
        if member.context.audience != self.audience:
            member.move()
            return
        member.has_frame.set()
        member.offer(payload)

    async def _payload(self, event: Any) -> bytes:
        result = await self.operation.result_of(event)
        return msgspec.json.encode(answer_of(result, self.identity))


class SharedStreams:
    """The streams that somebody is a member of."""

    def __init__(self) -> None:
        self._streams: dict[Hashable, SharedStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    @asynccontextmanager
    async def joined(
        self, operation: Operation, context: SharingContext, offer: Callable[[bytes], None]
    ) -> AsyncIterator[Member]:
        """Be a member of the stream of this operation for as long as the block lasts.

        `operation` was prepared with `context.for_audience()`; only the first of a stream runs.
        """
        audience = context.audience
        key = (operation.key, audience)
        stream = self._streams.get(key)
        if stream is None or stream.task.done():
            stream = self._streams[key] = SharedStream(operation, audience)
        member = Member(context, offer)
        try:
            await stream.join(member)
            yield member
        finally:
            member.leave()
            stream.members.discard(member)
            if not stream.members:
                stream.task.cancel()
                if self._streams.get(key) is stream:
                    del self._streams[key]
                await asyncio.gather(stream.task, return_exceptions=True)
