"""The Feature Store uses a target; once it has been used only a deliberate act changes that."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from domain.audit import AuditEntry
from tests.schema.test_dvs import make, targets
from tests.services.changes import change, done
from tests.services.graph import Graph, take

STORE = "{ featureStore { id isLocked usedAt usedBy version target { name } } }"


async def store(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(STORE))["featureStore"]
    return found


@pytest.mark.spec("FS-1", "AUDIT-1")
async def test_it_is_locked_once_used_and_unlocked_by_typing_the_name(graph: Graph) -> None:
    other = await make(graph, "fast")
    now = await store(graph)
    assert (now["target"]["name"], now["isLocked"], now["usedBy"]) == ("Default", False, None)
    await done(graph, "setFeatureStoreTarget", version=1, target=other["id"])
    assert (await store(graph))["target"]["name"] == "fast"

    async with aclosing(
        graph.subscribe("subscription { featureStoreChanges { isLocked usedBy } }")
    ) as frames:
        assert (await take(frames, 1))[0]["featureStoreChanges"]["isLocked"] is False
        used = await done(graph, "markFeatureStoreUsed")
        assert used["since"]
        (frame,) = await take(frames, 1)
        assert frame["featureStoreChanges"] == {"isLocked": True, "usedBy": "ada"}
    again = await done(graph, "markFeatureStoreUsed")
    assert again["since"] == used["since"]
    assert await AuditEntry.filter(action="feature_store.use").count() == 1

    now = await store(graph)
    default = (await targets(graph))["Default"]
    wish = {"version": now["version"], "target": default["id"]}
    refused = await change(graph, "setFeatureStoreTarget", **wish)
    assert (refused["__typename"], refused["by"]) == ("FeatureStoreLocked", "ada")
    assert refused["since"] == used["since"]
    assert (await store(graph))["target"]["name"] == "fast"

    for typed in ("", "Fast", "Default", "yes"):
        wrong = await change(
            graph, "unlockFeatureStore", version=now["version"], confirmation=typed
        )
        assert (wrong["__typename"], wrong["name"]) == ("NotConfirmed", "fast")
    unlocked = await done(graph, "unlockFeatureStore", version=now["version"], confirmation="fast")
    assert (unlocked["isLocked"], unlocked["usedBy"]) == (False, None)
    wish["version"] = unlocked["version"]
    await done(graph, "setFeatureStoreTarget", **wish)
    none = await change(
        graph, "unlockFeatureStore", version=unlocked["version"] + 1, confirmation="Default"
    )
    assert none["__typename"] == "FeatureStoreNotLocked"
    told = await AuditEntry.filter(action="feature_store.unlock", outcome="done")
    assert [entry.before["used by"] for entry in told] == ["ada"]


@pytest.mark.spec("FS-1")
async def test_a_stale_change_is_refused_and_of_two_first_uses_one_counts(graph: Graph) -> None:
    default = (await targets(graph))["Default"]
    await asyncio.gather(*(done(graph, "markFeatureStoreUsed") for _ in range(4)))
    assert (await store(graph))["version"] == 2
    stale = await change(graph, "setFeatureStoreTarget", version=1, target=default["id"])
    assert (stale["__typename"], stale["version"]) == ("StaleEdit", 2)
    stale = await change(graph, "unlockFeatureStore", version=1, confirmation="Default")
    assert stale["__typename"] == "StaleEdit"


@pytest.mark.spec("FS-1", "USER-6", "TOKEN-1")
async def test_whoever_has_a_role_or_a_token_that_manages_may_say_that_it_is_used(
    graph: Graph,
) -> None:
    people = [{"name": "eve", "roles": ["ML_ENGINEER"]}, {"name": "nora", "roles": []}]
    made = await done(graph, "onBoardUsers", users=people)
    passwords = {one["user"]["name"]: one["password"] for one in made["users"]}
    async with graph.signed_in("nora", passwords["nora"]) as nora:
        assert (await change(nora, "markFeatureStoreUsed"))["__typename"] == "NotAllowed"
    async with graph.signed_in("eve", passwords["eve"]) as eve:
        headers = {}
        for scope, expected in (("READ", "TokenOnlyReads"), ("MANAGE", "FeatureStoreUsed")):
            token = await done(eve, "createToken", name=scope, scope=scope)
            headers = {"Authorization": f"Bearer {token['secret']}"}
            asked = "mutation { it: markFeatureStoreUsed(input: {}) { __typename } }"
            eve.http.cookies.clear()
            answer = await eve.http.post("/graphql", json={"query": asked}, headers=headers)
            assert answer.json()["data"]["it"]["__typename"] == expected
            assert (await store(graph))["isLocked"] is (scope == "MANAGE")
            await eve.sign_in("eve")
        assert (await change(eve, "markFeatureStoreUsed"))["__typename"] == "FeatureStoreUsed"
        assert (await eve.ask("{ featureStore { usedBy } dvsTargets { name } }")) == {
            "featureStore": None, "dvsTargets": [],
        }  # fmt: skip
    assert (await store(graph))["usedBy"] == "eve"
