"""Providers through the API: tried, activated, and their people taken on board once they knock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain import authentication
from tests.schema.test_authentication import ACTIVATE, AUTHENTICATION, CANDIDATES, ON_BOARD
from tests.services import github, okta, openid
from tests.services.github import GitHubService, github_service
from tests.services.graph import Graph
from tests.services.okta import okta_organisation
from tests.services.openid import OpenId, open_id


@pytest.fixture
def kind() -> str:
    """The rules are proven on both databases elsewhere."""
    return "sqlite"


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "TRY_EVERY", authentication.TRY_EVERY * 0)


@pytest.fixture
async def provider() -> AsyncIterator[OpenId]:
    async with open_id() as running:
        yield running


@pytest.fixture
async def organisation() -> AsyncIterator[GitHubService]:
    async with github_service() as running:
        yield running


def of_provider(provider: OpenId, **other: str) -> dict[str, Any]:
    given = {"issuer": provider.issuer, "clientId": openid.CLIENT_ID}
    return {"oidc": {**given, "clientSecret": openid.CLIENT_SECRET, **other}}


def of_organisation(service: GitHubService, **other: str) -> dict[str, Any]:
    given = {
        "clientId": github.CLIENT_ID,
        "clientSecret": github.CLIENT_SECRET,
        "organisation": github.ORGANISATION,
        "token": github.TOKEN,
        "apiUrl": service.api_url,
        "webUrl": service.web_url,
    }
    return {"gitHub": {**given, **other}}


async def activate(graph: Graph, backend: dict[str, Any]) -> dict[str, Any]:
    version = (await graph.ask(AUTHENTICATION))["authentication"]["version"]
    given = {"version": version, "backend": backend}
    answer: dict[str, Any] = (await graph.ask(ACTIVATE, input=given))["activateAuthentication"]
    return answer


async def candidates(graph: Graph) -> dict[str, dict[str, Any]]:
    found = (await graph.ask(CANDIDATES))["onBoarding"]["candidates"]["edges"]
    return {edge["node"]["name"]: edge["node"] for edge in found}


async def on_board(graph: Graph, candidate: dict[str, Any]) -> list[str]:
    users = [{"name": candidate["name"], "subject": candidate["subject"]}]
    done = (await graph.ask(ON_BOARD, users=users))["onBoardUsers"]
    roles: list[str] = done["users"][0]["user"]["roles"]
    return roles


@pytest.mark.spec("CRED-1", "CRED-2", "USER-1", "USER-4")
async def test_with_openid_connect_who_knocks_becomes_a_candidate_and_then_comes_in(
    graph: Graph, provider: OpenId
) -> None:
    refused = await activate(graph, of_provider(provider, clientSecret="wrong"))
    assert (refused["kind"], refused["step"]) == ("BackendFailed", "token")
    assert (await graph.ask(AUTHENTICATION))["authentication"]["kind"] == "LOCAL"
    assert (await activate(graph, of_provider(provider)))["kind"] == "Authentication"
    async with httpx.AsyncClient(base_url=graph.url, timeout=20) as browser:
        for status in (403, 200):
            begun = await browser.get("/auth/begin")
            answer = provider.sign_in(begun.headers["location"])
            returned = await browser.get("/auth/callback", params=answer)
            assert returned.status_code == status
            if status == 403:
                knocked = (await candidates(graph))["grace"]
                assert knocked["knockedAt"] is not None
                assert await on_board(graph, knocked) == ["OPERATOR"]
        assert (await browser.get("/auth/session")).json()["name"] == "grace"


@pytest.mark.spec("CRED-1", "CRED-2", "USER-1", "T-9")
async def test_with_github_the_organisation_is_listed_and_its_members_come_in(
    graph: Graph, organisation: GitHubService
) -> None:
    for wrong in ({"token": "wrong"}, {"clientSecret": "wrong"}, {"organisation": "another"}):
        refused = await activate(graph, of_organisation(organisation, **wrong))
        assert refused["kind"] == "BackendFailed"
        assert not any(secret in str(refused) for secret in (github.TOKEN, github.CLIENT_SECRET))
    organisation.accounts |= {f"person-{number}": 100 + number for number in range(120)}
    organisation.members += [f"person-{number}" for number in range(119)]
    organisation.members.append("person-119")
    assert (await activate(graph, of_organisation(organisation)))["kind"] == "Authentication"
    listed = (await graph.ask(CANDIDATES, first=200))["onBoarding"]["candidates"]
    assert listed["totalCount"] == 122
    last = [each["node"] for each in listed["edges"] if each["node"]["name"] == "person-119"]
    assert await on_board(graph, last[0]) == ["OPERATOR"]
    async with httpx.AsyncClient(base_url=graph.url, timeout=20) as browser:
        begun = await browser.get("/auth/begin")
        answer = organisation.sign_in(begun.headers["location"], "person-119")
        assert (await browser.get("/auth/callback", params=answer)).status_code == 200
        assert (await browser.get("/auth/session")).json()["name"] == "person-119"


@pytest.mark.spec("USER-1", "T-46", "T-47")
async def test_a_token_of_okta_is_kept_for_its_host_alone_and_need_not_be_given(
    graph: Graph, provider: OpenId
) -> None:
    async with okta_organisation() as organisation:
        organisation.add("00uada", "grace")
        there = of_provider(organisation.provider)
        await activate(graph, there)
        secrets = "{ authentication { secretsSet } }"
        assert (await graph.ask(secrets))["authentication"]["secretsSet"] == ["client_secret"]
        await activate(graph, of_provider(organisation.provider, directoryToken=okta.TOKEN))
        kept = ["client_secret", "directory_token"]
        for given in ({}, {"directoryToken": ""}):
            await activate(graph, of_provider(organisation.provider, **given))
            assert (await graph.ask(secrets))["authentication"]["secretsSet"] == kept
        assert list(await candidates(graph)) == ["grace@example.org"]
        await activate(graph, of_provider(provider))
        assert (await graph.ask(secrets))["authentication"]["secretsSet"] == ["client_secret"]
        assert okta.TOKEN not in str(provider.peer.received)
