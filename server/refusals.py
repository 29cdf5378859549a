"""How the edge says no: one exception, answered alike over HTTP and WebSocket."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

GRAPHQL_PATH = "/graphql"


class Refused(Exception):
    """An answer, not an accident: `message` is for people, `code` for programs."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def refusal_body(path: str, code: str, message: str) -> bytes:
    """A GraphQL error on GraphQL's path, else `{"error": {"code", "message"}}`."""
    if path == GRAPHQL_PATH:
        return msgspec.json.encode({"errors": [{"message": message, "extensions": {"code": code}}]})
    return msgspec.json.encode({"error": {"code": code, "message": message}})


async def answer(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    response = Response(
        refusal_body(scope["path"], refused.code, refused.message),
        status_code=refused.status,
        headers=refused.headers,
        media_type="application/json",
    )
    # Starlette's Response speaks both: on a WebSocket it is the denial of the handshake.
    await response(scope, receive, send)
