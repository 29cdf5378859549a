"""Refuses what another site could make a browser send with our cookie.

Over HTTP: whatever may change something, and everything on the GraphQL path, carries a header of
ours that no form and no cross-site script can add without a preflight, which is never granted; a
token in the Authorization header is such a header too, and then the cookie counts for nothing.
Over WebSocket there is no preflight: the Origin must be there and be our own, except for a program,
which has neither an Origin nor a cookie, and so nothing that could be abused.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from server.refusals import GRAPHQL_PATH, Refused
from server.security.bearer import bearer_of
from server.security.hosts import Hosts, header_values

CLIENT_HEADER = "Quartermaster-Client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def comes_from_program(scope: Scope) -> bool:
    """Whether a WebSocket is no browser's, which sends an Origin always, nor has its cookies."""
    return scope["type"] == "websocket" and not (
        header_values(scope, b"origin") or header_values(scope, b"cookie")
    )


class CrossSiteGuard:
    """Comes after HostGuard, which vouches for the Host header."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if not comes_from_program(scope):
                self._require_own_origin(scope)
        elif scope["type"] == "http" and (
            scope["method"] not in SAFE_METHODS or scope["path"] == GRAPHQL_PATH
        ):
            if bearer_of(scope) is None:
                self._require_client_header(scope)
            if header_values(scope, b"origin"):
                self._require_own_origin(scope)
        await self.app(scope, receive, send)

    def _require_own_origin(self, scope: Scope) -> None:
        if header_values(scope, b"origin") != [self.hosts.origin_of(scope)]:
            raise Refused(
                403,
                "FOREIGN_ORIGIN",
                "The Origin header must be there and be this server's own origin. Programs send a "
                "token and no cookie, and need no Origin.",
            )

    def _require_client_header(self, scope: Scope) -> None:
        if not any(header_values(scope, CLIENT_HEADER.lower().encode())):
            raise Refused(
                403,
                "CLIENT_HEADER_MISSING",
                f"Send the header {CLIENT_HEADER} with any value (such as your program's name): "
                "it shows that no other site made a browser send this request.",
            )
