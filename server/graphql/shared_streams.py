"""Subscriptions that several ask alike: executed once, encoded once, and offered to all of them.

Alike means: the same document, operation and variables, of a field that says that it is shared
(`schema.fields.shared_subscription`), from viewers who may see the same (`context.audience`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from server.graphql.frames import EventFrames, Frame
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


class Receiver(Protocol):
    """The way to one client."""

    @property
    def keeps_up(self) -> bool:
        """Whether all that it was offered is on its way; else the next offer replaces a frame."""
        ...

    async def prepare(self, frame: Frame) -> None:
        """Make what the frame needs before it can be offered, which may take a while."""
        ...

    def offer(self, frame: Frame) -> None: ...

    def forget(self) -> None:
        """Send nothing that still waits."""
        ...


class Member:
    """One operation of one client, which is offered the newest frame whenever there is one.

    A frame may tell only what differs from the one before, so who has missed one (or lost it to a
    newer one that replaced it) is given a first frame again.
    """

    def __init__(self, context: SharingContext, receiver: Receiver) -> None:
        self.context = context
        self.receiver = receiver
        self.has_frame = asyncio.Event()
        self.offered = 0
        """The number of the event of which it was offered a frame last."""
        self._has_seen_all = False
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def knows_all_before(self, number: int) -> bool:
        """Whether nothing before the event of this number has passed it by."""
        return self._has_seen_all and self.offered == number - 1 and self.receiver.keeps_up

    def offer(self, frame: Frame, number: int) -> None:
        self.offered, self._has_seen_all = number, frame.is_whole
        self.has_frame.set()
        self.receiver.offer(frame)

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
        self.receiver.forget()
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
        self._latest: EventFrames | None = None
        self._number = 0
        self.task = asyncio.create_task(self._run(), name=self.identity)

    async def join(self, member: Member) -> None:
        """The member's first frame is that of now, where there is one already."""
        self.members.add(member)
        if self._latest is not None:
            await self._offer(member, self._latest)

    async def _run(self) -> None:
        error: Exception | None = None
        try:
            async with closed(await self.operation.events()) as events:
                async for event in events:
                    if event is None:
                        self._move_members()
                        continue
                    try:
                        await self._publish(event)
                    except Exception:  # one frame is lost, and nobody's subscription
                        log.exception("frame.failed", request_id=self.identity)
        except Exception as raised:
            error = raised
        finally:
            for member in tuple(self.members):
                member.end(error)

    def _move_members(self) -> None:
        """Those who may see something else by now."""
        for member in tuple(self.members):
            if member.context.audience != self.audience:
                member.move()

    async def _publish(self, event: Any) -> None:
        self._number += 1
        latest = EventFrames(self._number, self.operation.as_of_now(), event, self.identity)
        self._latest = latest
        for number, member in enumerate(tuple(self.members)):
            if number % OFFERS_AT_ONCE == OFFERS_AT_ONCE - 1:
                await asyncio.sleep(0)
            await self._offer(member, latest)

    async def _offer(self, member: Member, latest: EventFrames) -> None:
        """Hand it over, unless the member has left, or may no longer see what the others see."""
        knows_all = member.knows_all_before(latest.number)
        frame = await (latest.next() if knows_all else latest.first())
        await member.receiver.prepare(frame)
        if member not in self.members:
            return
        if member.context.audience != self.audience:
            member.move()
        elif member.offered < latest.number:  # else a newer one came while this was made
            member.offer(frame, latest.number)


class SharedStreams:
    """The streams that somebody is a member of."""

    def __init__(self) -> None:
        self._streams: dict[Hashable, SharedStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    @asynccontextmanager
    async def joined(
        self, operation: Operation, context: SharingContext, receiver: Receiver
    ) -> AsyncIterator[Member]:
        """Be a member of the stream of this operation for as long as the block lasts.

        What runs, once for all of the stream, is the first one's operation, for the audience.
        """
        audience = context.audience
        key = (operation.key, audience)
        stream = self._streams.get(key)
        if stream is None or stream.task.done():
            shared = operation.with_context(context.for_audience())
            stream = self._streams[key] = SharedStream(shared, audience)
        member = Member(context, receiver)
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
