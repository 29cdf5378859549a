"""A person who left the directory: shown as such, with every way in ended, and back again."""

from __future__ import annotations

import pytest

import domain.backends
from domain.audit import AuditEntry
from domain.authentication import activate, read_authentication
from domain.backends import Backends
from domain.database import fetch
from domain.departures import look_for_departures
from domain.installation import Installed
from domain.secrets import Secret, open_vault
from domain.sessions import find_session
from domain.users import Newcomer, User, on_board
from identity.backend import Failed
from outbound.policy import Policy
from tests.domain.test_authentication import LDAP, SYSTEM
from tests.services.sign_in import FakeDirectory, sign_in


@pytest.fixture
async def directory(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> FakeDirectory:
    """Active, with grace and linus on board."""
    open_vault("the key of the tests, which is long enough")
    directory = FakeDirectory()
    monkeypatch.setattr(domain.backends, "open_backend", lambda *given: directory)
    version = (await read_authentication()).version
    await activate(SYSTEM, version, LDAP, {"bind_password": Secret("x")}, directory.issuer)
    for subject, name in (("uuid-1", "grace"), ("uuid-2", "linus")):
        directory.add(subject, name)
        await on_board(SYSTEM, [Newcomer(name, subject=subject)])
    return directory


@pytest.fixture
def backends() -> Backends:
    return Backends(Policy())


async def left() -> list[str]:
    rows = await fetch('SELECT name FROM "user" WHERE left_directory_at IS NOT NULL ORDER BY name')
    return [row["name"] for row in rows]


@pytest.mark.spec("T-17")
async def test_who_left_is_marked_and_signed_out_and_the_others_are_not(
    directory: FakeDirectory, backends: Backends
) -> None:
    _, grace = await sign_in("grace", "right", None, backends=backends)
    _, linus = await sign_in("linus", "right", None, backends=backends)
    former = directory.accounts.pop("grace")
    assert await look_for_departures(backends) == (1, 0)
    assert await left() == ["grace"]
    assert await find_session(grace) is None
    assert await find_session(linus)
    assert await look_for_departures(backends) == (0, 0)  # said once
    entries = await AuditEntry.filter(action="user.left_directory")
    assert [(one.actor, one.object_name) for one in entries] == [("system:directory", "grace")]
    directory.accounts["grace"] = former
    assert await look_for_departures(backends) == (0, 1)
    assert await left() == []


async def test_who_signs_in_again_is_back_at_once(
    directory: FakeDirectory, backends: Backends
) -> None:
    former = directory.accounts.pop("grace")
    await look_for_departures(backends)
    directory.accounts["grace"] = former
    await sign_in("grace", "right", None, backends=backends)
    assert await left() == []


async def test_while_the_directory_is_away_nobody_has_left(
    directory: FakeDirectory, backends: Backends
) -> None:
    directory.accounts.clear()
    directory.failure = Failed("connect", "away")
    with pytest.raises(Failed):
        await look_for_departures(backends)
    assert await left() == []


async def test_local_users_are_no_business_of_a_directory(
    directory: FakeDirectory, backends: Backends
) -> None:
    directory.accounts.clear()
    await look_for_departures(backends)
    assert await left() == ["grace", "linus"]
    assert (await User.get(name="ada")).left_directory_at is None
