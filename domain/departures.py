"""People who left the directory that they came from: they are marked, and every way in ends.

They stay on board: what runs for them is not ended behind their backs, but shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from domain.actors import Actor
from domain.authentication import LOCK, Authentication, read_authentication
from domain.backends import Backends
from domain.confirmations import confirm
from domain.database import Change, execute, fetch, lock, operation
from domain.sessions import close_sessions_of
from domain.tokens import revoke_tokens_of
from identity.backend import Person

WATCHER = Actor.system("directory")


async def look_for_departures(backends: Backends) -> tuple[int, int]:
    """Ask the active backend of all its people on board; how many left, and how many are back.

    Raises: Failed, where it cannot be asked: then nobody has left.
    """
    authentication, backend = await backends.active()
    if backend is None:
        return 0, 0
    known = await _subjects(authentication)
    asked_at = datetime.now(UTC)
    told = await backend.look_up(sorted(known))
    there = [subject for subject, person in told.items() if person is not None]
    await confirm(backend.kind, backend.issuer, there, asked_at)
    left, back = _changed(known, told)
    if left or back:
        return await _record(WATCHER, authentication.version, left, back)
    return 0, 0


@operation("user.left_directory")
async def _record(
    change: Change, version: int, left: Collection[str], back: Collection[str]
) -> tuple[int, int]:
    """Nothing where another backend was activated meanwhile."""
    await lock(LOCK, is_shared=True)
    authentication = await read_authentication()
    known = await _subjects(authentication) if authentication.version == version else {}
    gone = [known[subject] for subject in sorted(left) if subject in known]
    returned = [known[subject] for subject in sorted(back) if subject in known]
    await _mark(change, gone, datetime.now(UTC))
    for user_id, _, _ in gone:
        await close_sessions_of(user_id)
    change.announce("token", *await revoke_tokens_of([user_id for user_id, _, _ in gone]))
    await _mark(change, returned, None)
    return len(gone), len(returned)


_User = tuple[int, str, bool]
"""The id, the name, and whether they are marked."""


async def _subjects(authentication: Authentication) -> dict[str, _User]:
    rows = await fetch(
        'SELECT id, name, subject, left_directory_at FROM "user" WHERE provider = ? AND issuer = ?',
        authentication.kind.value,
        authentication.issuer,
    )
    return {
        row["subject"]: (row["id"], row["name"], row["left_directory_at"] is not None)
        for row in rows
    }


def _changed(
    known: Mapping[str, _User], told: Mapping[str, Person | None]
) -> tuple[set[str], set[str]]:
    """Who left and who is back; of whom nothing is told, nothing changes."""
    marked = {subject for subject, (_, _, is_marked) in known.items() if is_marked}
    gone = {subject for subject, person in told.items() if person is None}
    return gone - marked, (set(told) - gone) & marked


async def _mark(change: Change, users: Collection[_User], at: datetime | None) -> None:
    ids = [user_id for user_id, _, _ in users]
    await execute('UPDATE "user" SET left_directory_at = ? WHERE id IN (?)', at, ids)
    for user_id, name, is_marked in users:
        before, after = {"left the directory": is_marked}, {"left the directory": at is not None}
        change.tell("user", user_id, name, before=before, after=after)
    change.announce("user", *ids)
