"""Every list is a connection: pages, orders, filters, with cursors that carry the order."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers import pages
from resolvers.pages import OrderDirection, Slice, paginate
from server.graphql import frames as frames_of_events
from tests.services.changes import done
from tests.services.graph import GIB, Graph, take

DEVICES = """
query($filter: DeviceFilter, $orderBy: DeviceOrder, $first: Int, $after: String) {
  devices(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { uuid } }
  }
}
"""


@pytest.fixture
async def cluster(graph: Graph) -> Graph:
    """Two nodes: n1 computes, is warm and has a fault; n2 is of another type and idles."""
    one = await graph.add_node("n1", devices=2)
    two = await graph.add_node("n2", devices=2, product="NVIDIA L40S")
    one.set(0, utilisation_percent=90.0, temperature_celsius=70.0, power_watts=600.0)
    one.set(1, utilisation_percent=10.0, remap_pending=1, memory_used_bytes=40 * GIB)
    two.set(1, utilisation_percent=None)
    await one.say()
    await two.say()
    await one.run_job("train", "ada", 0)
    await two.run_job("notebook", "guest", 0)
    node = (await graph.ask('{ clusterNode(hostName: "n2") { id } }'))["clusterNode"]["id"]
    await done(graph, "cordonNodes", nodes=[node], reason="moving house")
    return graph


async def uuids(graph: Graph, **variables: Any) -> list[str]:
    data = await graph.ask(DEVICES, **variables)
    assert data["devices"]["totalCount"] == len(data["devices"]["edges"])
    return [edge["node"]["uuid"] for edge in data["devices"]["edges"]]


async def ids(graph: Graph) -> dict[str, str]:
    """The ids of things by a name of theirs."""
    data = await graph.ask(
        """{
          nodes { edges { node { id name: hostName } } } pools { edges { node { id name } } }
          groups { edges { node { id name } } } deviceTypes { id name }
          devices(first: 100) { edges { node { id name: uuid } } }
        }"""
    )
    found = {f"{t['name']}": t["id"] for t in data["deviceTypes"]}
    found |= {f"pool {e['node']['name']}": e["node"]["id"] for e in data["pools"]["edges"]}
    found |= {f"group {e['node']['name']}": e["node"]["id"] for e in data["groups"]["edges"]}
    found |= {e["node"]["name"]: e["node"]["id"] for e in data["devices"]["edges"]}
    return found | {e["node"]["name"]: e["node"]["id"] for e in data["nodes"]["edges"]}


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["n1-0", "n1-1", "n2-0", "n2-1"]),
    ({"search": "N1"}, ["n1-0", "n1-1"]),
    ({"search": "gpu-n2-1"}, ["n2-1"]),
    ({"search": "train"}, ["n1-0"]),
    ({"search": "%"}, []),
    ({"ids": ["GPU-n2-1", "GPU-n1-0"]}, ["n1-0", "n2-1"]),
    ({"nodes": ["n2"]}, ["n2-0", "n2-1"]),
    ({"nodes": []}, []),
    ({"nodes": ["pool Default"]}, []),
    ({"pools": ["pool Default"]}, ["n1-0", "n1-1", "n2-0", "n2-1"]),
    ({"groups": ["group Default"]}, ["n1-0", "n1-1", "n2-0", "n2-1"]),
    ({"types": ["NVIDIA L40S"]}, ["n2-0", "n2-1"]),
    ({"health": ["WARNING"]}, ["n1-1"]),
    ({"health": ["OK", "WARNING"], "nodes": ["n1"]}, ["n1-0", "n1-1"]),
    ({"allocation": ["COMPUTING"]}, ["n1-0"]),
    ({"allocation": ["IDLE"]}, ["n2-0"]),
    ({"allocation": ["FREE"]}, ["n1-1"]),
    ({"allocation": ["OUT_OF_SERVICE"]}, ["n2-1"]),
    ({"isCordoned": True}, ["n2-0", "n2-1"]),
    ({"isCordoned": False}, ["n1-0", "n1-1"]),
    ({"utilisationPercentMin": 10}, ["n1-0", "n1-1"]),
    ({"utilisationPercentMax": 10}, ["n1-1", "n2-0"]),
    ({"utilisationPercentMin": 0, "utilisationPercentMax": 100}, ["n1-0", "n1-1", "n2-0"]),
]


@pytest.mark.spec("DEV-1")
async def test_devices_are_filtered_by_each_of_their_relations_and_live_values(
    cluster: Graph,
) -> None:
    known = await ids(cluster)
    for wanted, expected in FILTERS:
        with_ids = {
            name: [known[one] for one in value] if name in _BY_ID else value
            for name, value in wanted.items()
        }
        found = await uuids(cluster, filter=with_ids)
        assert [uuid.removeprefix("GPU-") for uuid in found] == expected, wanted


_BY_ID = ("ids", "nodes", "pools", "groups", "types")


async def test_each_filter_of_devices_is_tried_above(graph: Graph) -> None:
    data = await graph.ask('{ __type(name: "DeviceFilter") { inputFields { name } } }')
    tried = {name for wanted, _ in FILTERS for name in wanted}
    assert {field["name"] for field in data["__type"]["inputFields"]} == tried


ORDERS = {
    ("NODE", "ASC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
    ("NODE", "DESC"): ["n2-1", "n2-0", "n1-1", "n1-0"],
    ("POOL", "ASC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
    ("GROUP", "ASC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
    ("TYPE", "DESC"): ["n2-0", "n2-1", "n1-0", "n1-1"],
    ("HEALTH", "DESC"): ["n1-1", "n1-0", "n2-0", "n2-1"],
    ("UTILISATION", "DESC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
    ("UTILISATION", "ASC"): ["n2-0", "n1-1", "n1-0", "n2-1"],  # unknown comes last both ways
    ("MEMORY_USED", "DESC"): ["n1-1", "n1-0", "n2-0", "n2-1"],
    ("POWER", "DESC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
    ("TEMPERATURE", "DESC"): ["n1-0", "n1-1", "n2-0", "n2-1"],
}


@pytest.mark.spec("DEV-1")
async def test_devices_are_ordered_by_each_of_their_relations_and_live_values(
    cluster: Graph,
) -> None:
    for (field, direction), expected in ORDERS.items():
        found = await uuids(cluster, orderBy={"field": field, "direction": direction})
        assert [uuid.removeprefix("GPU-") for uuid in found] == expected, (field, direction)
    data = await cluster.ask('{ __type(name: "DeviceOrderField") { enumValues { name } } }')
    assert {v["name"] for v in data["__type"]["enumValues"]} == {field for field, _ in ORDERS}


@pytest.mark.spec("API-2")
async def test_pages_follow_each_other_without_gap_or_repetition(cluster: Graph) -> None:
    order = {"field": "UTILISATION", "direction": "DESC"}
    found, after = [], None
    while True:
        page = (await cluster.ask(DEVICES, orderBy=order, first=1, after=after))["devices"]
        found += [edge["node"]["uuid"] for edge in page["edges"]]
        assert page["totalCount"] == 4
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == await uuids(cluster, orderBy=order)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 501}, "A page holds 0 to 500 items; 501 were asked for."),
        ({"first": -1}, "A page holds 0 to 500 items; -1 were asked for."),
        ({"after": "bogus"}, "This is no cursor of this list"),
        ({"after": "k7BVVElMSVNBVElPTjpERVNDy0BZAAAAAAAAFw"}, "belongs to a list in another order"),
    ],
)
@pytest.mark.spec("API-2")
async def test_a_page_that_cannot_be_is_refused_with_what_to_do(
    graph: Graph, arguments: dict[str, Any], message: str
) -> None:
    answer = await graph.answer(DEVICES, **arguments)
    assert message in answer["errors"][0]["message"]


@pytest.mark.spec("T-54")
@pytest.mark.parametrize("text", ["'", "\\", "%", "_", "\0", "') OR 1=1 --", "🦄" * 50])
async def test_a_search_is_for_the_text_itself(graph: Graph, text: str) -> None:
    await graph.add_node("n1")
    search = "query($t: String!) { %s(filter: {search: $t}) { totalCount } }"
    for name in ("nodes", "devices", "pools", "groups", "users", "jobs"):
        assert await graph.ask(search % name, t=text) == {name: {"totalCount": 0}}


@dataclass(frozen=True)
class Row:
    id: int
    value: float | None


@given(
    values=st.lists(st.none() | st.integers(0, 5), max_size=30),
    size=st.integers(1, 7),
    direction=st.sampled_from(OrderDirection),
)
@pytest.mark.spec("API-2")
def test_paging_either_way_gives_the_whole_list_in_order(
    values: list[float | None], size: int, direction: OrderDirection
) -> None:
    rows = [Row(i, value) for i, value in enumerate(values)]

    def page(wanted: Slice) -> Any:
        return paginate(
            rows, wanted, order="VALUE", direction=direction, value=lambda row: row.value
        )

    whole = [edge.node for edge in page(Slice(first=500)).edges]
    known = [row for row in whole if row.value is not None]
    sign = -1 if direction is OrderDirection.DESC else 1
    assert known == sorted(known, key=lambda row: (sign * (row.value or 0), row.id))
    assert whole[len(known) :] == [row for row in rows if row.value is None]

    forwards: list[Row] = []
    after: str | None = None
    while True:
        found = page(Slice(first=size, after=after))
        forwards += [edge.node for edge in found.edges]
        after = found.page_info.end_cursor
        if not found.page_info.has_next_page:
            break
    backwards: list[Row] = []
    before: str | None = None
    while True:
        found = page(Slice(last=size, before=before))
        backwards = [edge.node for edge in found.edges] + backwards
        before = found.page_info.start_cursor
        if not found.page_info.has_previous_page:
            break
    assert forwards == backwards == whole


def devices_of_devices(levels: int) -> str:
    inner = "id" if levels == 1 else f"node {{ {devices_of_devices(levels - 1)} }}"
    return f"devices {{ edges {{ node {{ {inner} }} }} }}"


@pytest.mark.spec("T-36")
async def test_the_rows_of_one_answer_are_limited_over_all_its_levels(
    cluster: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_ROWS", 4 + 8 + 16)
    assert await cluster.ask(f"{{ {devices_of_devices(3)} }}")
    (error, *_) = (await cluster.answer(f"{{ {devices_of_devices(4)} }}"))["errors"]
    assert error["extensions"] == {"code": "ANSWER_LIMIT", "limit": 28}
    assert "28 rows" in error["message"]
    # Jobs are waited for, and count as well.
    jobs = "jobs(filter: {states: [ENDED, RUNNING]}) { edges { node { id } } }"
    many = " ".join(f"j{number}: {jobs}" for number in range(15))
    (error, *_) = (await cluster.answer(f"{{ {many} }}"))["errors"]
    assert error["extensions"]["code"] == "ANSWER_LIMIT"


@pytest.mark.spec("T-36", "API-4")
async def test_the_rows_of_a_subscription_are_counted_for_each_frame(
    cluster: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_ROWS", 4)
    monkeypatch.setattr(frames_of_events, "FIRST_SECONDS", -1.0)  # each newcomer's is made anew
    asked = "subscription { poolChanges { changed { devices { edges { node { id } } } } } }"
    async with aclosing(cluster.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert len(first["poolChanges"]["changed"][0]["devices"]["edges"]) == 4
        async with aclosing(cluster.subscribe(asked)) as others:
            assert (await take(others, 1))[0] == first
