"""Refuses what another site could make a browser send with our cookie.

Over HTTP: whatever may change something, and everything on the GraphQL path, carries a header of
ours that no form and no cross-site script can add without a preflight, which is never granted.
Over WebSocket there is no preflight: the Origin must be there and be our own.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from server.refusals import GRAPHQL_PATH, Refused
from server.security.hosts import Hosts, authority_of, header_values

CLIENT_HEADER = "Quartermaster-Client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteGuard:
    """Comes after HostGuard, which vouches for the Host header."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            self._require_own_origin(scope)
        elif scope["type"] == "http" and (
            scope["method"] not in SAFE_METHODS or scope["path"] == GRAPHQL_PATH
        ):
            self._require_client_header(scope)
            if header_values(scope, b"origin"):
                self._require_own_origin(scope)
        await self.app(scope, receive, send)

    def _require_own_origin(self, scope: Scope) -> None:
        if header_values(scope, b"origin") != [self.hosts.origin(authority_of(scope))]:
            raise Refused(
                403,
                "FOREIGN_ORIGIN",
                "The Origin header must be there and be this server's own origin; programs that "
                "are not browsers must send it too.",
            )

    def _require_client_header(self, scope: Scope) -> None:
        if not any(header_values(scope, CLIENT_HEADER.lower().encode())):
            raise Refused(
                403,
                "CLIENT_HEADER_MISSING",
                f"Send the header {CLIENT_HEADER} with any value (such as your program's name): "
                "it shows that no other site made a browser send this request.",
            )
