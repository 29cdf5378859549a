"""Who decides whether somebody may sign in: this installation alone, or a backend outside too.

Activating one, going back to local, and switching local sign-in off. Nobody may be locked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from tortoise import fields
from tortoise.models import Model

from domain.credentials import ByToken
from domain.database import Change, execute, fetch, lock, operation
from domain.known_people import forget_people
from domain.refusals import Refusal
from domain.roles import Role
from domain.secrets import SealedColumn, Secret, Unsealable, vault
from domain.tokens import revoke_tokens_of
from domain.versions import require_version
from identity.backend import BackendKind, Failed
from identity.settings import OPTIONAL_SECRETS, SECRETS, BackendSettings, destination, kind_of

ID = 1
"""Of the one row."""
LOCK = "authentication"
"""Shared by who signs in, alone for who changes how: none signs in by what was replaced."""
TRY_EVERY = timedelta(seconds=5)
ISSUER_MAX_LENGTH = 500


class AuthBackend(Model):
    id = fields.IntField(primary_key=True, generated=False)
    kind = fields.CharEnumField(BackendKind, max_length=20)
    issuer = fields.CharField(max_length=ISSUER_MAX_LENGTH, null=True)
    settings: Any = fields.JSONField(null=True)
    sealed_secrets: Any = fields.JSONField()
    is_local_allowed = fields.BooleanField()
    awaits_first_user = fields.BooleanField()  # whoever comes on board next is an operator
    activated_at = fields.DatetimeField(null=True)
    tried_at = fields.DatetimeField(null=True)
    version = fields.IntField()

    class Meta:
        table = "auth_backend"


@dataclass(frozen=True, slots=True)
class Authentication:
    """As it is now. `settings` is null for local, and where a newer version wrote them."""

    kind: BackendKind
    issuer: str | None
    settings: BackendSettings | None
    secrets_set: frozenset[str]
    is_local_allowed: bool
    awaits_first_user: bool
    activated_at: datetime | None
    version: int

    def decides_for(self, provider: str, issuer: str | None) -> bool:
        """Whether people of this provider and issuer may sign in at all."""
        if provider == BackendKind.LOCAL.value:
            return self.is_local_allowed
        return (provider, issuer) == (self.kind.value, self.issuer)


@dataclass(eq=False)
class BackendFailed(Refusal):
    """It was tried for real and did not work: nothing was changed."""

    step: str
    reason: str

    def message(self) -> str:
        return f"Nothing was changed, for it failed at {self.step}: {self.reason}"


@dataclass(eq=False)
class BackendSecretNeeded(Refusal):
    """What was meant for one host is not sent to another, and none that is needed is missing."""

    secrets: tuple[str, ...]

    def message(self) -> str:
        names = " and the ".join(name.replace("_", " ") for name in self.secrets)
        return f"Enter the {names}: it is not known for this host."


@dataclass(eq=False)
class SecretsNotKept(Refusal):
    """The installation has no key under which secrets could be kept."""

    def message(self) -> str:
        return (
            "Secrets cannot be kept: set QUARTERMASTER_SECRET_KEY, the same for the API and the "
            "controller, and restart them."
        )


@dataclass(eq=False)
class TriedTooSoon(Refusal):
    """A try calls another host: it is not done over and over."""

    wait_seconds: int

    def message(self) -> str:
        return f"This was tried a moment ago; try again in {self.wait_seconds} s."


@dataclass(eq=False)
class NoLocalOperator(Refusal):
    """Without the backend nobody could manage the cluster."""

    def message(self) -> str:
        return (
            "No local user is an operator, so nobody could sign in and manage the cluster; "
            "make one an operator first."
        )


@dataclass(eq=False)
class NoOtherWayIn(Refusal):
    """Local sign-in stays until an operator of the backend has shown that there is another way."""

    def message(self) -> str:
        return (
            "No operator has signed in through the backend yet; one has to, before local "
            "sign-in can be switched off."
        )


async def read_authentication() -> Authentication:
    return _read(await AuthBackend.get(id=ID))


async def kept_secrets(version: int) -> dict[str, str]:
    """Those that go with the settings of this version. Raises: Failed, where unreadable."""
    row = await AuthBackend.get_or_none(id=ID, version=version)
    if row is None:
        raise Failed("settings", "The settings were changed this moment; try again.")
    opened = vault()
    try:
        if opened is None:
            raise Unsealable
        return {
            name: opened.open(sealed, _purpose(row.kind, name)).reveal()
            for name, sealed in row.sealed_secrets.items()
        }
    except Unsealable:
        raise Failed(
            "settings",
            "The secret cannot be read with the installation's key; enter it again.",
        ) from None


@operation("authentication.try", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def begin_try(change: Change, settings: BackendSettings) -> int:
    """Allow one try of these settings, now; the try itself is made outside.

    Raises: NotAllowed, TriedTooSoon, SecretsNotKept.
    """
    change.tell("authentication", ID, kind_of(settings).value, after=_said(settings))
    await lock(LOCK)
    if vault() is None:
        raise SecretsNotKept
    row, now = await AuthBackend.get(id=ID), datetime.now(UTC)
    if row.tried_at is not None and now - row.tried_at < TRY_EVERY:
        left = (TRY_EVERY - (now - row.tried_at)).total_seconds()
        raise TriedTooSoon(max(1, -int(-left // 1)))
    await execute("UPDATE auth_backend SET tried_at = ? WHERE id = ?", now, ID)
    return ID


async def secrets_for(settings: BackendSettings, given: Mapping[str, Secret]) -> dict[str, Secret]:
    """What is given, and what is kept in place of what is left blank.

    Raises: BackendSecretNeeded, where it was kept for another destination; Failed.
    """
    wanted, optional = SECRETS[kind_of(settings)], OPTIONAL_SECRETS.get(kind_of(settings), ())
    missing = [name for name in (*wanted, *optional) if name not in given]
    kept: dict[str, str] = {}
    if missing:
        active = await read_authentication()
        if active.settings is not None and destination(active.settings) == destination(settings):
            kept = await kept_secrets(active.version)
    if lacking := tuple(name for name in wanted if name in missing and name not in kept):
        raise BackendSecretNeeded(lacking)
    return {
        name: given[name] if name in given else Secret(kept[name])
        for name in (*wanted, *optional)
        if name in given or name in kept
    }


@operation("authentication.activate", by=Role.OPERATOR, changes_roles=True, by_token=ByToken.NEVER)
async def activate(
    change: Change,
    version: int,
    settings: BackendSettings,
    secrets: Mapping[str, Secret],
    issuer: str,
) -> int:
    """Put a backend that was tried with exactly these in the place of the active one.

    `version`: of what it replaces. With another directory, the sessions and tokens of the
    former one's people end, and whoever comes on board first is an operator.

    Raises: NotAllowed, StaleEdit, SecretsNotKept, BackendSecretNeeded.
    """
    kind = kind_of(settings)
    change.tell("authentication", ID, kind.value, after=_said(settings))
    old = await _locked(version)
    opened = vault()
    if opened is None:
        raise SecretsNotKept
    if lacking := tuple(name for name in SECRETS[kind] if name not in secrets):
        raise BackendSecretNeeded(lacking)
    sealed = {name: opened.seal(one, _purpose(kind, name)) for name, one in secrets.items()}
    is_other = (old.kind, old.issuer) != (kind, issuer)
    await AuthBackend.filter(id=ID).update(
        kind=kind,
        issuer=issuer,
        settings=msgspec.to_builtins(settings),
        sealed_secrets=sealed,
        awaits_first_user=is_other or old.awaits_first_user,
        activated_at=datetime.now(UTC) if is_other else old.activated_at,
        # An operator of the former directory is no way in any more.
        is_local_allowed=is_other or old.is_local_allowed,
        version=old.version + 1,
    )
    if is_other and old.kind is not BackendKind.LOCAL:
        await _end_access_of(change, old.kind, old.issuer)
    before = {"backend": old.kind.value, **(old.settings or {})}
    change.tell(
        "authentication",
        ID,
        kind.value,
        before={name: value for name, value in before.items() if name != "type"},
        after=_said(settings) | {"secrets": sorted(secrets)},
    )
    change.announce("authentication", ID)
    return ID


@operation(
    "authentication.deactivate", by=Role.OPERATOR, changes_roles=True, by_token=ByToken.NEVER
)
async def deactivate(change: Change, version: int) -> int:
    """Back to local sign-in alone; the sessions of the backend's people end.

    Raises: NotAllowed, StaleEdit, NoLocalOperator.
    """
    change.tell("authentication", ID, BackendKind.LOCAL.value, after={"backend": "local"})
    old = await _locked(version)
    if not await _local_operators():
        raise NoLocalOperator
    await AuthBackend.filter(id=ID).update(
        kind=BackendKind.LOCAL,
        issuer=None,
        settings=None,
        sealed_secrets={},
        is_local_allowed=True,
        awaits_first_user=False,
        activated_at=None,
        version=old.version + 1,
    )
    if old.kind is not BackendKind.LOCAL:
        await _end_access_of(change, old.kind, old.issuer)
    change.tell(
        "authentication",
        ID,
        BackendKind.LOCAL.value,
        before={"backend": old.kind.value},
        after={"backend": "local"},
    )
    change.announce("authentication", ID)
    return ID


@operation("authentication.set_local", by=Role.OPERATOR, changes_roles=True, by_token=ByToken.NEVER)
async def set_local_sign_in(change: Change, version: int, is_allowed: bool) -> int:
    """Let local users sign in beside the backend's people, or not; then their sessions end.

    Raises: NotAllowed, StaleEdit, NoOtherWayIn.
    """
    after = {"local sign-in": is_allowed}
    change.tell("authentication", ID, "local sign-in", after=after)
    old = await _locked(version)
    if not is_allowed and not await _operators_who_came_in(old):
        raise NoOtherWayIn
    await AuthBackend.filter(id=ID).update(is_local_allowed=is_allowed, version=old.version + 1)
    if not is_allowed:
        await _end_access_of(change, BackendKind.LOCAL, None)
    before = {"local sign-in": old.is_local_allowed}
    change.tell("authentication", ID, "local sign-in", before=before, after=after)
    change.announce("authentication", ID)
    return ID


async def allow_local_sign_in(change: Change) -> None:
    """As a part of another operation: the way back in from the host itself."""
    await lock(LOCK)
    opened = await AuthBackend.filter(id=ID, is_local_allowed=False).update(is_local_allowed=True)
    if opened:
        await execute("UPDATE auth_backend SET version = version + 1 WHERE id = ?", ID)
        change.tell(
            "authentication",
            ID,
            "local sign-in",
            before={"local sign-in": False},
            after={"local sign-in": True},
        )
        change.announce("authentication", ID)


async def first_user_came(change: Change, backend: Authentication, subjects: Sequence[str]) -> None:
    """As a part of on-boarding: these are candidates no more, and the next is nobody's first."""
    if not subjects or backend.issuer is None:
        return
    await forget_people(backend.kind, backend.issuer, subjects)
    if backend.awaits_first_user:
        await execute("UPDATE auth_backend SET awaits_first_user = ? WHERE id = ?", False, ID)
        change.announce("authentication", ID)


async def operators_with_a_way_in() -> set[int]:
    """Those who could sign in and manage the cluster, as things are."""
    rows = await fetch(
        'SELECT u.id FROM user_role r JOIN "user" u ON u.id = r.user_id CROSS JOIN auth_backend b'
        " WHERE r.role = ? AND u.left_directory_at IS NULL"
        " AND ((u.provider = 'local' AND b.is_local_allowed)"
        " OR (u.provider = b.kind AND u.issuer = b.issuer))",
        Role.OPERATOR.value,
    )
    return {row["id"] for row in rows}


async def _operators_who_came_in(active: AuthBackend) -> set[int]:
    rows = await fetch(
        'SELECT u.id FROM user_role r JOIN "user" u ON u.id = r.user_id'
        " WHERE r.role = ? AND u.provider = ? AND u.issuer = ? AND u.left_directory_at IS NULL"
        " AND u.last_sign_in_at >= ?",
        Role.OPERATOR.value,
        active.kind.value,
        active.issuer,
        active.activated_at,
    )
    return {row["id"] for row in rows}


async def _local_operators() -> set[int]:
    rows = await fetch(
        'SELECT u.id FROM user_role r JOIN "user" u ON u.id = r.user_id'
        " WHERE r.role = ? AND u.provider = 'local' AND u.password_hash IS NOT NULL",
        Role.OPERATOR.value,
    )
    return {row["id"] for row in rows}


async def _end_access_of(change: Change, kind: BackendKind, issuer: str | None) -> None:
    """Of all whose way in this was: their sessions and their tokens."""
    rows = await fetch(
        "SELECT id FROM \"user\" WHERE provider = ? AND COALESCE(issuer, '') = ?",
        kind.value,
        issuer or "",
    )
    user_ids = [row["id"] for row in rows]
    await execute("DELETE FROM session WHERE user_id IN (?)", user_ids)
    change.announce("token", *await revoke_tokens_of(user_ids))


async def _locked(version: int) -> AuthBackend:
    """Raises: StaleEdit."""
    await lock(LOCK)
    row = await AuthBackend.get(id=ID)
    await require_version("authentication", ID, row.version, version)
    return row


def _read(row: AuthBackend) -> Authentication:
    try:
        settings = msgspec.convert(row.settings, BackendSettings | None)
    except msgspec.ValidationError:
        settings = None
    return Authentication(
        row.kind,
        row.issuer,
        settings,
        frozenset(row.sealed_secrets),
        row.is_local_allowed,
        row.awaits_first_user,
        row.activated_at,
        row.version,
    )


def _purpose(kind: BackendKind, name: str) -> str:
    return f"authentication.{kind.value}.{name}"


SEALED = SealedColumn(
    "auth_backend",
    "sealed_secrets",
    lambda row, name: _purpose(BackendKind(row["kind"]), name),
    is_json=True,
)


def _said(settings: BackendSettings) -> dict[str, object]:
    """As the audit log tells it: settings hold no secret."""
    told: dict[str, object] = msgspec.to_builtins(settings)
    return {"backend": kind_of(settings).value} | {k: v for k, v in told.items() if k != "type"}
