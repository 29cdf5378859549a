"""WebSocket clients that cost next to nothing: they count frames and bytes, and keep the last."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from typing import cast

KEY = base64.b64encode(b"quartermaster-be").decode()


class Subscriber(asyncio.Protocol):
    """One graphql-transport-ws subscription; the server's frames are not masked."""

    def __init__(self, port: int, cookie: str, query: str) -> None:
        self.port = port
        self.cookie = cookie
        self.query = query
        self.frames = 0
        self.bytes = 0
        self.last = b""
        self.keeps_last = False
        self.delays: list[float] | None = None
        self._buffer = bytearray()
        self._left = 0
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        self.transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nConnection: Upgrade\r\n{cookie}"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._left and not self.keeps_last:
            # The usual case: the middle of a large frame.
            taken = min(self._left, len(data))
            self._left -= taken
            self.bytes += taken
            if self._left == 0:
                self._frame()
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
            self._say({"type": "connection_init"})
        self._read_frames()

    def _read_frames(self) -> None:
        while len(self._buffer) >= 2:
            opcode, length, start = self._buffer[0] & 15, self._buffer[1], 2
            if length == 126:
                if len(self._buffer) < 4:
                    return
                (length,), start = struct.unpack_from("!H", self._buffer, 2), 4
            elif length == 127:
                if len(self._buffer) < 10:
                    return
                (length,), start = struct.unpack_from("!Q", self._buffer, 2), 10
            is_whole = len(self._buffer) >= start + length
            if opcode == 1 and length > 2000 and not is_whole and not self.keeps_last:
                self.bytes += len(self._buffer) - start
                self._left = length - (len(self._buffer) - start)
                self._buffer.clear()
                return
            if not is_whole:
                return
            payload = bytes(self._buffer[start : start + length])
            del self._buffer[: start + length]
            if opcode == 9:
                self._write(10, payload)
            elif opcode == 1 and payload.startswith(b'{"type":"connection_ack"'):
                self._say({"type": "subscribe", "id": "1", "payload": {"query": self.query}})
            elif opcode == 1 and (b'"next"' in payload[:60] or self.query == ""):
                self.bytes += len(payload)
                self.last = payload if self.keeps_last else b""
                self._frame()
            elif opcode == 1:
                raise AssertionError(payload[:300])

    def _frame(self) -> None:
        self.frames += 1

    def _say(self, message: object) -> None:
        self._write(1, json.dumps(message).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        size = len(payload)
        head = (
            struct.pack("!BB", 128 | opcode, 128 | size)
            if size < 126
            else struct.pack("!BBH", 128 | opcode, 254, size)
        )
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.transport.write(head + mask + masked)


async def subscribe(count: int, port: int, cookie: str, query: str) -> list[Subscriber]:
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(count):
        subscriber = Subscriber(port, cookie, query)
        await loop.create_connection(lambda s=subscriber: s, "127.0.0.1", port)
        found.append(subscriber)
    return found
