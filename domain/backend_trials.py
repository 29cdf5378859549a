"""Trying a backend for real, and activating one that has just been tried with the very same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from domain.actors import Actor
from domain.authentication import BackendFailed, activate, begin_try, secrets_for
from domain.backends import Backends
from domain.secrets import Secret
from domain.sign_in import TAKES_PASSWORDS
from identity.backend import Failed, PasswordBackend
from identity.settings import BackendSettings

TRY_SECONDS = 12.0
"""A person waits for it."""
OWN_SIGN_IN = "your own sign-in"


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """Who tries it, as the backend knows them."""

    name: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Tried:
    """What was done, step by step, and whose directory it is."""

    steps: tuple[str, ...]
    issuer: str
    secrets: Mapping[str, Secret]


async def try_backend(
    actor: Actor,
    backends: Backends,
    settings: BackendSettings,
    secrets: Mapping[str, Secret],
    own: OwnSignIn | None,
) -> Tried:
    """Changes nothing. Secrets that are not given are those that are kept for the same host.

    Raises: NotAllowed, TriedTooSoon, SecretsNotKept, BackendSecretNeeded, BackendFailed.
    """
    await begin_try(actor, settings)
    try:
        used = await secrets_for(settings, secrets)
        backend = backends.to_try(settings, used)
        try:
            async with asyncio.timeout(TRY_SECONDS):
                steps = list(await backend.check())
                if backend.kind in TAKES_PASSWORDS:
                    steps.append(await _sign_in(cast(PasswordBackend, backend), own))
        finally:
            await backend.close()
    except TimeoutError:
        raise BackendFailed("connect", f"It took longer than {TRY_SECONDS:.0f} s.") from None
    except Failed as failed:
        raise BackendFailed(failed.step, str(failed)) from None
    return Tried(tuple(steps), backend.issuer, used)


async def activate_backend(
    actor: Actor,
    backends: Backends,
    version: int,
    settings: BackendSettings,
    secrets: Mapping[str, Secret],
    own: OwnSignIn | None,
) -> int:
    """Try it, and only then put it in the place of the active one.

    Raises: what trying raises, and StaleEdit.
    """
    tried = await try_backend(actor, backends, settings, secrets, own)
    return await activate(actor, version, settings, tried.secrets, tried.issuer)


async def _sign_in(backend: PasswordBackend, own: OwnSignIn | None) -> str:
    """Raises: Failed."""
    if own is None or not own.name.strip():
        raise Failed(OWN_SIGN_IN, "Enter your own name and password there, to try signing in.")
    person = await backend.authenticate(own.name, own.password.reveal())
    if person is None:
        raise Failed(OWN_SIGN_IN, f"{own.name} or the password is not known there.")
    return f"Signed in as {person.display_name or person.name}"
