"""The people of an Okta organisation, where a token of its API was entered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from identity.backend import DirectoryGroup, Failed, NotListed, Person
from identity.oidc import Oidc
from identity.okta import is_okta
from identity.settings import OidcSettings
from tests.identity.conftest import HERE
from tests.services.okta import TOKEN, OktaOrganisation, okta_organisation
from tests.services.openid import CLIENT_ID, CLIENT_SECRET

REDIRECT_URI = "https://gpus.example.org/auth/callback"
ADA = Person("00uada", "ada@example.org", "Ada Lovelace")
GRACE = Person("00ugrace", "grace@example.org", "Grace Lovelace")


@pytest.fixture
async def organisation() -> AsyncIterator[OktaOrganisation]:
    async with okta_organisation() as running:
        running.add("00uada", "ada")
        running.add("00ugrace", "grace", "PASSWORD_EXPIRED")
        running.add("00ugone", "gone", "SUSPENDED")
        running.add("00uleft", "left", "DEPROVISIONED")
        running.groups = {"00gone": ("research", ["00ugrace", "00ugone"]), "00gtwo": ("staff", [])}
        yield running


def opened(organisation: OktaOrganisation, token: str | None = TOKEN) -> Oidc:
    settings = OidcSettings(issuer=organisation.provider.issuer, client_id=CLIENT_ID)
    return Oidc(settings, CLIENT_SECRET, HERE, directory_token=token)


@pytest.fixture
def backend(organisation: OktaOrganisation) -> Oidc:
    return opened(organisation)


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://lab.okta.com", True),
        ("https://lab.okta.com/oauth2/default", True),
        ("https://lab.oktapreview.com", True),
        ("https://okta.com.example.org", False),
        ("https://sso.example.org", False),
    ],
)
def test_an_organisation_is_known_by_its_host(issuer: str, expected: bool) -> None:
    assert is_okta(issuer) == expected


@pytest.mark.spec("USER-1")
async def test_people_are_listed_page_by_page_without_those_who_cannot_sign_in(
    organisation: OktaOrganisation, backend: Oidc
) -> None:
    for number in range(300):
        organisation.add(f"00u{number}", f"person-{number}")
    first = await backend.people()
    assert first.people[:2] == [ADA, GRACE]
    second = await backend.people(after=first.after)
    assert second.after is None
    assert len({each.subject for each in [*first.people, *second.people]}) == 302


@pytest.mark.spec("USER-1", "T-11")
@pytest.mark.parametrize(
    ("search", "found"), [("per", 2), ('o"b', 1), ("back\\", 1), ('x" or status sw "', 0)]
)
async def test_people_are_searched_for_by_what_is_typed_and_nothing_more(
    organisation: OktaOrganisation, backend: Oidc, search: str, found: int
) -> None:
    for number, name in enumerate(("person-1", "person-2", 'o"brien', "back\\slash")):
        organisation.add(f"00u{number}", name)
    assert len((await backend.people(search=search)).people) == found


@pytest.mark.spec("USER-1")
async def test_groups_are_listed_and_their_members(
    organisation: OktaOrganisation, backend: Oidc
) -> None:
    organisation.per_page = 1
    research, staff = DirectoryGroup("00gone", "research"), DirectoryGroup("00gtwo", "staff")
    assert await backend.groups() == [research, staff]
    assert await backend.groups("st") == [staff]
    organisation.per_page = 200
    assert (await backend.people(group="00gone")).people == [GRACE]
    assert (await backend.people(group="00gone", search="ada")).people == []
    with pytest.raises(Failed) as failed:
        await backend.people(group="../users")
    assert failed.value.is_missing


async def test_who_is_listed_is_who_signs_in(organisation: OktaOrganisation, backend: Oidc) -> None:
    organisation.provider.subject = "00ugrace"
    url, kept = await backend.begin(REDIRECT_URI)
    person = await backend.complete(kept, REDIRECT_URI, organisation.provider.sign_in(url))
    assert person.subject == GRACE.subject


@pytest.mark.spec("T-17")
async def test_who_was_deleted_or_suspended_is_there_no_more_and_a_list_that_lags_says_nothing(
    organisation: OktaOrganisation, backend: Oidc
) -> None:
    many = [f"00u{number}" for number in range(60)]
    for identifier in many:
        organisation.add(identifier, "person")
    del organisation.users[many[59]]
    organisation.lags = {"00uada"}
    organisation.per_page = 20
    there = await backend.look_up(["00uada", "00ugrace", "00ugone", "00uleft", "a b", *many])
    assert (there["00uada"], there["00ugrace"]) == (ADA, GRACE)
    gone = [subject for subject, person in there.items() if person is None]
    assert sorted(gone) == sorted(["00ugone", "00uleft", many[59]])
    assert "a b" not in there  # of whom nothing is told


@pytest.mark.spec("T-17")
@pytest.mark.parametrize(("status", "said"), [(429, "no more requests"), (500, "status 500")])
async def test_an_organisation_that_does_not_answer_says_of_nobody_that_they_left(
    organisation: OktaOrganisation, backend: Oidc, status: int, said: str
) -> None:
    organisation.status = status
    with pytest.raises(Failed, match=said):
        await backend.look_up(["00uada"])


async def test_without_a_token_or_the_right_to_it_people_knock(
    organisation: OktaOrganisation, backend: Oidc
) -> None:
    assert "People can be listed" in await backend.check()
    with pytest.raises(Failed, match="does not know the API token"):
        await opened(organisation, "another").check()
    with pytest.raises(NotListed):
        await opened(organisation, None).people()
    organisation.status = 403
    with pytest.raises(NotListed):
        await backend.people()
    assert await backend.look_up(["00uada"]) == {}
    assert "API token" in (await backend.check())[3]


@pytest.mark.spec("T-47")
async def test_the_token_goes_to_the_organisations_api_and_to_no_next_page_elsewhere(
    organisation: OktaOrganisation, backend: Oidc
) -> None:
    organisation.per_page = 1
    for elsewhere in (
        "http://192.0.2.1/api/v1/users?after=1",
        f"{organisation.provider.peer.url}/api/v1/meta?after=1",
    ):
        organisation.next_page = elsewhere
        with pytest.raises(Failed, match="elsewhere"):
            await backend.people()
    for each in organisation.provider.peer.received:
        assert (TOKEN in str(each)) == each.target.startswith("/api/v1/")
