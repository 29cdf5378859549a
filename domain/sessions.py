"""Sign-in sessions and the counts of failed attempts: kept over restarts, shared by replicas."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain import confirmations
from domain.credentials import Credential, CredentialKind, TokenInUse, hash_of
from domain.database import execute, fetch
from domain.roles import Role

if TYPE_CHECKING:
    from domain.users import User

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=7)
TOUCH_AT_MOST_EVERY = timedelta(minutes=1)
SECRET_BYTES = 32


class Session(Model):
    """Known by the SHA-256 of its secret: a dump of the table signs nobody in."""

    id = fields.IntField(primary_key=True)
    secret_hash = fields.CharField(max_length=64, unique=True)
    user_id: int
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="sessions", on_delete=fields.NO_ACTION
    )
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    address = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "session"


class SignInFailure(Model):
    """Failed attempts in a row against one subject (a folded user name, or an address)."""

    id = fields.IntField(primary_key=True)
    subject = fields.CharField(max_length=140, unique=True)
    failures = fields.IntField()
    last_at = fields.DatetimeField()

    class Meta:
        table = "sign_in_failure"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in or bears a token, as of now: the roles are read anew with each request."""

    user_id: int
    name: str
    display_name: str | None
    roles: frozenset[Role]
    credential: Credential
    expires_at: datetime
    token: TokenInUse | None = None


async def open_session(user_id: int, address: str | None) -> str:
    """Open a session; the secret that stands for it, which is stored nowhere."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = datetime.now(UTC)
    await Session.create(
        secret_hash=hash_of(secret),
        user_id=user_id,
        created_at=now,
        last_used_at=now,
        expires_at=now + LIFETIME,
        address=address,
    )
    return secret


async def find_session(secret: str) -> Viewer | None:
    """Who the secret stands for; null when it is unknown, over, or too long unused."""
    now = datetime.now(UTC)
    rows = await fetch(
        "SELECT s.id, s.user_id, s.last_used_at, s.expires_at, u.name, u.display_name, r.role"
        ' FROM session s JOIN "user" u ON u.id = s.user_id'
        " LEFT JOIN user_role r ON r.user_id = u.id"
        " WHERE s.secret_hash = ? AND s.expires_at > ? AND s.last_used_at > ?"
        " AND (u.provider <> 'oidc' OR u.confirmed_at > ?)",
        hash_of(secret),
        now,
        now - IDLE,
        now - confirmations.SESSION,
    )
    if not rows:
        return None
    found = rows[0]
    if found["last_used_at"] < now - TOUCH_AT_MOST_EVERY:
        await execute("UPDATE session SET last_used_at = ? WHERE id = ?", now, found["id"])
    return Viewer(
        user_id=found["user_id"],
        name=found["name"],
        display_name=found["display_name"],
        roles=frozenset(Role(row["role"]) for row in rows if row["role"] is not None),
        credential=Credential(CredentialKind.SESSION, found["id"]),
        expires_at=min(found["expires_at"], now + IDLE),
    )


async def roles_by_session(session_ids: Collection[int]) -> dict[int, frozenset[Role]]:
    """The roles behind each of the sessions that is not over, in one query.

    For connections that stay open: to be held open counts as use of the session.
    """
    if not session_ids:
        return {}
    now = datetime.now(UTC)
    ids = list(session_ids)
    rows = await fetch(
        'SELECT s.id, s.last_used_at, r.role FROM session s JOIN "user" u ON u.id = s.user_id'
        " LEFT JOIN user_role r ON r.user_id = s.user_id"
        " WHERE s.id IN (?) AND s.expires_at > ? AND s.last_used_at > ?"
        " AND (u.provider <> 'oidc' OR u.confirmed_at > ?)",
        ids,
        now,
        now - IDLE,
        now - confirmations.SESSION,
    )
    roles: dict[int, frozenset[Role]] = {}
    for row in rows:
        held = frozenset() if row["role"] is None else frozenset({Role(row["role"])})
        roles[row["id"]] = roles.get(row["id"], frozenset()) | held
    idle = {row["id"] for row in rows if row["last_used_at"] < now - TOUCH_AT_MOST_EVERY}
    if idle:
        await execute("UPDATE session SET last_used_at = ? WHERE id IN (?)", now, sorted(idle))
    return roles


@dataclass(frozen=True, slots=True)
class SessionRow:
    """All but the secret's hash."""

    id: int
    user_id: int
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str | None


async def sessions_of(user_id: int) -> list[SessionRow]:
    """Those that are not over, the one that was used last first."""
    now = datetime.now(UTC)
    rows = await fetch(
        "SELECT id, user_id, created_at, last_used_at, expires_at, address FROM session"
        " WHERE user_id = ? AND expires_at > ? AND last_used_at > ?"
        " ORDER BY last_used_at DESC, id DESC",
        user_id,
        now,
        now - IDLE,
    )
    return [SessionRow(*row) for row in rows]


async def close_session(secret: str) -> None:
    await execute("DELETE FROM session WHERE secret_hash = ?", hash_of(secret))


async def close_sessions_of(user_id: int) -> None:
    await execute("DELETE FROM session WHERE user_id = ?", user_id)


async def prune_sessions() -> int:
    """Delete the sessions that are over."""
    now = datetime.now(UTC)
    return await execute(
        "DELETE FROM session WHERE expires_at <= ? OR last_used_at <= ?", now, now - IDLE
    )
