"""WebSocket clients that cost next to nothing: they count frames and bytes, and keep the last."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from typing import cast

KEY = base64.b64encode(b"quartermaster-be").decode()
DEFLATED = 0x40
CLOSE, PING, PONG, TEXT = 8, 9, 10, 1


class Socket(asyncio.Protocol):
    """A graphql-transport-ws socket; the server's frames are not masked."""

    skips = True
    """Whether a large frame need not be put together."""

    def __init__(self, port: int, cookie: str, *, deflates: bool = False) -> None:
        self.port = port
        self.cookie = cookie
        self.deflates = deflates
        self.bytes = 0
        self._buffer = bytearray()
        self._left = 0
        self._is_open = False

    def opened(self) -> None:
        """The handshake is done."""

    def received(self, payload: bytes, *, is_deflated: bool) -> None:
        """A text message."""

    def skipped(self) -> None:
        """A large one, whose bytes are counted."""

    def closed(self, payload: bytes) -> None:
        """The server's close, code and reason."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        offers = "permessage-deflate; client_max_window_bits"
        extensions = f"Sec-WebSocket-Extensions: {offers}\r\n" if self.deflates else ""
        self.transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nConnection: Upgrade\r\n{cookie}{extensions}"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._left and self.skips:
            # The usual case: the middle of a large frame.
            taken = min(self._left, len(data))
            self._left -= taken
            self.bytes += taken
            if self._left == 0:
                self.skipped()
            data = data[taken:]
            if not data:
                return
        self._buffer += data
        if not self._is_open:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            assert b" 101 " in head, head
            self._is_open = True
            self._buffer = bytearray(rest)
            self.opened()
        self._read_frames()

    def _read_frames(self) -> None:
        while len(self._buffer) >= 2:
            first, length, start = self._buffer[0], self._buffer[1], 2
            opcode = first & 15
            if length == 126:
                if len(self._buffer) < 4:
                    return
                (length,), start = struct.unpack_from("!H", self._buffer, 2), 4
            elif length == 127:
                if len(self._buffer) < 10:
                    return
                (length,), start = struct.unpack_from("!Q", self._buffer, 2), 10
            is_whole = len(self._buffer) >= start + length
            if opcode == TEXT and length > 2000 and not is_whole and self.skips:
                self.bytes += len(self._buffer) - start
                self._left = length - (len(self._buffer) - start)
                self._buffer.clear()
                return
            if not is_whole:
                return
            payload = bytes(self._buffer[start : start + length])
            del self._buffer[: start + length]
            if opcode == PING:
                self._write(PONG, payload)
            elif opcode == CLOSE:
                self.closed(payload)
            elif opcode == TEXT:
                self.bytes += len(payload)
                self.received(payload, is_deflated=bool(first & DEFLATED))

    def say(self, message: object) -> None:
        self._write(TEXT, json.dumps(message).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        size = len(payload)
        head = (
            struct.pack("!BB", 128 | opcode, 128 | size)
            if size < 126
            else struct.pack("!BBH", 128 | opcode, 254, size)
        )
        key = int.from_bytes(mask * (size // 4 + 1))
        masked = (int.from_bytes(payload) << 8 * (len(mask) * (size // 4 + 1) - size)) ^ key
        whole = masked.to_bytes(len(mask) * (size // 4 + 1))
        self.transport.write(head + mask + whole[:size])


class Subscriber(Socket):
    """One subscription."""

    def __init__(self, port: int, cookie: str, query: str, *, deflates: bool = False) -> None:
        super().__init__(port, cookie, deflates=deflates)
        self.query = query
        self.frames = 0
        self.last = b""

    @property
    def keeps_last(self) -> bool:
        return not self.skips

    @keeps_last.setter
    def keeps_last(self, keeps: bool) -> None:
        self.skips = not keeps

    def opened(self) -> None:
        self.say({"type": "connection_init"})

    def received(self, payload: bytes, *, is_deflated: bool) -> None:
        if payload.startswith(b'{"type":"connection_ack"'):
            self.bytes = 0
            self.say({"type": "subscribe", "id": "1", "payload": {"query": self.query}})
            return
        assert is_deflated or self.query == "" or b'"next"' in payload[:60], payload[:300]
        self.last = payload if self.keeps_last else b""
        self.frames += 1

    def skipped(self) -> None:
        self.frames += 1


async def subscribe(
    count: int, port: int, cookie: str, query: str, *, deflates: bool = False
) -> list[Subscriber]:
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(count):
        subscriber = Subscriber(port, cookie, query, deflates=deflates)
        await loop.create_connection(lambda s=subscriber: s, "127.0.0.1", port)
        found.append(subscriber)
    return found
