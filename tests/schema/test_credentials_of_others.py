"""Nobody acts by what is another's: neither by a token that was seen before, nor by a secret that
the installation keeps, nor by what a directory told somebody else."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain import authentication
from tests.schema.test_authentication import CANDIDATES
from tests.schema.test_authentication_elsewhere import activate, of_organisation, of_provider
from tests.schema.test_tokens import make
from tests.services import github
from tests.services.changes import change, done
from tests.services.github import github_service
from tests.services.graph import TLS, Graph
from tests.services.http_peer import answers, peer
from tests.services.okta import TOKEN, okta_organisation
from tests.services.openid import CLIENT_SECRET, open_id


@pytest.fixture
def kind() -> str:
    """The rules are proven on both databases elsewhere."""
    return "sqlite"


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "TRY_EVERY", authentication.TRY_EVERY * 0)


@pytest.fixture
async def eve(graph: Graph) -> AsyncIterator[Graph]:
    """Signed in, and no operator; ada, who is one, has `graph`."""
    made = await done(graph, "onBoardUsers", users=[{"name": "eve", "roles": ["ML_ENGINEER"]}])
    async with graph.signed_in("eve", made["users"][0]["password"]) as hers:
        yield hers


def cookies_of(graph: Graph) -> str:
    return "; ".join(f"{name}={value}" for name, value in graph.http.cookies.items())


@pytest.mark.spec("T-48", "T-24")
async def test_whoever_comes_on_one_connection_is_who_their_own_credential_says(
    graph: Graph, eve: Graph
) -> None:
    """As by a proxy, which sends everybody's requests along the same few connections."""
    (_, of_ada), (_, of_eve) = await make(graph), await make(eve)
    by = {
        "ada": {"Authorization": f"Bearer {of_ada}"},
        "eve": {"Authorization": f"Bearer {of_eve}"},
        "ada's browser": {"Cookie": cookies_of(graph), "Quartermaster-Client": "tests"},
        "eve's browser": {"Cookie": cookies_of(eve), "Quartermaster-Client": "tests"},
    }
    asked = {"query": "{ viewer { name tokens { user { name } } } auditEntries { totalCount } }"}

    async def who(client: httpx.AsyncClient, name: str) -> None:
        answer = (await client.post("/graphql", json=asked, headers=by[name])).json()["data"]
        expected = name.removesuffix("'s browser")
        assert answer["viewer"]["name"] == expected
        assert [token["user"]["name"] for token in answer["viewer"]["tokens"]] == [expected]
        assert (answer["auditEntries"]["totalCount"] > 0) == (expected == "ada")

    one = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=graph.url, limits=one, verify=TLS) as client:
        for name in [*by, *reversed(by)]:
            await who(client, name)
    two = httpx.Limits(max_connections=2)
    async with httpx.AsyncClient(base_url=graph.url, limits=two, verify=TLS) as client:
        await asyncio.gather(*(who(client, name) for name in [*by] * 10))


@pytest.mark.spec("T-48", "USER-6")
async def test_what_a_directory_told_an_operator_is_told_to_nobody_else(
    graph: Graph, eve: Graph
) -> None:
    async with okta_organisation() as organisation:
        organisation.add("00u1", "canary")
        await activate(graph, of_provider(organisation.provider, directoryToken=TOKEN))
        # Ada's list is kept for a minute, and eve asks in that minute.
        assert "canary" in str(await graph.ask(CANDIDATES))
        before = len(organisation.provider.peer.received)
        assert "canary" not in str(await eve.ask(CANDIDATES))
        groups = "{ directoryGroups { groups { name } } }"
        assert (await eve.ask(groups))["directoryGroups"] is None
        assert len(organisation.provider.peer.received) == before


@pytest.mark.spec("T-48", "T-25")
async def test_a_secret_that_is_kept_is_used_for_nobody_but_an_operator(
    graph: Graph, eve: Graph
) -> None:
    async with open_id() as provider, github_service() as service:
        for backend, place, secrets in (
            (of_provider(provider), provider.peer, (CLIENT_SECRET,)),
            (of_organisation(service), service.peer, (github.CLIENT_SECRET, github.TOKEN)),
        ):
            assert "version" in await activate(graph, backend)
            (kind,) = backend
            blank = {name: value for name, value in backend[kind].items() if value not in secrets}
            before = len(place.received)
            given: dict[str, Any] = {"backend": {kind: blank}}
            for name, more in (
                ("tryAuthentication", given),
                ("activateAuthentication", {**given, "version": 9}),
            ):
                assert (await change(eve, name, **more))["__typename"] == "NotAllowed"
            assert len(place.received) == before
            # It is there to be used: an operator who leaves it blank uses it.
            tried = await change(graph, "tryAuthentication", **given)
            assert tried["__typename"] == "AuthenticationTried"


@pytest.mark.spec("T-48", "T-25")
async def test_a_webhooks_secret_signs_nothing_for_who_knows_its_id(
    graph: Graph, eve: Graph
) -> None:
    secret = "whsec_" + base64.b64encode(b"x" * 32).decode()
    async with peer(answers(204)) as receiver:
        wish = {"name": "pager", "url": receiver.url, "secret": secret, "minimumLevel": "WARNING"}
        made = await done(graph, "createWebhook", **wish)
        for name, more in (
            ("testWebhook", {}),
            ("editWebhook", {"version": 1, "url": f"{receiver.url}/other"}),
        ):
            assert (await change(eve, name, id=made["id"], **more))["__typename"] == "NotAllowed"
        assert receiver.received == []
