"""What is kept of a sign-in while its browser is away at the provider: for one return, not long.

The browser has a random key; the row is found by its hash, so that no other browser comes back in
its place, on whichever replica it arrives.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import msgspec
from tortoise import fields
from tortoise.models import Model

from domain.attempts import subject_of_address
from domain.database import execute, fetch, lock, transaction
from domain.secrets import SealedColumn, Secret, Unsealable, vault

LIFETIME = timedelta(minutes=10)
MOST_AT_ONCE = 100
"""From one address within that time. Who comes back and is let in counts no more."""
KEY_BYTES = 32
PURPOSE = "sign_in.redirect"
SEALED = SealedColumn("sign_in_redirect", "sealed", lambda row, name: PURPOSE)


class SignInRedirect(Model):
    id = fields.IntField(primary_key=True)
    key_hash = fields.CharField(max_length=64, unique=True)
    sealed = fields.CharField(max_length=8000)
    address = fields.CharField(max_length=140)
    begun_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sign_in_redirect"


class Away(msgspec.Struct, frozen=True):
    """`version`: of the authentication that it was begun under; `kept`: the backend's own."""

    version: int
    kept: str
    redirect_uri: str
    next: str
    former_secret: str | None


@transaction
async def keep_redirect(away: Away, address: str) -> tuple[str, int]:
    """The browser's key and 0; or nothing is kept, and the seconds to wait."""
    opened, subject, now = vault(), subject_of_address(address), datetime.now(UTC)
    assert opened is not None  # or no backend's secret could have been read
    await lock(subject)
    await execute("DELETE FROM sign_in_redirect WHERE begun_at <= ?", now - LIFETIME)
    rows = await fetch(
        "SELECT begun_at FROM sign_in_redirect WHERE address = ? ORDER BY begun_at", subject
    )
    if len(rows) >= MOST_AT_ONCE:
        free_at: datetime = rows[-MOST_AT_ONCE]["begun_at"] + LIFETIME
        return "", max(1, -int(-(free_at - now).total_seconds() // 1))
    key = secrets.token_urlsafe(KEY_BYTES)
    text = msgspec.json.encode(away).decode()
    await execute(
        "INSERT INTO sign_in_redirect (key_hash, sealed, address, begun_at) VALUES (?, ?, ?, ?)",
        _hash(key),
        opened.seal(Secret(text), PURPOSE),
        subject,
        now,
    )
    return key, 0


async def use_redirect(key: str) -> Away | None:
    """What was kept for that browser, once; None: nothing, or not any more."""
    now = datetime.now(UTC)
    is_first = await execute(
        "UPDATE sign_in_redirect SET used_at = ?"
        " WHERE key_hash = ? AND used_at IS NULL AND begun_at > ?",
        now,
        _hash(key),
        now - LIFETIME,
    )
    rows = await fetch("SELECT sealed FROM sign_in_redirect WHERE key_hash = ?", _hash(key))
    opened = vault()
    if not is_first or not rows or opened is None:
        return None
    try:
        return msgspec.json.decode(opened.open(rows[0]["sealed"], PURPOSE).reveal(), type=Away)
    except (Unsealable, msgspec.MsgspecError):
        return None


async def forget_redirect(key: str) -> None:
    """It has led to a session, and counts against its address no more."""
    await execute("DELETE FROM sign_in_redirect WHERE key_hash = ?", _hash(key))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
