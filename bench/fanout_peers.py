"""The servers that `bench.fanout` compares, each in a process of its own.

`python -m bench.fanout_peers {ours,stock} NODES BUS [PER_NODE]` prints where it listens, as one
JSON line: the product's schema over the same live state, by the product's server and by
Strawberry's own. `samples NODES BUS [PER_NODE]` feeds them once a second; `raw FILE` sends a text.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL

from domain.backends import Backends
from domain.credentials import Credential, CredentialKind
from domain.database import close_database, fetch, open_database
from domain.installation import install
from domain.inventory import ReportedDevice, ReportedNode, record_node
from domain.roles import Role
from domain.sessions import Viewer
from outbound.policy import Policy
from resolvers.context import Context
from resolvers.live import Live
from schema.query import schema
from server import memory
from server.accounts import DomainAccounts
from server.app import create_app
from server.logs import configure_logging
from server.serve import listen, server_for
from server.settings import Settings
from telemetry.redis_bus import RedisBus
from telemetry.samples import DeviceSample, DeviceUuid, HostSample, NodeId, NodeSample, to_columns

PER_NODE = 8
GIB = 2**30


def sample(node: int, sequence: int, per_node: int = PER_NODE) -> NodeSample:
    """One tick of a node, whose numbers move."""
    devices = [
        DeviceSample(
            utilisation_percent=float((node * 7 + index * 13 + sequence * 3) % 101),
            memory_used_bytes=(index + 1) * 9 * GIB + sequence * 4096,
            temperature_celsius=40.0 + (sequence + index) % 30,
            power_watts=212.5 + (node + sequence) % 400,
            power_limit_watts=700.0,
            sm_clock_mhz=1980,
            memory_clock_mhz=2619,
            fan_percent=None,
        )
        for index in range(per_node)
    ]
    return NodeSample(
        node_id=NodeId(f"machine-{node}"),
        boot_id="boot",
        sequence=sequence,
        time=time.time(),
        interval_seconds=1.0,
        host=HostSample(cpu_percent=20.0),
        devices=[DeviceUuid(f"GPU-{node:05}-{index}") for index in range(per_node)],
        columns=to_columns(devices),
    )


async def record_fleet(nodes: int, per_node: int) -> None:
    for node in range(nodes):
        devices = tuple(
            ReportedDevice(
                uuid=DeviceUuid(f"GPU-{node:05}-{index}"),
                index=index,
                vendor="NVIDIA",
                product="NVIDIA H100 80GB HBM3",
                memory_total_bytes=80 * GIB,
            )
            for index in range(per_node)
        )
        reported = ReportedNode(
            machine_id=NodeId(f"machine-{node}"),
            host_name=f"node-{node:05}",
            labels={},
            devices=devices,
        )
        await record_node(reported, datetime.now(UTC))


async def samples(nodes: int, bus_url: str, per_node: int = PER_NODE) -> None:
    """What the nodes' collectors say, once a second."""
    bus, sequence = RedisBus(bus_url), 0
    print(json.dumps({"port": 0, "cookie": "", "pid": os.getpid()}), flush=True)
    while True:
        sequence += 1
        for node in range(nodes):
            await bus.publish(sample(node, sequence, per_node))
        await asyncio.sleep(1 - time.time() % 1 + 0.3)


@asynccontextmanager
async def cluster(
    nodes: int, bus_url: str, per_node: int = PER_NODE
) -> AsyncIterator[tuple[Live, str]]:
    """The live state of so many nodes, whose samples come by the bus; the operator's password."""
    with tempfile.TemporaryDirectory() as folder:
        await open_database(f"sqlite:///{folder}/bench.db", migrate=True)
        bus = RedisBus(bus_url)
        try:
            installed = await install("ada", cluster_name="bench")
            await record_fleet(nodes, per_node)
            live = Live(bus, cluster_name="bench", version="bench")
            task = asyncio.create_task(live.run())
            await live.has_inventory.wait()
            assert installed.password is not None
            yield live, installed.password
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        finally:
            await bus.close()
            await close_database()


async def ours(nodes: int, bus_url: str, per_node: int = PER_NODE) -> None:
    async with cluster(nodes, bus_url, per_node) as (live, password):
        _, secret = await DomainAccounts(Backends(Policy())).sign_in("ada", password, "bench")
        app = create_app(
            Settings(port=0, sockets_per_user=100_000, sockets_per_address=100_000),
            schema,
            DomainAccounts(Backends(Policy())),
            lambda viewer, request_id, address: Context(viewer, request_id, live, address),
            ready={},
        )
        memory.settle()  # as the product does
        await serve(app, f"quartermaster_session={secret}")


async def stock(nodes: int, bus_url: str, per_node: int = PER_NODE) -> None:
    async with cluster(nodes, bus_url, per_node) as (live, _):
        (row,) = await fetch('SELECT id FROM "user"')
        roles = frozenset({Role.OPERATOR})
        viewer = Viewer(
            row["id"],
            "ada",
            None,
            roles,
            Credential(CredentialKind.SESSION, 1),
            datetime.max.replace(tzinfo=UTC),
        )

        class Stock(GraphQL[Any, Any]):
            async def get_context(self, request: Any, response: Any) -> Any:
                return Context(viewer, "stock", live)

        await serve(Starlette(routes=[WebSocketRoute("/graphql", Stock(schema))]), "")


async def raw(text: str) -> None:
    """Starlette, and nothing else."""

    async def endpoint(socket: WebSocket) -> None:
        await socket.accept(subprotocol="graphql-transport-ws")
        await socket.receive_text()
        await socket.send_text('{"type":"connection_ack"}')
        await socket.receive_text()
        with suppress(WebSocketDisconnect):
            while True:
                await asyncio.sleep(1 - time.time() % 1)
                await socket.send_text(text)

    await serve(Starlette(routes=[WebSocketRoute("/graphql", endpoint)]), "")


async def serve(app: Any, cookie: str) -> None:
    listener = listen(Settings(port=0))
    where = {"port": listener.getsockname()[1], "cookie": cookie, "pid": os.getpid()}
    await server_for(app, lambda: print(json.dumps(where), flush=True)).serve([listener])


def main(kind: str, *given: str) -> None:
    configure_logging("WARNING")
    if kind == "raw":
        uvloop.run(raw(Path(given[0]).read_text()))
    else:
        run = {"ours": ours, "stock": stock, "samples": samples}[kind]
        uvloop.run(run(int(given[0]), given[1], *map(int, given[2:])))


if __name__ == "__main__":
    main(*sys.argv[1:])
