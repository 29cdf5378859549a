"""History through GraphQL: of a device, a node and a pool, in buckets that a chart can show."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from telemetry.history import RETENTION_SECONDS
from telemetry.history.prometheus import Prometheus
from telemetry.samples import DeviceSample, HostSample
from tests.services.graph import FakeNode, Graph, running_graph
from tests.services.past import Past

HISTORY = """
  history(metrics: $metrics, since: $since, until: $until, points: $points) {
    start bucketSeconds source series { metric minimum mean maximum total }
  }
"""
ARGUMENTS = "$metrics: [HistoryMetric!]!, $since: DateTime, $until: DateTime, $points: Int! = 300"
OF_DEVICES = f"""
query ({ARGUMENTS}) {{
  devices(first: 100, orderBy: {{field: NODE}}) {{ edges {{ node {{ id uuid {HISTORY} }} }} }}
}}
"""
OF_NODES = f"query ({ARGUMENTS}) {{ nodes {{ edges {{ node {{ hostName {HISTORY} }} }} }} }}"
OF_POOLS = f"query ({ARGUMENTS}) {{ pools {{ edges {{ node {{ name {HISTORY} }} }} }} }}"
"""What is asked of each of them."""


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@pytest.fixture
def begun() -> int:
    """The second with which the past below begins: a multiple of 60, some minutes ago."""
    return (int(time.time()) - 600) // 60 * 60


async def say_for(node: FakeNode, seconds: range, percent: Callable[[int, int], float]) -> None:
    """The node's devices were used by `percent(index, second since the first)`."""
    past = Past(seconds[0])

    def say(second: float) -> None:
        past.say(
            node.id,
            node.uuids,
            [
                DeviceSample(
                    utilisation_percent=percent(index, int(second) - seconds[0]),
                    power_watts=100.0,
                )
                for index in range(len(node.devices))
            ],
            host=HostSample(cpu_percent=30.0),
        )

    await past.live(seconds, say)


async def asked(graph: Graph, query: str, **variables: Any) -> list[dict[str, Any]]:
    variables = {"metrics": ["UTILISATION_PERCENT"]} | variables
    (connection,) = (await graph.ask(query, **variables)).values()
    return [edge["node"] for edge in connection["edges"]]


ON_BOARD = """
mutation { onBoardUsers(input: {users: [{name: "bob", roles: [DATA_SCIENTIST]}]}) {
  ... on UsersOnBoarded { users { password user { id } } } } }
"""
CREATE_POOL = """
mutation ($device: ID!) { createPool(input: {name: "lab", devices: [$device]}) {
  ... on Pool { id } } }
"""
CREATE_GROUP = """
mutation ($user: ID!, $pool: ID!) {
  createGroup(input: {name: "lab", users: [$user], pool: $pool}) { ... on Group { id } } }
"""


@asynccontextmanager
async def user_of_a_pool_of(graph: Graph, uuid: str) -> AsyncIterator[Graph]:
    """A data scientist whose group has a pool with this one device."""
    device = (await graph.ask(f'{{ device(uuid: "{uuid}") {{ id }} }}'))["device"]["id"]
    pool = (await graph.ask(CREATE_POOL, device=device))["createPool"]["id"]
    (bob,) = (await graph.ask(ON_BOARD))["onBoardUsers"]["users"]
    await graph.ask(CREATE_GROUP, user=bob["user"]["id"], pool=pool)
    async with graph.signed_in("bob", bob["password"]) as user:
        yield user


@pytest.mark.spec("DEV-3")
async def test_a_devices_history_is_that_of_each_second(graph: Graph, begun: int) -> None:
    node = await graph.add_node("n1", devices=2)
    await say_for(node, range(begun, begun + 120), lambda index, second: float(second % 50 + index))
    window = {"since": moment(begun), "until": moment(begun + 120)}
    for index, device in enumerate(await asked(graph, OF_DEVICES, **window)):
        history = device["history"]
        assert history["start"] == moment(begun).replace("Z", ".000Z")
        assert (history["bucketSeconds"], history["source"]) == (1, "RECENT")
        (series,) = history["series"]
        assert series["metric"] == "UTILISATION_PERCENT"
        assert series["mean"] == [float(second % 50 + index) for second in range(120)]


@pytest.mark.spec("DEV-3")
async def test_a_chart_gets_no_more_points_than_it_can_show(graph: Graph, begun: int) -> None:
    node = await graph.add_node("n1", devices=1)
    await say_for(node, range(begun, begun + 120), lambda _, second: float(second % 60))
    window = {"since": moment(begun), "until": moment(begun + 120), "points": 4}
    (device,) = await asked(graph, OF_DEVICES, **window)
    assert device["history"]["bucketSeconds"] == 30
    (series,) = device["history"]["series"]
    assert series["minimum"] == [0.0, 30.0, 0.0, 30.0]
    assert series["mean"] == [14.5, 44.5, 14.5, 44.5]
    assert series["maximum"] == [29.0, 59.0, 29.0, 59.0]


@pytest.mark.spec("DEV-3")
async def test_nodes_and_pools_have_the_history_of_their_devices_together(
    graph: Graph, begun: int
) -> None:
    for name in ("n1", "n2"):
        node = await graph.add_node(name, devices=4)
        await say_for(node, range(begun, begun + 60), lambda index, _: 20.0 * index)
    window = {"since": moment(begun), "until": moment(begun + 60), "points": 6}
    metrics = ["UTILISATION_PERCENT", "POWER_WATTS", "HOST_CPU_PERCENT"]
    for node_history in await asked(graph, OF_NODES, metrics=metrics, **window):
        used, power, host = node_history["history"]["series"]
        assert (used["minimum"], used["mean"], used["maximum"]) == (
            [0.0] * 6,
            [30.0] * 6,
            [60.0] * 6,
        )
        assert power["total"] == [400.0] * 6
        assert host["mean"] == [30.0] * 6
    (pool,) = await asked(graph, OF_POOLS, metrics=metrics, **window)
    used, power, host = pool["history"]["series"]
    assert (used["mean"], power["total"]) == ([30.0] * 6, [800.0] * 6)
    assert host["mean"] == [None] * 6  # a pool has no host


@pytest.mark.spec("DEV-3")
async def test_a_gap_is_null_and_not_zero(graph: Graph, begun: int) -> None:
    node = await graph.add_node("n1", devices=1)
    await say_for(node, range(begun, begun + 20), lambda *_: 50.0)
    await say_for(node, range(begun + 40, begun + 60), lambda *_: 50.0)
    (device,) = await asked(graph, OF_DEVICES, since=moment(begun), until=moment(begun + 60))
    (series,) = device["history"]["series"]
    assert series["mean"] == [50.0] * 22 + [None] * 18 + [50.0] * 20


@pytest.mark.spec("DEV-3")
async def test_replicas_share_one_history(graph: Graph, begun: int) -> None:
    node = await graph.add_node("n1", devices=1)
    await say_for(node, range(begun, begun + 60), lambda *_: 50.0)
    window = {"since": moment(begun), "until": moment(begun + 60)}
    (here,) = await asked(graph, OF_DEVICES, **window)
    async with running_graph(graph.bus, graph.password) as replica:
        (there,) = await asked(replica, OF_DEVICES, **window)
    assert there == here
    assert here["history"]["series"][0]["mean"] == [50.0] * 60


@pytest.mark.spec("DEV-3")
async def test_without_a_range_it_is_the_last_hour(graph: Graph) -> None:
    await graph.add_node("n1", devices=1)
    (device,) = await asked(graph, OF_DEVICES)
    history = device["history"]
    length = history["bucketSeconds"] * len(history["series"][0]["mean"])
    assert RETENTION_SECONDS - 30 < length < RETENTION_SECONDS + 30
    assert history["series"][0]["mean"] == [None] * len(history["series"][0]["mean"])


@pytest.mark.spec("DEV-3")
async def test_of_longer_ago_there_is_nothing_without_a_prometheus_server(graph: Graph) -> None:
    await graph.add_node("n1", devices=1)
    day_ago = moment(time.time() - 86_400)
    (device,) = await asked(graph, OF_DEVICES, since=day_ago)
    assert device["history"]["source"] == "RECENT"
    length = device["history"]["bucketSeconds"] * len(device["history"]["series"][0]["mean"])
    assert length < 2 * RETENTION_SECONDS  # only of what is kept are buckets made


@pytest.mark.spec("DEV-3")
async def test_the_cluster_says_whether_there_is_more_than_the_last_hour(graph: Graph) -> None:
    sources = "{ cluster { historySources } }"
    assert (await graph.ask(sources))["cluster"]["historySources"] == ["RECENT"]
    graph.live.prometheus = Prometheus("http://127.0.0.1:9")
    assert (await graph.ask(sources))["cluster"]["historySources"] == ["RECENT", "PROMETHEUS"]


@pytest.mark.spec("USER-6", "T-23")
async def test_a_user_sees_the_history_of_the_own_pools_devices_and_of_no_host(
    graph: Graph, begun: int
) -> None:
    node = await graph.add_node("n1", devices=2)
    await say_for(node, range(begun, begun + 30), lambda index, _: 10.0 + 80.0 * index)
    window = {"since": moment(begun), "until": moment(begun + 30), "points": 1}
    metrics = ["UTILISATION_PERCENT", "HOST_CPU_PERCENT"]
    async with user_of_a_pool_of(graph, node.uuid(0)) as user:
        (device,) = await asked(user, OF_DEVICES, metrics=metrics, **window)
        assert device["uuid"] == node.uuid(0)
        (seen,) = await asked(user, OF_NODES, metrics=metrics, **window)
        used, host = seen["history"]["series"]
        assert (used["mean"], used["maximum"]) == ([10.0], [10.0])  # nothing of the other device
        assert host["mean"] == [None]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"points": 0}, "`points`"),
        ({"points": 2001}, "`points`"),
        ({"metrics": []}, "`metrics`"),
        ({"since": moment(time.time() + 3600)}, "`since`"),
        ({"since": "1970-01-01T00:00:00Z"}, "`since`"),
        ({"since": moment(0), "until": moment(0)}, "`since`"),
    ],
)
async def test_what_no_chart_asks_for_is_refused_with_what_to_do(
    graph: Graph, wrong: dict[str, Any], said: str
) -> None:
    await graph.add_node("n1", devices=1)
    variables = {"metrics": ["POWER_WATTS"]} | wrong
    answer = await graph.answer(OF_DEVICES, **variables)
    (error,) = answer["errors"]
    assert said in error["message"]
    (edge,) = answer["data"]["devices"]["edges"]
    assert edge["node"]["history"] is None  # and the device is told all the same
    assert edge["node"]["uuid"]


@pytest.mark.spec("T-36")
async def test_an_operation_has_no_more_than_some_histories(graph: Graph) -> None:
    await graph.add_node("n1", devices=51)
    answer = await graph.answer(OF_DEVICES, metrics=["POWER_WATTS"])
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("TOO_MANY_HISTORIES", 50)
