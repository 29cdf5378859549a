"""Who may scrape: a program with the token of the settings, or an operator."""

from __future__ import annotations

import hashlib
import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from domain.token_secrets import is_well_formed
from server.accounts import Accounts
from server.refusals import Refused
from server.security.access import Access, Guard
from server.security.bearer import bearer_of
from server.security.cookies import SessionCookie
from server.security.hosts import header_values


class ScrapeGuard(Guard):
    """A given token decides alone: a wrong one is refused whoever is signed in."""

    def __init__(self, app: ASGIApp, token: str, accounts: Accounts, cookie: SessionCookie) -> None:
        """`token`: empty admits no program."""
        super().__init__(app, Access.OPERATOR, accounts, cookie)
        self._token = _digest(token.encode()) if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = header_values(scope, b"authorization")
        if not given:
            await super().__call__(scope, receive, send)
        elif self._admits(given):
            await self.app(scope, receive, send)
        elif is_well_formed(bearer_of(scope) or ""):
            await super().__call__(scope, receive, send)
        else:
            raise Refused(
                401, "WRONG_TOKEN", "This is not the token.", {"WWW-Authenticate": "Bearer"}
            )

    def _admits(self, given: list[str]) -> bool:
        if self._token is None or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(" ")
        # Digests have one length, so the time tells nothing of the token's own.
        is_equal = hmac.compare_digest(_digest(token.strip().encode("latin-1")), self._token)
        return is_equal and scheme.lower() == "bearer"


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
