"""Tokens of programs: in the Authorization header (RFC 6750, section 2.1), and never in a URL."""

from __future__ import annotations

from starlette.types import Scope

from server.refusals import Refused
from server.security.hosts import header_values

SCHEME = "bearer"


def bearer_of(scope: Scope) -> str | None:
    """The token that a request bears; None where it bears none, and "" where that is unclear.

    No browser adds this header by itself for another site: who has it needs no other proof of where
    a request comes from. A header of another scheme (of a proxy before us) says nothing here.
    """
    given = header_values(scope, b"authorization")
    tokens = [token for value in given if (token := token_in(value)) is not None]
    if not tokens:
        return None
    return tokens[0] if len(given) == 1 else ""


def token_in(authorization: str) -> str | None:
    """Of a value such as `Bearer qm_...`."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == SCHEME else None


def no_such_token() -> Refused:
    return Refused(
        401,
        "WRONG_TOKEN",
        "This is no token here, or it has expired or was revoked, or its user has not signed in "
        "at the provider for too long; make one under Your account.",
        {"WWW-Authenticate": "Bearer"},
    )


def guessed_too_often(seconds: int) -> Refused:
    return Refused(
        429,
        "TOO_MANY_ATTEMPTS",
        f"Too many wrong tokens came from this address; try again in {seconds} s.",
        {"Retry-After": str(seconds)},
    )
