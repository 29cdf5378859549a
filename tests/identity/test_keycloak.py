"""The people of a Keycloak realm, where its client may list them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from identity.backend import DirectoryGroup, Failed, NotListed, Person
from identity.keycloak import admin_url
from identity.oidc import Oidc
from identity.settings import OidcSettings
from tests.identity.conftest import HERE
from tests.services.keycloak import TOKEN, KeycloakRealm, keycloak_realm
from tests.services.openid import CLIENT_ID, CLIENT_SECRET

REDIRECT_URI = "https://gpus.example.org/auth/callback"


@pytest.fixture
async def realm() -> AsyncIterator[KeycloakRealm]:
    async with keycloak_realm() as running:
        running.add("id-1", "ada", firstName="Ada", lastName="Lovelace")
        running.add("id-2", "grace")
        running.add("id-3", "gone", enabled=False)
        running.groups["research"] = ["id-2", "id-3"]
        yield running


@pytest.fixture
def backend(realm: KeycloakRealm) -> Oidc:
    settings = OidcSettings(issuer=realm.provider.issuer, client_id=CLIENT_ID)
    return Oidc(settings, CLIENT_SECRET, HERE)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://sso.org/realms/lab", "https://sso.org/admin/realms/lab"),
        ("https://sso.org/auth/realms/a%20b", "https://sso.org/auth/admin/realms/a%20b"),
        ("https://sso.org/realms/lab/more", None),
        ("https://sso.org/realms/", None),
        ("https://accounts.google.com", None),
    ],
)
def test_a_realm_is_known_by_its_issuer(issuer: str, url: str | None) -> None:
    assert admin_url(issuer) == url


@pytest.mark.spec("USER-1")
async def test_people_are_listed_page_by_page_without_those_who_are_disabled(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    for number in range(150):
        realm.add(f"more-{number}", f"person-{number}")
    first = await backend.people()
    assert first.people[:2] == [Person("id-1", "ada", "Ada Lovelace"), Person("id-2", "grace")]
    second = await backend.people(after=first.after)
    assert second.after is None
    assert len({each.subject for each in [*first.people, *second.people]}) == 152
    found = (await backend.people(search="person-149")).people
    assert [each.subject for each in found] == ["more-149"]


@pytest.mark.spec("USER-1")
async def test_groups_are_listed_with_those_in_them_and_their_members(backend: Oidc) -> None:
    assert await backend.groups() == [
        DirectoryGroup("research", "research"),
        DirectoryGroup("research-child", "research child"),
    ]
    assert (await backend.people(group="research")).people == [Person("id-2", "grace")]


async def test_who_is_listed_is_who_signs_in(realm: KeycloakRealm, backend: Oidc) -> None:
    realm.provider.subject = "id-2"
    url, kept = await backend.begin(REDIRECT_URI)
    person = await backend.complete(kept, REDIRECT_URI, realm.provider.sign_in(url))
    assert person.subject == "id-2"


@pytest.mark.spec("T-17")
async def test_who_was_deleted_or_disabled_is_there_no_more(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    del realm.users["id-1"]
    there = await backend.look_up(["id-1", "id-2", "id-3", "../groups"])
    assert there == {
        "id-1": None,
        "id-2": Person("id-2", "grace"),
        "id-3": None,
        "../groups": None,
    }


@pytest.mark.spec("T-17")
async def test_a_realm_that_is_away_says_of_nobody_that_they_left(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    realm.is_away = True
    with pytest.raises(Failed):
        await backend.look_up(["id-1"])


async def test_a_client_that_may_not_list_people_lists_none_and_says_what_it_needs(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    assert "People can be listed" in await backend.check()
    realm.may_view_users = False
    with pytest.raises(NotListed):
        await backend.people()
    assert await backend.look_up(["id-1"]) == {}
    assert "view-users" in (await backend.check())[3]


async def test_a_client_without_a_service_account_lists_none(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    realm.provider.service_token = None
    with pytest.raises(NotListed):
        await backend.groups()


@pytest.mark.spec("T-47")
async def test_the_service_accounts_token_goes_to_the_admin_api_alone(
    realm: KeycloakRealm, backend: Oidc
) -> None:
    await backend.check()
    await backend.look_up(["id-1"])
    for each in realm.provider.peer.received:
        assert (TOKEN in str(each)) == each.target.startswith("/admin/")
