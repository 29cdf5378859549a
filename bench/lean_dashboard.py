"""A dashboard's socket that costs next to nothing: it skips over frames by their headers.

A probe among them reads the whole-fleet frames and keeps how old each was when it came.
"""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime

from bench.lean_websocket import Socket

TIME = re.compile(rb'"time":"([^"]+)"')
HINT = re.compile(rb"retry-after-ms=(\d+)")


class Dashboard(Socket):
    def __init__(
        self,
        port: int,
        cookie: str,
        queries: Sequence[str],
        *,
        deflates: bool = False,
        is_probe: bool = False,
    ) -> None:
        super().__init__(port, cookie, deflates=deflates)
        self.queries = queries
        self.is_probe = is_probe
        self.skips = not is_probe
        self.frames = 0
        self.ages: list[float] = []
        self.first_frame_at: float | None = None
        self.sent_away: Callable[[float], None] | None = None

    def opened(self) -> None:
        self.say({"type": "connection_init"})

    def received(self, payload: bytes, *, is_deflated: bool) -> None:
        if not self.frames and payload.startswith(b'{"type":"connection_ack"'):
            for number, query in enumerate(self.queries):
                self.say({"type": "subscribe", "id": str(number), "payload": {"query": query}})
            return
        self.skipped()
        if self.is_probe:
            text = inflate(payload) if is_deflated else payload
            assert b'"type":"error"' not in text[:80], text[:300]
            if b'"fleetTelemetry"' in text[:200] and (found := TIME.search(text)):
                at = datetime.fromisoformat(found[1].decode()).timestamp()
                self.ages.append(time.time() - at)

    def skipped(self) -> None:
        self.frames += 1
        if self.first_frame_at is None:
            self.first_frame_at = time.monotonic()

    def closed(self, payload: bytes) -> None:
        hint = HINT.search(payload)
        if hint and self.sent_away is not None:
            self.sent_away(int(hint[1]) / 1000)


def inflate(payload: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + b"\x00\x00\xff\xff")


async def open_dashboard(make: Callable[[], Dashboard], tries: list[float]) -> Dashboard:
    """Open until it is let in; `tries` gets the seconds after which it was told to come back."""
    loop = asyncio.get_running_loop()
    while True:
        dashboard = make()
        away: asyncio.Future[float] = loop.create_future()
        live = asyncio.ensure_future(_first_frame(dashboard))
        dashboard.sent_away = lambda seconds, away=away: away.done() or away.set_result(seconds)
        try:
            await loop.create_connection(lambda d=dashboard: d, "127.0.0.1", dashboard.port)
            await asyncio.wait([away, live], return_when=asyncio.FIRST_COMPLETED)
        except OSError:  # nobody listens yet
            live.cancel()
            await asyncio.sleep(0.2)
            continue
        if live.done():
            return dashboard
        live.cancel()
        dashboard.transport.abort()
        tries.append(away.result())
        await asyncio.sleep(away.result())


async def _first_frame(dashboard: Dashboard) -> None:
    while dashboard.first_frame_at is None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
