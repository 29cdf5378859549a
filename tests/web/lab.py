"""A cluster in a box for the browser: nodes, jobs and queue say what a test wants, every second."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Locator, Page, expect

from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from tests.services.graph import OPERATOR, FakeNode, Graph
from tests.web.session import sign_in

A100 = "NVIDIA A100-SXM4-80GB"
SECONDS_BETWEEN_TICKS = 1.0


class Lab:
    """The dashboard in a browser, and the hands of the cluster and of other operators behind it."""

    def __init__(self, page: Page, graph: Graph) -> None:
        self.page = page
        self.graph = graph
        self.nodes: dict[str, FakeNode] = {}

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.graph.url + path)
        await expect(self.page.get_by_test_id("live")).to_contain_text("Live")

    async def sign_in(self, name: str = OPERATOR, password: str | None = None) -> None:
        await sign_in(self.page, self.graph.url, name, password or self.graph.password)
        await self.open()

    async def add_node(self, name: str, devices: int = 4, **facts: Any) -> FakeNode:
        node = self.nodes[name] = await self.graph.add_node(name, devices, **facts)
        return node

    async def hold(self, name: str, job: str, *indexes: int, used_percent: float = 90.0) -> None:
        """A job takes devices of a node, and uses them so much."""
        node = self.nodes[name]
        for index in indexes:
            node.set(index, utilisation_percent=used_percent)
        await node.run_job(job, "ada", *indexes)
        await node.say()

    async def idle_since(self, name: str, job: str, *indexes: int, seconds: float) -> None:
        """A job holds devices, and has computed nothing on them for so long."""
        node = self.nodes[name]
        began = datetime.fromtimestamp(time.time() - 2 * seconds, UTC)
        for index in indexes:
            node.set(index, utilisation_percent=90.0)
        await node.run_job(job, "ada", *indexes, started_at=began)
        await node.say()
        for index in indexes:
            node.set(index, utilisation_percent=0.0)
        await node.say(at=time.time() - seconds)
        await node.say()

    async def queue(self, *jobs: tuple[str, str, int]) -> None:
        """The jobs that wait: name, pool and how many devices they ask for."""
        queued = [
            QueuedJob(name, name, "ada", pool, devices, datetime.now(UTC))
            for name, pool, devices in jobs
        ]
        ids = await record_queue(JobSource.DEMO, queued, datetime.now(UTC))
        await self.graph.announce("job", ids)

    async def device_ids(self, name: str) -> list[str]:
        """Of a node, in the order of their places."""
        data = await self.graph.ask(
            """query ($n: String!) {
                 clusterNode(hostName: $n) { devices { edges { node { id } } } } }""",
            n=name,
        )
        return [edge["node"]["id"] for edge in data["clusterNode"]["devices"]["edges"]]

    async def create_pool(self, name: str, devices: Sequence[str], **more: Any) -> dict[str, Any]:
        """Another operator's doing."""
        data = await self.graph.ask(
            "mutation ($i: CreatePoolInput!) { createPool(input: $i) {"
            " ... on Pool { id version } ... on Refusal { message } } }",
            i={"name": name, "devices": list(devices), **more},
        )
        pool: dict[str, Any] = data["createPool"]
        assert "id" in pool, pool
        return pool

    async def pool(self, name: str) -> dict[str, Any] | None:
        """What the API says of a pool: its places ("h100-a 0"), group and version."""
        data = await self.graph.ask(
            "query ($n: String!) { pool(name: $n) { id name version group { name }"
            " devices(first: 100) { edges { node { index node { hostName } } } } } }",
            n=name,
        )
        found: dict[str, Any] | None = data["pool"]
        if found is not None:
            edges = found["devices"]["edges"]
            found["devices"] = sorted(
                f"{edge['node']['node']['hostName']} {edge['node']['index']}" for edge in edges
            )
        return found

    @property
    def dialog(self) -> Locator:
        return self.page.locator("[role=dialog], [role=alertdialog]")

    def cell(self, field: str, place: str) -> Locator:
        """A device's cell on the screen ("pool-devices") or in a popup ("picker"): "h100-a 0"."""
        node, index = place.split()
        block = self.page.get_by_test_id(field).get_by_role("group", name=re.compile(f"^{node}"))
        return block.locator("[data-cell]").nth(int(index))

    async def tick(self) -> None:
        """Every node says again what it last said, for as long as the test lasts."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_TICKS)
            for node in list(self.nodes.values()):
                await node.say()


@asynccontextmanager
async def running_lab(page: Page, graph: Graph) -> AsyncIterator[Lab]:
    lab = Lab(page, graph)
    await lab.add_node("h100-a")
    await lab.add_node("h100-b")
    await lab.add_node("a100-a", product=A100)
    ticking = asyncio.create_task(lab.tick())
    try:
        await lab.sign_in()
        yield lab
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
