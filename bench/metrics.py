"""What a scrape of /metrics costs, and how long the event loop is held up by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from starlette.requests import Request
from starlette.responses import StreamingResponse

from domain.backends import Backends
from domain.snapshot import DeviceRow, DeviceTypeRow, NodeRow, PoolRow, Snapshot
from outbound.policy import Policy
from resolvers.live import Live
from server.accounts import DomainAccounts
from server.graphql.live_sockets import LiveSockets
from server.loop_lag import LoopLag
from server.metrics.route import MetricsRoute
from telemetry.embedded_bus import EmbeddedBus
from telemetry.samples import (
    METRICS,
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeId,
    NodeSample,
    to_columns,
)

SIZES = (1_000, 10_000)
PER_NODE = 8
POOLS = 20
ROUNDS = 5
NOW = datetime.now(UTC)
READING = DeviceSample(**{metric: 12 for metric in METRICS if metric not in ("status", "xid_at")})


def main() -> None:
    for devices in SIZES:
        asyncio.run(_measure(devices))


async def _measure(devices: int) -> None:
    live = _cluster(devices)
    route = MetricsRoute(live, LiveSockets(DomainAccounts(Backends(Policy()))), LoopLag())
    for coding in ("identity", "gzip"):
        seconds, cpu, lags, size = list[float](), list[float](), list[float](), 0
        for _ in range(ROUNDS):
            probe = asyncio.create_task(_probe(lags))
            await asyncio.sleep(0.01)
            wall, used = time.perf_counter(), time.process_time()
            size = await _scrape(route, coding)
            seconds.append(time.perf_counter() - wall)
            cpu.append(time.process_time() - used)
            probe.cancel()
            with suppress(asyncio.CancelledError):
                await probe
        print(
            f"{devices} devices, {coding}: {min(cpu) * 1000:.0f} ms of CPU, "
            f"{min(seconds) * 1000:.0f} ms, {size / 1e6:.2f} MB, "
            f"loop late by {sorted(lags)[-1 - len(lags) // 100] * 1000:.1f} ms (99th percentile), "
            f"{max(lags) * 1000:.1f} ms (worst)"
        )


async def _scrape(route: MetricsRoute, coding: str) -> int:
    headers = [(b"accept-encoding", coding.encode())]
    answer = await route.metrics(Request({"type": "http", "headers": headers}))
    body = cast(AsyncIterable[bytes], cast(StreamingResponse, answer).body_iterator)
    return sum([len(portion) async for portion in body])


async def _probe(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + 0.001
        await asyncio.sleep(0.001)
        lags.append(time.perf_counter() - due)


def _cluster(devices: int) -> Live:
    live = Live(EmbeddedBus(), cluster_name="bench", version="bench")
    nodes, rows = dict[int, NodeRow](), dict[int, DeviceRow]()
    for node in range(1, devices // PER_NODE + 1):
        machine = NodeId(f"machine-{node:05d}")
        nodes[node] = _row(
            NodeRow,
            id=node,
            machine_id=machine,
            host_name=f"node-{node:05d}.example.org",
            driver_version="570.124.06",
        )
        uuids = [
            DeviceUuid(f"GPU-604ac76c-d9cf-fef3-62e9-{node:08d}{index:04d}")
            for index in range(PER_NODE)
        ]
        for index, uuid in enumerate(uuids):
            number = len(rows) + 1
            rows[number] = _row(
                DeviceRow,
                id=number,
                uuid=uuid,
                node_id=node,
                type_id=1,
                pool_id=1 + node % POOLS,
                index=index,
                pci_bus_id=f"00000000:{index:02X}:00.0",
            )
        sample = NodeSample(
            node_id=machine,
            boot_id="boot",
            sequence=1,
            time=time.time(),
            interval_seconds=1.0,
            host=HostSample(),
            devices=uuids,
            columns=to_columns([READING] * PER_NODE),
        )
        live.fleet.apply(sample, time.time())
    pools = {n: PoolRow(n, f"pool-{n}", n == 1, 1, NOW, 1) for n in range(1, POOLS + 1)}
    types = {1: DeviceTypeRow(1, "NVIDIA", "NVIDIA H100 80GB HBM3", 80 * 2**30, None)}
    live.snapshot = Snapshot(nodes, types, rows, pools, {}, {}, {})
    return live


def _row(kind: type, **known: object):  # type: ignore[no-untyped-def]
    """A row of which only what /metrics reads is known."""
    return kind(**{name: known.get(name) for name in kind.__dataclass_fields__})
