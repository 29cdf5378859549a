"""Installation: what exists afterwards, and that doing it again changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from domain.audit import AuditEntry
from domain.database import fetch
from domain.groups import Group
from domain.installation import BadName, Installed, UnknownUser, install, reset_password
from domain.pools import Pool
from domain.roles import Role
from domain.sessions import find_session
from domain.sign_in import SignInRefused
from domain.users import User
from tests.services.database import Database
from tests.services.sign_in import sign_in


@pytest.mark.spec("INST-1")
async def test_the_named_operator_exists_in_the_default_group_with_the_default_pool(
    installed: Installed,
) -> None:
    assert installed.created
    user = await User.get(name="ada").prefetch_related("roles", "group__pool")
    assert {role.role for role in user.roles} == {Role.OPERATOR, Role.DATA_SCIENTIST}
    assert user.group.is_default
    assert user.group.name == "Default"
    assert user.group.pool.is_default
    assert user.group.pool.name == "Default"


@pytest.mark.spec("INST-3")
async def test_installing_again_changes_nothing(installed: Installed) -> None:
    before = [tuple(row) for row in await fetch('SELECT * FROM "user"')]
    again = await install("grace", cluster_name="other")
    assert again == Installed(created=False, password=None)
    assert [tuple(row) for row in await fetch('SELECT * FROM "user"')] == before
    assert [await Pool.all().count(), await Group.all().count()] == [1, 1]


@pytest.mark.spec("INST-3")
async def test_of_two_replicas_that_install_at_once_one_creates(database: Database) -> None:
    both = await asyncio.gather(
        install("ada", cluster_name="lab"), install("ada", cluster_name="lab")
    )
    assert sorted(done.created for done in both) == [False, True]
    assert sorted(done.password is None for done in both) == [False, True]
    assert await User.all().count() == 1


@pytest.mark.spec("T-16")
async def test_the_first_password_is_generated_and_only_its_argon2id_hash_is_stored(
    installed: Installed,
) -> None:
    assert installed.password
    assert len(installed.password) >= 20
    user = await User.get(name="ada")
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    for entry in await AuditEntry.all():
        assert installed.password not in str(entry.after)


async def test_a_name_of_nothing_or_with_control_characters_is_refused(database: Database) -> None:
    for name in ("", "  ", "a\x00b", "x" * 121):
        with pytest.raises(BadName):
            await install(name, cluster_name="lab")


@pytest.mark.spec("T-18")
async def test_a_reset_password_replaces_the_old_one_and_closes_its_sessions(
    installed: Installed,
) -> None:
    assert installed.password
    _, secret = await sign_in("ada", installed.password, None)
    password = await reset_password("ADA")
    assert await find_session(secret) is None
    with pytest.raises(SignInRefused):
        await sign_in("ada", installed.password, None)
    viewer, _ = await sign_in("ada", password, None)
    assert viewer.name == "ada"


async def test_resetting_an_unknown_users_password_is_refused(installed: Installed) -> None:
    with pytest.raises(UnknownUser):
        await reset_password("nobody")
