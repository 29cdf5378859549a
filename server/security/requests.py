"""Each request's id and log line; refusals and accidents become answers here."""

from __future__ import annotations

import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.database import DatabaseUnavailable
from server.metrics.process import HTTP_REFUSALS, HTTP_RESPONSES
from server.refusals import Refused, answer
from server.security.headers import RESPONSE_STARTS

log = structlog.get_logger("server.requests")


def request_id(scope: Scope) -> str:
    """The id that stands in the answer's X-Request-Id, in masked errors and in the log."""
    identity: str = scope["quartermaster.request_id"]
    return identity


def client_address(scope: Scope) -> str:
    """Where a request comes from, as the socket says, or a proxy that is believed."""
    return scope["client"][0] if scope.get("client") else "unknown"


class Requests:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        identity = scope["quartermaster.request_id"] = secrets.token_hex(8)
        started_at = time.perf_counter()
        status: int | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] in RESPONSE_STARTS:
                status = message.get("status", 101)
                message.setdefault("headers", [])
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            refused = _refusal(error, identity)
            HTTP_REFUSALS.labels(refused.code).inc()
            if status is None:
                await answer(refused, scope, receive, send_and_note)
        finally:
            HTTP_RESPONSES.labels(status or "none").inc()
            log.debug(
                "request",
                request_id=identity,
                kind=scope["type"],
                method=scope.get("method"),
                path=scope["path"],
                status=status,
                client=client_address(scope),
                seconds=round(time.perf_counter() - started_at, 4),
            )


def _refusal(error: Exception, identity: str) -> Refused:
    """What the client is told; what it is not told is logged under the request's id."""
    if isinstance(error, Refused):
        log.info("request.refused", request_id=identity, code=error.code)
        return error
    log.error("request.failed", request_id=identity, exc_info=error)
    if isinstance(error, DatabaseUnavailable):
        return Refused(
            503, "DATABASE_UNAVAILABLE", "The database does not answer.", {"Retry-After": "2"}
        )
    return Refused(500, "INTERNAL", f"Something failed inside; request {identity}.")
