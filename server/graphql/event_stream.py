"""GraphQL over server-sent events: the distinct connections mode of graphql-sse.

For clients behind proxies that break WebSockets. One request, one operation; a document that is no
good is told in the stream, for a client cannot read the body of a refused stream.
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import msgspec
import structlog
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.types import Send

from server.graphql.documents import BadRequest, NoOperation
from server.graphql.execution import (
    EXECUTION_LIMIT_SECONDS,
    TOO_SLOW,
    GraphQLRequest,
    MakeContext,
)
from server.graphql.frames import Frame
from server.graphql.live_sockets import LiveSockets
from server.graphql.masking import accident, answer_of, formatted
from server.graphql.operations import Operation, Operations
from server.graphql.shared_streams import SharedStreams, SharingContext
from server.protocols import abort
from server.security.access import viewer_of
from server.security.requests import client_address, request_id

log = structlog.get_logger("server.graphql")

SEND_SECONDS = 10.0
"""How long one event may wait for a peer that does not read."""
KEEPALIVE_SECONDS = 12.0
KEEPALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


class Newest:
    """The newest frame that was offered; those before it are forgotten."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._is_there = asyncio.Event()

    @property
    def keeps_up(self) -> bool:
        return self._frame is None

    async def prepare(self, frame: Frame) -> None:
        """Events are sent as they are."""

    def offer(self, frame: Frame) -> None:
        self._frame = frame
        self._is_there.set()

    def forget(self) -> None:
        self._frame = None
        self._is_there.clear()

    async def take(self) -> Frame:
        await self._is_there.wait()
        self._is_there.clear()
        frame, self._frame = self._frame, None
        assert frame is not None
        return frame


class EventStreams:
    def __init__(
        self,
        operations: Operations,
        make_context: MakeContext,
        sockets: LiveSockets,
        streams: SharedStreams,
    ) -> None:
        self._operations = operations
        self._make_context = make_context
        self._sockets = sockets
        self._streams = streams

    async def respond(self, request: Request, asked: GraphQLRequest, send: Send) -> None:
        """Send events until the operation is complete, the client leaves or its session ends.

        Raises: Refused (429) where the viewer has too many connections open.
        """
        scope = request.scope
        closing = asyncio.Event()
        socket = self._sockets.open(
            viewer_of(scope), client_address(scope), lambda why: closing.set()
        )
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", b"text/event-stream; charset=utf-8"),
                        (b"x-accel-buffering", b"no"),  # nginx would keep events to itself
                    ],
                }
            )
            work = asyncio.create_task(self._send_events(request, asked, send))
            others = [
                asyncio.create_task(_until_left(request)),
                asyncio.create_task(_keep_alive(send)),
                asyncio.create_task(closing.wait()),
            ]
            await asyncio.wait([work, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in (work, *others):
                task.cancel()
            await asyncio.gather(work, *others, return_exceptions=True)
            if not work.cancelled() and (error := work.exception()) is not None:
                raise error
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._sockets.close(socket)

    async def _send_events(self, request: Request, asked: GraphQLRequest, send: Send) -> None:
        identity = request_id(request.scope)
        async with aclosing(self._payloads(request, asked)) as payloads:
            try:
                async for payload in payloads:
                    await _send_body(send, b"event: next\ndata: " + payload + b"\n\n")
            except TimeoutError:
                log.warning("events.slow", request_id=identity, seconds=SEND_SECONDS)
                abort(request.scope)
                return
        await _send_body(send, COMPLETE)

    async def _payloads(
        self, request: Request, asked: GraphQLRequest
    ) -> AsyncGenerator[bytes, None]:
        scope = request.scope
        identity = request_id(scope)
        context = self._make_context(viewer_of(scope), identity, client_address(scope))
        try:
            operation = self._operations.prepare(asked, context)
            if operation.kind is not OperationType.QUERY and request.method == "GET":
                raise BadRequest([GraphQLError("Send a mutation or subscription by POST.")])
            results = (
                self._shared(operation, cast(SharingContext, context))
                if operation.is_shared
                else self._single(operation, identity)
            )
            async with aclosing(results) as payloads:
                async for payload in payloads:
                    yield payload
        except NoOperation as refused:
            yield msgspec.json.encode({"errors": [{"message": str(refused)}]})
        except BadRequest as refused:
            yield msgspec.json.encode({"errors": formatted(refused.errors, identity)})
        except _TooSlow:
            yield msgspec.json.encode(
                {"errors": [{"message": TOO_SLOW, "extensions": {"code": "TOO_SLOW"}}]}
            )
        except Exception as error:
            yield msgspec.json.encode({"errors": accident(error, identity)})

    async def _single(self, operation: Operation, identity: str) -> AsyncGenerator[bytes, None]:
        async with aclosing(operation.results()) as results:
            first = asyncio.create_task(anext(results, None))
            done, _ = await asyncio.wait([first], timeout=EXECUTION_LIMIT_SECONDS)
            if not done:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
                raise _TooSlow
            result = first.result()
            while result is not None:
                yield msgspec.json.encode(answer_of(result, identity))
                result = await anext(results, None)

    async def _shared(
        self, operation: Operation, context: SharingContext
    ) -> AsyncGenerator[bytes, None]:
        """The frames that all get who ask the same and may see the same; the newest each time."""
        newest, is_over = Newest(), False
        while not is_over:
            async with self._streams.joined(operation, context, newest) as member:
                end = asyncio.ensure_future(member.until_end())
                try:
                    while not end.done():
                        taking = asyncio.ensure_future(newest.take())
                        await asyncio.wait([taking, end], return_when=asyncio.FIRST_COMPLETED)
                        if taking.done():
                            for payload in taking.result().payloads:
                                yield payload.text
                        else:
                            taking.cancel()
                    is_over = end.result()
                finally:
                    end.cancel()


class _TooSlow(Exception):
    """No first result in time."""


async def _send_body(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _keep_alive(send: Send) -> None:
    """Proxies close a connection on which nothing is said."""
    while True:
        await asyncio.sleep(KEEPALIVE_SECONDS)
        await _send_body(send, KEEPALIVE)


async def _until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
