"""The API, the controller's part for Kubernetes, and a cluster, together over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from domain.announcements import Announcement, send_announcements
from telemetry.bus import Change
from tests.services.graph import Graph
from tests.services.kubernetes import Cluster
from workers.clock import Clock
from workers.kubernetes.connection import KubeconfigFile
from workers.kubernetes.watching import Timing
from workers.kubernetes.worker import KubernetesWorker
from workers.supervision import Supervised, keep_running

ENFORCED = """query {
  pools { edges { node { id name version enforcement { state reason objectName } } } }
  groups { edges { node { id name version enforcement { state reason objectName } } } } }"""

QUICK = Timing(
    silence_seconds=2.0, answer_seconds=2.0, first_pause_seconds=0.05, longest_pause_seconds=0.3
)


@dataclass
class Enforced:
    """A GraphQL client of an API whose pools and groups a cluster enforces."""

    graph: Graph
    cluster: Cluster
    state: Supervised
    worker: KubernetesWorker

    async def add_gpu_node(self, name: str, devices: int = 4) -> Any:
        """In the inventory and in the cluster, under the same UUIDs."""
        full = self.cluster.name(name)
        node = await self.graph.add_node(full, devices)
        await self.cluster.add_node(name, node.uuids)
        self.worker.inventory_changed()
        return node

    async def devices_of(self, node: Any) -> list[str]:
        data = await self.graph.ask("query { devices(first: 100) { edges { node { id uuid } } } }")
        ids = {e["node"]["uuid"]: e["node"]["id"] for e in data["devices"]["edges"]}
        return [ids[uuid] for uuid in node.uuids]

    async def make_pool(self, name: str, devices: list[str], group: str | None = None) -> Any:
        made = await self.graph.ask(
            """mutation ($name: String!, $devices: [ID!]!, $group: ID) {
              createPool(input: {name: $name, devices: $devices, group: $group}) {
                __typename ... on Pool { id version } ... on Refusal { message } } }""",
            name=name,
            devices=devices,
            group=group,
        )
        assert made["createPool"]["__typename"] == "Pool", made
        return made["createPool"]

    async def make_group(self, name: str, pool: str | None = None, *users: str) -> Any:
        made = await self.graph.ask(
            """mutation ($name: String!, $pool: ID, $users: [ID!]!) {
              createGroup(input: {name: $name, pool: $pool, users: $users}) {
                __typename ... on Group { id version } ... on Refusal { message } } }""",
            name=name,
            pool=pool,
            users=list(users),
        )
        assert made["createGroup"]["__typename"] == "Group", made
        return made["createGroup"]

    async def enforcement(self, what: str, name: str) -> dict[str, Any]:
        data = await self.graph.ask(ENFORCED)
        found: dict[str, Any] = next(
            edge["node"] for edge in data[what]["edges"] if edge["node"]["name"] == name
        )
        return found["enforcement"]  # type: ignore[no-any-return]

    async def in_sync(self, what: str, name: str) -> str:
        """What it is called in the cluster, once that does what it ought to."""
        found = await self.until(what, name, lambda one: one["state"] == "IN_SYNC")
        return str(found["objectName"])

    async def until(
        self, what: str, name: str, holds: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        async def ask() -> dict[str, Any] | None:
            one = await self.enforcement(what, name)
            return one if holds(one) else None

        found: dict[str, Any] = await self.cluster.until(ask, f"{what} {name}")
        return found

    async def chosen(self, device_class: str) -> str:
        body = await self.cluster.custom.get_cluster_custom_object(
            "resource.k8s.io", "v1", "deviceclasses", device_class
        )
        return str(body["spec"]["selectors"][0]["cel"]["expression"])

    async def hard(self, namespace: str) -> dict[str, str]:
        quota = await self.cluster.core.read_namespaced_resource_quota("quartermaster", namespace)
        return dict(quota.spec.hard)


@asynccontextmanager
async def enforcing(
    graph: Graph, cluster: Cluster, timing: Timing = QUICK, **settings: Any
) -> AsyncIterator[Enforced]:
    worker = KubernetesWorker(
        KubeconfigFile(cluster.kubeconfig), graph.bus, Clock(), timing, **settings
    )
    state = Supervised("kubernetes")

    async def announce() -> None:
        """As the controller does: what is in the outbox reaches the API and the worker."""

        async def send(announcements: list[Announcement]) -> None:
            for one in announcements:
                await graph.bus.publish_change(Change(one.kind, list(one.ids)))
            if any(one.kind in ("user", "node", "device") for one in announcements):
                worker.inventory_changed()

        while True:
            await send_announcements(send)
            await asyncio.sleep(0.05)

    async def listen() -> None:
        async for event in graph.bus.listen():
            if isinstance(event, Change) and event.origin is not None:
                worker.inventory_changed()

    tasks = [
        asyncio.create_task(keep_running(worker.run, state)),
        asyncio.create_task(announce()),
        asyncio.create_task(listen()),
    ]
    try:
        yield Enforced(graph, cluster, state, worker)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def enforced(graph: Graph, cluster: Cluster) -> AsyncIterator[Enforced]:
    async with enforcing(graph, cluster, drift_shown_seconds=1.0) as enforced:
        yield enforced
