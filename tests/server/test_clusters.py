"""A Quartermaster that has another one as a remote cluster: two processes, real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.operator import Operator
from tests.services.product import Product

CREATE_TOKEN = """mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  ... on TokenCreated { secret } ... on Refusal { message } } }"""
ADD = """mutation ($input: AddRemoteClusterInput!) { addRemoteCluster(input: $input) {
  __typename ... on RemoteCluster { id name } ... on Refusal { message } } }"""
CLUSTERS = """{ remoteClusters { edges { node { name state failure runs nodes createdAt contactedAt
  capacity { product total free } devicesTotal devicesFree jobsActive jobsWaiting } } } }"""


async def token(operator: Operator) -> str:
    made = await operator.ask(CREATE_TOKEN, input={"name": "remote", "scope": "READ"})
    return str(made["createToken"]["secret"])


def only(data: dict[str, Any]) -> dict[str, Any]:
    (edge,) = data["remoteClusters"]["edges"]
    node: dict[str, Any] = edge["node"]
    return node


@pytest.mark.spec("MC-1", "MC-2", "MC-5")
async def test_a_quartermaster_has_another_one_as_a_remote_cluster_but_never_itself(
    start_product: Callable[..., Product],
) -> None:
    here = start_product(
        "1x2",
        QUARTERMASTER_ALLOWED_ADDRESSES="127.0.0.0/8",
        QUARTERMASTER_ALLOW_PLAIN_HTTP="yes",
    )
    there = start_product("3x4")
    operator, other = Operator(here), Operator(there)
    async with operator.http, other.http:
        await operator.sign_in()
        await other.sign_in()
        await other.eventually(
            "{ devices { totalCount } }", lambda found: found["devices"]["totalCount"] == 12
        )

        async def add(url: str, secret: str) -> dict[str, Any]:
            link = {"quartermaster": {"url": url, "token": secret}}
            data = await operator.ask(ADD, input={"name": "annex", "link": link})
            answer: dict[str, Any] = data["addRemoteCluster"]
            return answer

        itself = await add(here.url, await token(operator))
        assert itself["__typename"] == "IsItself"
        # A try every 2 s at most: until then it is refused, in words.
        secret = await token(other)
        while (added := await add(there.url, secret))["__typename"] == "TriedTooSoon":
            await asyncio.sleep(0.1)
        assert added["__typename"] == "RemoteCluster", added
        # The controller's watch contacts it by itself from now on.
        found = only(
            await operator.eventually(
                CLUSTERS,
                lambda data: (
                    only(data)["contactedAt"] > only(data)["createdAt"]
                    and only(data)["nodes"] is not None
                ),
            )
        )
        assert (found["state"], found["nodes"], found["devicesTotal"]) == ("CONNECTED", 3, 12)
        assert 0 <= found["devicesFree"] <= 12
        assert found["runs"].startswith("Quartermaster ")
        assert sum(one["total"] for one in found["capacity"]) == 12
        assert found["jobsActive"] is not None
        there.stop()
        away = only(
            await operator.eventually(CLUSTERS, lambda data: only(data)["state"] == "UNREACHABLE")
        )
        assert away["failure"] == "The host does not accept the connection."
        assert away["devicesTotal"] == 12  # the last known figures stay
