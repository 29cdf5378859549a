"""The people of an Entra ID tenant, where its application may list them by Microsoft Graph."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from identity import entra
from identity.backend import DirectoryGroup, Failed, NotListed, Person
from identity.entra import graph_url
from identity.oidc import Oidc
from identity.settings import OidcSettings
from tests.identity.conftest import HERE
from tests.services.entra import TOKEN, EntraTenant, entra_tenant
from tests.services.openid import CLIENT_ID, CLIENT_SECRET

REDIRECT_URI = "https://gpus.example.org/auth/callback"
ADA, GRACE, GONE = (f"{number}0000000-aaaa-4bbb-8ccc-0123456789ab" for number in (1, 2, 3))
RESEARCH, STAFF = (f"{number}0000000-dddd-4bbb-8ccc-0123456789ab" for number in (8, 9))


@pytest.fixture
async def tenant(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EntraTenant]:
    async with entra_tenant() as running:
        here = running.provider.peer.url
        monkeypatch.setitem(entra.CLOUDS, urlsplit(here).netloc, here)
        running.add(ADA, "ada")
        running.add(GRACE, "grace")
        running.add(GONE, "gone", accountEnabled=False)
        running.groups = {RESEARCH: ("research", [GRACE, GONE]), STAFF: ("staff", [ADA, GRACE])}
        yield running


@pytest.fixture
def backend(tenant: EntraTenant) -> Oidc:
    settings = OidcSettings(issuer=tenant.provider.issuer, client_id=CLIENT_ID)
    return Oidc(settings, CLIENT_SECRET, HERE)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        (f"https://login.microsoftonline.com/{ADA}/v2.0", "https://graph.microsoft.com"),
        (f"https://login.microsoftonline.us/{ADA}/v2.0", "https://graph.microsoft.us"),
        ("https://login.microsoftonline.com/common/v2.0", None),
        (f"https://login.microsoftonline.com/{ADA}", None),
        (f"https://login.microsoftonline.com.example.org/{ADA}/v2.0", None),
        (f"https://sts.windows.net/{ADA}/", None),
        ("https://accounts.google.com", None),
    ],
)
def test_a_tenant_is_known_by_its_issuer(issuer: str, url: str | None) -> None:
    assert graph_url(issuer) == url


@pytest.mark.spec("USER-1")
async def test_people_are_listed_page_by_page_without_those_who_are_disabled(
    tenant: EntraTenant, backend: Oidc
) -> None:
    for number in range(150):
        tenant.add(f"{number:08}-eeee-4bbb-8ccc-0123456789ab", f"person-{number}")
    first = await backend.people()
    assert first.people[:2] == [
        Person(ADA, "ada@example.org", "Ada"),
        Person(GRACE, "grace@example.org", "Grace"),
    ]
    second = await backend.people(after=first.after)
    assert second.after is None
    assert len({each.subject for each in [*first.people, *second.people]}) == 152


@pytest.mark.spec("USER-1", "T-11")
@pytest.mark.parametrize(
    ("search", "found"),
    [("person-149", 1), ('o"brien', 1), ("back\\slash", 1), ('x" OR "displayName:', 0)],
)
async def test_people_are_searched_for_by_what_is_typed_and_nothing_more(
    tenant: EntraTenant, backend: Oidc, search: str, found: int
) -> None:
    for number, name in enumerate(("person-149", 'o"brien', "back\\slash")):
        tenant.add(f"{number:08}-eeee-4bbb-8ccc-0123456789ab", name)
    assert len((await backend.people(search=search)).people) == found


@pytest.mark.spec("USER-1")
async def test_groups_are_listed_and_their_members_those_within_them_too(
    tenant: EntraTenant, backend: Oidc
) -> None:
    tenant.per_page = 1
    assert await backend.groups() == [
        DirectoryGroup(RESEARCH, "research"),
        DirectoryGroup(STAFF, "staff"),
    ]
    assert await backend.groups("sta") == [DirectoryGroup(STAFF, "staff")]
    tenant.per_page = 100
    grace = Person(GRACE, "grace@example.org", "Grace")
    assert (await backend.people(group=RESEARCH)).people == [grace]
    assert (await backend.people(group=STAFF, search="GRA")).people == [grace]
    for key in ("../users", "none"):
        with pytest.raises(Failed) as failed:
            await backend.people(group=key)
        assert failed.value.is_missing


@pytest.mark.spec("T-7")
async def test_who_is_listed_is_who_signs_in_by_the_id_that_never_changes(
    tenant: EntraTenant, backend: Oidc
) -> None:
    tenant.provider.claims = {"oid": GRACE, "preferred_username": "ada@example.org"}
    url, kept = await backend.begin(REDIRECT_URI)
    person = await backend.complete(kept, REDIRECT_URI, tenant.provider.sign_in(url))
    assert person.subject == GRACE
    tenant.provider.claims = {}
    url, kept = await backend.begin(REDIRECT_URI)
    with pytest.raises(Failed, match="add profile to the scopes"):
        await backend.complete(kept, REDIRECT_URI, tenant.provider.sign_in(url))


@pytest.mark.spec("T-17")
async def test_who_was_deleted_or_disabled_is_there_no_more(
    tenant: EntraTenant, backend: Oidc
) -> None:
    many = [f"{number:08}-eeee-4bbb-8ccc-0123456789ab" for number in range(40)]
    for number, identifier in enumerate(many):
        tenant.add(identifier, f"person-{number}")
    del tenant.users[many[39]]
    tenant.per_page = 4  # less than is asked for, as a server may
    there = await backend.look_up([GRACE, GONE, "a-sub-of-before", *many])
    assert there[GRACE] == Person(GRACE, "grace@example.org", "Grace")
    assert [subject for subject, person in there.items() if person is None] == [GONE, many[39]]
    assert "a-sub-of-before" not in there  # of whom nothing is told
    tenant.users[GRACE]["accountEnabled"] = None  # to who may read the basics alone
    assert (await backend.look_up([GRACE]))[GRACE] is not None


@pytest.mark.spec("T-17")
async def test_a_graph_that_takes_no_more_says_of_nobody_that_they_left(
    tenant: EntraTenant, backend: Oidc
) -> None:
    tenant.is_busy = True
    with pytest.raises(Failed, match="in 17 s"):
        await backend.look_up([ADA])


async def test_an_application_that_may_not_list_people_lists_none_and_says_what_it_needs(
    tenant: EntraTenant, backend: Oidc
) -> None:
    assert "People can be listed" in await backend.check()
    tenant.may_read = False
    with pytest.raises(NotListed):
        await backend.people()
    assert await backend.look_up([ADA]) == {}
    assert "User.Read.All" in (await backend.check())[3]
    tenant.provider.service_token = None
    settings = OidcSettings(issuer=tenant.provider.issuer, client_id=CLIENT_ID)
    with pytest.raises(NotListed):
        await Oidc(settings, CLIENT_SECRET, HERE).groups()


@pytest.mark.spec("T-47")
async def test_the_applications_token_goes_to_graph_and_to_no_next_page_elsewhere(
    tenant: EntraTenant, backend: Oidc
) -> None:
    tenant.per_page = 1
    for elsewhere in (
        "http://192.0.2.1/v1.0/users?$skiptoken=1",
        f"{tenant.provider.peer.url}/v1.0/users@192.0.2.1/?x",
        f"{tenant.provider.peer.url}/v1.0/me?x",
    ):
        tenant.next_page = elsewhere
        with pytest.raises(Failed, match="elsewhere"):
            await backend.people()
    await backend.look_up([ADA])
    for each in tenant.provider.peer.received:
        assert (TOKEN in str(each)) == each.target.startswith("/v1.0/")
