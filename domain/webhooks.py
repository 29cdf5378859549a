"""Webhooks: where changes of health are posted. Making, changing, deleting and trying them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from tortoise import fields as columns
from tortoise.models import Model

from domain.credentials import ByToken
from domain.database import Change, execute, fetch, insert, lock, operation
from domain.locked_rows import lock_rows
from domain.names import fold_name, tidy_name
from domain.refusals import Named, NameTaken, Refusal
from domain.roles import Role
from domain.secrets import SealedColumn, Secret, Unsealable, Vault, vault
from domain.versions import require_version

NAME_MAX_LENGTH = 63
URL_MAX_LENGTH = 2000
MOST = 50
"""Webhooks of one installation: each is a reader of every change."""
TEST_EVERY = timedelta(seconds=10)
PURPOSE: Final = "webhook.secret"
SEALED = SealedColumn("webhook", "sealed_secret", lambda row, name: PURPOSE)
SECRET_PREFIX = "whsec_"  # noqa: S105 (how a secret is recognised, by Standard Webhooks)
SECRET_BYTES = range(24, 65)


class Webhook(Model):
    id = columns.IntField(primary_key=True)
    name = columns.CharField(max_length=NAME_MAX_LENGTH)
    name_key = columns.CharField(max_length=NAME_MAX_LENGTH, unique=True)
    url = columns.CharField(max_length=URL_MAX_LENGTH)
    sealed_secret = columns.TextField()
    minimum_level = columns.CharField(max_length=10)
    is_enabled = columns.BooleanField()
    created_at = columns.DatetimeField()
    version = columns.IntField(default=1)
    passed_event_id = columns.IntField()  # the last health event that is delivered or left out
    missed = columns.IntField(default=0)  # events given up
    attempts = columns.IntField(default=0)  # at the event that is next
    attempted_at = columns.DatetimeField(null=True)
    delivered_at = columns.DatetimeField(null=True)
    failing_since = columns.DatetimeField(null=True)
    next_attempt_at = columns.DatetimeField(null=True)
    failure = columns.CharField(max_length=40, null=True)  # of the last attempt: a code
    tested_at = columns.DatetimeField(null=True)

    class Meta:
        table = "webhook"


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """All but the secret."""

    id: int
    name: str
    url: str
    minimum_level: str
    is_enabled: bool
    created_at: datetime
    version: int
    passed_event_id: int
    missed: int
    attempts: int
    attempted_at: datetime | None
    delivered_at: datetime | None
    failing_since: datetime | None
    next_attempt_at: datetime | None
    failure: str | None
    tested_at: datetime | None


@dataclass(eq=False)
class BadWebhookUrl(Refusal):
    """The URL is none, or leads where this installation calls nothing."""

    reason: str

    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class BadWebhookSecret(Refusal):
    def message(self) -> str:
        return (
            f"A secret is {SECRET_PREFIX} and 24 to 64 random bytes in base64; "
            f'make one with: echo "{SECRET_PREFIX}$(openssl rand -base64 32)"'
        )


@dataclass(eq=False)
class SecretNeeded(Refusal):
    """What was meant for one host is not used with another."""

    def message(self) -> str:
        return "The URL leads to another host now: enter that receiver's secret too."


@dataclass(eq=False)
class NoSecretKey(Refusal):
    """The installation has no key under which secrets could be kept."""

    def message(self) -> str:
        return (
            "Secrets cannot be kept: set QUARTERMASTER_SECRET_KEY, the same for the API and the "
            "controller, and restart them."
        )


@dataclass(eq=False)
class TooManyWebhooks(Refusal):
    most: int

    def message(self) -> str:
        return f"There are {self.most} webhooks, and no more are allowed; delete some first."


@dataclass(eq=False)
class TestedTooSoon(Refusal):
    """A test calls another host: it is not done over and over."""

    __test__ = False  # no test of pytest's

    wait_seconds: int

    def message(self) -> str:
        return f"This webhook was tested a moment ago; test it again in {self.wait_seconds} s."


@operation("webhook.create", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def create_webhook(
    change: Change,
    name: str,
    url: str,
    secret: Secret,
    minimum_level: str,
    is_enabled: bool,
    *,
    url_problem: str | None,
) -> int:
    """Make a webhook that is told of what happens from now on.

    `url_problem`: why the URL may not be called, where it may not.

    Raises: NotAllowed, BadName, NameTaken, BadWebhookUrl, BadWebhookSecret, NoSecretKey,
    TooManyWebhooks.
    """
    change.tell("webhook", None, name, after={})
    await lock("webhooks")
    (count,) = await fetch("SELECT count(*) AS n FROM webhook")
    if count["n"] >= MOST:
        raise TooManyWebhooks(MOST)
    name = await _require_free_name(name)
    _require_url(url, url_problem)
    sealed = _require_vault().seal(_require_secret(secret), PURPOSE)
    (webhook_id,) = await insert(
        "webhook",
        {
            "name": name,
            "name_key": fold_name(name),
            "url": url,
            "sealed_secret": sealed,
            "minimum_level": minimum_level,
            "is_enabled": is_enabled,
            "created_at": datetime.now(UTC),
            "version": 1,
            "passed_event_id": await _last_event_id(),
        },
    )
    after = {"url": _origin(url), "minimum level": minimum_level, "enabled": is_enabled}
    change.tell("webhook", webhook_id, name, after=after)
    change.announce("webhook", webhook_id)
    return webhook_id


@operation("webhook.edit", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def edit_webhook(
    change: Change,
    webhook_id: int,
    version: int,
    *,
    name: str | None = None,
    url: str | None = None,
    secret: Secret | None = None,
    minimum_level: str | None = None,
    is_enabled: bool | None = None,
    url_problem: str | None = None,
) -> int:
    """Change what is given; a secret that is not given stays.

    One that is enabled again is told of what happens from then on.

    Raises: NotAllowed, Unknown, StaleEdit, BadName, NameTaken, BadWebhookUrl, BadWebhookSecret,
    SecretNeeded, NoSecretKey.
    """
    (old,) = await lock_rows("webhook", WebhookRow, [webhook_id])
    change.tell("webhook", old.id, old.name, after={})
    await require_version("webhook", old.id, old.version, version)
    new = {
        "name": old.name if name is None else await _require_free_name(name, besides=old.id),
        "url": old.url if url is None else url,
        "minimum_level": minimum_level or old.minimum_level,
        "is_enabled": old.is_enabled if is_enabled is None else is_enabled,
    }
    if url is not None:
        _require_url(url, url_problem)
        if secret is None and urlsplit(url)[:2] != urlsplit(old.url)[:2]:
            raise SecretNeeded
    await execute(
        "UPDATE webhook SET name = ?, name_key = ?, url = ?, minimum_level = ?, is_enabled = ?,"
        " version = version + 1, attempts = 0, next_attempt_at = NULL WHERE id = ?",
        new["name"],
        fold_name(str(new["name"])),
        new["url"],
        new["minimum_level"],
        new["is_enabled"],
        old.id,
    )
    if secret is not None:
        sealed = _require_vault().seal(_require_secret(secret), PURPOSE)
        await execute("UPDATE webhook SET sealed_secret = ? WHERE id = ?", sealed, old.id)
    if new["is_enabled"] and not old.is_enabled:
        await execute(
            "UPDATE webhook SET passed_event_id = ?, failing_since = NULL, failure = NULL"
            " WHERE id = ?",
            await _last_event_id(),
            old.id,
        )
    changed = [column for column in new if new[column] != getattr(old, column)]
    before = dict(_said(column, getattr(old, column)) for column in changed)
    after = dict(_said(column, new[column]) for column in changed)
    if secret is not None:
        after |= {"secret": "replaced"}
    change.tell("webhook", old.id, str(new["name"]), before=before, after=after)
    change.announce("webhook", old.id)
    return old.id


@operation("webhook.delete", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def delete_webhooks(change: Change, webhook_ids: Sequence[int]) -> tuple[int, ...]:
    """Delete webhooks, all or none. Raises: NotAllowed, Unknown."""
    webhooks = await lock_rows("webhook", WebhookRow, webhook_ids)
    for webhook in webhooks:
        change.tell("webhook", webhook.id, webhook.name, before={"url": _origin(webhook.url)})
    ids = [webhook.id for webhook in webhooks]
    await execute("DELETE FROM webhook WHERE id IN (?)", ids)
    change.announce("webhook", *ids)
    return tuple(ids)


@operation("webhook.test", by=Role.OPERATOR)
async def begin_test(change: Change, webhook_id: int) -> int:
    """Allow one test, now. Raises: NotAllowed, Unknown, TestedTooSoon, NoSecretKey."""
    (webhook,) = await lock_rows("webhook", WebhookRow, [webhook_id])
    change.tell("webhook", webhook.id, webhook.name)
    _require_vault()
    now = datetime.now(UTC)
    if webhook.tested_at is not None and now - webhook.tested_at < TEST_EVERY:
        left = TEST_EVERY - (now - webhook.tested_at)
        raise TestedTooSoon(min(10, max(1, round(left.total_seconds()))))
    await execute("UPDATE webhook SET tested_at = ? WHERE id = ?", now, webhook.id)
    return webhook.id


async def all_webhooks() -> list[WebhookRow]:
    """By name."""
    return await _read("ORDER BY name_key")


async def webhook_by_id(webhook_id: int) -> WebhookRow | None:
    return next(iter(await _read("WHERE id = ?", webhook_id)), None)


async def enabled_webhooks() -> list[WebhookRow]:
    return await _read("WHERE is_enabled ORDER BY id")


async def secret_of(webhook_id: int) -> bytes | None:
    """What the webhook's messages are signed with; None where there is no such webhook.

    Raises: Unsealable, also where the installation has no key any more.
    """
    rows = await fetch("SELECT sealed_secret FROM webhook WHERE id = ?", webhook_id)
    opened = vault()
    if not rows:
        return None
    if opened is None:
        raise Unsealable
    return _secret_bytes(opened.open(rows[0]["sealed_secret"], PURPOSE))


async def _read(rest: str, *values: object) -> list[WebhookRow]:
    names = ", ".join(column.name for column in fields(WebhookRow))
    return [WebhookRow(*row) for row in await fetch(f"SELECT {names} FROM webhook {rest}", *values)]  # noqa: S608


async def _require_free_name(name: str, besides: int | None = None) -> str:
    """Raises: BadName, NameTaken."""
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    await lock(f"webhook name {fold_name(tidy)}")
    for row in await fetch("SELECT id, name FROM webhook WHERE name_key = ?", fold_name(tidy)):
        if row["id"] != besides:
            raise NameTaken(tidy, Named("webhook", row["id"], row["name"]))
    return tidy


def _require_url(url: str, problem: str | None) -> None:
    if problem is not None:
        raise BadWebhookUrl(problem)
    if len(url) > URL_MAX_LENGTH:
        raise BadWebhookUrl(f"A URL has {URL_MAX_LENGTH} characters at most.")


def _require_secret(secret: Secret) -> Secret:
    if _secret_bytes(secret) is None:
        raise BadWebhookSecret
    return secret


def _secret_bytes(secret: Secret) -> bytes | None:
    """What Standard Webhooks' serialisation of a symmetric secret stands for."""
    text = secret.reveal()
    if not text.startswith(SECRET_PREFIX):
        return None
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in SECRET_BYTES else None


def _require_vault() -> Vault:
    opened = vault()
    if opened is None:
        raise NoSecretKey
    return opened


async def _last_event_id() -> int:
    (row,) = await fetch("SELECT COALESCE(max(id), 0) AS id FROM health_event")
    return int(row["id"])


def _said(column: str, value: object) -> tuple[str, object]:
    """As the audit log tells it."""
    if column == "url":
        return "url", _origin(str(value))
    return {"minimum_level": "minimum level", "is_enabled": "enabled"}.get(column, column), value


def _origin(url: str) -> str:
    """What comes after the host is a secret with many receivers: who knows it may post there."""
    scheme, host, *_ = urlsplit(url)
    return f"{scheme}://{host}/…"
