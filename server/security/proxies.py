"""For whom a proxy before us speaks: believed of those that the operator has named, of nobody else.

X-Forwarded-For is read from its end, where the proxy next to us wrote, until it names somebody who
is no proxy of ours: what stands before that may be anybody's. It is what uvicorn's middleware does;
but that one takes any text for an address, and does not know an IPv4 address that a socket for both
families shows as IPv6.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from server.security.hosts import header_values

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class ProxyHeaders:
    """Comes before all that asks where a request is from, and whether it came by TLS."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope.get("client"):
            host, port = scope["client"]
            if (peer := _address(host)) is not None:
                is_trusted = self._is_trusted(peer)
                scope["client"] = (str(self._client(scope, peer) if is_trusted else peer), port)
                if is_trusted:
                    _set_scheme(scope)
        await self.app(scope, receive, send)

    def _client(self, scope: Scope, peer: Address) -> Address:
        """The last that is known for sure: nobody vouches for what stands before it."""
        client = peer
        for said in _from_the_end(header_values(scope, b"x-forwarded-for")):
            address = _address(said)
            if address is None:
                break
            client = address
            if not self._is_trusted(address):
                break
        return client

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def _set_scheme(scope: Scope) -> None:
    """Where proxies have said two things, neither counts."""
    match header_values(scope, b"x-forwarded-proto"):
        case [said] if said.strip().lower() in ("http", "https"):
            is_tls = said.strip().lower() == "https"
            scheme = "ws" if scope["type"] == "websocket" else "http"
            scope["scheme"] = f"{scheme}s" if is_tls else scheme


def _from_the_end(values: Sequence[str]) -> Iterator[str]:
    """The items of a list that may stand in several headers (RFC 9110, section 5.3)."""
    for value in reversed(values):
        while value:
            value, _, last = value.rpartition(",")
            yield last


def _address(text: str) -> Address | None:
    """With or without a port; None: it is no address."""
    text = text.strip()
    if (found := WITH_PORT.fullmatch(text)) is not None:
        text = found["six"] or found["four"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address
