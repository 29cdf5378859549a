"""uvicorn's protocols, made to let go of a peer that does not read, and to share frames.

Closing a transport waits until its buffer is written, which such a peer never allows: only aborting
frees the socket. And a frame that many are sent should be copied for none of them: it is written to
each transport as the same bytes. The application gets both as ASGI extensions.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame
from websockets.protocol import State
from websockets.typing import ExtensionParameter

from server.admission import SOONEST_SECONDS, retry_hint
from server.request_heads import BoundedHeads

ABORT = "quartermaster.abort"
FRAMES = "quartermaster.websocket.frames"
GRACE_SECONDS = 2.0
SECONDS_BETWEEN_RETURNS = 0.005
GOING_AWAY = 1012  # "service restart"
FINAL_TEXT = 0x81  # RFC 6455, section 5.2: FIN, and opcode 1; a server masks nothing
DEFLATED = 0x40  # RFC 7692, section 6: RSV1
EMPTY_BLOCK = b"\x00\x00\xff\xff"
"""What ends a flush of DEFLATE; the last one of a message is left out (RFC 7692, section 7.2.1)."""


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
        """Whether the peer has taken what it was sent, but for what the kernel holds."""
        return self.is_open and self._protocol.writable.is_set()

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet, because the peer has not."""
        return self._protocol.transport.get_write_buffer_size()

    @property
    def deflates(self) -> bool:
        """Whether the peer takes messages that are deflated."""
        return any(isinstance(e, PerMessageDeflate) for e in self._protocol.conn.extensions)

    def write(self, *parts: bytes) -> None:
        """One message in parts, UTF-8 all together; none of them is copied."""
        self._write(FINAL_TEXT, parts)

    def write_deflated(self, *parts: bytes) -> None:
        """The same of parts that are blocks of DEFLATE, each ending with an empty one."""
        *others, last = parts
        assert last.endswith(EMPTY_BLOCK)
        self._write(FINAL_TEXT | DEFLATED, (*others, last[: -len(EMPTY_BLOCK)]))

    def _write(self, opcode: int, parts: Sequence[bytes]) -> None:
        self._protocol.transport.writelines([header(opcode, sum(map(len, parts))), *parts])

    def when_writable(self, then: Callable[[], None]) -> None:
        """Call `then` once it is so; until it is, the same function counts once."""
        self._waiting.add(then)

    def resume(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for then in waiting:
            then()


def restart_hint(connections: int) -> str:
    """They come back over a time that grows with their number."""
    spread = connections * SECONDS_BETWEEN_RETURNS
    return retry_hint(SOONEST_SECONDS + random.uniform(0, spread))  # noqa: S311


def header(first: int, length: int) -> bytes:
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 65536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


class Deflate(PerMessageDeflate):
    """permessage-deflate (RFC 7692) without memory: no message refers to one before it.

    What the library sends are small messages, which it leaves as they are; what is sent to many is
    deflated once, elsewhere. What comes in is inflated up to the size that a message may have.
    """

    def encode(self, frame: Frame) -> Frame:
        return frame


class DeflateFactory(ServerPerMessageDeflateFactory):
    def __init__(self) -> None:
        super().__init__(server_no_context_takeover=True, client_no_context_takeover=True)

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        answer, offered = super().process_request_params(params, accepted_extensions)
        if offered.local_max_window_bits < zlib.MAX_WBITS:
            raise NegotiationError("a smaller window than what is sent to all needs")
        return answer, Deflate(
            offered.remote_no_context_takeover,
            offered.local_no_context_takeover,
            offered.remote_max_window_bits,
            offered.local_max_window_bits,
        )


class AbortableHttpProtocol(BoundedHeads):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}


class AbortableWebSocketProtocol(WebSocketsSansIOProtocol):
    text_frames: TextFrames | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn.available_extensions = [DeflateFactory()]

    async def run_asgi(self) -> None:
        self.text_frames = TextFrames(self)
        self.scope["extensions"][ABORT] = {"abort": self.transport.abort}
        self.scope["extensions"][FRAMES] = {"frames": self.text_frames}
        try:
            await super().run_asgi()
        finally:
            # Whatever the peer has not taken by then, the closing handshake included, is given up.
            self.loop.call_later(GRACE_SECONDS, self.transport.abort)

    def shutdown(self) -> None:
        """The server stops: say so, and when to come back, each at a moment of its own."""
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            reason = restart_hint(len(self.connections))
            self.queue.put_nowait(
                {"type": "websocket.disconnect", "code": GOING_AWAY, "reason": reason}
            )
            self.conn.send_close(GOING_AWAY, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        else:
            super().shutdown()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # nothing waits behind a frame that is not sent

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
