"""Making, changing and checking DVS targets: tried for real before anything is kept.

Three steps each: an operation that allows the try, now; the try itself, in no transaction; and an
operation that keeps what was tried, or refuses by what failed, so that the audit log tells it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec

from domain.actors import Actor
from domain.authentication import TriedTooSoon
from domain.database import Change, execute, fetch, insert, lock, operation, transaction
from domain.dvs import (
    KIND,
    LOCK,
    MOST,
    DvsSecretNeeded,
    DvsTargetFailed,
    TargetRow,
    TooManyTargets,
    kept_secrets,
    locked_target,
    require_free_name,
    require_vault,
    sealed,
    target_by_id,
)
from domain.names import fold_name
from domain.refusals import Unknown
from domain.roles import Role
from domain.secrets import Secret, Unsealable
from domain.versions import require_version
from sources.check import Say, Sources
from sources.failures import Part, SourceFailed, Step, TargetFailed
from sources.settings import Git, Metadata, Source, Storage, destination, secret_of

TRY_EVERY = timedelta(seconds=2)
"""For all targets together: a try calls other hosts."""
PLAIN = re.compile(r"https?://[\w.:\[\]-]+(/[\w./~+%-]*)?")
UNREADABLE = "The secret cannot be read with the installation's key; enter it again."


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried, and kept if it works."""

    uuid: str
    metadata: Metadata
    storage: Storage
    secrets: Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class Outcome:
    findings: tuple[str, ...] = ()
    failed: TargetFailed | None = None

    @property
    def columns(self) -> dict[str, object]:
        failed = self.failed
        return {
            "checked_at": datetime.now(UTC),
            "failed_part": failed and failed.part.value,
            "failed_step": failed and failed.step.value,
            "reason": failed and failed.reason,
        }


async def create_target(
    actor: Actor,
    sources: Sources,
    name: str,
    metadata: Metadata,
    storage: Storage,
    secrets: Mapping[str, Secret],
    say: Say,
) -> int:
    """Try both sources, and only then make a target of them.

    Raises: NotAllowed, BadName, NameTaken, TooManyTargets, TriedTooSoon, DvsSecretNeeded,
    NoSecretKey, DvsTargetFailed.
    """
    trial = await _begin_create(actor, name, metadata, storage, secrets)
    return await _create(actor, name, trial, await _try(sources, trial, say))


async def edit_target(
    actor: Actor,
    sources: Sources,
    target_id: int,
    version: int,
    name: str | None,
    metadata: Metadata | None,
    storage: Storage | None,
    secrets: Mapping[str, Secret],
    say: Say,
) -> int:
    """Change what is given; a secret that is not given stays, where its place stays.

    It is tried before, unless nothing but a name is given.

    Raises: what creating raises but for TooManyTargets, and Unknown, StaleEdit.
    """
    asked = (name, metadata, storage, secrets)
    trial = await _begin_edit(actor, target_id, version, *asked)
    outcome = None if trial is None else await _try(sources, trial, say)
    return await _edit(actor, target_id, version, name, trial, outcome)


async def check_target(actor: Actor, sources: Sources, target_id: int, say: Say) -> int:
    """Try a target as it is kept, now. Raises: NotAllowed, Unknown, TriedTooSoon."""
    version = await _begin_check(actor, target_id)
    await check_kept(sources, target_id, version, say)
    return target_id


async def check_kept(
    sources: Sources, target_id: int, version: int, say: Say = lambda part, step: None
) -> bool:
    """Try a target as it is kept; whether that changed what is known of it."""
    target = await target_by_id(target_id)
    if target is None or target.version != version:
        return False
    try:
        secrets = await kept_secrets(target.id)
    except Unsealable:
        part = Part.METADATA if isinstance(target.metadata, Git) else Part.STORAGE
        outcome = Outcome(failed=TargetFailed(part, SourceFailed(Step.SIGN_IN, UNREADABLE)))
    else:
        trial = Trial(target.uuid, target.metadata, target.storage, secrets)
        outcome = await _try(sources, trial, say)
    return await note_check(target, outcome)


@transaction
async def note_check(target: TargetRow, outcome: Outcome) -> bool:
    """Of a target that was not edited meanwhile: whether its state or reason is another now."""
    known = outcome.columns
    findings = json.dumps(outcome.findings) if outcome.failed is None else target.findings
    written = await execute(
        "UPDATE target SET checked_at = ?, failed_part = ?, failed_step = ?, reason = ?,"
        " findings = ?, failing_since = ? WHERE id = ? AND version = ?",
        *known.values(),
        findings,
        None if outcome.failed is None else target.failing_since or known["checked_at"],
        target.id,
        target.version,
    )
    before = (target.failed_part, target.failed_step, target.reason, target.findings)
    after = (known["failed_part"], known["failed_step"], known["reason"], findings)
    return written > 0 and (target.checked_at is None or before != after)


async def _try(sources: Sources, trial: Trial, say: Say) -> Outcome:
    revealed = {name: secret.reveal() for name, secret in trial.secrets.items()}
    try:
        found = await sources.check(trial.uuid, trial.metadata, trial.storage, revealed, say)
    except TargetFailed as failed:
        return Outcome(failed=failed)
    return Outcome(tuple(found))


@operation("target.try", by=Role.OPERATOR)
async def _begin_create(
    change: Change,
    name: str,
    metadata: Metadata,
    storage: Storage,
    secrets: Mapping[str, Secret],
) -> Trial:
    change.tell(KIND, None, name, after=_said(metadata, storage))
    await lock(LOCK)
    await _require_room()
    await require_free_name(name)
    used = _secrets_for(metadata, storage, secrets, None, {})
    await _require_pause(None)
    return Trial(str(uuid4()), metadata, storage, used)


@operation("target.create", by=Role.OPERATOR)
async def _create(change: Change, name: str, trial: Trial, outcome: Outcome) -> int:
    after = _said(trial.metadata, trial.storage)
    change.tell(KIND, None, name, after=after)
    _require_it_works(outcome)
    await lock(LOCK)
    await _require_room()
    name = await require_free_name(name)
    row = {
        "uuid": trial.uuid,
        "name": name,
        "name_key": fold_name(name),
        "is_default": False,
        "metadata_settings": _encoded(trial.metadata),
        "storage_settings": _encoded(trial.storage),
        "sealed_secrets": sealed(trial.secrets),
        "created_at": datetime.now(UTC),
        "version": 1,
        "findings": json.dumps(outcome.findings),
    }
    (target_id,) = await insert("target", row | outcome.columns)
    change.tell(KIND, target_id, name, after=after)
    change.announce(KIND, target_id)
    return target_id


@operation("target.try", by=Role.OPERATOR)
async def _begin_edit(
    change: Change,
    target_id: int,
    version: int,
    name: str | None,
    metadata: Metadata | None,
    storage: Storage | None,
    secrets: Mapping[str, Secret],
) -> Trial | None:
    """None: there is nothing to try."""
    old = await locked_target(target_id)
    new = metadata or old.metadata, storage or old.storage
    change.tell(KIND, old.id, old.name, after=_said(*new))
    await require_version(KIND, old.id, old.version, version)
    if name is not None:
        await require_free_name(name, besides=old.id)
    if metadata is None and storage is None:
        return None
    try:
        kept = await kept_secrets(old.id)
    except Unsealable:
        kept = {}
    used = _secrets_for(*new, secrets, old, kept)
    await _require_pause(old.id)
    return Trial(old.uuid, *new, used)


@operation("target.edit", by=Role.OPERATOR)
async def _edit(
    change: Change,
    target_id: int,
    version: int,
    name: str | None,
    trial: Trial | None,
    outcome: Outcome | None,
) -> int:
    old = await locked_target(target_id)
    new = (trial.metadata, trial.storage) if trial else (old.metadata, old.storage)
    before: dict[str, object] = {"name": old.name} | _said(old.metadata, old.storage)
    after: dict[str, object] = {"name": name or old.name} | _said(*new)
    change.tell(KIND, old.id, old.name, after=after)
    await require_version(KIND, old.id, old.version, version)
    new_name = old.name if name is None else await require_free_name(name, besides=old.id)
    if trial is not None and outcome is not None:
        _require_it_works(outcome)
        await execute(
            "UPDATE target SET metadata_settings = ?, storage_settings = ?, sealed_secrets = ?,"
            " findings = ?, checked_at = ?, failed_part = NULL, failed_step = NULL, reason = NULL,"
            " failing_since = NULL WHERE id = ?",
            _encoded(trial.metadata),
            _encoded(trial.storage),
            sealed(trial.secrets),
            json.dumps(outcome.findings),
            datetime.now(UTC),
            old.id,
        )
    await execute(
        "UPDATE target SET name = ?, name_key = ?, version = version + 1 WHERE id = ?",
        new_name,
        fold_name(new_name),
        old.id,
    )
    changed = [what for what in before if before[what] != after[what]]
    told = {what: after[what] for what in changed}
    if trial is not None and trial.secrets:
        told["secrets"] = "tried and kept"
    change.tell(KIND, old.id, new_name, before={what: before[what] for what in changed}, after=told)
    change.announce(KIND, old.id)
    return old.id


@operation("target.check", by=Role.OPERATOR)
async def _begin_check(change: Change, target_id: int) -> int:
    """The version that is checked."""
    target = await locked_target(target_id)
    change.tell(KIND, target.id, target.name)
    await _require_pause(target.id)
    return target.version


async def _require_room() -> None:
    (count,) = await fetch("SELECT count(*) AS n FROM target")
    if count["n"] >= MOST:
        raise TooManyTargets(MOST)


async def _require_pause(target_id: int | None) -> None:
    """Count a try, of this target or of a new one. Raises: TriedTooSoon."""
    latest = await fetch(
        "SELECT tried_at FROM target WHERE tried_at IS NOT NULL ORDER BY tried_at DESC LIMIT 1"
    )
    now = datetime.now(UTC)
    if latest and now - latest[0]["tried_at"] < TRY_EVERY:
        left = (TRY_EVERY - (now - latest[0]["tried_at"])).total_seconds()
        raise TriedTooSoon(max(1, -int(-left // 1)))
    if target_id is None:
        await execute("UPDATE target SET tried_at = ? WHERE is_default", now)
    elif not await execute("UPDATE target SET tried_at = ? WHERE id = ?", now, target_id):
        raise Unknown(KIND, (target_id,))


def _secrets_for(
    metadata: Metadata,
    storage: Storage,
    given: Mapping[str, Secret],
    old: TargetRow | None,
    kept: Mapping[str, Secret],
) -> dict[str, Secret]:
    """What is given, and what is kept in place of what is left blank.

    Raises: DvsSecretNeeded, where it was kept for another destination; NoSecretKey.
    """
    former = (None, None) if old is None else (old.metadata, old.storage)
    used = dict[str, Secret]()
    parts: list[tuple[Part, Source, Source | None]] = [
        (Part.METADATA, metadata, former[0]),
        (Part.STORAGE, storage, former[1]),
    ]
    for part, source, before in parts:
        name = secret_of(source)
        if name is None:
            continue
        require_vault()
        if name in given:
            used[name] = given[name]
        elif before and name in kept and destination(before) == destination(source):
            used[name] = kept[name]
        else:
            raise DvsSecretNeeded(part)
    return used


def _require_it_works(outcome: Outcome) -> None:
    if outcome.failed is not None:
        failed = outcome.failed
        raise DvsTargetFailed(failed.part, failed.step, failed.reason)


def _encoded(source: Source) -> str:
    return msgspec.json.encode(source).decode()


def _said(metadata: Metadata, storage: Storage) -> dict[str, object]:
    """As the audit log tells it: settings hold no secret, but for what is typed into a URL."""
    return {"metadata": _settings(metadata), "storage": _settings(storage)}


def _settings(source: Source) -> dict[str, str]:
    told: dict[str, str] = msgspec.to_builtins(source)
    return {
        name: "no plain URL" if name in ("url", "endpoint") and not PLAIN.fullmatch(text) else text
        for name, text in told.items()
    }
