"""The way of one shared subscription to one socket: the newest frame, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from server.protocols import TextFrames

END = b"}"


class Outlet:
    """Writes a frame at once while the peer keeps up; of those that it misses, keeps the newest.

    Its memory is one reference, whatever the peer does. A peer that has taken nothing for
    `patience_seconds` is given up when it is offered the next frame.
    """

    def __init__(
        self,
        frames: TextFrames,
        operation_id: str,
        patience_seconds: float,
        give_up: Callable[[], None],
    ) -> None:
        self._frames = frames
        self._patience_seconds = patience_seconds
        self._start = b'{"type":"next","id":%b,"payload":' % msgspec.json.encode(operation_id)
        self._give_up = give_up
        self._newest: bytes | None = None
        self._behind_since: float | None = None

    def offer(self, payload: bytes) -> None:
        """`payload`: a JSON object, the message's payload."""
        self._newest = payload
        if self._frames.is_writable:
            self._flush()
        elif self._behind_since is None:
            self._behind_since = asyncio.get_running_loop().time()
            self._frames.when_writable(self._flush)
        elif asyncio.get_running_loop().time() - self._behind_since > self._patience_seconds:
            self._give_up()

    def close(self) -> None:
        """The operation is over: what still waits is not sent."""
        self._newest = None

    def _flush(self) -> None:
        payload, self._newest, self._behind_since = self._newest, None, None
        if payload is not None and self._frames.is_open:
            self._frames.write(self._start, payload, END)
