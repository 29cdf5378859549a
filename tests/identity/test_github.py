"""Sign-in by GitHub: known by number, let in as an active member, listed page by page."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from identity.backend import DirectoryGroup, Failed, NotAdmitted, Person
from identity.github import GitHub
from identity.settings import GitHubSettings
from tests.identity.conftest import HERE
from tests.services.github import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORGANISATION,
    TOKEN,
    GitHubService,
    github_service,
)
from tests.services.http_peer import answers

IN_HALF_AN_HOUR = str(int(time.time()) + 1790)
REDIRECT_URI = "https://gpus.example.org/auth/callback"


@pytest.fixture
async def service() -> AsyncIterator[GitHubService]:
    async with github_service() as running:
        yield running


def backend_of(
    service: GitHubService,
    *,
    secret: str = CLIENT_SECRET,
    token: str = TOKEN,
    organisation: str = ORGANISATION,
) -> GitHub:
    settings = GitHubSettings(
        client_id=CLIENT_ID,
        organisation=organisation,
        api_url=service.api_url,
        web_url=service.web_url,
    )
    return GitHub(settings, secret, token, HERE)


async def sign_in(service: GitHubService, login: str, **given: Any) -> Person:
    backend = backend_of(service, **given)
    url, kept = await backend.begin(REDIRECT_URI)
    return await backend.complete(kept, REDIRECT_URI, service.sign_in(url, login))


@pytest.mark.spec("T-7")
async def test_an_account_is_known_by_its_number_whatever_its_login(service: GitHubService) -> None:
    assert await sign_in(service, "grace") == Person("2", "grace", "Grace")
    service.accounts = {"ada": 1, "hopper": 2, "grace": 9}
    service.members = ["ada", "hopper", "grace"]
    assert (await sign_in(service, "hopper")).subject == "2"
    assert (await sign_in(service, "grace")).subject == "9"


@pytest.mark.spec("T-9")
async def test_who_is_no_active_member_of_the_organisation_is_not_let_in(
    service: GitHubService,
) -> None:
    with pytest.raises(NotAdmitted):
        await sign_in(service, "eve")
    service.pending = ["eve"]
    with pytest.raises(NotAdmitted):
        await sign_in(service, "eve")
    with pytest.raises(NotAdmitted):
        await sign_in(service, "grace", organisation="another")
    service.pending, service.members = [], [*service.members, "eve"]
    assert (await sign_in(service, "eve")).subject == "3"


@pytest.mark.spec("T-9")
async def test_a_login_that_has_become_a_members_meanwhile_lets_its_former_owner_not_in(
    service: GitHubService,
) -> None:
    honest = service.membership
    service.membership = lambda organisation, login: honest(organisation, "grace")  # type: ignore[method-assign]
    with pytest.raises(NotAdmitted):
        await sign_in(service, "eve")


@pytest.mark.spec("T-1")
async def test_an_answer_with_another_state_is_refused(service: GitHubService) -> None:
    backend = backend_of(service)
    url, _ = await backend.begin(REDIRECT_URI)
    _, kept_of_another = await backend.begin(REDIRECT_URI)
    with pytest.raises(Failed, match="another request"):
        await backend.complete(kept_of_another, REDIRECT_URI, service.sign_in(url, "grace"))
    assert service.peer.received == []


@pytest.mark.spec("USER-1", "T-9")
async def test_all_members_are_listed_page_by_page(service: GitHubService) -> None:
    service.accounts |= {f"person-{number}": 100 + number for number in range(250)}
    service.members += [f"person-{number}" for number in range(250)]
    backend, found, after = backend_of(service), list[str](), None
    for _ in range(3):
        part = await backend.people(after=after)
        found += [person.subject for person in part.people]
        after = part.after
    assert after is None
    assert len(set(found)) == 252
    service.page_size = 10
    assert [each.name for each in (await backend.people(search="N-249")).people] == ["person-249"]
    there = await backend.look_up(["349", "3"])
    assert there == {"349": Person("349", "person-249"), "3": None}
    assert all("elsewhere" not in each.headers["host"] for each in service.peer.received)


async def test_teams_are_groups_and_list_their_members(service: GitHubService) -> None:
    backend = backend_of(service)
    assert await backend.groups() == [DirectoryGroup("research", "Research")]
    assert await backend.groups("none") == []
    people = (await backend.people(group="research")).people
    assert [person.name for person in people] == ["grace"]


@pytest.mark.spec("T-17")
async def test_a_token_that_sees_a_part_of_the_members_says_of_nobody_that_they_left(
    service: GitHubService,
) -> None:
    backend = backend_of(service)
    service.pending = ["ada"]  # the owner of the token, who was invited and has not come
    with pytest.raises(Failed, match="has to be a member's"):
        await backend.look_up(["2"])
    service.pending = []
    service.members.remove("ada")
    with pytest.raises(Failed, match="has to be a member's"):
        await backend.look_up(["2"])
    with pytest.raises(Failed, match="has to be a member's"):
        await backend.people()


@pytest.mark.spec("CRED-2")
async def test_a_check_tries_both_secrets(service: GitHubService) -> None:
    assert await backend_of(service).check() == [
        "The client id and secret are known to GitHub",
        "The token is of ada, a member of gpu-lab",
        "Found 2 members on the first page",
    ]
    with pytest.raises(Failed) as failed:
        await backend_of(service, secret="wrong").check()
    assert failed.value.step == "client"
    with pytest.raises(Failed, match="does not know the token") as failed:
        await backend_of(service, token="wrong").check()
    assert failed.value.step == "token"
    with pytest.raises(Failed, match="has to be a member's"):
        await backend_of(service, organisation="another").check()


@pytest.mark.parametrize(
    ("status", "headers", "minutes"),
    [
        (
            403,
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "in 1790 s"},
            30,
        ),
        (429, {"retry_after": "61"}, 2),
        (429, {}, 1),
        (403, {"retry_after": "1"}, 1),
    ],
)
async def test_the_limit_on_requests_is_told_with_when_it_ends(
    service: GitHubService, status: int, headers: dict[str, str], minutes: int
) -> None:
    if "x_ratelimit_reset" in headers:
        headers = {**headers, "x_ratelimit_reset": str(int(time.time()) + 1790)}
    service.refuses = answers(status, b'{"message": "canary"}', **headers)
    with pytest.raises(Failed, match=f"in {minutes} min") as failed:
        await sign_in(service, "grace")
    assert "canary" not in str(failed.value)


@pytest.mark.spec("T-43", "T-47")
async def test_a_redirect_of_the_api_is_not_followed(service: GitHubService) -> None:
    service.refuses = answers(302, location="http://127.0.0.1:1/")
    with pytest.raises(Failed, match="302"):
        await sign_in(service, "grace")


@pytest.mark.spec("T-47")
async def test_the_organisations_token_goes_to_the_api_alone(service: GitHubService) -> None:
    backend = backend_of(service)
    url, kept = await backend.begin(REDIRECT_URI)
    await backend.complete(kept, REDIRECT_URI, service.sign_in(url, "grace"))
    for each in service.peer.received:
        assert (TOKEN in str(each)) == ("/memberships/" in each.target)
    assert CLIENT_SECRET not in url
