"""Who may be taken on board."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import candidates
from schema.relay import Connection, connection
from schema.scalars import DateTime

CandidateFilter = strawberry.input(candidates.CandidateFilter)


@strawberry.type(description="A person whom the active backend knows and who is not on board yet.")
class Candidate:
    name: str
    active_jobs: int = strawberry.field(description="That run or wait here under this name.")
    ended_jobs: int
    last_seen_at: DateTime | None = strawberry.field(description="When such a job was last seen.")


@strawberry.type(description="What the active backend knows, as it answered at one moment.")
class OnBoarding:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, candidates.OnBoarding)

    backend: str = strawberry.field(
        description='"local" knows the owners of jobs here; anybody else is taken on by name.'
    )
    read_at: DateTime
    problem: str | None = strawberry.field(
        description="Why the backend could not be asked; then the list says nothing."
    )
    candidates: Connection[Candidate] = connection(
        candidates.list_candidates, filter=CandidateFilter
    )
