"""Of an OpenID provider that cannot be asked again, what a sign-in gave lasts for a while only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

import domain.backends
from domain import confirmations
from domain.actors import Actor
from domain.authentication import activate, read_authentication
from domain.backends import Backends
from domain.credentials import Scope
from domain.database import execute
from domain.departures import look_for_departures
from domain.installation import Installed
from domain.secrets import Secret, open_vault
from domain.sessions import Viewer, find_session, roles_by_session
from domain.sign_in import sign_in_as
from domain.tokens import create_token, find_token, roles_by_token
from domain.users import Newcomer, on_board
from identity.backend import BackendKind, Person
from identity.settings import BackendSettings, GitHubSettings, LdapSettings, OidcSettings
from outbound.policy import Policy
from tests.services.sign_in import FakeDirectory, sign_in

SYSTEM = Actor.system("tests")
GRACE = Person("sub-1", "grace")
SETTINGS: dict[BackendKind, BackendSettings] = {
    BackendKind.OIDC: OidcSettings(issuer="https://sso.example.org", client_id="quartermaster"),
    BackendKind.LDAP: LdapSettings(url="ldaps://ldap", bind_dn="cn=reader", base_dn="dc=example"),
    BackendKind.GITHUB: GitHubSettings(client_id="quartermaster", organisation="lab"),
}
SECRETS = {name: Secret("x") for name in ("client_secret", "token", "bind_password")}


@dataclass
class Provider(FakeDirectory):
    """`tells`: whether it has a directory that says who is there."""

    tells: bool = False

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        return await super().look_up(subjects) if self.tells else {}


@dataclass
class Lab:
    """With grace on board, by a provider that tells of nobody who is not there to sign in."""

    directory: Provider
    backends: Backends = field(default_factory=lambda: Backends(Policy()))

    async def enter(self) -> tuple[Viewer, str]:
        return await sign_in_as(self.directory, GRACE, "192.0.2.1")

    async def token(self, viewer: Viewer) -> str:
        actor = Actor(viewer.user_id, viewer.name)
        made = await create_token(actor, "ci", Scope.READ, 90, most_days=365)
        assert made.secret
        return made.secret


@pytest.fixture
def kind_of_backend() -> BackendKind:
    return BackendKind.OIDC


@pytest.fixture
async def lab(
    installed: Installed, kind_of_backend: BackendKind, monkeypatch: pytest.MonkeyPatch
) -> Lab:
    open_vault("the key of the tests, which is long enough")
    directory = Provider(issuer="https://sso.example.org", kind=kind_of_backend)
    directory.add(GRACE.subject, GRACE.name)
    monkeypatch.setattr(domain.backends, "open_backend", lambda *given: directory)
    version = (await read_authentication()).version
    await activate(SYSTEM, version, SETTINGS[kind_of_backend], SECRETS, directory.issuer)
    await on_board(SYSTEM, [Newcomer("grace", subject=GRACE.subject)])
    return Lab(directory)


async def let_pass(time: timedelta) -> None:
    """As if the provider had last been heard so long ago, and the session been used ever since."""
    then = datetime.now(UTC) - time - timedelta(seconds=1)
    await execute('UPDATE "user" SET confirmed_at = ? WHERE name = ?', then, "grace")


@pytest.mark.spec("T-17")
async def test_a_session_ends_unless_the_provider_confirms_who_it_is_again(lab: Lab) -> None:
    viewer, first = await lab.enter()
    await let_pass(confirmations.SESSION - timedelta(minutes=1))
    assert await find_session(first)
    await let_pass(confirmations.SESSION)
    assert await look_for_departures(lab.backends) == (0, 0)
    assert await find_session(first) is None
    assert await roles_by_session([viewer.credential.id]) == {}  # and its sockets are closed
    _, second = await lab.enter()
    assert await find_session(second)


@pytest.mark.spec("T-17")
async def test_a_token_waits_for_its_user_to_be_confirmed_again(lab: Lab) -> None:
    viewer, _ = await lab.enter()
    secret = await lab.token(viewer)
    await let_pass(confirmations.TOKEN - timedelta(minutes=1))
    found = await find_token(secret, "192.0.2.1")
    assert isinstance(found, Viewer)
    assert await roles_by_token([found.credential.id])
    await let_pass(confirmations.TOKEN)
    assert await find_token(secret, "192.0.2.1") is None
    assert await roles_by_token([found.credential.id]) == {}
    await lab.enter()
    assert await find_token(secret, "192.0.2.1")


async def test_a_directory_that_can_be_asked_confirms_who_is_there(lab: Lab) -> None:
    lab.directory.tells = True
    viewer, session = await lab.enter()
    secret = await lab.token(viewer)
    await let_pass(confirmations.TOKEN)
    await look_for_departures(lab.backends)
    assert await find_session(session)
    assert await find_token(secret, "192.0.2.1")
    lab.directory.accounts.clear()
    assert await look_for_departures(lab.backends) == (1, 0)
    assert await find_session(session) is None


@pytest.mark.parametrize("kind_of_backend", [BackendKind.LDAP, BackendKind.GITHUB])
async def test_a_directory_that_is_away_ends_nothing(lab: Lab) -> None:
    viewer, session = await lab.enter()
    secret = await lab.token(viewer)
    await let_pass(confirmations.TOKEN)
    assert await find_session(session)
    assert await find_token(secret, "192.0.2.1")


async def test_local_people_need_no_provider(installed: Installed, lab: Lab) -> None:
    assert installed.password
    _, session = await sign_in("ada", installed.password, None, backends=lab.backends)
    await execute('UPDATE "user" SET confirmed_at = NULL')
    assert await find_session(session)
