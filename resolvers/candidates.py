"""Who may be taken on board: the people whom the active backend knows and who are not yet."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.candidates import Candidate, read_candidates
from domain.database import is_unavailable
from resolvers.context import Info
from resolvers.pages import OrderDirection, Page, Slice, contains, paginate

LOCAL = "local"


@dataclass
class CandidateFilter:
    search: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    id: int  # made of the name: it only breaks ties in the order
    name: str
    active_jobs: int
    ended_jobs: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnBoarding:
    """What the active backend answered; `problem` where it did not."""

    backend: str
    read_at: datetime
    problem: str | None
    people: list[CandidateRow]


async def on_boarding(info: Info) -> OnBoarding | None:
    if not info.context.is_operator:
        return None
    now = datetime.now(UTC)
    try:
        people = await read_candidates()
    except Exception as error:
        if not is_unavailable(error):
            raise
        return OnBoarding(LOCAL, now, "The database does not answer; refresh in a moment.", [])
    return OnBoarding(LOCAL, now, None, [_row(one) for one in people])


def list_candidates(
    root: OnBoarding, info: Info, filter: CandidateFilter | None, order_by: None, wanted: Slice
) -> Page[CandidateRow]:
    return paginate(
        (one for one in root.people if filter is None or contains(filter.search, one.name)),
        wanted,
        order="NAME",
        direction=OrderDirection.ASC,
        value=lambda one: one.name.casefold(),
    )


def _row(one: Candidate) -> CandidateRow:
    number = zlib.crc32(one.name.encode())
    return CandidateRow(number, one.name, one.active_jobs, one.ended_jobs, one.last_seen_at)
