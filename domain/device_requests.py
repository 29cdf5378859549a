"""A terminal that asks for a token, and the person who says yes in a browser (RFC 8628).

The token is made when the terminal comes for it, so that its secret is never kept.
"""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tortoise import fields as columns
from tortoise.models import Model

from domain.actors import Actor
from domain.attempts import count_guess, wait_of_guesses
from domain.credentials import ByToken, Scope, hash_of
from domain.database import Change, execute, fetch, insert, lock, operation, transaction
from domain.names import storable
from domain.refusals import NameTaken, NotByToken, Refusal
from domain.token_secrets import make_secret
from domain.tokens import DEFAULT_DAYS, keep_token

if TYPE_CHECKING:
    from domain.users import User

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words: RFC 8628, section 6.1."""
CODE_LENGTH = 8
LIFETIME = timedelta(minutes=10)
INTERVAL_SECONDS = 2
SLOWER_BY_SECONDS = 5
"""RFC 8628, section 3.5."""
MOST_OF_ADDRESS = 5
MOST = 200
HOST_NAME_MAX_LENGTH = 40


class DeviceRequest(Model):
    id = columns.IntField(primary_key=True)
    device_hash = columns.CharField(max_length=64, unique=True)
    user_code = columns.CharField(max_length=CODE_LENGTH, unique=True)
    scope = columns.CharEnumField(Scope, max_length=10)
    host_name = columns.CharField(max_length=63)
    address = columns.CharField(max_length=64)
    created_at = columns.DatetimeField()
    expires_at = columns.DatetimeField()
    interval_seconds = columns.IntField()
    polled_at = columns.DatetimeField(null=True)
    is_denied = columns.BooleanField(default=False)
    user_id: int | None  # who has said yes
    user: columns.ForeignKeyNullableRelation[User] = columns.ForeignKeyField(
        "models.User", related_name="device_requests", null=True, on_delete=columns.NO_ACTION
    )

    class Meta:
        table = "device_request"


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """What a person is shown before they say yes."""

    id: int
    user_code: str
    scope: str
    host_name: str
    address: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    device_code: str
    user_code: str
    interval_seconds: int


class Poll(enum.Enum):
    """Why the terminal has no token yet: the error codes of RFC 8628, section 3.5."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"


@dataclass(frozen=True, slots=True)
class Issued:
    id: int
    secret: str
    name: str
    scope: Scope
    user: str
    expires_at: datetime


@dataclass(eq=False)
class TooManyRequests(Refusal):
    def message(self) -> str:
        return "Too many terminals ask for a token already; try again in some minutes."


@dataclass(eq=False)
class CodeUnknown(Refusal):
    """Mistyped, over, or used: a code is good once, for ten minutes."""

    def message(self) -> str:
        return "No terminal shows this code now; look at it again, or start anew there."


@dataclass(eq=False)
class GuessedTooOften(Refusal):
    retry_after_seconds: int

    def message(self) -> str:
        return f"Too many codes were wrong. Try again in {self.retry_after_seconds} seconds."


@transaction
async def begin_device(scope: Scope, host_name: str, address: str) -> Begun:
    """Raises: TooManyRequests."""
    await lock("device requests")
    now = datetime.now(UTC)
    await execute("DELETE FROM device_request WHERE expires_at <= ?", now)
    rows = await fetch("SELECT address FROM device_request")
    if len(rows) >= MOST or sum(row["address"] == address for row in rows) >= MOST_OF_ADDRESS:
        raise TooManyRequests
    device_code = secrets.token_urlsafe(32)
    user_code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    row = {
        "device_hash": hash_of(device_code),
        "user_code": user_code,
        "scope": scope.value,
        "host_name": storable(host_name, HOST_NAME_MAX_LENGTH).strip() or "unnamed",
        "address": address,
        "created_at": now,
        "expires_at": now + LIFETIME,
        "interval_seconds": INTERVAL_SECONDS,
    }
    await insert("device_request", row)
    return Begun(device_code, user_code, INTERVAL_SECONDS)


async def waiting_device(actor: Actor, user_code: str) -> DeviceRow:
    """What waits under a code as it was typed. Raises: NotByToken, CodeUnknown, GuessedTooOften."""
    if actor.token is not None:
        raise NotByToken(actor.token.name)
    guesser = f"code of {actor.user_id}"
    if wait := await wait_of_guesses(guesser):
        raise GuessedTooOften(wait)
    try:
        return await _waiting(user_code)
    except CodeUnknown:
        await count_guess(guesser)
        raise


async def answer_device(actor: Actor, user_code: str, *, is_allowed: bool) -> int:
    """Say yes or no to what waits under the code, as oneself.

    Raises: NotByToken, CodeUnknown, GuessedTooOften.
    """
    await waiting_device(actor, user_code)
    return await _answer(actor, user_code, is_allowed=is_allowed)


@operation("token.allow", by_token=ByToken.NEVER)
async def _answer(change: Change, user_code: str, *, is_allowed: bool) -> int:
    await lock("device requests")
    found = await _waiting(user_code)
    after = {"scope": found.scope, "address": found.address, "allowed": is_allowed}
    change.tell("token", None, found.host_name, after=after)
    await execute(
        "UPDATE device_request SET user_id = ?, is_denied = ? WHERE id = ?",
        change.actor.user_id if is_allowed else None,
        not is_allowed,
        found.id,
    )
    return found.id


async def _waiting(user_code: str) -> DeviceRow:
    """Raises: CodeUnknown."""
    rows = await fetch(
        "SELECT id, user_code, scope, host_name, address, created_at, expires_at"
        " FROM device_request WHERE user_code = ? AND expires_at > ?"
        " AND user_id IS NULL AND NOT is_denied",
        "".join(letter for letter in user_code.upper() if letter in LETTERS)[: CODE_LENGTH + 1],
        datetime.now(UTC),
    )
    if not rows:
        raise CodeUnknown
    return DeviceRow(*rows[0])


async def poll_device(device_code: str, address: str) -> Issued | Poll:
    """The token, once somebody has said yes: once, for then the code is used."""
    outcome = await _look(device_code)
    if isinstance(outcome, Poll):
        return outcome
    user_id, user_name = outcome
    secret = make_secret()
    actor = Actor(user_id, user_name, address)
    return await _issue(actor, device_code, secret, hash_of(secret))


@transaction
async def _look(device_code: str) -> Poll | tuple[int, str]:
    now = datetime.now(UTC)
    await lock("device requests")
    rows = await fetch(
        "SELECT d.id, d.expires_at, d.interval_seconds, d.polled_at, d.is_denied, d.user_id, u.name"
        ' FROM device_request d LEFT JOIN "user" u ON u.id = d.user_id WHERE d.device_hash = ?',
        hash_of(device_code),
    )
    if not rows or rows[0]["expires_at"] <= now:
        return Poll.EXPIRED
    (found,) = rows
    if found["is_denied"]:
        await execute("DELETE FROM device_request WHERE id = ?", found["id"])
        return Poll.DENIED
    interval = timedelta(seconds=found["interval_seconds"])
    is_too_soon = found["polled_at"] is not None and now - found["polled_at"] < interval
    slower = SLOWER_BY_SECONDS if is_too_soon else 0
    await execute(
        "UPDATE device_request SET polled_at = ?, interval_seconds = interval_seconds + ?"
        " WHERE id = ?",
        now,
        slower,
        found["id"],
    )
    if is_too_soon:
        return Poll.SLOW_DOWN
    return Poll.PENDING if found["user_id"] is None else (found["user_id"], found["name"])


@operation("token.create")
async def _issue(change: Change, device_code: str, secret: str, secret_hash: str) -> Issued | Poll:
    taken = await fetch(
        "DELETE FROM device_request WHERE device_hash = ? AND user_id IS NOT NULL"
        " RETURNING scope, host_name",
        hash_of(device_code),
    )
    user_id = change.actor.user_id
    if not taken or user_id is None:  # another poll was faster
        return Poll.EXPIRED
    scope, name = Scope(taken[0]["scope"]), f"login on {taken[0]['host_name']}"
    try:
        token_id = await keep_token(change, user_id, name, scope, DEFAULT_DAYS, secret_hash)
    except NameTaken:
        name = f"{name} {secrets.token_hex(2)}"
        token_id = await keep_token(change, user_id, name, scope, DEFAULT_DAYS, secret_hash)
    (row,) = await fetch("SELECT expires_at FROM api_token WHERE id = ?", token_id)
    return Issued(token_id, secret, name, scope, change.actor.name, row["expires_at"])


async def prune_device_requests() -> int:
    return await execute("DELETE FROM device_request WHERE expires_at <= ?", datetime.now(UTC))
