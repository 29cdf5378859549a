"""What came of contacting remote clusters: their state, their last reading, and a short history.

Written by the controller's watch and by whoever has one contacted by hand. A try with settings that
were replaced meanwhile counts for nothing.
"""

from __future__ import annotations

import contextlib
import enum
from dataclasses import dataclass
from datetime import datetime

import msgspec

from domain.database import Row, execute, fetch, for_update, insert, transaction
from domain.jobs import ACTIVE
from remote.cluster import ClusterKind, Failed, Reading, Step
from remote.settings import Settings, decode

SURE_AFTER = 2
"""Tries that fail one after the other: a packet may get lost."""
UNSURE = frozenset({Step.ADDRESS, Step.ANSWER})
"""Steps at which that may happen; what is answered at the others is sure at once."""
HISTORY = 20
"""Changes of state that are kept of each cluster."""


class ClusterState(enum.Enum):
    CONNECTED = "CONNECTED"
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster as it is listed: all but its secrets. `reading`: of `contacted_at`."""

    id: int
    name: str
    kind: ClusterKind
    settings: Settings | None
    created_at: datetime
    version: int
    state: ClusterState
    since: datetime
    failed_step: Step | None
    failure: str | None
    tried_at: datetime
    contacted_at: datetime
    reading: Reading | None
    jobs_sent: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A change of state, and why."""

    id: int
    cluster_id: int
    time: datetime
    state: ClusterState
    step: Step | None
    reason: str | None


async def all_clusters() -> list[ClusterRow]:
    """By name."""
    return await _read("ORDER BY c.name_key")


async def cluster_by_id(cluster_id: int) -> ClusterRow | None:
    return next(iter(await _read("WHERE c.id = ?", cluster_id)), None)


async def contacts_by_cluster() -> dict[int, list[Contact]]:
    """The newest first."""
    rows = await fetch(
        "SELECT id, cluster_id, time, state, step, reason FROM remote_cluster_contact"
        " ORDER BY id DESC"
    )
    contacts: dict[int, list[Contact]] = {}
    for row in rows:
        step = None if row["step"] is None else Step(row["step"])
        one = Contact(
            row["id"],
            row["cluster_id"],
            row["time"],
            ClusterState(row["state"]),
            step,
            row["reason"],
        )
        contacts.setdefault(one.cluster_id, []).append(one)
    return contacts


@transaction
async def note_contact(
    cluster_id: int, version: int, outcome: Reading | Failed, at: datetime
) -> bool:
    """Whether it counts: not where the cluster is gone, or has other settings than were tried."""
    select = "SELECT state, failed_step, failures, version FROM remote_cluster WHERE id = ?"
    rows = await fetch(for_update(select), cluster_id)
    if not rows or rows[0]["version"] != version:
        return False
    if isinstance(outcome, Reading):
        await _note_reading(cluster_id, rows[0], outcome, at)
    else:
        await _note_failure(cluster_id, rows[0], outcome, at)
    return True


async def _note_reading(cluster_id: int, before: Row, reading: Reading, at: datetime) -> None:
    is_first = not await fetch(
        "SELECT 1 FROM remote_cluster_contact WHERE cluster_id = ? LIMIT 1", cluster_id
    )
    if is_first or before["state"] != ClusterState.CONNECTED.value:
        await _change_state(cluster_id, ClusterState.CONNECTED, None, at)
    await execute(
        "UPDATE remote_cluster SET reading = ?, contacted_at = ?, tried_at = ?, failures = 0,"
        " failed_step = NULL, failure = NULL WHERE id = ?",
        msgspec.json.encode(reading).decode(),
        at,
        at,
        cluster_id,
    )


async def _note_failure(cluster_id: int, before: Row, failed: Failed, at: datetime) -> None:
    await execute(
        "UPDATE remote_cluster SET tried_at = ?, failures = failures + 1, failed_step = ?,"
        " failure = ? WHERE id = ?",
        at,
        failed.step.value,
        failed.reason,
        cluster_id,
    )
    is_sure = failed.step not in UNSURE or before["failures"] + 1 >= SURE_AFTER
    is_new = (
        before["state"] != ClusterState.UNREACHABLE.value
        or before["failed_step"] != failed.step.value
    )
    if is_sure and is_new:
        await _change_state(cluster_id, ClusterState.UNREACHABLE, failed, at)


async def _change_state(
    cluster_id: int, state: ClusterState, failed: Failed | None, at: datetime
) -> None:
    await execute(
        "UPDATE remote_cluster SET since = CASE WHEN state = ? THEN since ELSE ? END, state = ?"
        " WHERE id = ?",
        state.value,
        at,
        state.value,
        cluster_id,
    )
    await insert(
        "remote_cluster_contact",
        {
            "cluster_id": cluster_id,
            "time": at,
            "state": state.value,
            "step": None if failed is None else failed.step.value,
            "reason": None if failed is None else failed.reason,
        },
    )
    await execute(
        "DELETE FROM remote_cluster_contact WHERE cluster_id = ? AND id NOT IN (SELECT id FROM"
        " remote_cluster_contact WHERE cluster_id = ? ORDER BY id DESC LIMIT ?)",
        cluster_id,
        cluster_id,
        HISTORY,
    )


async def _read(rest: str, *values: object) -> list[ClusterRow]:
    rows = await fetch(
        "SELECT c.*, (SELECT count(*) FROM job j WHERE j.remote_cluster_id = c.id"  # noqa: S608
        f" AND j.state IN (?)) AS jobs_sent FROM remote_cluster c {rest}",
        [state.value for state in ACTIVE],
        *values,
    )
    return [_row(row) for row in rows]


def _row(row: Row) -> ClusterRow:
    settings: Settings | None = None
    with contextlib.suppress(Failed):  # the watch says so: contacting it fails by the same
        settings = decode(row["settings"])
    return ClusterRow(
        id=row["id"],
        name=row["name"],
        kind=ClusterKind(row["kind"]),
        settings=settings,
        created_at=row["created_at"],
        version=row["version"],
        state=ClusterState(row["state"]),
        since=row["since"],
        failed_step=None if row["failed_step"] is None else Step(row["failed_step"]),
        failure=row["failure"],
        tried_at=row["tried_at"],
        contacted_at=row["contacted_at"],
        reading=None
        if row["reading"] is None
        else msgspec.json.decode(row["reading"], type=Reading),
        jobs_sent=row["jobs_sent"],
    )
