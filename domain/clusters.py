"""Remote clusters, to which jobs can be sent: what is kept of them, and saving and removing them.

Not this cluster: that is what all the other modules are about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

from tortoise import fields as columns
from tortoise.models import Model

from domain.database import Change, execute, fetch, insert, lock, operation
from domain.jobs import LOCK as JOBS
from domain.jobs import active_jobs_sent_to
from domain.locked_rows import lock_rows
from domain.names import fold_name, tidy_name
from domain.refusals import ItemsRefused, Named, NameTaken, Refusal, RefusedItem
from domain.roles import Role
from domain.secrets import SealedColumn, Secret, Unsealable, Vault, vault
from domain.versions import require_version
from domain.webhooks import NoSecretKey
from remote.cluster import ClusterKind, Failed, Step
from remote.settings import Settings, decode, destination, encode, kind_of

KIND = "remote_cluster"
NAME_MAX_LENGTH = 63
MOST = 50
"""Of one installation: each has a task of its own, which contacts it over and over."""
PURPOSE: Final = "remote_cluster.secrets"
SEALED: Final = SealedColumn("remote_cluster", "sealed_secrets", lambda row, name: PURPOSE)
LOCK = "remote clusters"


class RemoteCluster(Model):
    id = columns.IntField(primary_key=True)
    name = columns.CharField(max_length=NAME_MAX_LENGTH)
    name_key = columns.CharField(max_length=NAME_MAX_LENGTH, unique=True)
    kind = columns.CharEnumField(ClusterKind, max_length=20)
    settings = columns.TextField()
    sealed_secrets = columns.TextField()
    created_at = columns.DatetimeField()
    version = columns.IntField(default=1)
    state = columns.CharField(max_length=20)
    since = columns.DatetimeField()  # when the state began
    failed_step = columns.CharField(max_length=20, null=True)  # of the last try, where it failed
    failure = columns.CharField(max_length=500, null=True)
    failures = columns.IntField(default=0)  # one after the other
    tried_at = columns.DatetimeField()
    contacted_at = columns.DatetimeField()  # the last try that did not fail
    reading = columns.TextField(null=True)  # of that one: remote.cluster.Reading

    class Meta:
        table = "remote_cluster"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is needed to contact one, its secrets still sealed."""

    id: int
    name: str
    settings: str
    sealed_secrets: str
    version: int


@dataclass(eq=False)
class BadCluster(Refusal):
    """What was entered cannot be used, whatever would be contacted."""

    reason: str

    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class ClusterSecretsNeeded(Refusal):
    """What was meant for one place is not sent to another."""

    def message(self) -> str:
        return (
            "The URL or the authority is another one now: enter the token or the kubeconfig anew, "
            "for what is kept is not sent there."
        )


@dataclass(eq=False)
class KindStays(Refusal):
    def message(self) -> str:
        return "A remote cluster stays of its type: add the other one, and remove this one."


@dataclass(eq=False)
class TooManyClusters(Refusal):
    most: int

    def message(self) -> str:
        return f"There are {self.most} remote clusters, and no more are allowed; remove some first."


@dataclass(eq=False)
class ClusterInUse(Refusal):
    """Active jobs were sent there."""

    jobs: tuple[Named, ...]

    def message(self) -> str:
        number = "A job is" if len(self.jobs) == 1 else f"{len(self.jobs)} jobs are"
        return f"{number} still active there; wait until it ends, or cancel what was sent."


@operation("remote_cluster.add", by=Role.OPERATOR)
async def save_new(
    change: Change, name: str, settings: Settings, secrets: Mapping[str, Secret]
) -> int:
    """Keep a cluster that has just been contacted with these very settings and secrets.

    Raises: NotAllowed, BadName, NameTaken, TooManyClusters, NoSecretKey.
    """
    change.tell(KIND, None, name, after={})
    await lock(LOCK)
    (count,) = await fetch("SELECT count(*) AS n FROM remote_cluster")
    if count["n"] >= MOST:
        raise TooManyClusters(MOST)
    name, now = await _require_free_name(name), datetime.now(UTC)
    (cluster_id,) = await insert(
        "remote_cluster",
        {
            "name": name,
            "name_key": fold_name(name),
            "kind": kind_of(settings).value,
            "settings": encode(settings),
            "sealed_secrets": seal(secrets),
            "created_at": now,
            "state": "CONNECTED",
            "since": now,
            "tried_at": now,
            "contacted_at": now,
        },
    )
    after = {"type": kind_of(settings).value, "url": settings.url}
    change.tell(KIND, cluster_id, name, after=after)
    change.announce(KIND, cluster_id)
    return cluster_id


@operation("remote_cluster.edit", by=Role.OPERATOR)
async def save_edit(
    change: Change,
    cluster_id: int,
    version: int,
    name: str | None,
    settings: Settings,
    secrets: Mapping[str, Secret],
) -> int:
    """Put what has just been contacted in the place of what is kept; no secrets: those stay.

    Raises: NotAllowed, Unknown, StaleEdit, BadName, NameTaken, KindStays, ClusterSecretsNeeded,
    NoSecretKey.
    """
    (old,) = await lock_rows("remote_cluster", Kept, [cluster_id])
    change.tell(KIND, old.id, old.name, after={})
    await require_version(KIND, old.id, old.version, version)
    new_name = old.name if name is None else await _require_free_name(name, besides=old.id)
    before = require_fitting(old, settings, has_secrets=bool(secrets))
    sealed = seal(secrets) if secrets else old.sealed_secrets
    await execute(
        "UPDATE remote_cluster SET name = ?, name_key = ?, settings = ?, sealed_secrets = ?,"
        " version = version + 1 WHERE id = ?",
        new_name,
        fold_name(new_name),
        encode(settings),
        sealed,
        old.id,
    )
    said_before = {"name": old.name, "url": before.url if before else None}
    said_after = {"name": new_name, "url": settings.url}
    changed = [key for key in said_after if said_before[key] != said_after[key]]
    after = {key: said_after[key] for key in changed}
    if secrets:
        after |= {"secret": "replaced"}
    if before is None or before.ca_certificate != settings.ca_certificate:
        after["authority"] = "replaced"
    change.tell(KIND, old.id, new_name, before={k: said_before[k] for k in changed}, after=after)
    change.announce(KIND, old.id)
    return old.id


@operation("remote_cluster.remove", by=Role.OPERATOR)
async def remove_clusters(change: Change, cluster_ids: Sequence[int]) -> tuple[int, ...]:
    """Remove clusters, all or none. Raises: NotAllowed, Unknown, ItemsRefused (ClusterInUse)."""
    await lock(JOBS)
    clusters = await lock_rows("remote_cluster", Kept, cluster_ids)
    for cluster in clusters:
        change.tell(KIND, cluster.id, cluster.name, before={})
    await _require_idle(clusters)
    ids = [cluster.id for cluster in clusters]
    await execute("UPDATE job SET remote_cluster_id = NULL WHERE remote_cluster_id IN (?)", ids)
    await execute("DELETE FROM remote_cluster_contact WHERE cluster_id IN (?)", ids)
    await execute("DELETE FROM remote_cluster WHERE id IN (?)", ids)
    change.announce(KIND, *ids)
    return tuple(ids)


async def kept_cluster(cluster_id: int) -> Kept | None:
    names = ", ".join(column.name for column in fields(Kept))
    rows = await fetch(f"SELECT {names} FROM remote_cluster WHERE id = ?", cluster_id)  # noqa: S608
    return next((Kept(*row) for row in rows), None)


async def versions_of_clusters() -> dict[int, int]:
    """By id: another version has other settings."""
    rows = await fetch("SELECT id, version FROM remote_cluster")
    return {row["id"]: row["version"] for row in rows}


def seal(secrets: Mapping[str, Secret]) -> str:
    """Raises: NoSecretKey."""
    plain = {name: secret.reveal() for name, secret in secrets.items()}
    return require_vault().seal(Secret(json.dumps(plain)), PURPOSE)


def secrets_of(kept: Kept) -> dict[str, str]:
    """Raises: Failed, where they cannot be read."""
    opened = vault()
    try:
        if opened is None:
            raise Unsealable
        secrets: dict[str, str] = json.loads(opened.open(kept.sealed_secrets, PURPOSE).reveal())
    except Unsealable:
        raise Failed(
            Step.SETTINGS, "Its secret cannot be read with the installation's key; enter it again."
        ) from None
    return secrets


def require_vault() -> Vault:
    """Raises: NoSecretKey."""
    opened = vault()
    if opened is None:
        raise NoSecretKey
    return opened


def require_fitting(old: Kept, settings: Settings, *, has_secrets: bool) -> Settings | None:
    """The old settings; None where they cannot be read, when all has to be entered anew.

    Raises: KindStays, ClusterSecretsNeeded.
    """
    try:
        before = decode(old.settings)
    except Failed:
        before = None
    if before is not None and type(before) is not type(settings):
        raise KindStays
    if not has_secrets and (before is None or destination(before) != destination(settings)):
        raise ClusterSecretsNeeded
    return before


async def _require_idle(clusters: Sequence[Kept]) -> None:
    """Raises: ItemsRefused."""
    jobs = await active_jobs_sent_to([cluster.id for cluster in clusters])
    refused = tuple(
        RefusedItem(KIND, cluster.id, cluster.name, (ClusterInUse(tuple(there)),))
        for cluster in clusters
        if (there := jobs.get(cluster.id))
    )
    if refused:
        raise ItemsRefused(len(clusters), refused)


async def _require_free_name(name: str, besides: int | None = None) -> str:
    """Raises: BadName, NameTaken."""
    tidy = tidy_name(name, NAME_MAX_LENGTH)
    await lock(f"remote cluster name {fold_name(tidy)}")
    found = await fetch("SELECT id, name FROM remote_cluster WHERE name_key = ?", fold_name(tidy))
    for row in found:
        if row["id"] != besides:
            raise NameTaken(tidy, Named(KIND, row["id"], row["name"]))
    return tidy
