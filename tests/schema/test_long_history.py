"""History of longer ago than an hour, from a real Prometheus-compatible server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from telemetry.history import Metric
from telemetry.history.prometheus import Prometheus
from tests.schema.test_history import OF_DEVICES, OF_NODES, OF_POOLS, asked, moment
from tests.services.graph import Graph
from tests.services.operator import Operator
from tests.services.product import Product
from tests.services.prometheus import PrometheusServer

DAY = 86_400
HOUR = 3_600


NAMES_OF_ALL = """{ devices { totalCount edges { node { uuid } } }
  nodes { edges { node { hostName } } } }"""


@pytest.fixture
def long_ago() -> int:
    """Two days ago, at a whole hour."""
    return (int(time.time()) - 2 * DAY) // HOUR * HOUR


@pytest.fixture
async def graph_with(graph: Graph) -> AsyncIterator[Callable[..., Graph]]:
    """The API, with the Prometheus server at some URL."""

    def configured(url: str, token: str | None = None) -> Graph:
        graph.live.prometheus = Prometheus(url, token)
        return graph

    yield configured
    if graph.live.prometheus is not None:
        await graph.live.prometheus.close()


def write(server: PrometheusServer, uuid: str, start: int, **values: float) -> None:
    """An hour of scrapes, every 30 s, by dcgm-exporter's names; the value rises by one a scrape."""
    for name, first in values.items():
        scrapes = [(start + 30 * number, first + number) for number in range(1, 121)]
        server.write(f'{name}{{UUID="{uuid}",gpu="0",Hostname="n1"}}', scrapes)


@pytest.mark.spec("DEV-3")
async def test_longer_ago_it_is_what_a_prometheus_server_scraped(
    graph_with: Callable[..., Graph], prometheus_server: PrometheusServer, long_ago: int
) -> None:
    graph = graph_with(prometheus_server.url)
    node = await graph.add_node("n1", devices=2)
    write(
        prometheus_server,
        node.uuid(0),
        long_ago,
        DCGM_FI_DEV_POWER_USAGE=300.0,
        DCGM_FI_DEV_FB_USED=1024.0,
    )
    window = {"since": moment(long_ago), "until": moment(long_ago + 2 * HOUR), "points": 12}
    metrics = ["POWER_WATTS", "MEMORY_USED_BYTES"]
    first, second = await asked(graph, OF_DEVICES, metrics=metrics, **window)
    history = first["history"]
    assert (history["source"], history["bucketSeconds"]) == ("PROMETHEUS", 600)
    assert history["start"] == moment(long_ago).replace("Z", ".000Z")
    power, memory = history["series"]
    # 20 scrapes to a bucket of ten minutes, and an hour of which there is nothing.
    assert power["minimum"] == [301.0, 321.0, 341.0, 361.0, 381.0, 401.0] + [None] * 6
    assert power["maximum"] == [320.0, 340.0, 360.0, 380.0, 400.0, 420.0] + [None] * 6
    assert power["mean"][0] == pytest.approx(310.5)
    assert memory["minimum"][0] == 1025 * 2**20  # dcgm-exporter tells MiB
    assert second["history"]["series"][0]["mean"] == [None] * 12


@pytest.mark.spec("DEV-3")
async def test_a_pools_is_that_of_its_devices_each_of_which_counts_once(
    graph_with: Callable[..., Graph], prometheus_server: PrometheusServer, long_ago: int
) -> None:
    graph = graph_with(prometheus_server.url)
    node = await graph.add_node("n1", devices=2)
    for index in range(2):
        # Scraped twice: from dcgm-exporter and from us.
        for job in ("dcgm", "quartermaster"):
            series = f'DCGM_FI_DEV_POWER_USAGE{{UUID="{node.uuid(index)}",job="{job}"}}'
            scrapes = [(long_ago + 30 * n, 200.0 + 100 * index) for n in range(1, 121)]
            prometheus_server.write(series, scrapes)
    prometheus_server.write(
        'DCGM_FI_DEV_POWER_USAGE{UUID="GPU-of-nobody"}', [(long_ago + 60, 10_000.0)]
    )
    window = {"since": moment(long_ago), "until": moment(long_ago + HOUR), "points": 6}
    (pool,) = await asked(graph, OF_POOLS, metrics=["POWER_WATTS"], **window)
    (power,) = pool["history"]["series"]
    assert power["mean"] == [250.0] * 6
    assert power["total"] == [500.0] * 6
    assert (power["minimum"], power["maximum"]) == ([200.0] * 6, [300.0] * 6)


@pytest.mark.spec("DEV-3")
async def test_a_hosts_is_found_by_its_name_whatever_is_in_it(
    graph_with: Callable[..., Graph], prometheus_server: PrometheusServer, long_ago: int
) -> None:
    graph = graph_with(prometheus_server.url)
    await graph.add_node("n1.rack-7.example", devices=1)
    for name, percent in (("n1.rack-7.example", 40.0), ("n1xrack-7xexample", 90.0)):
        prometheus_server.write(
            f'quartermaster_node_cpu_percent{{node="{name}"}}', [(long_ago + 60, percent)]
        )
    window = {"since": moment(long_ago), "until": moment(long_ago + 600), "points": 1}
    (node,) = await asked(graph, OF_NODES, metrics=["HOST_CPU_PERCENT"], **window)
    assert node["history"]["series"][0]["mean"] == [40.0]


@pytest.mark.spec("DEV-3")
async def test_the_last_hour_comes_from_here_though_a_prometheus_server_has_it_too(
    graph_with: Callable[..., Graph], prometheus_server: PrometheusServer
) -> None:
    graph = graph_with(prometheus_server.url)
    await graph.add_node("n1", devices=1)
    (device,) = await asked(graph, OF_DEVICES)
    assert device["history"]["source"] == "RECENT"


@pytest.mark.spec("DEV-3")
async def test_a_prometheus_server_that_is_away_takes_nothing_else_with_it(
    graph_with: Callable[..., Graph], prometheus_server: PrometheusServer, long_ago: int
) -> None:
    graph = graph_with(prometheus_server.url)
    await graph.add_node("n1", devices=1)
    prometheus_server.stop()
    variables = {"metrics": ["POWER_WATTS"], "since": moment(long_ago)}
    answer = await graph.answer(OF_DEVICES, **variables)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "PROMETHEUS_FAILED"
    assert "QUARTERMASTER_PROMETHEUS_URL" in error["message"]
    (edge,) = answer["data"]["devices"]["edges"]
    assert (edge["node"]["uuid"], edge["node"]["history"]) == ("GPU-n1-0", None)


@pytest.mark.spec("T-43", "T-51")
async def test_what_is_no_prometheus_server_gets_no_token_of_another_and_shows_no_body(
    graph_with: Callable[..., Graph], graph: Graph, long_ago: int
) -> None:
    """Our own server answers 403 to whoever lacks its header: its words are not to be shown."""
    graph_with(graph.url, "canary-token")
    await graph.add_node("n1", devices=1)
    answer = await graph.answer(OF_DEVICES, metrics=["POWER_WATTS"], since=moment(long_ago))
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "PROMETHEUS_FAILED"
    assert "status" in error["message"]
    assert "canary" not in httpx.Response(200, json=answer).text


SCRAPE = """
scrape_configs:
  - job_name: quartermaster
    scrape_interval: 1s
    authorization: {{credentials: "{token}"}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.mark.spec("DEV-3")
async def test_what_a_server_scrapes_from_us_it_answers_with(
    start_product: Callable[..., Product],
    start_prometheus: Callable[..., PrometheusServer],
    operator_of: Callable[[Product], Awaitable[Operator]],
) -> None:
    product = start_product("2x4", QUARTERMASTER_METRICS_TOKEN=TOKEN)
    operator = await operator_of(product)
    nodes = await operator.eventually(NAMES_OF_ALL, lambda all: all["devices"]["totalCount"] == 8)
    server = start_prometheus(SCRAPE.format(token=TOKEN, port=product.port))
    begun = int(time.time()) - 1
    prometheus = Prometheus(server.url)
    uuids = [edge["node"]["uuid"] for edge in nodes["devices"]["edges"]]
    hosts = [edge["node"]["hostName"] for edge in nodes["nodes"]["edges"]]

    async def found() -> dict[Metric, list[float]]:
        seconds = int(time.time()) - begun
        series = await prometheus.series(uuids, hosts, list(Metric), begun, seconds, 1)
        return {
            metric: [value for value in one.mean if value is not None]
            for metric, one in series.items()
        }

    async with asyncio.timeout(60):
        while not all((scraped := await found()).values()):
            await asyncio.sleep(0.2)
    await prometheus.close()
    assert all(0 <= percent <= 100 for percent in scraped[Metric.UTILISATION_PERCENT])
    assert all(watts > 20 for watts in scraped[Metric.POWER_WATTS])
    assert all(used > 2**28 for used in scraped[Metric.MEMORY_USED_BYTES])
