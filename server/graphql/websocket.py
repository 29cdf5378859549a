"""GraphQL over WebSocket: one connection's life in the graphql-transport-ws protocol.

Any part of a connection may decide that it is over (the peer left, a message out of order, a reader
that does not read, a session that ended); the first to say so wins, and `serve` alone cleans up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.sessions import Viewer
from server.accounts import Accounts
from server.graphql.documents import BadRequest, NoOperation
from server.graphql.execution import (
    EXECUTION_LIMIT_SECONDS,
    TOO_SLOW,
    GraphQLRequest,
    MakeContext,
)
from server.graphql.live_sockets import End, LiveSocket, LiveSockets
from server.graphql.masking import accident, answer_of, formatted
from server.graphql.messages import (
    SUBPROTOCOL,
    Complete,
    ConnectionAck,
    ConnectionInit,
    Error,
    Next,
    Ping,
    Pong,
    Subscribe,
    ToClient,
    decode,
    encode,
)
from server.graphql.operations import Operation, Operations
from server.graphql.outlet import Outlet
from server.graphql.shared_streams import SharedStreams, SharingContext
from server.protocols import abort, frames_of
from server.refusals import Refused
from server.security.access import find_bearer, viewer_or_nobody
from server.security.bearer import token_in
from server.security.requests import client_address, request_id

log = structlog.get_logger("server.graphql")

INIT_SECONDS = 4.0
SEND_SECONDS = 10.0
"""How long one frame may wait for a peer that does not read."""
FINALISER_SECONDS = 5.0
MAX_OPERATIONS_PER_SOCKET = 50
MOST_OF_UNKNOWN = 4096
"""Characters of a message of who has not said a token yet: nothing more is parsed for nobody."""
CLOSES = {
    End.CREDENTIAL: (4401, "Your session or token has ended; sign in again."),
    End.ROLES: (4403, "Your roles have changed; connect again."),
}


@dataclass(frozen=True, slots=True)
class Close:
    """Why a connection ends. Code None: there is nobody to tell."""

    code: int | None
    reason: str = ""


class GraphQLOverWebSocket:
    """The ASGI application behind the WebSocket at /graphql.

    Who gets here is signed in, or bears a token, or is a program that says its token first of all.
    """

    def __init__(
        self,
        operations: Operations,
        make_context: MakeContext,
        sockets: LiveSockets,
        streams: SharedStreams,
        accounts: Accounts,
    ) -> None:
        self.operations = operations
        self.make_context = make_context
        self.sockets = sockets
        self.streams = streams
        self.accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if SUBPROTOCOL not in scope["subprotocols"]:
            raise Refused(
                400, "SUBPROTOCOL_NOT_SUPPORTED", f"Ask for the subprotocol {SUBPROTOCOL}."
            )
        websocket = WebSocket(scope, receive, send)
        connection = Connection(
            websocket, self.operations, self.make_context, self.streams, self.sockets, self.accounts
        )
        socket = self.sockets.open(viewer_or_nobody(scope), connection.address, connection.end)
        connection.socket = socket
        try:
            await connection.serve()
        finally:
            self.sockets.close(socket)


class Connection:
    def __init__(
        self,
        websocket: WebSocket,
        operations: Operations,
        make_context: MakeContext,
        streams: SharedStreams,
        sockets: LiveSockets,
        accounts: Accounts,
    ) -> None:
        self.websocket = websocket
        self.operations = operations
        self.make_context = make_context
        self.streams = streams
        self.sockets = sockets
        self.accounts = accounts
        self.viewer_or_nobody = viewer_or_nobody(websocket.scope)
        self.socket: LiveSocket
        self.request_id = request_id(websocket.scope)
        self.address = client_address(websocket.scope)
        self.is_initialised = False
        self.running: dict[str, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.closing: asyncio.Future[Close] = asyncio.get_running_loop().create_future()

    @property
    def viewer(self) -> Viewer:
        """Of a socket that is initialised."""
        assert self.viewer_or_nobody is not None
        return self.viewer_or_nobody

    def close(self, code: int | None, reason: str = "") -> None:
        if not self.closing.done():
            self.closing.set_result(Close(code, reason))

    def end(self, why: End) -> None:
        self.close(*CLOSES[why])

    async def serve(self) -> None:
        try:
            await self.websocket.accept(subprotocol=SUBPROTOCOL)
        except WebSocketDisconnect:
            log.debug("socket.left", request_id=self.request_id)
            return
        deadline = asyncio.get_running_loop().call_later(INIT_SECONDS, self._require_init)
        reader = self._start(self._read())
        try:
            closed = await self.closing
        finally:
            deadline.cancel()
            reader.cancel()
            self.closing.cancel()
            await self._end_operations()
        if closed.code is not None:
            await self._send_close(closed.code, closed.reason)

    def _require_init(self) -> None:
        if not self.is_initialised:
            self.close(4408, f"No connection_init within {INIT_SECONDS:.0f} s.")

    async def _read(self) -> None:
        while not self.closing.done():
            event = await self.websocket.receive()
            if event["type"] == "websocket.disconnect":
                self.close(None)
                return
            if (text := event.get("text")) is None:
                self.close(4400, "Messages are text.")
                return
            if self.viewer_or_nobody is None and len(text) > MOST_OF_UNKNOWN:
                self.close(4400, "Send connection_init first, and in it no more than your token.")
                return
            try:
                message = decode(text)
            except (msgspec.MsgspecError, RecursionError) as error:
                # A close reason has 123 bytes at most.
                self.close(4400, f"Not a message of the protocol: {error}"[:120])
                return
            match message:
                case ConnectionInit():
                    await self._initialise(message.payload or {})
                case Ping():
                    await self._send(Pong())
                case Pong():
                    pass
                case Subscribe():
                    await self._subscribe(message)
                case Complete() if message.id in self.running:
                    self.running.pop(message.id).cancel()

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self.is_initialised:
            self.close(4429, "Too many initialisation requests")
            return
        if self.viewer_or_nobody is None and not await self._identify(payload):
            return
        self.is_initialised = True
        await self._send(ConnectionAck())

    async def _identify(self, payload: dict[str, Any]) -> bool:
        """Whether the payload has a token: `{"authorization": "Bearer qm_..."}`.

        Who is known by the handshake is that person, whatever the payload says.
        """
        given = payload.get("authorization")
        token = token_in(given) if isinstance(given, str) else None
        if token is None:
            self.close(4401, 'Sign in, or send {"authorization": "Bearer ..."} with the init.')
            return False
        try:
            viewer = await find_bearer(self.accounts, token, self.address)
            self.sockets.identify(self.socket, viewer)
        except Refused as refused:
            self.close(4401 if refused.status == 401 else 4429, refused.message[:120])
            return False
        self.viewer_or_nobody = viewer
        return True

    async def _subscribe(self, message: Subscribe) -> None:
        if not self.is_initialised:
            self.close(4401, "Send connection_init first.")
        elif message.id in self.running:
            self.close(4409, f"Subscriber for {message.id} already exists"[:120])
        # Operations that still clean up count, so that their number is bounded too.
        elif len(self.tasks) > MAX_OPERATIONS_PER_SOCKET:
            await self._refuse(message.id, "this socket", MAX_OPERATIONS_PER_SOCKET)
        elif not self.sockets.may_begin(self.viewer.user_id):
            await self._refuse(message.id, "your sockets", self.sockets.operations_per_user)
        else:
            task = self._start(self._operate(message.id, message.payload))
            self.running[message.id] = task
            self.sockets.begun(self.viewer.user_id)
            task.add_done_callback(lambda _: self.sockets.ended(self.viewer.user_id))

    async def _refuse(self, operation_id: str, where: str, limit: int) -> None:
        refusal = {
            "message": f"{limit} operations run on {where} already; complete one first.",
            "extensions": {"code": "TOO_MANY_OPERATIONS", "limit": limit},
        }
        await self._send(Error(operation_id, [refusal]))

    async def _operate(self, operation_id: str, asked: GraphQLRequest) -> None:
        task = asyncio.current_task()
        try:
            last = await self._stream(operation_id, asked)
        except TimeoutError:  # ours: GraphQL wraps what a resolver raises
            refusal = {"message": TOO_SLOW, "extensions": {"code": "TOO_SLOW"}}
            last = Error(operation_id, [refusal])
        except Exception as error:
            last = Error(operation_id, accident(error, self.request_id))
        # Forgotten before the last message leaves: the client may use the id again at once.
        if self.running.get(operation_id) is task:
            del self.running[operation_id]
            await self._send(last)

    async def _stream(self, operation_id: str, asked: GraphQLRequest) -> Complete | Error:
        context = self.make_context(self.viewer, self.request_id, self.address)
        try:
            operation = self.operations.prepare(asked, context)
            if operation.is_shared:
                await self._share(operation_id, operation, cast(SharingContext, context))
                return Complete(operation_id)
            async with aclosing(operation.results()) as results:
                async with asyncio.timeout(EXECUTION_LIMIT_SECONDS) as until_first:
                    async for result in results:
                        until_first.reschedule(None)
                        payload = answer_of(result, self.request_id)
                        await self._send(Next(operation_id, payload))
        except NoOperation as refused:
            return Error(operation_id, [{"message": str(refused)}])
        except BadRequest as refused:
            return Error(operation_id, formatted(refused.errors, self.request_id))
        return Complete(operation_id)

    async def _share(
        self, operation_id: str, operation: Operation, context: SharingContext
    ) -> None:
        """Be sent the frames that all get who ask the same and may see the same."""
        frames = frames_of(self.websocket.scope)
        outlet = Outlet(frames, operation_id, SEND_SECONDS, self._give_up)
        is_over = False
        try:
            while not is_over:
                async with self.streams.joined(operation, context, outlet) as member:
                    async with asyncio.timeout(EXECUTION_LIMIT_SECONDS):
                        await member.until_first_frame()
                    is_over = await member.until_end()
        finally:
            outlet.forget()

    def _give_up(self) -> None:
        log.warning("socket.slow", request_id=self.request_id, seconds=SEND_SECONDS)
        self.close(None)
        abort(self.websocket.scope)

    async def _send(self, message: ToClient) -> None:
        """Wait until the transport takes it: a slow peer slows only its own operations."""
        if self.closing.done():
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.websocket.send_text(encode(message))
        except TimeoutError:
            self._give_up()
        except WebSocketDisconnect:
            self.close(None)

    async def _send_close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.websocket.close(code, reason)
        except TimeoutError:
            abort(self.websocket.scope)
        except (RuntimeError, WebSocketDisconnect):
            log.debug("socket.left", request_id=self.request_id)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("socket.failed", request_id=self.request_id, exc_info=error)
            self.close(1011, "Something failed inside.")

    async def _end_operations(self) -> None:
        self.running.clear()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            _, lingering = await asyncio.wait(self.tasks, timeout=FINALISER_SECONDS)
            if lingering:
                log.error("socket.lingers", request_id=self.request_id, operations=len(lingering))
