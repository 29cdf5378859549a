"""Signing in with a name and a password, and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.actors import Actor
from domain.attempts import begin_attempt, forget_attempts
from domain.database import Change, operation
from domain.names import fold_name, is_printable_name
from domain.passwords import MAX_LENGTH, is_password
from domain.refusals import Refusal
from domain.sessions import Viewer, close_session, find_session, open_session
from domain.users import User

NAME_MAX_LENGTH = 120


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


async def sign_in(
    name: str, password: str, address: str | None, *, former_secret: str | None = None
) -> tuple[Viewer, str]:
    """Open a new session and close the former one; the viewer and the new session's secret.

    Raises: SignInRefused; TooManyAttempts, which is not audited one by one: it would let anyone
    fill the log.
    """
    if not is_printable_name(name, NAME_MAX_LENGTH) or not 0 < len(password) <= MAX_LENGTH:
        await is_password("", None)
        raise SignInRefused
    name_key = fold_name(name)[:NAME_MAX_LENGTH]
    wait = await begin_attempt(name_key, address)
    if wait:
        raise TooManyAttempts(wait)
    user = await User.get_or_none(name_key=name_key)
    matched = await is_password(password, user.password_hash if user else None)
    actor = Actor(user.id if user and matched else None, name, address)
    return await _enter(actor, user if matched else None, name_key, former_secret)


@operation("user.sign_in")
async def _enter(
    change: Change, user: User | None, name_key: str, former_secret: str | None
) -> tuple[Viewer, str]:
    change.tell("user", change.actor.user_id, change.actor.name)
    if user is None:
        raise SignInRefused
    address = change.actor.address
    # The hash is compared again: a password that was changed meanwhile opens nothing.
    current = await User.filter(id=user.id, password_hash=user.password_hash).update(
        last_sign_in_at=datetime.now(UTC)
    )
    if not current:
        raise SignInRefused
    await forget_attempts(name_key, address)
    if former_secret is not None:
        await close_session(former_secret)
    secret = await open_session(user.id, address)
    viewer = await find_session(secret)
    assert viewer is not None
    return viewer, secret


async def sign_out(secret: str) -> None:
    """Close the session, if there is one."""
    viewer = await find_session(secret)
    if viewer is not None:
        await _leave(Actor(viewer.user_id, viewer.name), secret)


@operation("user.sign_out")
async def _leave(change: Change, secret: str) -> None:
    change.tell("user", change.actor.user_id, change.actor.name)
    await close_session(secret)
