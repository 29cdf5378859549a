"""The way of one shared subscription to one socket: the newest frame, or none."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from server.graphql.frames import Frame, deflate
from server.protocols import TextFrames

END = b"}"
DEFLATED_END = deflate(END)


class Outlet:
    """Writes a frame at once while the peer keeps up; of those that it misses, keeps the newest.

    Its memory is one reference, whatever the peer does. A peer that has taken nothing for
    `patience_seconds` is given up when it is offered the next frame; one that takes little, never:
    to be cut and to come back would cost both sides more.
    """

    def __init__(
        self,
        frames: TextFrames,
        operation_id: str,
        patience_seconds: float,
        give_up: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._frames = frames
        self._deflates = frames.deflates
        self._patience_seconds = patience_seconds
        self._start = b'{"type":"next","id":%b,"payload":' % msgspec.json.encode(operation_id)
        self._deflated_start = deflate(self._start) if self._deflates else b""
        self._give_up = give_up
        self._clock = clock
        self._newest: Frame | None = None
        self._unsent = 0
        self._taken_at: float | None = None
        """When the peer was last seen to take something; None while it keeps up."""

    @property
    def keeps_up(self) -> bool:
        return self._newest is None

    async def prepare(self, frame: Frame) -> None:
        if self._deflates:
            await frame.deflate()

    def offer(self, frame: Frame) -> None:
        self._newest = frame
        if self._frames.is_writable:
            self._flush()
            return
        now, unsent = self._clock(), self._frames.unsent
        if self._taken_at is None:
            self._frames.when_writable(self._flush)
        if self._taken_at is None or unsent < self._unsent:
            self._taken_at, self._unsent = now, unsent
        elif now - self._taken_at > self._patience_seconds:
            self._give_up()

    def forget(self) -> None:
        self._newest = None

    def _flush(self) -> None:
        frame, self._newest, self._taken_at = self._newest, None, None
        if frame is None or not self._frames.is_open:
            return
        for payload in frame.payloads:
            deflated = payload.deflated if self._deflates else None
            if deflated is None:
                self._frames.write(self._start, payload.text, END)
            else:
                self._frames.write_deflated(self._deflated_start, deflated, DEFLATED_END)
