"""Response headers that tell a browser what it may do with our answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRAPHIQL_PATH = "/graphiql"
IMMUTABLE = "public, max-age=31536000, immutable"

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
RESPONSE_STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


def dashboard_policy(style_hashes: Sequence[str]) -> str:
    """Only our own origin, no inline code, no string turned into script."""
    styles = " ".join(["'self'", *(f"'{style}'" for style in style_hashes)])
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {styles}",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


# GraphiQL's editor writes style elements and knows no Trusted Types; its page alone may.
GRAPHIQL_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class WebBuild(msgspec.Struct, rename="camel"):
    """What the web's build says about itself in csp.json."""

    style_hashes: list[str] = []


def read_style_hashes(static: Path) -> list[str]:
    """Hashes of the constant styles that the component library adds; none where no web is built."""
    description = static / "csp.json"
    if not description.exists():
        return []
    return msgspec.json.decode(description.read_bytes(), type=WebBuild).style_hashes


class SecurityHeaders:
    """Outermost: also on refusals. What is not a built asset is never stored by a cache."""

    def __init__(self, app: ASGIApp, style_hashes: Sequence[str], is_https: bool) -> None:
        self.app = app
        self.policy = dashboard_policy(style_hashes)
        self.is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in RESPONSE_STARTS:
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                headers.update(EVERYWHERE)
                headers["content-security-policy"] = (
                    GRAPHIQL_POLICY if scope["path"] == GRAPHIQL_PATH else self.policy
                )
                headers.setdefault("cache-control", "no-store")
                if self.is_https:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_with_headers)
