"""Candidates: people whom the active backend knows and who are not on board yet.

The local backend has no directory: it knows the people whose jobs ran here under a name that
nobody on board has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.database import fetch
from domain.jobs import ACTIVE, JobState
from domain.names import fold_name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, and what is known of the jobs that were theirs."""

    name: str
    active_jobs: int
    ended_jobs: int
    last_seen_at: datetime | None


async def read_candidates() -> list[Candidate]:
    """Owners of jobs who are not on board, by name."""
    people = {row["name_key"] for row in await fetch('SELECT name_key FROM "user"')}
    rows = await fetch(
        "SELECT owner, state, started_at, submitted_at, ended_at FROM job WHERE owner IS NOT NULL"
        " ORDER BY id"
    )
    found: dict[str, Candidate] = {}
    for row in rows:
        key = fold_name(row["owner"])
        if not key or key in people:
            continue
        known = found.get(key) or Candidate(row["owner"], 0, 0, None)
        is_active = JobState(row["state"]) in ACTIVE
        times = (row["ended_at"], row["started_at"], row["submitted_at"], known.last_seen_at)
        found[key] = Candidate(
            known.name,
            known.active_jobs + is_active,
            known.ended_jobs + (not is_active),
            max((time for time in times if time is not None), default=None),
        )
    return sorted(found.values(), key=lambda one: fold_name(one.name))
