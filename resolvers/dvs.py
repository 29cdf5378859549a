"""DVS targets, for operators: their list and state, and changes, which are tried before."""

from __future__ import annotations

import enum
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import strawberry

import domain.dvs_defaults
import domain.dvs_trials
from domain.actors import Actor
from domain.dvs import KIND, TargetRow, all_targets, target_by_id
from domain.feature_store import KIND as FEATURE_STORE
from domain.feature_store import NAME, used_target_id
from domain.refusals import Unknown
from domain.secrets import Secret
from resolvers.context import Info
from resolvers.dvs_checks import KIND as CHECK
from resolvers.dvs_checks import Checks, RunningCheck
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.mutations import Refused, carry_out
from sources.check import Say
from sources.failures import Part, Step
from sources.settings import GIT_USER, S3, S3_REGION, Folder, Gcs, Git, Metadata, Nfs, Storage


class TargetState(enum.Enum):
    NOT_CHECKED = "NOT_CHECKED"
    READY = "READY"
    FAILING = "FAILING"


@dataclass
class FolderInput:
    """Without a path: a folder of the installation's own, in its data directory."""

    path: str | None = None


@dataclass
class NfsInput:
    path: str


@dataclass
class GitInput:
    """`token` is left out to keep it, which only the same URL and user allow."""

    url: str
    token: str | None = None
    user_name: str | None = None


@dataclass
class S3Input:
    """`secretKey` is left out to keep it, which only the same endpoint and key id allow."""

    endpoint: str
    bucket: str
    access_key_id: str
    secret_key: str | None = None
    region: str | None = None
    prefix: str | None = None


@dataclass
class GcsInput:
    """With an HMAC key, through the S3-compatible interface of Google Cloud Storage."""

    bucket: str
    access_key_id: str
    secret_key: str | None = None
    prefix: str | None = None


@dataclass
class DvsMetadataInput:
    """Exactly one of them."""

    folder: FolderInput | None = strawberry.UNSET
    git: GitInput | None = strawberry.UNSET


@dataclass
class DvsStorageInput:
    """Exactly one of them."""

    folder: FolderInput | None = strawberry.UNSET
    nfs: NfsInput | None = strawberry.UNSET
    s3: S3Input | None = strawberry.UNSET
    gcs: GcsInput | None = strawberry.UNSET


@dataclass
class CreateDvsTargetInput:
    """`check`: a key of one's own, by which `dvsChanges` tells how far the check is."""

    name: str
    metadata: DvsMetadataInput
    storage: DvsStorageInput
    check: str | None = None


@dataclass
class EditDvsTargetInput:
    """What is left out stays."""

    id: strawberry.ID
    version: int
    name: str | None = None
    metadata: DvsMetadataInput | None = None
    storage: DvsStorageInput | None = None
    check: str | None = None


@dataclass
class CheckDvsTargetInput:
    id: strawberry.ID
    check: str | None = None


@dataclass
class MakeDefaultDvsTargetInput:
    id: strawberry.ID
    command_id: str | None = None


@dataclass
class DeleteDvsTargetsInput:
    targets: list[strawberry.ID]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class DvsTargetsDeleted:
    ids: list[str]


@dataclass(frozen=True, slots=True)
class DvsChanges:
    targets: list[TargetRow]
    checks: list[RunningCheck]


async def list_targets(info: Info) -> list[TargetRow]:
    return await all_targets() if info.context.is_operator else []


async def by_id(info: Info, number: int) -> TargetRow | None:
    return await target_by_id(number) if info.context.is_operator else None


async def dvs_changes(info: Info) -> AsyncIterator[DvsChanges]:
    """All targets and checks, and again whenever one of them or what uses one is changed."""
    async with aclosing(info.context.live.feed.listen(KIND, FEATURE_STORE, CHECK)) as feed:
        async for _ in feed:
            info.context.renew()
            is_told = info.context.is_operator and info.context.dvs is not None
            running = _checks(info).running if is_told else []
            yield DvsChanges(await list_targets(info), running)


def state(root: TargetRow) -> TargetState:
    if root.failed_part is not None:
        return TargetState.FAILING
    return TargetState.NOT_CHECKED if root.checked_at is None else TargetState.READY


def failed_part(root: TargetRow) -> Part | None:
    return None if root.failed_part is None else Part(root.failed_part)


def failed_step(root: TargetRow) -> Step | None:
    return None if root.failed_step is None else Step(root.failed_step)


def failure(root: TargetRow) -> str | None:
    return root.reason


def findings(root: TargetRow) -> list[str]:
    found: list[str] = json.loads(root.findings or "[]")
    return found


async def used_by(root: TargetRow, info: Info) -> list[str]:
    used = await info.context.once("feature_store.target", used_target_id)
    return [NAME] if used == root.id else []


async def create_dvs_target(info: Info, input: CreateDvsTargetInput) -> TargetRow | Refused:
    metadata, storage = _metadata(input.metadata), _storage(input.storage)
    secrets = _secrets(input.metadata) | _secrets(input.storage)
    return await _checked(
        info,
        input.check,
        lambda actor, say: domain.dvs_trials.create_target(
            actor, _checks(info).sources, input.name, metadata, storage, secrets, say
        ),
    )


async def edit_dvs_target(info: Info, input: EditDvsTargetInput) -> TargetRow | Refused:
    (number,) = numbers_or_nothing([input.id], "DvsTarget")
    metadata = _metadata(input.metadata) if input.metadata else None
    storage = _storage(input.storage) if input.storage else None
    secrets = _secrets(input.metadata) | _secrets(input.storage)
    return await _checked(
        info,
        input.check,
        lambda actor, say: domain.dvs_trials.edit_target(
            actor,
            _checks(info).sources,
            number,
            input.version,
            input.name,
            metadata,
            storage,
            secrets,
            say,
        ),
    )


async def check_dvs_target(info: Info, input: CheckDvsTargetInput) -> TargetRow | Refused:
    (number,) = numbers_or_nothing([input.id], "DvsTarget")
    checked = await _checked(
        info,
        input.check,
        lambda actor, say: domain.dvs_trials.check_target(
            actor, _checks(info).sources, number, say
        ),
    )
    if not isinstance(checked, Refused):
        await info.context.live.catch_up([(KIND, [number])])
    return checked


async def make_default_dvs_target(
    info: Info, input: MakeDefaultDvsTargetInput
) -> TargetRow | Refused:
    (number,) = numbers_or_nothing([input.id], "DvsTarget")
    done = await carry_out(
        info, lambda actor: domain.dvs_defaults.make_default(actor, number), input.command_id
    )
    return await _row(done)


async def delete_dvs_targets(
    info: Info, input: DeleteDvsTargetsInput
) -> DvsTargetsDeleted | Refused:
    numbers = numbers_or_nothing(input.targets, "DvsTarget")
    done = await carry_out(
        info, lambda actor: domain.dvs_defaults.delete_targets(actor, numbers), input.command_id
    )
    if isinstance(done, Refused):
        return done
    return DvsTargetsDeleted([global_id("DvsTarget", number) for number in done])


async def _checked(
    info: Info, key: str | None, operate: Callable[[Actor, Say], Awaitable[int]]
) -> TargetRow | Refused:
    """Followed, for who waits, by the key that the caller made."""
    feed = info.context.live.feed
    by = info.context.viewer.name

    def changed() -> None:
        feed.publish(CHECK, [0])

    with _checks(info).following(key or info.context.request_id, by, changed) as say:
        return await _row(await carry_out(info, lambda actor: operate(actor, say), None))


async def _row(result: int | Refused) -> TargetRow | Refused:
    if isinstance(result, Refused):
        return result
    return await target_by_id(result) or Refused(Unknown(KIND, (result,)))


def _metadata(input: DvsMetadataInput) -> Metadata:
    if input.git:
        return Git(input.git.url.strip(), _text(input.git.user_name) or GIT_USER)
    assert input.folder, "exactly one is given"
    return Folder(_text(input.folder.path))


def _storage(input: DvsStorageInput) -> Storage:
    if input.s3:
        return S3(
            input.s3.endpoint.strip(),
            input.s3.bucket.strip(),
            input.s3.access_key_id.strip(),
            _text(input.s3.region) or S3_REGION,
            _text(input.s3.prefix).strip("/"),
        )
    if input.gcs:
        prefix = _text(input.gcs.prefix).strip("/")
        return Gcs(input.gcs.bucket.strip(), input.gcs.access_key_id.strip(), prefix)
    if input.nfs:
        return Nfs(input.nfs.path.strip())
    assert input.folder, "exactly one is given"
    return Folder(_text(input.folder.path))


def _secrets(input: Any) -> dict[str, Secret]:
    """Those that are given, by name; what is empty is not."""
    found = dict[str, Secret]()
    for kind in ("git", "s3", "gcs"):
        given = getattr(input, kind, None)
        for name in ("token", "secret_key"):
            text = getattr(given, name, None) if given else None
            if text and text.strip():
                found[name] = Secret(text.strip())
    return found


def _text(text: str | None) -> str:
    return (text or "").strip()


def _checks(info: Info) -> Checks:
    checks = info.context.dvs
    assert checks is not None, "mutations are carried out for a viewer"
    return checks
