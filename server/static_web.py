"""The dashboard's built files: a closed list made at start, so that no path can lead outside it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.refusals import Refused
from server.security.headers import IMMUTABLE

NOT_SERVED = ("csp.json", "documents.json")
GZIP_FROM_BYTES = 1024
COMPRESSIBLE = ("text/", "application/json", "application/manifest", "image/svg")
# What a screen's path may look like: a file at the top or a hidden name is none.
SCREEN = re.compile(r"/[^/\\.\x00-\x1f]+(/[^/\\.\x00-\x1f][^/\\\x00-\x1f]*)*/?")
SERVER_PATHS = ("/auth", "/graphql", "/graphiql", "/healthz", "/readyz", "/assets")

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


@dataclass(slots=True)
class File:
    """One built file; read and compressed when it is first asked for, then kept."""

    path: Path
    media_type: str
    is_hashed: bool
    plain: bytes | None = None
    gzipped: bytes | None = None
    etag: str = ""

    async def load(self) -> None:
        if self.plain is None:
            self.plain, self.gzipped, self.etag = await asyncio.to_thread(self._read)

    def _read(self) -> tuple[bytes, bytes | None, str]:
        content = self.path.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if len(content) < GZIP_FROM_BYTES or not self.media_type.startswith(COMPRESSIBLE):
            return content, None, etag
        return content, gzip.compress(content, 6, mtime=0), etag


def _files(static: Path) -> Iterator[tuple[str, File]]:
    root = static.resolve()
    for path in static.rglob("*"):
        name = "/" + path.relative_to(static).as_posix()
        is_inside = path.resolve().is_relative_to(root)  # a link may lead elsewhere
        if path.is_file() and is_inside and path.name not in NOT_SERVED:
            media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            yield name, File(path, media_type, is_hashed="/assets/" in name)


class StaticWeb:
    """An ASGI application for every path that no other route takes.

    Ranges are not offered: the files are small, and range parsing has a history of its own.
    """

    def __init__(self, static: Path) -> None:
        self.files = dict(_files(static))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise Refused(404, "NOT_FOUND", "There is no WebSocket here; it is at /graphql.")
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD"):
            raise Refused(
                405, "METHOD_NOT_ALLOWED", "Only GET and HEAD here.", {"Allow": "GET, HEAD"}
            )
        response = await respond(request, self._find(request))
        await response(scope, receive, send)

    def _find(self, request: Request) -> File:
        path: str = request.scope["path"]
        if (file := self.files.get(path)) and path != "/index.html":
            return file
        accepts_pages = "text/html" in request.headers.get("accept", "")
        if path == "/" or (accepts_pages and _is_screen(request.scope)):
            return self.files.get("/index.html") or _not_built()
        raise Refused(404, "NOT_FOUND", "There is nothing here.")


class Page:
    """An ASGI application that always answers with one built page."""

    def __init__(self, web: StaticWeb, name: str) -> None:
        self.web = web
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await respond(request, self.web.files.get(self.name) or _not_built())
        await response(scope, receive, send)


async def respond(request: Request, file: File) -> Response:
    await file.load()
    headers = {
        "etag": file.etag,
        "vary": "Accept-Encoding",
        "cache-control": IMMUTABLE if file.is_hashed else "no-cache",
    }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.plain
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = file.gzipped
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=file.media_type)


def _is_screen(scope: Scope) -> bool:
    path: str = scope["path"]
    if any(path == taken or path.startswith(taken + "/") for taken in SERVER_PATHS):
        return False
    return b".." not in scope["raw_path"] and SCREEN.fullmatch(path) is not None


def _not_built() -> File:
    raise Refused(503, "WEB_NOT_BUILT", "The dashboard is not built; run `make web`.")
