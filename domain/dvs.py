"""DVS targets: where versions of data are kept. What is known of them, and what may be refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

import msgspec
from tortoise import fields as columns
from tortoise.models import Model

from domain.database import fetch, for_update, lock
from domain.names import fold_name, tidy_name
from domain.refusals import Named, NameTaken, Refusal, Unknown
from domain.secrets import SealedColumn, Secret, Unsealable, Vault, vault
from domain.webhooks import NoSecretKey
from sources.failures import Part, Step
from sources.settings import Metadata, Storage

NAME_MAX_LENGTH = 63
MOST = 100
"""Targets of one installation: each is checked again and again."""
LOCK: Final = "dvs"
"""Of whoever changes targets, or what uses them."""
KIND: Final = "target"


class Target(Model):
    id = columns.IntField(primary_key=True)
    uuid = columns.CharField(max_length=36, unique=True)
    name = columns.CharField(max_length=NAME_MAX_LENGTH)
    name_key = columns.CharField(max_length=NAME_MAX_LENGTH, unique=True)
    is_default = columns.BooleanField()
    metadata_settings = columns.TextField()
    storage_settings = columns.TextField()
    sealed_secrets = columns.TextField()
    created_at = columns.DatetimeField()
    version = columns.IntField(default=1)
    tried_at = columns.DatetimeField(null=True)  # of the default one also: when any was made
    checked_at = columns.DatetimeField(null=True)
    findings = columns.TextField(null=True)  # of the last check that went well
    failed_part = columns.CharField(max_length=10, null=True)  # of the last check
    failed_step = columns.CharField(max_length=10, null=True)
    reason = columns.TextField(null=True)
    failing_since = columns.DatetimeField(null=True)

    class Meta:
        table = "target"


@dataclass(frozen=True, slots=True)
class TargetRow:
    """All but the secrets."""

    id: int
    uuid: str
    name: str
    is_default: bool
    metadata_settings: str
    storage_settings: str
    created_at: datetime
    version: int
    checked_at: datetime | None
    findings: str | None
    failed_part: str | None
    failed_step: str | None
    reason: str | None
    failing_since: datetime | None

    @property
    def metadata(self) -> Metadata:
        decoded: Metadata = msgspec.json.decode(self.metadata_settings, type=Metadata)
        return decoded

    @property
    def storage(self) -> Storage:
        decoded: Storage = msgspec.json.decode(self.storage_settings, type=Storage)
        return decoded


@dataclass(eq=False)
class DvsTargetFailed(Refusal):
    """It was tried for real, and a part of it did not work: nothing was changed."""

    part: Part
    step: Step
    reason: str

    def message(self) -> str:
        return f"Nothing was changed, for the {self.part.value.lower()} failed: {self.reason}"


@dataclass(eq=False)
class DvsSecretNeeded(Refusal):
    """What was meant for one place is not sent to another, and none that is needed is missing."""

    part: Part

    def message(self) -> str:
        what = "access token" if self.part is Part.METADATA else "secret key"
        return f"Enter the {what}: none is kept for this place and user."


@dataclass(eq=False)
class DvsTargetInUse(Refusal):
    used_by: str

    def message(self) -> str:
        return f"The {self.used_by} uses it: have that use another target first."


@dataclass(eq=False)
class DefaultTargetStays(Refusal):
    def message(self) -> str:
        return "It is the default target: make another one the default first."


@dataclass(eq=False)
class TooManyTargets(Refusal):
    most: int

    def message(self) -> str:
        return f"There are {self.most} DVS targets, and no more are allowed; delete some first."


async def all_targets() -> list[TargetRow]:
    """The default one first, then by name."""
    return await _read("ORDER BY is_default DESC, name_key")


async def target_by_id(target_id: int) -> TargetRow | None:
    return next(iter(await _read("WHERE id = ?", target_id)), None)


async def locked_target(target_id: int) -> TargetRow:
    """Held, with all that the area holds, until the transaction ends. Raises: Unknown."""
    await lock(LOCK)
    found = await _read("WHERE id = ?", target_id, is_locked=True)
    if not found:
        raise Unknown(KIND, (target_id,))
    return found[0]


async def _read(rest: str, *values: object, is_locked: bool = False) -> list[TargetRow]:
    names = ", ".join(column.name for column in fields(TargetRow))
    select = f"SELECT {names} FROM target {rest}"  # noqa: S608
    rows = await fetch(for_update(select) if is_locked else select, *values)
    return [TargetRow(*row) for row in rows]


async def require_free_name(name: str, besides: int | None = None) -> str:
    """Raises: BadName, NameTaken."""
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    for row in await fetch("SELECT id, name FROM target WHERE name_key = ?", fold_name(tidy)):
        if row["id"] != besides:
            raise NameTaken(tidy, Named(KIND, row["id"], row["name"]))
    return tidy


async def kept_secrets(target_id: int) -> dict[str, Secret]:
    """By name. Raises: Unsealable, also where the installation has no key any more."""
    (row,) = await fetch("SELECT sealed_secrets FROM target WHERE id = ?", target_id)
    sealed: dict[str, str] = json.loads(row["sealed_secrets"])
    if not sealed:
        return {}
    opened = vault()
    if opened is None:
        raise Unsealable
    return {name: opened.open(text, _purpose(name)) for name, text in sealed.items()}


def sealed(secrets: Mapping[str, Secret]) -> str:
    """As they are kept. Raises: NoSecretKey."""
    if not secrets:
        return "{}"
    opened = require_vault()
    return json.dumps({name: opened.seal(one, _purpose(name)) for name, one in secrets.items()})


def require_vault() -> Vault:
    opened = vault()
    if opened is None:
        raise NoSecretKey
    return opened


def _purpose(name: str) -> str:
    return f"dvs.{name}"


SEALED = SealedColumn("target", "sealed_secrets", lambda row, name: _purpose(name), is_json=True)
