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
    display_name: str | None
    subject: str | None = strawberry.field(
        description="By which the backend knows the person for ever; null where it is local."
    )
    knocked_at: DateTime | None = strawberry.field(
        description="When they last tried to sign in without being on board."
    )
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
    read_at: DateTime | None = strawberry.field(description="Null: it never answered.")
    problem: str | None = strawberry.field(
        description="Why it could not be asked; the list is that of `readAt`, or says nothing."
    )
    is_cut: bool = strawberry.field(
        description="The directory has more than can be listed: give a `search`."
    )
    first_is_operator: bool = strawberry.field(
        description="Nobody is on board since the backend was activated: the first is an operator."
    )
    has_groups: bool = strawberry.field(description="Whether there are groups to choose from.")
    candidates: Connection[Candidate] = connection(
        candidates.list_candidates, filter=CandidateFilter
    )
