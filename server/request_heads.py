"""Limits on what comes before a request's body, and so before anything of ours is asked: uvicorn's
parser takes a head of any length, for any time, from anybody."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server.metrics.process import HTTP_REFUSALS

HEAD_LIMIT_BYTES = 64 * 1024
"""Of the URL and all headers, trailers among them; and of what has not become either yet, beside
what is read at once (256 KiB)."""
HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of a next request, to the end of its head."""
LINGER_SECONDS = 2.0
"""Who is refused while sending still reads the answer: an early close would be a reset to them."""
CODES = {408: "HEAD_TOO_SLOW", 431: "HEAD_TOO_LONG"}


class TooLong(Exception):
    """Ends the parsing of a request."""


class BoundedHeads(HttpToolsProtocol):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._told = 0
        self._untold = 0
        self._is_in_head = True
        self._is_refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._is_in_head:
            self._set_deadline()
        self._untold += len(data)
        super().data_received(data)
        if self._untold > HEAD_LIMIT_BYTES:
            self._refuse(431)

    def on_message_begin(self) -> None:
        self._told = self._untold = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._unset_deadline()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_in_head, self._untold = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """How the parser's errors end, ours in its callbacks among them."""
        if self._told > HEAD_LIMIT_BYTES:
            self._refuse(431)
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._untold = 0
        self._told += size
        if self._told > HEAD_LIMIT_BYTES:
            raise TooLong

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: int) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._unset_deadline()
        HTTP_REFUSALS.labels(CODES[status]).inc()
        self.transport.write(
            STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
