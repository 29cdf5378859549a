"""Signing in, by a password or as who has come back from a provider, and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import structlog

from domain.actors import Actor
from domain.attempts import begin_attempt, forget_attempts
from domain.authentication import LOCK, Authentication, read_authentication
from domain.backends import Backends
from domain.database import Change, lock, operation
from domain.known_people import remember_person
from domain.names import fold_name, is_printable_name, storable
from domain.passwords import MAX_LENGTH, is_password
from domain.refusals import Refusal
from domain.sessions import Viewer, close_session, find_session, open_session
from domain.users import User
from identity.backend import Backend, BackendKind, Failed, PasswordBackend, Person

NAME_MAX_LENGTH = 120
LOCAL = BackendKind.LOCAL.value
TAKES_PASSWORDS = frozenset({BackendKind.LDAP})

log = structlog.get_logger("domain.sign_in")


@dataclass(eq=False)
class SignInRefused(Refusal):
    """The same for an unknown name, a wrong password and a user who has none."""

    def message(self) -> str:
        return "The name or the password is wrong."


@dataclass(eq=False)
class TooManyAttempts(Refusal):
    retry_after_seconds: int

    def message(self) -> str:
        return f"Too many failed attempts. Try again in {self.retry_after_seconds} seconds."


@dataclass(eq=False)
class NotOnBoard(Refusal):
    """The backend knows who this is; this installation does not. They are a candidate now."""

    def message(self) -> str:
        return "You are known, but not on board: ask an operator."


@dataclass(eq=False)
class DirectoryAway(Refusal):
    """The backend could not be asked. Why is for operators, and in the log."""

    def message(self) -> str:
        return "The directory that knows you does not answer; try again in a moment."


async def sign_in(
    name: str,
    password: str,
    address: str | None,
    *,
    former_secret: str | None = None,
    backends: Backends,
) -> tuple[Viewer, str]:
    """Open a new session and close the former one; the viewer and the new session's secret.

    Whose name is a local user's is asked for the password kept here, while that is allowed; for
    any other name the active backend decides, by whom it finds, not by the name.

    Raises: SignInRefused, NotOnBoard, DirectoryAway; TooManyAttempts, which is not audited one by
    one: it would let anyone fill the log.
    """
    # A directory takes an empty password for none at all, and lets anybody in (RFC 4513, 5.1.2).
    is_odd = not password.strip() or "\0" in password or len(password) > MAX_LENGTH
    if is_odd or not is_printable_name(name, NAME_MAX_LENGTH):
        await is_password("", None)
        raise SignInRefused
    name_key = fold_name(name)[:NAME_MAX_LENGTH]
    wait = await begin_attempt(name_key, address)
    if wait:
        raise TooManyAttempts(wait)
    user = await User.get_or_none(name_key=name_key, provider=LOCAL)
    authentication = await read_authentication()
    if user is not None and authentication.is_local_allowed:
        matched = await is_password(password, user.password_hash)
        actor = Actor(user.id if matched else None, name, address)
        return await _enter(actor, user if matched else None, former_secret, name_key)
    if authentication.kind in TAKES_PASSWORDS:
        backend, person = await _ask(backends, name, password)
        if backend is not None and person is not None:
            return await sign_in_as(
                backend, person, address, former_secret=former_secret, name_key=name_key
            )
    else:
        await is_password(password, None)
    return await _enter(Actor(None, name, address), None, former_secret, name_key)


async def sign_in_as(
    backend: Backend,
    person: Person,
    address: str | None,
    *,
    former_secret: str | None = None,
    name_key: str | None = None,
) -> tuple[Viewer, str]:
    """Open a session for whom a backend has found; `name_key`: of the name that was typed.

    Raises: NotOnBoard, and SignInRefused where the backend is the active one no more.
    """
    user = await User.get_or_none(
        provider=backend.kind.value, issuer=backend.issuer, subject=person.subject
    )
    shown = storable(person.name, NAME_MAX_LENGTH)
    if user is None:
        await remember_person(backend.kind, backend.issuer, person)
        if name_key is not None:
            await forget_attempts(name_key, address)
        await _turn_away(Actor(None, shown, address))
    actor = Actor(user.id if user else None, user.name if user else shown, address)
    return await _enter(actor, user, former_secret, name_key)


async def _ask(
    backends: Backends, name: str, password: str
) -> tuple[Backend | None, Person | None]:
    """Raises: DirectoryAway."""
    try:
        _, backend = await backends.active()
        if backend is None or backend.kind not in TAKES_PASSWORDS:
            return None, None
        return backend, await cast(PasswordBackend, backend).authenticate(name, password)
    except Failed as failed:
        log.warning("sign_in.backend_failed", step=failed.step, reason=str(failed))
        raise DirectoryAway from None


@operation("user.sign_in")
async def _turn_away(change: Change) -> None:
    change.tell("user", None, change.actor.name)
    raise NotOnBoard


@operation("user.sign_in")
async def _enter(
    change: Change, user: User | None, former_secret: str | None, name_key: str | None
) -> tuple[Viewer, str]:
    change.tell("user", change.actor.user_id, change.actor.name)
    if user is None:
        raise SignInRefused
    address = change.actor.address
    # All of it is looked at again: a password that was changed meanwhile opens nothing, nor does a
    # backend that was replaced.
    await lock(LOCK, is_shared=True)
    _require_way_in(await read_authentication(), user)
    now = datetime.now(UTC)
    current = await User.filter(
        id=user.id,
        password_hash=user.password_hash,
        provider=user.provider,
        issuer=user.issuer,
        subject=user.subject,
    ).update(last_sign_in_at=now, confirmed_at=now, left_directory_at=None)
    if not current:
        raise SignInRefused
    if user.left_directory_at is not None:
        change.announce("user", user.id)
    if name_key is not None:
        await forget_attempts(name_key, address)
    if former_secret is not None:
        await close_session(former_secret)
    secret = await open_session(user.id, address)
    viewer = await find_session(secret)
    assert viewer is not None
    return viewer, secret


def _require_way_in(authentication: Authentication, user: User) -> None:
    """Raises: SignInRefused."""
    if not authentication.decides_for(user.provider, user.issuer):
        raise SignInRefused


async def sign_out(secret: str) -> BackendKind | None:
    """Close the session, if there is one; by which kind of backend its person was known."""
    viewer = await find_session(secret)
    if viewer is None:
        return None
    await _leave(Actor(viewer.user_id, viewer.name), secret)
    user = await User.get_or_none(id=viewer.user_id)
    return None if user is None else BackendKind(user.provider)


@operation("user.sign_out")
async def _leave(change: Change, secret: str) -> None:
    change.tell("user", change.actor.user_id, change.actor.name)
    await close_session(secret)
