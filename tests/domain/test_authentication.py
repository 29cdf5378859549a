"""Which backend decides, and that changing it locks nobody out and lets nobody stay."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

import domain.backends
from domain.actors import Actor
from domain.audit import AuditEntry
from domain.authentication import (
    BackendSecretNeeded,
    NoLocalOperator,
    NoOtherWayIn,
    TriedTooSoon,
    activate,
    begin_try,
    deactivate,
    read_authentication,
    secrets_for,
    set_local_sign_in,
)
from domain.backends import Backends
from domain.database import fetch
from domain.installation import Installed, reset_password
from domain.known_people import people_who_knocked
from domain.refusals import ItemsRefused, NameTaken, NotAllowed, StaleEdit
from domain.roles import Role
from domain.secrets import Secret, open_vault
from domain.sessions import find_session
from domain.sign_in import DirectoryAway, NotOnBoard, SignInRefused, TooManyAttempts
from domain.users import (
    LastOperator,
    Newcomer,
    NotOfBackend,
    OnBoardAlready,
    PasswordElsewhere,
    User,
    edit_user,
    give_password,
    on_board,
)
from identity.backend import BackendKind, Failed
from identity.settings import LdapSettings
from outbound.policy import Policy
from tests.services.sign_in import FakeDirectory, sign_in

CANARY = "canary-of-the-bind-password"
LDAP = LdapSettings(
    url="ldaps://directory.example.org",
    bind_dn="cn=reader,dc=example,dc=org",
    base_dn="dc=example,dc=org",
)
OTHER_HOST = LdapSettings(url="ldaps://elsewhere.org", bind_dn=LDAP.bind_dn, base_dn=LDAP.base_dn)
SYSTEM = Actor.system("test")


@dataclass
class Lab:
    """An installation with a local operator, ada, and a directory."""

    password: str
    directory: FakeDirectory
    backends: Backends = field(default_factory=lambda: Backends(Policy()))

    async def activate(self, settings: LdapSettings = LDAP) -> None:
        version = (await read_authentication()).version
        secrets = {"bind_password": Secret(CANARY)}
        await activate(SYSTEM, version, settings, secrets, self.directory.issuer)

    async def enter(self, name: str, password: str = "right") -> str:
        """The new session's secret."""
        return (await sign_in(name, password, "192.0.2.1", backends=self.backends))[1]

    async def on_board(self, subject: str, name: str, *roles: Role) -> int:
        return (await on_board(SYSTEM, [Newcomer(name, None, roles, None, subject)]))[0].user_id


@pytest.fixture
async def lab(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> Lab:
    assert installed.password
    open_vault("the key of the tests, which is long enough")
    directory = FakeDirectory()
    directory.add("uuid-1", "grace")
    directory.add("uuid-2", "linus")
    monkeypatch.setattr(domain.backends, "open_backend", lambda *given: directory)
    return Lab(installed.password, directory)


async def roles_of(user_id: int) -> set[str]:
    rows = await fetch("SELECT role FROM user_role WHERE user_id = ?", user_id)
    return {row["role"] for row in rows}


async def test_after_installation_people_sign_in_locally(lab: Lab) -> None:
    now = await read_authentication()
    assert (now.kind, now.is_local_allowed) == (BackendKind.LOCAL, True)
    assert await find_session(await lab.enter("ada", lab.password))
    assert lab.directory.asked == []


@pytest.mark.spec("CRED-2")
async def test_the_local_operator_can_still_sign_in_beside_an_active_backend(lab: Lab) -> None:
    before = await lab.enter("ada", lab.password)
    await lab.activate()
    assert await find_session(before)
    assert await find_session(await lab.enter("ada", lab.password))
    assert lab.directory.asked == []  # and the password is nobody else's to see


@pytest.mark.spec("USER-4")
async def test_the_first_on_board_after_activation_is_an_operator_and_the_next_is_not(
    lab: Lab,
) -> None:
    await lab.activate()
    first = await lab.on_board("uuid-1", "grace")
    second = await lab.on_board("uuid-2", "linus")
    assert await roles_of(first) == {"OPERATOR"}
    assert await roles_of(second) == set()


async def test_new_credentials_for_the_same_backend_make_nobody_an_operator(lab: Lab) -> None:
    await lab.activate()
    await lab.on_board("uuid-1", "grace")
    before = await lab.enter("grace")
    await lab.activate()
    assert await roles_of(await lab.on_board("uuid-2", "linus")) == set()
    assert await find_session(before)


async def test_who_is_known_but_not_on_board_is_told_so_and_becomes_a_candidate(lab: Lab) -> None:
    await lab.activate()
    with pytest.raises(NotOnBoard):
        await lab.enter("grace")
    knocked = await people_who_knocked(BackendKind.LDAP, lab.directory.issuer)
    assert [person.subject for person, _ in knocked] == ["uuid-1"]
    with pytest.raises(SignInRefused):  # who has no right password learns nothing of it
        await lab.enter("grace", "wrong")
    await lab.on_board("uuid-1", "grace")
    assert await people_who_knocked(BackendKind.LDAP, lab.directory.issuer) == []
    assert await find_session(await lab.enter("grace"))


@pytest.mark.spec("T-7")
async def test_a_person_of_the_directory_with_the_local_operators_name_is_not_that_operator(
    lab: Lab,
) -> None:
    await lab.activate()
    lab.directory.add("uuid-9", "ada", "the directory's")
    with pytest.raises(SignInRefused):
        await lab.enter("ada", "the directory's")
    with pytest.raises(ItemsRefused) as refused:
        await lab.on_board("uuid-9", "Ada")
    assert isinstance(refused.value.items[0].reasons[0], NameTaken)


@pytest.mark.spec("T-7")
async def test_renaming_in_the_directory_keeps_the_account_and_a_new_owner_of_the_name_gets_none(
    lab: Lab,
) -> None:
    await lab.activate()
    grace = await lab.on_board("uuid-1", "grace")
    del lab.directory.accounts["grace"]
    lab.directory.add("uuid-1", "hopper")
    lab.directory.add("uuid-7", "grace")
    viewer = await find_session(await lab.enter("hopper"))
    assert viewer is not None
    assert viewer.user_id == grace
    with pytest.raises(NotOnBoard):
        await lab.enter("grace")
    with pytest.raises(ItemsRefused) as refused:
        await lab.on_board("uuid-1", "second")
    assert isinstance(refused.value.items[0].reasons[0], OnBoardAlready)


@pytest.mark.spec("T-13")
async def test_guesses_are_counted_before_the_directory_is_asked(lab: Lab) -> None:
    await lab.activate()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await lab.enter("grace", "guess")
    with pytest.raises(TooManyAttempts):
        await lab.enter("grace")
    assert len(lab.directory.asked) == 5


@pytest.mark.spec("T-10")
@pytest.mark.parametrize("password", ["", " ", "\t\n", "\0", "a\0b"])
async def test_a_password_that_a_directory_takes_for_none_never_reaches_it(
    lab: Lab, password: str
) -> None:
    await lab.activate()
    with pytest.raises(SignInRefused):
        await lab.enter("grace", password)
    assert lab.directory.asked == []


async def test_a_directory_that_is_away_is_not_a_wrong_password(lab: Lab) -> None:
    await lab.activate()
    lab.directory.failure = Failed("connect", "no route to 10.1.2.3")
    with pytest.raises(DirectoryAway) as away:
        await lab.enter("grace")
    assert "10.1.2.3" not in away.value.message()
    assert await find_session(await lab.enter("ada", lab.password))


@pytest.mark.spec("T-17")
async def test_deactivating_ends_the_sessions_of_the_backends_people(lab: Lab) -> None:
    await lab.activate()
    await lab.on_board("uuid-1", "grace")
    ada, grace = await lab.enter("ada", lab.password), await lab.enter("grace")
    await deactivate(SYSTEM, (await read_authentication()).version)
    assert await find_session(grace) is None
    assert await find_session(ada)
    with pytest.raises(SignInRefused):
        await lab.enter("grace")


@pytest.mark.spec("T-17")
async def test_activating_another_directory_ends_the_sessions_of_the_formers_people(
    lab: Lab,
) -> None:
    await lab.activate()
    await lab.on_board("uuid-1", "grace")
    grace = await lab.enter("grace")
    lab.directory.issuer = "dc=other"
    await lab.activate(OTHER_HOST)
    assert await find_session(grace) is None
    with pytest.raises(NotOnBoard):  # the same subject of another issuer is another person
        await lab.enter("grace")


@pytest.mark.spec("CRED-2")
async def test_local_sign_in_stays_until_an_operator_of_the_backend_has_signed_in(lab: Lab) -> None:
    await lab.activate()
    version = (await read_authentication()).version
    with pytest.raises(NoOtherWayIn):
        await set_local_sign_in(SYSTEM, version, False)
    grace = await lab.on_board("uuid-1", "grace")
    with pytest.raises(NoOtherWayIn):
        await set_local_sign_in(SYSTEM, version, False)
    ada = await lab.enter("ada", lab.password)
    await lab.enter("grace")
    await set_local_sign_in(SYSTEM, version, False)
    assert await find_session(ada) is None
    with pytest.raises(SignInRefused):
        await lab.enter("ada", lab.password)
    user = await User.get(id=grace)
    with pytest.raises(LastOperator):  # ada is one too, but cannot sign in
        await edit_user(SYSTEM, grace, user.version, roles=())


@pytest.mark.spec("CRED-2")
async def test_the_host_lets_the_installations_operator_in_again(lab: Lab) -> None:
    await lab.activate()
    grace = await lab.on_board("uuid-1", "grace")
    await lab.enter("grace")
    await set_local_sign_in(SYSTEM, (await read_authentication()).version, False)
    ada = await User.get(name="ada")
    await edit_user(SYSTEM, ada.id, ada.version, roles=())
    viewer = await find_session(await lab.enter("ada", await reset_password("ada")))
    assert viewer is not None
    assert Role.OPERATOR in viewer.roles
    with pytest.raises(PasswordElsewhere):
        await give_password(SYSTEM, grace)


async def test_without_a_local_operator_there_is_no_way_back_to_local(lab: Lab) -> None:
    await lab.activate()
    await lab.on_board("uuid-1", "grace")
    ada = await User.get(name="ada")
    await edit_user(SYSTEM, ada.id, ada.version, roles=())
    with pytest.raises(NoLocalOperator):
        await deactivate(SYSTEM, (await read_authentication()).version)


async def test_who_edits_an_older_version_changes_nothing(lab: Lab) -> None:
    await lab.activate()
    with pytest.raises(StaleEdit):
        await activate(SYSTEM, 1, OTHER_HOST, {"bind_password": Secret("x")}, "dc=other")
    assert (await read_authentication()).settings == LDAP


@pytest.mark.spec("T-46")
async def test_a_secret_left_blank_stays(lab: Lab) -> None:
    await lab.activate()
    secrets = await secrets_for(LDAP, {})
    assert secrets["bind_password"].reveal() == CANARY


@pytest.mark.spec("T-47")
@pytest.mark.parametrize(
    "settings",
    [
        OTHER_HOST,
        LdapSettings(url=LDAP.url + ":1636", bind_dn=LDAP.bind_dn, base_dn=LDAP.base_dn),
        LdapSettings(
            url=LDAP.url, bind_dn=LDAP.bind_dn, base_dn=LDAP.base_dn, ca_certificate="another's"
        ),
    ],
)
async def test_a_secret_is_not_sent_to_a_host_that_it_was_not_entered_for(
    lab: Lab, settings: LdapSettings
) -> None:
    await lab.activate()
    with pytest.raises(BackendSecretNeeded):
        await secrets_for(settings, {})


@pytest.mark.spec("T-45")
async def test_neither_the_row_nor_the_audit_log_holds_a_secret(lab: Lab) -> None:
    await lab.activate()
    for table in ("auth_backend", "audit_entry", "outbox"):
        for row in await fetch(f"SELECT * FROM {table}"):
            assert CANARY not in " ".join(str(value) for value in row)
    entry = await AuditEntry.get(action="authentication.activate")
    assert json.dumps(entry.after).count("bind_password") == 1  # that it is set, not what it is


@pytest.mark.spec("T-44")
async def test_tries_are_audited_and_not_made_over_and_over(lab: Lab) -> None:
    await begin_try(SYSTEM, LDAP)
    with pytest.raises(TriedTooSoon):
        await begin_try(SYSTEM, OTHER_HOST)
    outcomes = [one.outcome for one in await AuditEntry.filter(action="authentication.try")]
    assert sorted(outcomes) == ["TriedTooSoon", "done"]


@pytest.mark.spec("T-44", "T-21")
async def test_who_is_no_operator_changes_nothing_of_it(lab: Lab) -> None:
    await on_board(SYSTEM, [Newcomer("eve")])
    eve = Actor((await User.get(name="eve")).id, "eve")
    with pytest.raises(NotAllowed):
        await begin_try(eve, LDAP)
    with pytest.raises(NotAllowed):
        await activate(eve, 1, LDAP, {"bind_password": Secret("x")}, "dc=other")
    with pytest.raises(NotAllowed):
        await set_local_sign_in(eve, 1, True)
    with pytest.raises(NotAllowed):
        await deactivate(eve, 1)


async def test_with_a_backend_active_only_its_people_come_on_board(lab: Lab) -> None:
    with pytest.raises(ItemsRefused) as refused:
        await lab.on_board("uuid-1", "grace")
    assert isinstance(refused.value.items[0].reasons[0], NotOfBackend)
    await lab.activate()
    with pytest.raises(ItemsRefused):
        await on_board(SYSTEM, [Newcomer("somebody")])
