"""The people of an OpenID provider that has an interface of its own for that, beside sign-in."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from identity.backend import DirectoryGroup, Failed, NotListed, People, Person
from identity.requests import Provider
from outbound.client import Answer

STEP = "directory"
MOST_PAGES = 100
EARLIER_SECONDS = 30.0
"""A token is not used any more so long before its end."""

Redeem = Callable[[dict[str, str]], Awaitable[Answer]]
"""Sends a form to the token endpoint, as the client. Raises: Failed."""


class Directory(Protocol):
    """As of `identity.backend.Backend`. `needs`: what to do, so that people can be listed;
    `subject_claim`: of an ID token, what the directory knows a person by."""

    needs: str
    subject_claim: str

    async def people(self, search: str | None, group: str | None, after: str | None) -> People:
        """Raises: Failed, NotListed."""
        ...

    async def groups(self, search: str | None) -> Sequence[DirectoryGroup]:
        """Raises: Failed, NotListed."""
        ...

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """Raises: Failed, NotListed."""
        ...


class Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 60.0


class ServiceToken:
    """What the client itself gets (RFC 6749, section 4.4), for as long as it lasts."""

    def __init__(self, provider: Provider, redeem: Redeem, form: dict[str, str]) -> None:
        self._provider = provider
        self._redeem = redeem
        self._form = form
        self._kept: tuple[str, float] | None = None

    async def get(self) -> str:
        """Raises: Failed; NotListed, where the client gets none."""
        if self._kept is None or time.monotonic() > self._kept[1]:
            answer = await self._redeem(dict(self._form))
            if answer.status in (400, 401, 403):
                raise NotListed
            token = self._provider.read(STEP, answer, Token)
            ends = time.monotonic() + token.expires_in - EARLIER_SECONDS
            self._kept = token.access_token, ends
        return self._kept[0]

    def forget(self) -> None:
        self._kept = None


def require_quota(provider: Provider, answer: Answer) -> None:
    """Raises: Failed, with when to come back."""
    if answer.status != 429:
        return
    after = answer.headers.get("retry-after", "")
    seconds = int(after) if after.isascii() and after.isdecimal() and len(after) < 6 else 60
    raise Failed(STEP, f"{provider.name} takes no more requests for now. Try again in {seconds} s.")


def rest_of(provider: Provider, lists: str, url: str | None) -> str | None:
    """The query of a list's next page, whose URL the provider names. It has to be of the same list,
    for our token goes there. Raises: Failed."""
    if url is None:
        return None
    before, _, query = url.partition("?")
    if before != lists or not query:
        raise Failed(STEP, f"{provider.name} names a next page that is elsewhere.")
    return query
