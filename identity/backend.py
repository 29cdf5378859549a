"""The one interface of all backends, and what they tell of people and groups."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class BackendKind(enum.Enum):
    LOCAL = "local"
    LDAP = "ldap"
    OIDC = "oidc"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Person:
    """`subject` is what the directory never gives to another and never changes: an OIDC `sub`, an
    LDAP entryUUID or objectGUID, GitHub's numeric id. Names and addresses are for people only."""

    subject: str
    name: str
    display_name: str | None = None
    groups: tuple[str, ...] = ()
    """Names of the directory's groups that the person is in, nested ones included."""


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """`key` finds it again (a DN, an id); `members`: how many people, where that is known."""

    key: str
    name: str
    members: int | None = None


@dataclass(frozen=True, slots=True)
class People:
    """A part of the directory's people; `after` begins the next part, None: there is none."""

    people: Sequence[Person]
    after: str | None = None
    is_cut: bool = False
    """The directory has more than can be listed: search."""


class Failed(Exception):
    """A backend could not do what was asked. `step` is the part that failed ("connect", "bind",
    "discovery"), the message what an operator reads, with what to do. It never holds a secret."""

    def __init__(self, step: str, message: str, *, is_missing: bool = False) -> None:
        """`is_missing`: what was asked for by its key does not exist."""
        super().__init__(message)
        self.step = step
        self.is_missing = is_missing


class NotAdmitted(Failed):
    """Who that is, is known; the settings let only others in."""


class NotListed(Exception):
    """This backend cannot list people: they are told of when they first try to sign in."""


class Backend(Protocol):
    """`issuer` and a subject together are one person, for ever; a change of it is a change of
    everybody. Every call has a deadline of its own."""

    @property
    def kind(self) -> BackendKind: ...

    @property
    def issuer(self) -> str: ...

    async def check(self) -> Sequence[str]:
        """Try everything that can be tried without a person; what was done, step by step.

        Raises: Failed.
        """
        ...

    async def people(
        self, search: str | None = None, group: str | None = None, after: str | None = None
    ) -> People:
        """People, by name; those of a group by its key. Raises: Failed, NotListed."""
        ...

    async def groups(self, search: str | None = None) -> Sequence[DirectoryGroup]:
        """Groups, by name. Raises: Failed, NotListed."""
        ...

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """Of each who that is now; None: the directory has nobody like that who may sign in. Of
        whom it does not say, nothing is told. Raises: Failed."""
        ...

    async def close(self) -> None: ...


class PasswordBackend(Backend, Protocol):
    """Where people type their password here (LDAP)."""

    async def authenticate(self, name: str, password: str) -> Person | None:
        """Who that is; None for a wrong name or password. Raises: Failed."""
        ...


class RedirectBackend(Backend, Protocol):
    """Where people sign in at the provider (OpenID Connect, GitHub)."""

    async def begin(self, redirect_uri: str) -> tuple[str, str]:
        """The URL to send the browser to, and what to keep for `complete`, bound to that browser
        (state, nonce, PKCE verifier as opaque text). Raises: Failed."""
        ...

    async def complete(self, kept: str, redirect_uri: str, query: Mapping[str, str]) -> Person:
        """Who has come back. Raises: Failed, for whatever does not fit."""
        ...

    async def sign_out_url(self, return_to: str) -> str | None:
        """Where a browser ends its session there; None: nowhere that is known. Raises: Failed."""
        ...
