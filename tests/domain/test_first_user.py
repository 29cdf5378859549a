"""Whoever comes on board first can manage the rest."""

from __future__ import annotations

import pytest

from domain.actors import Actor
from domain.database import fetch
from domain.installation import Installed
from domain.roles import Role
from domain.users import Newcomer, on_board
from tests.services.database import Database

SYSTEM = Actor.system("test")


async def roles() -> dict[str, set[str]]:
    rows = await fetch(
        'SELECT u.name, r.role FROM "user" u LEFT JOIN user_role r ON r.user_id = u.id'
    )
    held: dict[str, set[str]] = {}
    for row in rows:
        held.setdefault(row["name"], set()).update({row["role"]} - {None})
    return held


@pytest.mark.spec("USER-4")
async def test_the_first_user_on_board_is_an_operator_whatever_was_chosen(
    database: Database,
) -> None:
    people = [Newcomer(name, None, (Role.DATA_SCIENTIST,), None) for name in ("eve", "bob")]
    await on_board(SYSTEM, people)
    assert await roles() == {"eve": {"OPERATOR", "DATA_SCIENTIST"}, "bob": {"DATA_SCIENTIST"}}
    await on_board(SYSTEM, [Newcomer("zoe", None, (), None)])
    assert (await roles())["zoe"] == set()


@pytest.mark.spec("USER-4")
async def test_after_installation_it_is_the_one_whom_it_named(installed: Installed) -> None:
    await on_board(SYSTEM, [Newcomer("eve", None, (Role.ML_ENGINEER,), None)])
    held = await roles()
    assert "OPERATOR" in held["ada"]
    assert held["eve"] == {"ML_ENGINEER"}
