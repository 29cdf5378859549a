"""GET /metrics, streamed: it costs no memory to speak of, and blocks nobody while it is made."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from resolvers.live import Live
from server.graphql.live_sockets import LiveSockets
from server.loop_lag import LoopLag
from server.metrics.cluster import written_cluster
from server.metrics.devices import Devices
from server.metrics.process import written_process
from server.metrics.text import Family, Format, Kind, choose_format, takes_gzip

SENT_AT_ONCE = 2**17
"""Characters gathered before they are sent."""
GZIP = 16 + zlib.MAX_WBITS

LOOP_LAG = Family(
    "quartermaster_loop_lag_seconds", Kind.GAUGE, "How late the event loop ran when last probed."
)
LOOP_LAG_WORST = Family(
    "quartermaster_loop_lag_worst_seconds", Kind.GAUGE, "The worst lateness since the start."
)
SOCKETS = Family("quartermaster_open_sockets", Kind.GAUGE, "Open connections of subscribers.")


class MetricsRoute:
    def __init__(self, live: Live | None, sockets: LiveSockets, loop_lag: LoopLag) -> None:
        """`live`: None tells of the process alone."""
        self._live = live
        self._sockets = sockets
        self._loop_lag = loop_lag

    async def metrics(self, request: Request) -> Response:
        headers = request.headers
        format = choose_format(headers.get("accept"))
        body = _gathered(self._written(format))
        answer = {"vary": "Accept, Accept-Encoding"}
        if takes_gzip(headers.get("accept-encoding")):
            body = _compressed(body)
            answer["content-encoding"] = "gzip"
        # The type goes in as a header: Starlette would add a second charset.
        return StreamingResponse(body, headers={**answer, "content-type": format.value})

    def _written(self, format: Format) -> Iterator[str]:
        if self._live is not None:
            yield from Devices(self._live).written(format)
            yield from written_cluster(self._live, format)
        yield LOOP_LAG.written(format, [({}, self._loop_lag.last_seconds)])
        yield LOOP_LAG_WORST.written(format, [({}, self._loop_lag.worst_seconds)])
        yield SOCKETS.written(format, [({}, len(self._sockets))])
        yield written_process(format)


async def _gathered(portions: Iterator[str]) -> AsyncIterator[bytes]:
    """Portions until they are worth sending; the loop turns after each."""
    gathered, size = list[str](), 0
    for portion in portions:
        gathered.append(portion)
        size += len(portion)
        if size >= SENT_AT_ONCE:
            yield "".join(gathered).encode(errors="replace")
            gathered, size = [], 0
        await asyncio.sleep(0)
    yield "".join(gathered).encode(errors="replace")


async def _compressed(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """In a thread: zlib lets go of the interpreter's lock meanwhile."""
    compressor = zlib.compressobj(level=1, wbits=GZIP)
    async for portion in body:
        if compressed := await asyncio.to_thread(compressor.compress, portion):
            yield compressed
    yield compressor.flush()
