"""Where recent telemetry is kept: batches as they come, and chunks once a window is over.

The bytes are opaque here; `telemetry.history` makes and reads them. One writer, the controller; any
number of readers. Times are seconds since the Unix epoch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.database import execute, fetch, insert, transaction

CHUNKS_AT_ONCE = 500
"""Other writers get their turn in between."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The devices of a node, in the order of the rows of what is kept of it."""

    id: int
    machine_id: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptBatch:
    id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class KeptChunk:
    """`data`: one metric (by its number) of one roster over the window from `start` on."""

    roster_id: int
    metric: int
    start: int
    data: bytes


async def rosters(newer_than: int = 0) -> list[Roster]:
    rows = await fetch(
        "SELECT id, machine_id, devices FROM history_roster WHERE id > ? ORDER BY id", newer_than
    )
    return [Roster(row["id"], row["machine_id"], tuple(json.loads(row["devices"]))) for row in rows]


@transaction
async def add_roster(machine_id: str, devices: Sequence[str], second: int) -> Roster:
    row = {"machine_id": machine_id, "devices": list(devices), "created_at_second": second}
    (made,) = await insert("history_roster", row)
    return Roster(made, machine_id, tuple(devices))


@transaction
async def append_batch(first_second: int, last_second: int, data: bytes) -> None:
    row = {"first_second": first_second, "last_second": last_second, "data": data}
    await insert("history_batch", row)


async def oldest_batch() -> int | None:
    """The last second of the batch that ends first."""
    (row,) = await fetch("SELECT min(last_second) AS second FROM history_batch")
    return None if row["second"] is None else int(row["second"])


async def batches_until(second: int) -> list[KeptBatch]:
    """Those that hold anything of before `second`, in the order in which they came."""
    rows = await fetch(
        "SELECT id, data FROM history_batch WHERE first_second < ? ORDER BY id", second
    )
    return [KeptBatch(row["id"], row["data"]) for row in rows]


async def batch_ids() -> list[int]:
    return [row["id"] for row in await fetch("SELECT id FROM history_batch ORDER BY id")]


async def batches(ids: Collection[int]) -> list[KeptBatch]:
    """Those of them that are still there."""
    rows = await fetch("SELECT id, data FROM history_batch WHERE id IN (?)", list(ids))
    return [KeptBatch(row["id"], row["data"]) for row in rows]


async def keep_chunks(chunks: Sequence[KeptChunk]) -> None:
    """Keep them; one that is kept already stays as it is, so that half a job can be done again."""
    for first in range(0, len(chunks), CHUNKS_AT_ONCE):
        await _keep(chunks[first : first + CHUNKS_AT_ONCE])


@transaction
async def _keep(chunks: Sequence[KeptChunk]) -> None:
    await execute(
        "INSERT INTO history_chunk (roster_id, metric, start_second, data) VALUES "  # noqa: S608
        + ", ".join(["(?, ?, ?, ?)"] * len(chunks))
        + " ON CONFLICT DO NOTHING",
        *(value for one in chunks for value in (one.roster_id, one.metric, one.start, one.data)),
    )


@transaction
async def forget_batches(before: int) -> int:
    """Delete those of which nothing is as late as second `before`."""
    return await execute("DELETE FROM history_batch WHERE last_second < ?", before)


@transaction
async def forget_chunks(before: int) -> int:
    """Delete chunks of windows that began before that second."""
    return await execute("DELETE FROM history_chunk WHERE start_second < ?", before)


@transaction
async def forget_rosters(before: int, still_used: Collection[int]) -> list[int]:
    """Delete those made before that second of which no chunk is left and none comes; their ids."""
    rows = await fetch(
        "DELETE FROM history_roster WHERE created_at_second < ? AND NOT EXISTS"
        " (SELECT 1 FROM history_chunk WHERE roster_id = history_roster.id)"
        " AND id NOT IN (?) RETURNING id",
        before,
        [*still_used, 0],  # NOT IN nothing would be unknown
    )
    return [row["id"] for row in rows]


async def chunks(
    roster_ids: Collection[int], metrics: Collection[int], first: int, last: int
) -> list[KeptChunk]:
    """The chunks of windows that begin within `first` to `last`, both included."""
    rows = await fetch(
        "SELECT roster_id, metric, start_second, data FROM history_chunk WHERE roster_id IN (?)"
        " AND metric IN (?) AND start_second BETWEEN ? AND ?",
        list(roster_ids),
        list(metrics),
        first,
        last,
    )
    return [
        KeptChunk(row["roster_id"], row["metric"], row["start_second"], row["data"]) for row in rows
    ]
