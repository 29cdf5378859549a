"""Taking people of the active backend on board: whom the backend says that they are, not the
caller; one by one, or a whole group of the directory into a group of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.actors import Actor
from domain.authentication import BackendFailed
from domain.backends import Backends
from domain.credentials import ByToken
from domain.database import Change, fetch, holds_role, operation
from domain.groups import create_group, edit_group
from domain.known_people import people_who_knocked
from domain.names import fold_name
from domain.refusals import ItemsRefused, RefusedItem
from domain.roles import Role
from domain.users import Newcomer, NobodyChosen, NotOfBackend, on_board_people
from identity.backend import Failed


async def vouched_for(
    actor: Actor, backends: Backends, newcomers: Sequence[Newcomer]
) -> list[Newcomer]:
    """Those with a subject as the active backend has them now; the others as they are.

    Raises: BackendFailed, ItemsRefused of NotOfBackend.
    """
    subjects = [one.subject for one in newcomers if one.subject]
    if not subjects:
        return list(newcomers)
    if not await holds_role(actor, Role.OPERATOR):
        return []  # whoever else asks has us call nobody; the operation refuses them, audited
    try:
        authentication, backend = await backends.active()
        if backend is None:
            raise _nobody(newcomers, newcomers)
        found = {
            subject: person
            for subject, person in (await backend.look_up(subjects)).items()
            if person is not None
        }
    except Failed as failed:
        raise BackendFailed(failed.step, str(failed)) from None
    assert authentication.issuer is not None
    if missing := set(subjects) - set(found):
        knocked = await people_who_knocked(backend.kind, backend.issuer, missing)
        found |= {person.subject: person for person, _ in knocked}
    if strangers := [one for one in newcomers if one.subject and one.subject not in found]:
        raise _nobody(newcomers, strangers)
    return [
        replace(one, display_name=one.display_name or found[one.subject].display_name)
        if one.subject
        else one
        for one in newcomers
    ]


@operation("user.on_board_group", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def on_board_group(
    change: Change, name: str, newcomers: Sequence[Newcomer], joining: Sequence[int]
) -> tuple[int, ...]:
    """Take people on board into the group of this name, which is made where there is none; free
    users join it. `newcomers` are vouched for. All or none; the ids of all of them.

    Raises: NotAllowed, NobodyChosen, TooManyAtOnce, BadName, UsersInOtherGroup, Unknown, and
    ItemsRefused as when people are taken on board.
    """
    change.tell("group", None, name, after={"added": [one.name for one in newcomers]})
    if not newcomers and not joining:
        raise NobodyChosen
    part = replace(change.actor, command_id=None)  # of this command, and done once with it
    rows = await fetch('SELECT id FROM "group" WHERE name_key = ?', fold_name(name))
    group_id = rows[0]["id"] if rows else await create_group(part, name)
    ids: tuple[int, ...] = ()
    if newcomers:
        people = tuple(replace(one, group_id=group_id) for one in newcomers)
        ids = await on_board_people(part, people)
    if joining:
        rows = await fetch('SELECT version FROM "group" WHERE id = ?', group_id)
        await edit_group(part, group_id, rows[0]["version"], add=tuple(joining))
    change.tell("group", group_id, name)
    return (*ids, *joining)


def _nobody(newcomers: Sequence[Newcomer], strangers: Sequence[Newcomer]) -> ItemsRefused:
    items = (RefusedItem("user", None, one.name, (NotOfBackend(one.name),)) for one in strangers)
    return ItemsRefused(len(newcomers), tuple(items))
