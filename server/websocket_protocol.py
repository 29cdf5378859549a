"""uvicorn's WebSocket protocol, made to let go of a peer that does not read.

Closing a transport waits until its buffer is written, which such a peer never allows: only aborting
frees the socket. The application gets that as an ASGI extension.
"""

from __future__ import annotations

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

ABORT = "quartermaster.websocket.abort"
GRACE_SECONDS = 2.0


class AbortableWebSocketProtocol(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        self.scope["extensions"][ABORT] = {"abort": self.transport.abort}
        try:
            await super().run_asgi()
        finally:
            # Whatever the peer has not taken by then, the closing handshake included, is given up.
            self.loop.call_later(GRACE_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """No pong came: the peer is gone. Code 1011 would tell graphql-ws never to return."""
        self.transport.abort()


def abort(scope: Scope) -> None:
    """Drop the connection at once, with what it has not read (under our protocol class)."""
    if ABORT in scope.get("extensions", {}):
        scope["extensions"][ABORT]["abort"]()
