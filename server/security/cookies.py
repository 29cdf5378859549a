"""The session cookie, by which browsers are known; and the key of a sign-in away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.types import Scope

from server.security.hosts import header_values


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """`__Host-` (Secure, no Domain) under https, so that no sibling site sets it."""

    is_https: bool

    @property
    def name(self) -> str:
        return "__Host-quartermaster_session" if self.is_https else "quartermaster_session"

    def read(self, scope: Scope) -> str | None:
        """The secret; None too where two cookies carry the name, for one of them was planted."""
        return _only_value(scope, self.name)

    def give(self, secret: str, expires_at: datetime) -> str:
        """A Set-Cookie value."""
        expires = format_datetime(expires_at.astimezone(UTC), usegmt=True)
        return f"{self.name}={secret}; Expires={expires}; {self._attributes}"

    def take(self) -> str:
        return f"{self.name}=; Max-Age=0; {self._attributes}"

    @property
    def _attributes(self) -> str:
        return "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if self.is_https else "")


@dataclass(frozen=True, slots=True)
class RedirectCookie:
    """Goes along when the provider sends the browser back, as a Strict one would not; it opens
    nothing by itself, once, and not for long."""

    is_https: bool
    lifetime: timedelta

    @property
    def name(self) -> str:
        return "__Host-quartermaster_sign_in" if self.is_https else "quartermaster_sign_in"

    def read(self, scope: Scope) -> str | None:
        return _only_value(scope, self.name)

    def give(self, key: str) -> str:
        """A Set-Cookie value."""
        return f"{self.name}={key}; Max-Age={self.lifetime.seconds}; {self._attributes}"

    def take(self) -> str:
        return f"{self.name}=; Max-Age=0; {self._attributes}"

    @property
    def _attributes(self) -> str:
        return "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self.is_https else "")


def _only_value(scope: Scope, name: str) -> str | None:
    found = [
        value
        for header in header_values(scope, b"cookie")
        for each, _, value in (pair.strip().partition("=") for pair in header.split(";"))
        if each == name
    ]
    return found[0] if len(found) == 1 and found[0] else None
