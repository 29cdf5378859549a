"""An HTTP client that costs next to nothing, for measurements of the server: httpx costs 2 to 3 ms.

It knows what our server says and no more: HTTP/1.1 kept alive, answers with a Content-Length.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class LeanHttp:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: Mapping[str, str],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def post(self, path: str, body: bytes) -> bytes:
        """The body of a 200; anything else fails."""
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert answer.startswith(b"http/1.1 200"), answer
        length = answer.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
        return await self._reader.readexactly(int(length))


@asynccontextmanager
async def connected(url: str, headers: Mapping[str, str]) -> AsyncIterator[LeanHttp]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**24)
    try:
        yield LeanHttp(reader, writer, {"Host": parts.netloc, **headers})
    finally:
        writer.close()
