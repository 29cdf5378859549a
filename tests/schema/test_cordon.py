"""Taking devices and nodes out of service and back, through the graph."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from domain.audit import AuditEntry
from domain.cordon import REASON_MAX_LENGTH
from tests.services.changes import change, device_ids, devices_by_pool, done
from tests.services.graph import FakeNode, Graph, take

CORDON = "cordon { reason since by isOfNode }"
REASON = "Fan rattles, ticket 4711"


@dataclass
class Lab:
    """Two nodes of four; a job holds the first device of each."""

    graph: Graph
    a: FakeNode
    b: FakeNode
    ids: dict[str, str]
    nodes: dict[str, str]

    def of(self, node: FakeNode, *indexes: int) -> list[str]:
        return [self.ids[node.uuid(index)] for index in indexes]

    async def device(self, node: FakeNode, index: int) -> dict[str, Any]:
        asked = (
            f'{{ device(uuid: "{node.uuid(index)}") {{ allocation health {{ level }} {CORDON} }} }}'
        )
        return dict((await self.graph.ask(asked))["device"])

    async def cordoned(self) -> set[str]:
        """By the field itself and by the filter, which say the same."""
        data = await self.graph.ask(
            f"""{{ all: devices {{ edges {{ node {{ uuid {CORDON} }} }} }}
                   some: devices(filter: {{ isCordoned: true }}) {{ edges {{ node {{ uuid }} }} }}
                   rest: devices(filter: {{ isCordoned: false }}) {{ totalCount }} }}"""
        )
        by_field = {e["node"]["uuid"] for e in data["all"]["edges"] if e["node"]["cordon"]}
        assert {e["node"]["uuid"] for e in data["some"]["edges"]} == by_field
        assert data["rest"]["totalCount"] == len(data["all"]["edges"]) - len(by_field)
        return by_field


@pytest.fixture
async def lab(graph: Graph) -> Lab:
    a, b = await graph.add_node("a", 4), await graph.add_node("b", 4)
    data = await graph.ask("{ nodes { edges { node { id hostName } } } }")
    nodes = {each["node"]["hostName"]: each["node"]["id"] for each in data["nodes"]["edges"]}
    for node in (a, b):
        await node.run_job(f"job-{node.name}", "ada", 0, name=f"train-{node.name}")
    return Lab(graph, a, b, await device_ids(graph), nodes)


@pytest.mark.spec("DEV-2", "API-3")
async def test_a_device_is_taken_out_of_service_with_a_reason_and_put_back(lab: Lab) -> None:
    made = await done(lab.graph, "cordonDevices", devices=lab.of(lab.a, 1, 2), reason=REASON)
    assert made["__typename"] == "DevicesChanged"
    device = await lab.device(lab.a, 1)
    assert device["cordon"].pop("since") is not None
    assert device["cordon"] == {"reason": REASON, "by": "ada", "isOfNode": False}
    assert device["allocation"] == "OUT_OF_SERVICE"
    assert await lab.cordoned() == {lab.a.uuid(1), lab.a.uuid(2)}
    await done(lab.graph, "uncordonDevices", devices=lab.of(lab.a, 1, 2))
    assert (await lab.device(lab.a, 1))["cordon"] is None
    assert (await lab.device(lab.a, 1))["allocation"] == "FREE"
    assert await lab.cordoned() == set()


@pytest.mark.spec("DEV-2")
async def test_it_is_an_intent_and_no_fault(lab: Lab) -> None:
    before = await lab.device(lab.a, 1)
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    assert (await lab.device(lab.a, 1))["health"] == before["health"]


@pytest.mark.spec("DEV-2", "API-3")
async def test_a_node_takes_its_devices_with_it_and_back_but_for_those_that_are_out_themselves(
    lab: Lab,
) -> None:
    await done(lab.graph, "cordonDevices", devices=lab.of(lab.a, 3), reason="This one first")
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    assert await lab.cordoned() == set(lab.a.uuids)
    shown = [(await lab.device(lab.a, index))["cordon"] for index in (2, 3)]
    assert [(c["reason"], c["isOfNode"]) for c in shown] == [
        (REASON, True),
        ("This one first", False),
    ]
    asked = f"""{{ rest: nodes(filter: {{ isCordoned: false }}) {{ totalCount }}
                  nodes(filter: {{ isCordoned: true }}) {{
                    edges {{ node {{ hostName {CORDON} }} }} }} }}"""
    data = await lab.graph.ask(asked)
    assert [each["node"]["hostName"] for each in data["nodes"]["edges"]] == ["a"]
    assert data["rest"]["totalCount"] == 1
    await done(lab.graph, "uncordonNodes", nodes=[lab.nodes["a"]])
    assert await lab.cordoned() == {lab.a.uuid(3)}


@pytest.mark.spec("DASH-2")
async def test_what_is_out_of_service_is_offered_to_nobody_and_what_runs_there_goes_on(
    lab: Lab,
) -> None:
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    asked = """{ pool(name: "Default") { load { devices allocated free outOfService } }
                 clusterNode(hostName: "a") { load { devices allocated free outOfService } }
                 cluster { load { free outOfService } }
                 devices(filter: { allocation: [FREE] }) { totalCount } }"""
    data = await lab.graph.ask(asked)
    assert data["pool"]["load"] == {
        "devices": 8,
        "allocated": 2,
        "free": 3,
        "outOfService": 3,
    }
    assert data["clusterNode"]["load"] == {
        "devices": 4,
        "allocated": 1,
        "free": 0,
        "outOfService": 3,
    }
    assert data["cluster"]["load"] == {"free": 3, "outOfService": 3}
    assert data["devices"]["totalCount"] == 3
    assert (await lab.device(lab.a, 0))["allocation"] not in ("FREE", "OUT_OF_SERVICE")


async def test_it_stays_in_its_pool_and_may_be_moved_deliberately(lab: Lab) -> None:
    pool = await done(
        lab.graph, "createPool", name="research", devices=[*lab.of(lab.b, 1), *lab.of(lab.a, 1)]
    )
    await done(lab.graph, "cordonDevices", devices=lab.of(lab.a, 1, 2), reason=REASON)
    assert lab.a.uuid(1) in (await devices_by_pool(lab.graph))["research"]
    await done(lab.graph, "moveDevices", devices=lab.of(lab.a, 2), toPool=pool["id"])
    assert lab.a.uuid(2) in (await devices_by_pool(lab.graph))["research"]
    assert lab.a.uuid(2) in await lab.cordoned()


async def test_several_at_once_are_all_changed_or_none(lab: Lab) -> None:
    await done(lab.graph, "cordonDevices", devices=lab.of(lab.a, 1), reason=REASON)
    refused = await change(
        lab.graph, "cordonDevices", devices=lab.of(lab.a, 1, 2), reason="Another"
    )
    assert (refused["__typename"], refused["of"]) == ("ItemsRefused", 2)
    (item,) = refused["items"]
    assert item["name"] == "a · GPU 1"
    assert item["reasons"][0]["__typename"] == "OutOfService"
    assert REASON in item["reasons"][0]["message"]
    assert await lab.cordoned() == {lab.a.uuid(1)}
    refused = await change(lab.graph, "uncordonDevices", devices=lab.of(lab.a, 1, 2))
    assert [i["reasons"][0]["__typename"] for i in refused["items"]] == ["InService"]
    refused = await change(lab.graph, "cordonDevices", devices=["RGV2aWNlOjk5OTk="], reason="x")
    assert refused["__typename"] == "Unknown"
    assert await lab.cordoned() == {lab.a.uuid(1)}


async def test_a_device_of_a_node_that_is_out_comes_back_with_the_node_only(lab: Lab) -> None:
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    refused = await change(lab.graph, "uncordonDevices", devices=lab.of(lab.a, 1))
    (item,) = refused["items"]
    assert item["reasons"][0]["__typename"] == "NodeOutOfService"
    assert "node a is out of service" in item["reasons"][0]["message"]
    for mutation, given in (
        ("cordonNodes", {"nodes": [lab.nodes["a"]], "reason": "again"}),
        ("uncordonNodes", {"nodes": [lab.nodes["b"]]}),
    ):
        refused = await change(lab.graph, mutation, **given)
        assert refused["__typename"] == "ItemsRefused"


@pytest.mark.parametrize("reason", ["", "   ", "x" * (REASON_MAX_LENGTH + 1), "a\nb", "\0"])
async def test_nothing_goes_out_of_service_without_a_reason(lab: Lab, reason: str) -> None:
    for mutation, given in (
        ("cordonDevices", {"devices": lab.of(lab.a, 1)}),
        ("cordonNodes", {"nodes": [lab.nodes["a"]]}),
    ):
        refused = await change(lab.graph, mutation, reason=reason, **given)
        assert (refused["__typename"], refused["maxLength"]) == ("BadReason", REASON_MAX_LENGTH)
    assert await lab.cordoned() == set()


async def test_nothing_chosen_is_nothing_done(lab: Lab) -> None:
    for mutation, given in (
        ("cordonDevices", {"devices": [], "reason": REASON}),
        ("uncordonDevices", {"devices": []}),
        ("cordonNodes", {"nodes": [], "reason": REASON}),
        ("uncordonNodes", {"nodes": []}),
    ):
        assert (await change(lab.graph, mutation, **given))["__typename"] == "NothingChosen"


async def entries() -> list[tuple[Any, ...]]:
    return list(
        await AuditEntry.filter(action__endswith="cordon")
        .order_by("id")
        .values_list("action", "object_kind", "object_name", "before", "after", "outcome")
    )


@pytest.mark.spec("AUDIT-1")
async def test_the_audit_log_tells_what_why_and_what_was_refused(lab: Lab) -> None:
    await done(lab.graph, "cordonDevices", devices=lab.of(lab.a, 1), reason=REASON)
    await change(lab.graph, "cordonDevices", devices=lab.of(lab.a, 1), reason="Again")
    await done(lab.graph, "uncordonDevices", devices=lab.of(lab.a, 1))
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    was, isnow = {"out_of_service": REASON, "by": "ada"}, {"out_of_service": REASON}
    assert await entries() == [
        ("device.cordon", "device", "a · GPU 1", {"out_of_service": None}, isnow, "done"),
        ("device.cordon", "device", "a · GPU 1", None, None, "ItemsRefused"),
        (
            "device.uncordon",
            "device",
            "a · GPU 1",
            was,
            {"out_of_service": None, "by": None},
            "done",
        ),
        ("node.cordon", "node", "a", {"out_of_service": None}, isnow, "done"),
    ]
    asked = "{ auditEntries(first: 1) { edges { node { objectKind objectId } } } }"
    (entry,) = (await lab.graph.ask(asked))["auditEntries"]["edges"]
    assert entry["node"] == {"objectKind": "node", "objectId": lab.nodes["a"]}


async def test_a_command_that_is_sent_again_is_done_once(lab: Lab) -> None:
    given = {"devices": lab.of(lab.a, 1), "reason": REASON, "commandId": "7a1f"}
    first = await done(lab.graph, "cordonDevices", **given)
    assert await done(lab.graph, "cordonDevices", **given) == first
    assert len(await entries()) == 1


@pytest.mark.spec("API-4")
async def test_who_watches_sees_a_node_go_out_and_its_devices_with_it(lab: Lab) -> None:
    devices = "subscription { deviceChanges { isComplete changed { uuid cordon { reason } } } }"
    nodes = "subscription { nodeChanges { isComplete changed { hostName cordon { reason } } } }"
    async with (
        aclosing(lab.graph.subscribe(devices)) as of_devices,
        aclosing(lab.graph.subscribe(nodes)) as of_nodes,
    ):
        await take(of_devices, 1)
        await take(of_nodes, 1)
        await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
        seen = set[str]()
        async with asyncio.timeout(10):
            while seen != set(lab.a.uuids):
                (frame,) = await take(of_devices, 1)
                changed = frame["deviceChanges"]["changed"]
                seen |= {d["uuid"] for d in changed if d["cordon"] == {"reason": REASON}}
            out = False
            while not out:
                (frame,) = await take(of_nodes, 1)
                out = {"hostName": "a", "cordon": {"reason": REASON}} in frame["nodeChanges"][
                    "changed"
                ]


async def test_what_a_collector_reports_does_not_put_it_back(lab: Lab) -> None:
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    await done(lab.graph, "cordonDevices", devices=lab.of(lab.b, 1), reason=REASON)
    await lab.graph.add_node("a", 5, kernel_version="new")
    await lab.graph.add_node("b", 4, kernel_version="new")
    assert await lab.cordoned() == {*lab.a.uuids, "GPU-a-4", lab.b.uuid(1)}


@pytest.mark.spec("USER-6", "T-23")
async def test_a_user_sees_why_and_since_when_but_not_by_whom(lab: Lab) -> None:
    data = await lab.graph.ask(
        """mutation ($input: OnBoardUsersInput!) { onBoardUsers(input: $input) {
             ... on UsersOnBoarded { users { password user { id } } } } }""",
        input={"users": [{"name": "bob", "roles": ["DATA_SCIENTIST"]}]},
    )
    (made,) = data["onBoardUsers"]["users"]
    pool = await done(lab.graph, "createPool", name="research", devices=lab.of(lab.a, 1))
    await done(lab.graph, "createGroup", name="lab", users=[made["user"]["id"]], pool=pool["id"])
    await done(lab.graph, "cordonNodes", nodes=[lab.nodes["a"]], reason=REASON)
    async with lab.graph.signed_in("bob", made["password"]) as bob:
        data = await bob.ask(f"{{ devices {{ edges {{ node {{ {CORDON} allocation }} }} }} }}")
    ((cordon, allocation),) = [
        (each["node"]["cordon"], each["node"]["allocation"]) for each in data["devices"]["edges"]
    ]
    assert (cordon["reason"], cordon["by"], allocation) == (REASON, None, "OUT_OF_SERVICE")
