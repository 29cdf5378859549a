"""The API over a real socket with a small cluster behind it, whose nodes say what a test wants."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from domain.backends import Backends
from domain.installation import Installed
from domain.inventory import ReportedDevice, ReportedNode, record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import JobSource
from domain.secrets import open_vault
from outbound.client import Outbound
from outbound.policy import Policy
from resolvers.context import Context
from resolvers.dvs_checks import Checks
from resolvers.live import Live
from schema.query import schema
from server.accounts import DomainAccounts
from server.app import create_app
from server.serve import listen, server_for
from server.settings import Settings
from sources.check import Sources
from sources.folders import Roots
from telemetry.bus import Bus
from telemetry.embedded_bus import EmbeddedBus
from telemetry.samples import (
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeId,
    NodeProcesses,
    NodeSample,
    ProcessSample,
    to_columns,
)
from tests.services.licences import KEY

H100 = "NVIDIA H100 80GB HBM3"
GIB = 2**30
OPERATOR = "ada"
TLS = ssl.create_default_context()
"""One for all clients: each would read the certificates, which takes as long as a query."""


@dataclass
class FakeNode:
    """A machine whose collector says what the test sets in `devices`."""

    name: str
    graph: Graph
    devices: list[DeviceSample]
    product: str = H100
    host: HostSample = field(default_factory=lambda: HostSample(cpu_percent=25.0))
    sequence: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def id(self) -> NodeId:
        return NodeId(f"machine-{self.name}")

    def uuid(self, index: int) -> DeviceUuid:
        return DeviceUuid(f"GPU-{self.name}-{index}")

    @property
    def uuids(self) -> list[DeviceUuid]:
        return [self.uuid(index) for index in range(len(self.devices))]

    async def say(self, *, at: float | None = None) -> None:
        """Publish one tick, and wait until the API has it."""
        sequence = next(self.sequence)
        sample = NodeSample(
            node_id=self.id,
            boot_id="boot",
            sequence=sequence,
            time=time.time() if at is None else at,
            interval_seconds=1.0,
            host=self.host,
            devices=self.uuids,
            columns=to_columns(self.devices),
        )
        assert await self.graph.bus.publish(sample)
        async with asyncio.timeout(5):
            while (node := self.graph.live.fleet.nodes.get(self.id)) is None or (
                node.sequence < sequence
            ):
                await asyncio.sleep(0.005)

    def set(self, index: int, **values: Any) -> None:
        current = self.devices[index]
        fields = {name: getattr(current, name) for name in current.__struct_fields__}
        self.devices[index] = DeviceSample(**{**fields, **values})

    async def run_job(
        self,
        key: str,
        owner: str,
        *indexes: int,
        name: str | None = None,
        started_at: datetime | None = None,
    ) -> None:
        """A process on each of the devices: what the collector and the controller would tell."""
        held = frozenset(str(self.uuid(index)) for index in indexes)
        report = NodeProcesses(
            node_id=self.id,
            boot_id="boot",
            time=time.time(),
            devices=self.uuids,
            processes=[
                ProcessSample(
                    device=self.uuid(index),
                    pid=1000 + index,
                    user=owner,
                    job_key=key,
                    job_name=name or key,
                )
                for index in indexes
            ],
        )
        assert await self.graph.bus.publish(report)
        job = ReportedJob(key, name or key, owner, held, started_at or datetime.now(UTC))
        ids = await record_processes(JobSource.NVML, list(held), [job], datetime.now(UTC))
        await self.graph.announce("job", ids)


class Graph:
    """A GraphQL client of the running API, and the hands of the cluster behind it."""

    def __init__(self, live: Live, bus: Bus, url: str, password: str) -> None:
        self.live = live
        self.bus = bus
        self.folder = Path()
        """Beneath which DVS targets may have folders."""
        self.url = url
        self.password = password
        self.http = httpx.AsyncClient(
            base_url=url, headers={"Quartermaster-Client": "tests"}, timeout=20, verify=TLS
        )

    async def sign_in(self, name: str = OPERATOR) -> None:
        answer = await self.http.post(
            "/auth/sign-in", json={"name": name, "password": self.password}
        )
        assert answer.status_code == 200, answer.text

    @asynccontextmanager
    async def signed_in(self, name: str, password: str) -> AsyncIterator[Graph]:
        """The same API as another user has it, in a session of its own."""
        other = Graph(self.live, self.bus, self.url, password)
        async with other.http:
            await other.sign_in(name)
            yield other

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        return answer

    async def subscribe(self, query: str, **variables: Any) -> AsyncGenerator[Any, None]:
        """The data of each frame, as `graphql-transport-ws` delivers it."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        async with connect(
            self.url.replace("http", "ws") + "/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            max_size=None,
            proxy=None,
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "complete":
                    return
                assert message["type"] == "next", message
                assert "errors" not in message["payload"], message["payload"]
                yield message["payload"]["data"]

    async def add_node(
        self, name: str, devices: int = 2, product: str = H100, **facts: Any
    ) -> FakeNode:
        """A node with healthy, unused devices, recorded and heard of."""
        samples = [
            DeviceSample(
                utilisation_percent=0.0,
                memory_used_bytes=GIB,
                temperature_celsius=40.0,
                power_watts=100.0,
                power_limit_watts=700.0,
            )
            for _ in range(devices)
        ]
        node = FakeNode(name, self, samples, product)
        reported = ReportedNode(
            machine_id=node.id,
            host_name=name,
            labels={},
            devices=tuple(
                ReportedDevice(
                    uuid=node.uuid(index),
                    index=index,
                    vendor="NVIDIA",
                    product=product,
                    memory_total_bytes=80 * GIB,
                )
                for index in range(devices)
            ),
        )
        change = await record_node(replace(reported, **facts), datetime.now(UTC))
        await self.announce("device", change.device_ids)
        await node.say()
        return node

    async def announce(self, kind: str, ids: Sequence[int]) -> None:
        """Tell the API that rows were written, and wait until it has read them."""
        await self.live.catch_up([(kind, ids)])


async def take(frames: AsyncGenerator[Any, None], count: int) -> list[Any]:
    """The next frames, within the time that a person would wait."""
    async with asyncio.timeout(10):
        return [await anext(frames) for _ in range(count)]


@asynccontextmanager
async def running_graph(bus: Bus, password: str) -> AsyncIterator[Graph]:
    live = Live(bus, cluster_name="lab", version="test", licence_key=KEY)
    settings = Settings(port=0)
    # Other people's servers are on this machine here, and the tests' key is nobody's.
    outbound = Outbound(Policy.of("127.0.0.0/8 ::1 localhost", allows_http=True))
    backends = Backends(outbound.policy)
    open_vault("the key of the tests, which is long enough")
    data = TemporaryDirectory(prefix="qm-dvs-")
    folder = Path(data.name) / "allowed"
    folder.mkdir()
    checks = Checks(Sources(outbound, Roots(Path(data.name) / "own", (folder,))))
    app = create_app(
        settings,
        schema,
        DomainAccounts(backends),
        lambda viewer, request_id, address: Context(
            viewer, request_id, live, address, outbound, backends, dvs=checks
        ),
        ready={},
        live=live,
    )
    listener = listen(settings)
    ready = asyncio.Event()
    server = server_for(app, ready.set)
    tasks = [asyncio.create_task(live.run()), asyncio.create_task(server.serve([listener]))]
    try:
        async with asyncio.timeout(10):
            await ready.wait()
            # Once the bus is heard every subscription looks again: not in the midst of a test.
            while not (live.snapshot.users and live.is_bus_connected):
                await asyncio.sleep(0.005)
        graph = Graph(live, bus, f"http://127.0.0.1:{listener.getsockname()[1]}", password)
        graph.folder = folder
        async with graph.http:
            await graph.sign_in()
            yield graph
    finally:
        data.cleanup()
        server.should_exit = True
        await tasks[1]
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def graph(installed: Installed) -> AsyncIterator[Graph]:
    """The API on each kind of database, with the embedded bus, an operator signed in."""
    assert installed.password is not None
    bus = EmbeddedBus()
    try:
        async with running_graph(bus, installed.password) as graph:
            yield graph
    finally:
        await bus.close()
