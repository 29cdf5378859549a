"""What the cluster does of pools and groups, as the controller recorded it, through the graph."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.announcements import Announcement, send_announcements
from domain.enforcement import (
    Enforced,
    KubernetesCluster,
    record_cluster,
    record_enforcement,
)
from domain.snapshot import EnforcementState
from resolvers.ids import parse_id
from tests.services.changes import device_ids, done
from tests.services.graph import Graph, take

ENFORCEMENT = "enforcement { state reason objectName since }"
IN_SYNC = Enforced(EnforcementState.IN_SYNC, None, "research-1f2e")
DRIFTED = Enforced(
    EnforcementState.DRIFTED, "DeviceClass research-1f2e: kubectl changed spec", "research-1f2e"
)


async def record(graph: Graph, found: dict[tuple[str, int], Enforced]) -> int:
    """As the controller does it: written, then announced to the API by what the outbox holds."""

    announced: list[Announcement] = []

    async def send(announcements: list[Announcement]) -> None:
        announced.extend(announcements)

    changed = await record_enforcement(found)
    await send_announcements(send)
    await graph.live.catch_up([(one.kind, one.ids) for one in announced])
    return changed


def number(global_id: str) -> int:
    (_, number) = parse_id(global_id) or ("", 0)
    return number


@pytest.fixture
async def pool(graph: Graph) -> str:
    node = await graph.add_node("a", 2)
    ids = await device_ids(graph)
    made = await done(graph, "createPool", name="research", devices=[ids[node.uuid(0)]])
    return str(made["id"])


async def shown(graph: Graph) -> dict[str, Any]:
    data = await graph.ask(f'{{ pool(name: "research") {{ {ENFORCEMENT} }} }}')
    found: dict[str, Any] = data["pool"]["enforcement"]
    return found


@pytest.mark.spec("ENF-2")
async def test_with_no_kubernetes_nothing_is_said_to_be_enforced(graph: Graph, pool: str) -> None:
    assert await shown(graph) == {
        "state": "NONE",
        "reason": None,
        "objectName": None,
        "since": None,
    }


@pytest.mark.spec("ENF-1")
async def test_what_the_cluster_does_of_a_pool_is_pushed_when_it_differs_and_only_then(
    graph: Graph, pool: str
) -> None:
    key = ("pool", number(pool))
    asked = f"subscription {{ poolChanges {{ isSnapshot changed {{ id {ENFORCEMENT} }} }} }}"
    async with aclosing(graph.subscribe(asked)) as frames:
        await take(frames, 1)
        assert await record(graph, {key: IN_SYNC}) == 1
        (first,) = await take(frames, 1)
        assert await record(graph, {key: IN_SYNC}) == 0
        assert await record(graph, {key: DRIFTED}) == 1
        (second,) = await take(frames, 1)
    (one,) = first["poolChanges"]["changed"]
    assert (one["id"], one["enforcement"]["state"]) == (pool, "IN_SYNC")
    (one,) = second["poolChanges"]["changed"]
    assert one["enforcement"]["state"] == "DRIFTED"
    assert one["enforcement"]["reason"] == DRIFTED.reason
    assert await shown(graph) == one["enforcement"]


@pytest.mark.spec("ENF-1")
async def test_what_is_no_longer_known_of_a_pool_or_group_is_no_longer_said(
    graph: Graph, pool: str
) -> None:
    group = await done(graph, "createGroup", name="lab", pool=pool)
    keys = {("pool", number(pool)): DRIFTED, ("group", number(group["id"])): IN_SYNC}
    assert await record(graph, keys) == 2
    asked = f'{{ group(name: "lab") {{ {ENFORCEMENT} }} }}'
    assert (await graph.ask(asked))["group"]["enforcement"]["state"] == "IN_SYNC"
    assert await record(graph, {}) == 2
    assert (await shown(graph))["state"] == "NONE"
    assert (await graph.ask(asked))["group"]["enforcement"]["state"] == "NONE"


@pytest.mark.spec("ENF-1", "USER-6")
async def test_a_user_sees_whether_their_pool_is_enforced_but_not_who_interfered(
    graph: Graph, pool: str
) -> None:
    data = await graph.ask(
        """mutation ($input: OnBoardUsersInput!) { onBoardUsers(input: $input) {
             ... on UsersOnBoarded { users { password user { id } } } } }""",
        input={"users": [{"name": "bob", "roles": ["DATA_SCIENTIST"]}]},
    )
    (made,) = data["onBoardUsers"]["users"]
    await done(graph, "createGroup", name="lab", users=[made["user"]["id"]], pool=pool)
    await record(graph, {("pool", number(pool)): DRIFTED})
    async with graph.signed_in("bob", made["password"]) as bob:
        seen = await shown(bob)
    assert (seen["state"], seen["objectName"]) == ("DRIFTED", "research-1f2e")
    assert seen["reason"] is None


@pytest.mark.parametrize(
    ("cluster", "state", "said"),
    [
        (None, "OFF", "not connected"),
        (("v1.36.0", None, timedelta(0)), "OK", "connected, seen "),
        ((None, "connection refused", None), "FAILED", "connection refused"),
        (("v1.36.0", None, timedelta(hours=1)), "FAILED", "the controller says nothing of it"),
    ],
)
@pytest.mark.spec("LIC-2", "ENF-1")
async def test_the_about_screen_tells_how_the_cluster_is_reached(
    graph: Graph,
    cluster: tuple[str | None, str | None, timedelta | None] | None,
    state: str,
    said: str,
) -> None:
    """`cluster`: its version, what is wrong, and how long ago it was seen."""
    version, trouble, ago = cluster or (None, None, None)
    seen_at = None if ago is None else datetime.now(UTC) - ago
    await record_cluster(cluster and KubernetesCluster(version, trouble, seen_at))
    data = await graph.ask("{ about { components { name state version detail } } }")
    (part,) = [one for one in data["about"]["components"] if one["name"] == "Kubernetes"]
    assert part["state"] == state
    assert said in part["detail"]
    assert part["version"] == version
