"""What a Kubernetes cluster does of the pools and groups, as the controller has found it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.database import execute, fetch, transaction
from domain.outbox import OutboxRow
from domain.snapshot import EnforcementState

REASON_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Enforced:
    """The state of one pool or group. `object_name`: what it is called in the cluster."""

    state: EnforcementState
    reason: str | None = None
    object_name: str | None = None


@dataclass(frozen=True, slots=True)
class KubernetesCluster:
    """How it was reached last. `error`: why it is not now."""

    version: str | None
    error: str | None
    seen_at: datetime | None


@transaction
async def record_enforcement(found: Mapping[tuple[str, int], Enforced]) -> int:
    """Make the rows those of `found`, and announce what differs: the number of differences."""
    before = await _known()
    changed = {key for key in before.keys() | found.keys() if before.get(key) != found.get(key)}
    for kind, id in sorted(changed):
        one = found.get((kind, id))
        if one is None:
            await execute("DELETE FROM enforcement WHERE kind = ? AND target_id = ?", kind, id)
            continue
        await execute(
            "INSERT INTO enforcement (kind, target_id, state, reason, object_name, since)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, target_id) DO UPDATE SET"
            " state = excluded.state, reason = excluded.reason,"
            " object_name = excluded.object_name, since = excluded.since",
            kind,
            id,
            one.state.value,
            None if one.reason is None else one.reason[:REASON_LENGTH],
            one.object_name,
            datetime.now(UTC),
        )
    await _announce(changed)
    return len(changed)


async def _known() -> dict[tuple[str, int], Enforced]:
    rows = await fetch("SELECT kind, target_id, state, reason, object_name FROM enforcement")
    return {
        (kind, id): Enforced(EnforcementState(state), reason, object_name)
        for kind, id, state, reason, object_name in rows
    }


async def _announce(changed: Collection[tuple[str, int]]) -> None:
    for kind in ("pool", "group"):
        if ids := sorted(id for its_kind, id in changed if its_kind == kind):
            await OutboxRow.create(kind=kind, ids=ids, created_at=datetime.now(UTC))


@transaction
async def record_cluster(cluster: KubernetesCluster | None) -> None:
    """None: there is none."""
    if cluster is None:
        await execute("DELETE FROM kubernetes_cluster")
        return
    await execute(
        "INSERT INTO kubernetes_cluster (id, version, error, seen_at) VALUES (1, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version, error = excluded.error,"
        " seen_at = excluded.seen_at",
        cluster.version,
        cluster.error,
        cluster.seen_at,
    )


async def known_cluster() -> KubernetesCluster | None:
    rows = await fetch("SELECT version, error, seen_at FROM kubernetes_cluster")
    return KubernetesCluster(*rows[0]) if rows else None
