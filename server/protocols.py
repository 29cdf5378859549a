"""uvicorn's protocols, made to let go of a peer that does not read, and to share frames.

Closing a transport waits until its buffer is written, which such a peer never allows: only aborting
frees the socket. And a frame that many are sent should be copied for none of them: it is written to
each transport as the same bytes. The application gets both as ASGI extensions.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

ABORT = "quartermaster.abort"
FRAMES = "quartermaster.websocket.frames"
GRACE_SECONDS = 2.0
FINAL_TEXT = 0x81  # RFC 6455, section 5.2: FIN, and opcode 1; a server masks nothing


class TextFrames:
    """Text frames straight to the transport of one connection, without waiting for it."""

    def __init__(self, protocol: AbortableWebSocketProtocol) -> None:
        self._protocol = protocol
        self._waiting: set[Callable[[], None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether the connection is one on which frames may be sent."""
        protocol = self._protocol
        return protocol.conn.state is State.OPEN and not protocol.transport.is_closing()

    @property
    def is_writable(self) -> bool:
        """Whether the peer has taken most of what it was sent."""
        return self.is_open and self._protocol.writable.is_set()

    def write(self, *parts: bytes) -> None:
        """One message in parts, UTF-8 all together; none of them is copied."""
        self._protocol.transport.writelines([header(sum(map(len, parts))), *parts])

    def when_writable(self, then: Callable[[], None]) -> None:
        """Call `then` once it is so; until it is, the same function counts once."""
        self._waiting.add(then)

    def resume(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for then in waiting:
            then()


def header(length: int) -> bytes:
    if length < 126:
        return struct.pack("!BB", FINAL_TEXT, length)
    if length < 65536:
        return struct.pack("!BBH", FINAL_TEXT, 126, length)
    return struct.pack("!BBQ", FINAL_TEXT, 127, length)


class AbortableHttpProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}


class AbortableWebSocketProtocol(WebSocketsSansIOProtocol):
    text_frames: TextFrames | None = None

    async def run_asgi(self) -> None:
        self.text_frames = TextFrames(self)
        self.scope["extensions"][ABORT] = {"abort": self.transport.abort}
        self.scope["extensions"][FRAMES] = {"frames": self.text_frames}
        try:
            await super().run_asgi()
        finally:
            # Whatever the peer has not taken by then, the closing handshake included, is given up.
            self.loop.call_later(GRACE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.text_frames is not None:
            self.text_frames.resume()

    def keepalive_timeout(self) -> None:
        """No pong came: the peer is gone. Code 1011 would tell graphql-ws never to return."""
        self.transport.abort()


def abort(scope: Scope) -> None:
    """Drop the connection at once, with what it has not read (under our protocol classes)."""
    if ABORT in scope.get("extensions", {}):
        scope["extensions"][ABORT]["abort"]()


def frames_of(scope: Scope) -> TextFrames:
    """The connection's frames (under our protocol class, which server_for chooses)."""
    frames: TextFrames = scope["extensions"][FRAMES]["frames"]
    return frames
