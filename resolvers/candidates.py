"""Who may be taken on board: the people whom the active backend knows and who are not yet."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.authentication import Authentication, read_authentication
from domain.candidates import Candidate, read_candidates
from domain.database import fetch, is_unavailable
from domain.known_people import people_who_knocked
from domain.names import fold_name
from domain.rosters import Roster
from identity.backend import BackendKind, Failed, NotListed, Person
from resolvers.context import Info
from resolvers.pages import OrderDirection, Page, Slice, contains, paginate

LOCAL = BackendKind.LOCAL.value


@dataclass
class CandidateFilter:
    search: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    id: int  # made of who it is: it only breaks ties in the order
    name: str
    active_jobs: int
    ended_jobs: int
    last_seen_at: datetime | None
    display_name: str | None = None
    subject: str | None = None
    knocked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnBoarding:
    """What the active backend answered; `problem` where it did not."""

    backend: str
    read_at: datetime | None
    problem: str | None
    people: list[CandidateRow]
    is_cut: bool = False
    first_is_operator: bool = False
    has_groups: bool = False


@dataclass(slots=True)
class _Known:
    """What is known here of the people of a backend."""

    jobs: dict[str, Candidate] = field(default_factory=dict)
    on_board: set[str] = field(default_factory=set)
    knocked: dict[str, tuple[Person, datetime]] = field(default_factory=dict)


async def on_boarding(
    info: Info, search: str | None = None, is_fresh: bool = False
) -> OnBoarding | None:
    """`search` is for a directory whose list is cut; `isFresh` has it asked anew."""
    backends = info.context.backends
    if not info.context.is_operator or backends is None:
        return None
    sought = search.strip() if search and search.strip() else None
    try:
        authentication, rosters = await backends.rosters()
        known = await _known(authentication)
        if rosters is None:
            people = [_of_jobs(one) for one in known.jobs.values()]
            return OnBoarding(LOCAL, datetime.now(UTC), None, people)
        roster = await rosters.people(sought, is_fresh=is_fresh)
    except NotListed:
        roster = Roster((), datetime.now(UTC))
    except Failed as failed:
        kind = (await read_authentication()).kind.value
        return OnBoarding(kind, None, _problem(failed), [])
    except Exception as error:
        if not is_unavailable(error):
            raise
        problem = "The database does not answer; refresh in a moment."
        return OnBoarding(LOCAL, datetime.now(UTC), problem, [])
    return OnBoarding(
        authentication.kind.value,
        roster.read_at,
        _problem(roster.failure),
        _candidates(roster, known),
        roster.is_cut,
        authentication.awaits_first_user,
        has_groups=authentication.kind is BackendKind.LDAP,
    )


def list_candidates(
    root: OnBoarding, info: Info, filter: CandidateFilter | None, order_by: None, wanted: Slice
) -> Page[CandidateRow]:
    return paginate(
        (
            one
            for one in root.people
            if filter is None or contains(filter.search, one.name, one.display_name)
        ),
        wanted,
        order="NAME",
        direction=OrderDirection.ASC,
        value=lambda one: one.name.casefold(),
    )


async def subjects_on_board(authentication: Authentication) -> dict[str, int]:
    """The users of the active backend by their subject there."""
    rows = await fetch(
        'SELECT id, subject FROM "user" WHERE provider = ? AND issuer = ?',
        authentication.kind.value,
        authentication.issuer,
    )
    return {row["subject"]: row["id"] for row in rows}


async def _known(authentication: Authentication) -> _Known:
    known = _Known(jobs={fold_name(one.name): one for one in await read_candidates()})
    if authentication.issuer is not None:
        known.on_board = set(await subjects_on_board(authentication))
        for person, at in await people_who_knocked(authentication.kind, authentication.issuer):
            known.knocked[person.subject] = (person, at)
    return known


def _candidates(roster: Roster[Person], known: _Known) -> list[CandidateRow]:
    """Those who knocked among them, whether the directory lists them or not."""
    people = {subject: person for subject, (person, _) in known.knocked.items()}
    people |= {person.subject: person for person in roster.items}
    return [
        _row(person, known) for subject, person in people.items() if subject not in known.on_board
    ]


def _row(person: Person, known: _Known) -> CandidateRow:
    jobs = known.jobs.get(fold_name(person.name))
    return CandidateRow(
        zlib.crc32(person.subject.encode()),
        person.name,
        jobs.active_jobs if jobs else 0,
        jobs.ended_jobs if jobs else 0,
        jobs.last_seen_at if jobs else None,
        person.display_name,
        person.subject,
        known.knocked[person.subject][1] if person.subject in known.knocked else None,
    )


def _of_jobs(one: Candidate) -> CandidateRow:
    number = zlib.crc32(one.name.encode())
    return CandidateRow(number, one.name, one.active_jobs, one.ended_jobs, one.last_seen_at)


def _problem(failure: Failed | None) -> str | None:
    return None if failure is None else f"{failure.step}: {failure}"
