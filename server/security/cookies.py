"""The session cookie, by which browsers are known; and the key of a sign-in away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.types import Scope

from server.security.hosts import header_values, is_by_tls


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """`__Host-` (Secure, no Domain) under https, so that no sibling site sets it.

    `is_https`: the public URL is; a request that came by TLS is treated so in any case.
    """

    is_https: bool

    def read(self, scope: Scope) -> str | None:
        """The secret; None too where two cookies carry the name, for one of them was planted."""
        return _only_value(scope, self._name(scope))

    def give(self, scope: Scope, secret: str, expires_at: datetime) -> str:
        """A Set-Cookie value."""
        expires = format_datetime(expires_at.astimezone(UTC), usegmt=True)
        return f"{self._name(scope)}={secret}; Expires={expires}; {self._attributes(scope)}"

    def take(self, scope: Scope) -> str:
        return f"{self._name(scope)}=; Max-Age=0; {self._attributes(scope)}"

    def _name(self, scope: Scope) -> str:
        return _named("quartermaster_session", self.is_https or is_by_tls(scope))

    def _attributes(self, scope: Scope) -> str:
        return _attributes("Strict", self.is_https or is_by_tls(scope))


@dataclass(frozen=True, slots=True)
class RedirectCookie:
    """Goes along when the provider sends the browser back, as a Strict one would not; it opens
    nothing by itself, once, and not for long."""

    is_https: bool
    lifetime: timedelta

    def read(self, scope: Scope) -> str | None:
        return _only_value(scope, self._name(scope))

    def give(self, scope: Scope, key: str) -> str:
        """A Set-Cookie value."""
        lasts = f"Max-Age={self.lifetime.seconds}"
        return f"{self._name(scope)}={key}; {lasts}; {self._attributes(scope)}"

    def take(self, scope: Scope) -> str:
        return f"{self._name(scope)}=; Max-Age=0; {self._attributes(scope)}"

    def _name(self, scope: Scope) -> str:
        return _named("quartermaster_sign_in", self.is_https or is_by_tls(scope))

    def _attributes(self, scope: Scope) -> str:
        return _attributes("Lax", self.is_https or is_by_tls(scope))


def _named(name: str, is_secure: bool) -> str:
    return f"__Host-{name}" if is_secure else name


def _attributes(same_site: str, is_secure: bool) -> str:
    return f"Path=/; HttpOnly; SameSite={same_site}" + ("; Secure" if is_secure else "")


def _only_value(scope: Scope, name: str) -> str | None:
    found = [
        value
        for header in header_values(scope, b"cookie")
        for each, _, value in (pair.strip().partition("=") for pair in header.split(";"))
        if each == name
    ]
    return found[0] if len(found) == 1 and found[0] else None
