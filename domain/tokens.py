"""API tokens: by which programs are who made them, for a while, to read or to manage.

A token has no rights of its own: what its user may see and do now is the most that it may.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tortoise import fields as columns
from tortoise.models import Model

from domain import confirmations
from domain.actors import Actor
from domain.attempts import count_guess, wait_of_guesses
from domain.credentials import (
    ByToken,
    Credential,
    CredentialKind,
    Scope,
    TokenInUse,
    hash_of,
)
from domain.database import (
    Change,
    execute,
    fetch,
    for_update,
    holds_role,
    insert,
    lock,
    operation,
)
from domain.names import fold_name, tidy_name
from domain.refusals import Named, NameTaken, NotByToken, Refusal, Unknown
from domain.roles import Role
from domain.sessions import TOUCH_AT_MOST_EVERY, Viewer
from domain.token_secrets import is_well_formed, make_secret

if TYPE_CHECKING:
    from domain.users import User

NAME_MAX_LENGTH = 63
DEFAULT_DAYS = 90
MOST_OF_USER = 50
KEPT_FOR = timedelta(days=30)
"""After it is over: who comes with one that was revoked is no guesser."""


class ApiToken(Model):
    """Known by the SHA-256 of its secret: a dump of the table is nobody's token."""

    id = columns.IntField(primary_key=True)
    secret_hash = columns.CharField(max_length=64, unique=True)
    user_id: int
    user: columns.ForeignKeyRelation[User] = columns.ForeignKeyField(
        "models.User", related_name="tokens", on_delete=columns.NO_ACTION
    )
    name = columns.CharField(max_length=NAME_MAX_LENGTH)
    scope = columns.CharEnumField(Scope, max_length=10)
    created_at = columns.DatetimeField()
    expires_at = columns.DatetimeField()
    last_used_at = columns.DatetimeField(null=True)
    last_used_from = columns.CharField(max_length=64, null=True)
    revoked_at = columns.DatetimeField(null=True)

    class Meta:
        table = "api_token"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """All but the secret's hash, of one that is not revoked."""

    id: int
    user_id: int
    name: str
    scope: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class TokenMade:
    """`secret`: shown once; null when the same command was carried out before."""

    id: int
    secret: str | None


@dataclass(eq=False)
class BadLifetime(Refusal):
    most_days: int

    def message(self) -> str:
        return f"A token lives 1 to {self.most_days} days."


@dataclass(eq=False)
class TooManyTokens(Refusal):
    most: int

    def message(self) -> str:
        return f"You have {self.most} tokens, and no more are allowed; revoke some first."


class _Unseen(str):
    """A hash made anew each time, so no part of what makes two commands the same."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "hash"


async def create_token(
    actor: Actor, name: str, scope: Scope, days: int, *, most_days: int
) -> TokenMade:
    """Make a token of the actor's own, whose secret is stored nowhere.

    Raises: NotByToken, BadName, NameTaken, BadLifetime, TooManyTokens.
    """
    secret = make_secret()
    token_id = await _create(
        actor, name, scope, days, most_days=most_days, secret_hash=_Unseen(hash_of(secret))
    )
    kept = await fetch("SELECT secret_hash FROM api_token WHERE id = ?", token_id)
    is_new = bool(kept) and kept[0]["secret_hash"] == hash_of(secret)
    return TokenMade(token_id, secret if is_new else None)


@operation("token.create", by_token=ByToken.NEVER)
async def _create(
    change: Change, name: str, scope: Scope, days: int, *, most_days: int, secret_hash: _Unseen
) -> int:
    change.tell("token", None, name, after={"scope": scope.value})
    if not 1 <= days <= most_days:
        raise BadLifetime(most_days)
    user_id = change.actor.user_id
    assert user_id is not None, "the system needs no token"
    return await keep_token(change, user_id, name, scope, days, str(secret_hash))


async def keep_token(
    change: Change, user_id: int, name: str, scope: Scope, days: int, secret_hash: str
) -> int:
    """Raises: BadName, NameTaken, TooManyTokens, Unknown where the user is gone."""
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    await lock(f"tokens of {user_id}")
    if not await fetch(for_update('SELECT id FROM "user" WHERE id = ?'), user_id):
        raise Unknown("user", (user_id,))
    now = datetime.now(UTC)
    living = [token for token in await _read("AND user_id = ?", user_id) if token.expires_at > now]
    if len(living) >= MOST_OF_USER:
        raise TooManyTokens(MOST_OF_USER)
    for token in living:
        if fold_name(token.name) == fold_name(tidy):
            raise NameTaken(tidy, Named("token", token.id, token.name))
    expires_at = now + timedelta(days=days)
    row = {
        "secret_hash": secret_hash,
        "user_id": user_id,
        "name": tidy,
        "scope": scope.value,
        "created_at": now,
        "expires_at": expires_at,
    }
    (token_id,) = await insert("api_token", row)
    change.tell(
        "token", token_id, tidy, after={"scope": scope.value, "expires": f"{expires_at:%F}"}
    )
    change.announce("token", token_id)
    return token_id


@operation("token.revoke", by_token=ByToken.ALWAYS)
async def revoke_tokens(change: Change, token_ids: Sequence[int]) -> tuple[int, ...]:
    """End tokens, all or none: one's own; operators, anybody's. A token may end itself alone.

    Raises: Unknown, also for another's; NotByToken.
    """
    wanted = sorted(set(token_ids))
    found = {token.id: token for token in await _read("AND id IN (?)", wanted)}
    is_operator = await holds_role(change.actor, Role.OPERATOR)
    mine = [
        found[number]
        for number in wanted
        if number in found and (is_operator or found[number].user_id == change.actor.user_id)
    ]
    for token in mine:
        change.tell("token", token.id, token.name, before={"scope": token.scope})
    if len(mine) < len(wanted):
        raise Unknown("token", tuple(sorted(set(wanted) - {token.id for token in mine})))
    by = change.actor.token
    if by is not None and wanted != [by.id]:
        raise NotByToken(by.name)
    await execute("UPDATE api_token SET revoked_at = ? WHERE id IN (?)", datetime.now(UTC), wanted)
    change.announce("token", *wanted)
    return tuple(wanted)


async def revoke_tokens_of(user_ids: Collection[int]) -> list[int]:
    """With what takes the users' ways in from them, terminals that wait too; the tokens' ids."""
    await execute("DELETE FROM device_request WHERE user_id IN (?)", sorted(user_ids))
    rows = await fetch(
        "UPDATE api_token SET revoked_at = ? WHERE user_id IN (?) AND revoked_at IS NULL"
        " RETURNING id",
        datetime.now(UTC),
        sorted(user_ids),
    )
    return [row["id"] for row in rows]


async def forget_tokens_of(user_id: int) -> None:
    """Before the user is deleted."""
    await execute("DELETE FROM device_request WHERE user_id = ?", user_id)
    await execute("DELETE FROM api_token WHERE user_id = ?", user_id)


async def find_token(secret: str, address: str) -> Viewer | int | None:
    """Who bears the token; null where it is none, or over; seconds to wait after many guesses.

    What is mistyped, or was a token once, is no guess. A right one waits too, else guessing would
    not be limited.
    """
    if not is_well_formed(secret):
        return None
    if wait := await wait_of_guesses(address):
        return wait
    now = datetime.now(UTC)
    rows = await fetch(
        "SELECT t.id, t.name AS token, t.scope, t.user_id, t.expires_at, t.revoked_at,"
        " t.last_used_at, t.last_used_from, u.name, u.display_name, u.left_directory_at, r.role,"
        " (u.provider <> 'oidc' OR u.confirmed_at > ?) AS is_confirmed"
        ' FROM api_token t JOIN "user" u ON u.id = t.user_id'
        " LEFT JOIN user_role r ON r.user_id = u.id WHERE t.secret_hash = ?",
        now - confirmations.TOKEN,
        hash_of(secret),
    )
    if not rows:
        await count_guess(address)
        return None
    found = rows[0]
    is_over = found["revoked_at"] is not None or found["expires_at"] <= now
    if is_over or found["left_directory_at"] is not None or not found["is_confirmed"]:
        return None
    used_at = found["last_used_at"]
    if used_at is None or used_at < now - TOUCH_AT_MOST_EVERY:
        await execute(
            "UPDATE api_token SET last_used_at = ?, last_used_from = ? WHERE id = ?",
            now,
            address,
            found["id"],
        )
    return Viewer(
        user_id=found["user_id"],
        name=found["name"],
        display_name=found["display_name"],
        roles=frozenset(Role(row["role"]) for row in rows if row["role"] is not None),
        credential=Credential(CredentialKind.TOKEN, found["id"]),
        expires_at=found["expires_at"],
        token=TokenInUse(found["id"], found["token"], Scope(found["scope"])),
    )


async def roles_by_token(token_ids: Collection[int]) -> dict[int, frozenset[Role]]:
    """The roles behind each of the tokens that is not over, for connections that stay open."""
    if not token_ids:
        return {}
    now = datetime.now(UTC)
    rows = await fetch(
        "SELECT t.id, t.last_used_at, r.role FROM api_token t"
        ' JOIN "user" u ON u.id = t.user_id LEFT JOIN user_role r ON r.user_id = u.id'
        " WHERE t.id IN (?) AND t.revoked_at IS NULL AND t.expires_at > ?"
        " AND u.left_directory_at IS NULL AND (u.provider <> 'oidc' OR u.confirmed_at > ?)",
        list(token_ids),
        now,
        now - confirmations.TOKEN,
    )
    roles: dict[int, frozenset[Role]] = {}
    for row in rows:
        held = frozenset() if row["role"] is None else frozenset({Role(row["role"])})
        roles[row["id"]] = roles.get(row["id"], frozenset()) | held
    idle = {row["id"] for row in rows if row["last_used_at"] < now - TOUCH_AT_MOST_EVERY}
    if idle:
        await execute("UPDATE api_token SET last_used_at = ? WHERE id IN (?)", now, sorted(idle))
    return roles


async def tokens_by_user() -> Mapping[int, list[TokenRow]]:
    """Everybody's, the newest first."""
    found: dict[int, list[TokenRow]] = {}
    for token in await _read("ORDER BY id DESC"):
        found.setdefault(token.user_id, []).append(token)
    return found


async def tokens_of(user_id: int) -> list[TokenRow]:
    """The newest first."""
    return await _read("AND user_id = ? ORDER BY id DESC", user_id)


async def token_by_id(token_id: int) -> TokenRow | None:
    return next(iter(await _read("AND id = ?", token_id)), None)


async def prune_tokens(now: datetime | None = None) -> int:
    """Forget those that are long over."""
    before = (now or datetime.now(UTC)) - KEPT_FOR
    return await execute(
        "DELETE FROM api_token WHERE expires_at < ? OR revoked_at < ?", before, before
    )


async def _read(rest: str, *values: object) -> list[TokenRow]:
    names = ", ".join(column.name for column in fields(TokenRow))
    rows = await fetch(
        f"SELECT {names} FROM api_token WHERE revoked_at IS NULL {rest}",  # noqa: S608
        *values,
    )
    return [TokenRow(*row) for row in rows]
