"""Which Host a request may name: a foreign name is DNS rebinding, a malformed one an attack.

Nothing in the server reads `request.url`, which is made from this header, but `scope["path"]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from server.refusals import Refused
from server.settings import Settings

PROBES = ("/healthz", "/readyz")
AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names that are ours, and the origin that a browser has under each."""

    names: frozenset[str]
    public_authority: str | None
    is_https: bool

    @classmethod
    def of(cls, settings: Settings) -> Hosts:
        return cls(settings.allowed_hosts, settings.public_authority, settings.is_https)

    def origin_of(self, scope: Scope) -> str:
        """The origin of a page that such a request would give; HostGuard has let it through."""
        authority = header_values(scope, b"host")[0].lower()
        is_public = authority == self.public_authority
        is_https = (self.is_https and is_public) or is_by_tls(scope)
        return f"{'https' if is_https else 'http'}://{authority}"

    def accepts(self, authority: str) -> bool:
        match = AUTHORITY.fullmatch(authority)
        return match is not None and match["name"].strip("[]") in self.names


def header_values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def is_by_tls(scope: Scope) -> bool:
    """Whether a proxy that is believed says that it came by TLS; we end none ourselves."""
    return scope["scheme"] in ("https", "wss")


class HostGuard:
    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A probe names the pod's address, and is told nothing but yes or no.
        if scope["type"] != "lifespan" and scope["path"] not in PROBES:
            values = header_values(scope, b"host")
            if len(values) != 1 or not self.hosts.accepts(values[0].lower()):
                raise Refused(
                    400,
                    "UNKNOWN_HOST",
                    "This server does not answer under that host name. Set "
                    "QUARTERMASTER_PUBLIC_URL to the address that people use.",
                )
        await self.app(scope, receive, send)
