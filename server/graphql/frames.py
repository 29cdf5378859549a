"""What is sent of one event of a shared subscription: made once, whoever gets it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from server.graphql.masking import answer_of
from server.graphql.operations import Operation

FIRST_SECONDS = 1.0
"""How old a first frame may be: what it shows beside the changes (numbers, ages) is of now."""
DEFLATE_FROM = 1024
"""Bytes; below that it saves no packet."""
DEFLATE_LEVEL = 1
THREAD_FROM = 2**20
"""Bytes; deflating more would hold up everybody for over 5 ms."""


class Payload:
    """One message's payload, a JSON object."""

    __slots__ = ("_deflated", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes | None:
        """Blocks of DEFLATE that fit between any others; None where it is not worth it."""
        if self._deflated is None and len(self.text) >= DEFLATE_FROM:
            self._deflated = deflate(self.text)
        return self._deflated


def deflate(text: bytes) -> bytes:
    """Blocks of DEFLATE (RFC 1951) that end at a byte and refer to nothing before them."""
    compressor = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)


class Frame:
    """The messages that belong together: one, or the parts of a snapshot."""

    __slots__ = ("is_whole", "payloads")

    def __init__(self, payloads: Sequence[Payload], *, is_whole: bool) -> None:
        self.payloads = payloads
        self.is_whole = is_whole
        """Whether it tells all that it should; where its fields failed, something was missed."""

    async def deflate(self) -> None:
        """Deflate what is large beside the loop, before somebody needs it."""
        for payload in self.payloads:
            if len(payload.text) >= THREAD_FROM:
                await asyncio.to_thread(getattr, payload, "deflated")


class EventFrames:
    """The two frames of an event: for who has seen all before it, and for who has not.

    They differ where the event has `for_newcomer()`, which gives the events that say the same to
    somebody who knows nothing.
    """

    def __init__(self, number: int, operation: Operation, event: Any, identity: str) -> None:
        self.number = number
        self._operation = operation
        self._event = event
        self._identity = identity
        self._next: asyncio.Task[Frame] | None = None
        self._first: asyncio.Task[Frame] | None = None
        self._first_made_at = 0.0

    async def next(self) -> Frame:
        if self._next is None:
            self._next = asyncio.create_task(self._frame([self._event]))
        return await _of(self._next)

    async def first(self) -> Frame:
        now = asyncio.get_running_loop().time()
        if self._first is not None and now - self._first_made_at <= FIRST_SECONDS:
            return await _of(self._first)
        for_newcomer = getattr(self._event, "for_newcomer", None)
        events = [self._event] if for_newcomer is None else for_newcomer()
        if len(events) == 1 and events[0] is self._event:
            return await self.next()
        self._first, self._first_made_at = asyncio.create_task(self._frame(events)), now
        return await _of(self._first)

    async def _frame(self, events: Sequence[Any]) -> Frame:
        payloads, is_whole = [], True
        operation = self._operation.as_of_now()  # whose context counts for this frame alone
        for event in events:
            result = await operation.result_of(event)
            is_whole = is_whole and result.data is not None
            payloads.append(Payload(msgspec.json.encode(answer_of(result, self._identity))))
            if len(events) > 1:
                await asyncio.sleep(0)  # others have their turn between the parts
        return Frame(payloads, is_whole=is_whole)


async def _of(task: asyncio.Task[Frame]) -> Frame:
    """What others wait for as well; all but the first of them find it made."""
    return task.result() if task.done() else await asyncio.shield(task)
