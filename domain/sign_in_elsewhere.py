"""Signing in at the provider of the active backend: sending a browser there, and taking it back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from domain.authentication import Authentication, read_authentication
from domain.backends import Backends
from domain.refusals import Refusal
from domain.sessions import Viewer
from domain.sign_in import (
    TAKES_PASSWORDS,
    SignInRefused,
    TooManyAttempts,
    sign_in_as,
)
from domain.sign_in_redirects import Away, forget_redirect, keep_redirect, use_redirect
from identity.backend import BackendKind, Failed, NotAdmitted, RedirectBackend
from identity.settings import provider_name

SECRET_MAX_LENGTH = 200
"""Whatever is longer was never a session's."""
LEAVE_SECONDS = 2.0
TAKES_REDIRECTS = frozenset({BackendKind.OIDC, BackendKind.GITHUB})


@dataclass(frozen=True, slots=True)
class Methods:
    """How people sign in here: what the sign-in page offers to whoever asks."""

    is_local: bool
    is_by_directory: bool
    provider: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    viewer: Viewer
    secret: str
    next: str


@dataclass(eq=False)
class NoProvider(Refusal):
    def message(self) -> str:
        return "Nobody signs in by a provider here."


@dataclass(eq=False)
class NotTheSameBrowser(Refusal):
    """The answer of a provider that this browser, so shortly, and so far, did not ask for."""

    def message(self) -> str:
        return "This sign-in was begun elsewhere, too long ago, or is complete already; begin anew."


@dataclass(eq=False)
class ProviderAway(Refusal):
    """Nobody can be sent there now. Step and reason are for operators, in the log."""

    step: str
    reason: str

    def message(self) -> str:
        return "The provider does not answer as it should; try again in a moment."


@dataclass(eq=False)
class NotConfirmed(Refusal):
    """What came back is no proof of anybody. Step and reason are for operators, in the log."""

    step: str
    reason: str

    def message(self) -> str:
        return "The provider did not confirm who you are; begin anew, or ask an operator."


@dataclass(eq=False)
class NotLetIn(Refusal):
    """The provider has said who this is, and the settings let only others in."""

    step: str
    reason: str

    def message(self) -> str:
        return "You are known there, but not among those who may sign in here: ask an operator."


async def sign_in_methods() -> Methods:
    now = await read_authentication()
    return Methods(now.is_local_allowed, now.kind in TAKES_PASSWORDS, _provider(now))


async def begin_sign_in(
    backends: Backends,
    redirect_uri: str,
    next: str,
    address: str,
    *,
    former_secret: str | None = None,
) -> tuple[str, str]:
    """Where to send the browser, and the key that it keeps until it is back.

    Raises: NoProvider, ProviderAway, TooManyAttempts.
    """
    try:
        authentication, backend = await _redirecting(backends)
        url, kept = await backend.begin(redirect_uri)
    except Failed as failed:
        raise ProviderAway(failed.step, str(failed)) from None
    former = former_secret if former_secret and len(former_secret) <= SECRET_MAX_LENGTH else None
    away = Away(authentication.version, kept, redirect_uri, next, former)
    key, wait = await keep_redirect(away, address)
    if wait:
        raise TooManyAttempts(wait)
    return url, key


async def complete_sign_in(
    backends: Backends, key: str | None, query: Mapping[str, str], address: str
) -> Entered:
    """Open a new session for who has come back, and close the one that the browser had.

    Raises: NotTheSameBrowser, NotConfirmed, NotLetIn, NotOnBoard, NoProvider.
    """
    away = await use_redirect(key) if key else None
    if key is None or away is None:
        raise NotTheSameBrowser
    try:
        authentication, backend = await _redirecting(backends)
        if authentication.version != away.version:  # the code is another provider's, maybe
            raise NotTheSameBrowser
        person = await backend.complete(away.kept, away.redirect_uri, query)
        viewer, secret = await sign_in_as(
            backend, person, address, former_secret=away.former_secret
        )
    except NotAdmitted as refused:
        raise NotLetIn(refused.step, str(refused)) from None
    except Failed as failed:
        raise NotConfirmed(failed.step, str(failed)) from None
    except SignInRefused:
        raise NotTheSameBrowser from None
    await forget_redirect(key)
    return Entered(viewer, secret, away.next)


async def sign_out_url(backends: Backends, return_to: str) -> str | None:
    """Where a browser ends its session at the provider too, which may be another's next way in.

    None: there is no such place, or the provider does not say so soon: nobody waits for that.
    """
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            _, backend = await _redirecting(backends)
            return await backend.sign_out_url(return_to)
    except (NoProvider, Failed, TimeoutError):
        return None


async def _redirecting(backends: Backends) -> tuple[Authentication, RedirectBackend]:
    """Raises: NoProvider; Failed, where it cannot be opened."""
    authentication, backend = await backends.active()
    if backend is None or backend.kind not in TAKES_REDIRECTS:
        raise NoProvider
    return authentication, cast(RedirectBackend, backend)


def _provider(authentication: Authentication) -> str | None:
    if authentication.kind not in TAKES_REDIRECTS or authentication.settings is None:
        return None
    return provider_name(authentication.settings)
