"""What a frame costs to deliver, of one subscription that many have.

`python -m bench.fanout [--devices N] [--subscribers N] [--seconds N]`. 1,000 devices of 12 fields,
once a second, as objects and as columns; 50 devices a node, so that receiving the samples, which is
no part of it and is taken off, costs little beside it. The peers, each a process of its own in the
same run, with the same data: `raw`, Starlette sending the ready text; `stock`, the same schema
under Strawberry's own server; `node`, graphql-ws on ws. CPU is that of the server's process, less
what it costs without a subscriber (the samples come in all the same), over the delivered frames.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.lean_websocket import Subscriber, subscribe
from tests.services.process import free_port
from tests.services.redis import RedisServer

REPOSITORY = Path(__file__).resolve().parents[1]
FIELDS = """time isStale health allocation utilisationPercent memoryUsedBytes temperatureCelsius
  powerWatts powerLimitWatts smClockMhz memoryClockMhz fanPercent"""
OBJECTS = f"subscription {{ deviceTelemetry {{ {FIELDS} }} }}"
COLUMNS = f"subscription {{ fleetTelemetry {{ sequence isKeyFrame deviceIds {FIELDS} }} }}"
SETTLE_SECONDS = 3.0
TURNS = 3
PER_NODE = 50


@dataclass
class Peer:
    port: int
    cookie: str
    pid: int


@asynccontextmanager
async def running(*command: str) -> AsyncIterator[Peer]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            where = json.loads(await process.stdout.readline())
        yield Peer(where["port"], where["cookie"], where["pid"])
    finally:
        process.terminate()
        await process.wait()


def peer(kind: str, *given: str) -> tuple[str, ...]:
    if kind == "node":
        return ("node", "bench/node/fanout.mjs", *given)
    return (sys.executable, "-m", "bench.fanout_peers", kind, *given)


def cpu_seconds(pid: int) -> float:
    """Of all threads, as the scheduler counted it in nanoseconds."""
    stats = (task / "schedstat" for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


async def close(subscribers: Sequence[Subscriber]) -> None:
    for subscriber in subscribers:
        subscriber.transport.abort()
    await asyncio.sleep(0.5)


async def cost(running_peer: Peer, query: str, subscribers: int, seconds: float) -> float:
    """Microseconds of CPU for each frame that came; with and without subscribers in turns."""
    idle = spent = 0.0
    frames = received = 0
    for _ in range(TURNS):
        await asyncio.sleep(SETTLE_SECONDS)
        before = cpu_seconds(running_peer.pid)
        await asyncio.sleep(seconds)
        idle += cpu_seconds(running_peer.pid) - before
        members = await subscribe(subscribers, running_peer.port, running_peer.cookie, query)
        await asyncio.sleep(SETTLE_SECONDS)
        frames -= sum(m.frames for m in members)
        received -= sum(m.bytes for m in members)
        before = cpu_seconds(running_peer.pid)
        await asyncio.sleep(seconds)
        spent += cpu_seconds(running_peer.pid) - before
        frames += sum(m.frames for m in members)
        received += sum(m.bytes for m in members)
        await close(members)
    assert frames, "no frame came"
    per_frame, whole = 1e6 * (spent - idle) / frames, TURNS * seconds
    print(
        f"  {subscribers:5} subscribers: {per_frame:10,.0f} µs a frame of {received // frames:,} B,"
        f" {frames / subscribers / whole:.2f} frames a second each"
        f" ({100 * spent / whole:.1f} % of a core, {100 * idle / whole:.1f} % without)",
        flush=True,
    )
    return per_frame


async def one_frame(running_peer: Peer, query: str) -> bytes:
    """The second frame of a subscription, which is like all that follow."""
    (subscriber,) = await subscribe(1, running_peer.port, running_peer.cookie, query)
    subscriber.keeps_last = True
    async with asyncio.timeout(30):
        while subscriber.frames < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await close([subscriber])
    return subscriber.last


async def measure(folder: Path, devices: int, subscribers: int, seconds: float) -> dict[str, float]:
    costs: dict[str, float] = {}
    queries = {"objects": OBJECTS, "columns": COLUMNS}
    redis = RedisServer(folder, free_port())
    redis.start()
    fleet = (str(devices // PER_NODE), redis.url, str(PER_NODE))
    try:
        async with running(*peer("samples", *fleet)):
            async with running(*peer("ours", *fleet)) as ours:
                for name, query in queries.items():
                    print(f"ours, {name}", flush=True)
                    keep(folder, name, await one_frame(ours, query))
                    costs[name] = await cost(ours, query, subscribers, seconds)
            async with running(*peer("stock", *fleet)) as stock:
                print("stock, objects", flush=True)
                costs["stock"] = await cost(stock, OBJECTS, 5, seconds)
    finally:
        redis.close()
    for name in queries:
        async with running(*peer("raw", str(folder / name))) as raw:
            print(f"raw, {name}", flush=True)
            costs[f"raw_{name}"] = await cost(raw, "", subscribers, seconds)
    async with running(*peer("node", str(folder / "objects.data"))) as node:
        print("node, objects", flush=True)
        costs["node"] = await cost(node, OBJECTS, 20, seconds)
    return costs


def keep(folder: Path, name: str, message: bytes) -> None:
    """For the peers: a message as it is sent, and what is in it."""
    (folder / name).write_bytes(message)
    (folder / f"{name}.data").write_text(json.dumps(json.loads(message)["payload"]["data"]))


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.fanout", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args(arguments)
    os.environ["PATH"] = f"{REPOSITORY}/.venv/bin:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        costs = uvloop.run(measure(Path(folder), given.devices, given.subscribers, given.seconds))
    print(
        f"fanout: raw_ratio={costs['objects'] / costs['raw_objects']:.2f}"
        f" columns_raw_ratio={costs['columns'] / costs['raw_columns']:.2f}"
        f" stock_ratio={costs['stock'] / costs['objects']:.0f}"
        f" node_ratio={costs['node'] / costs['objects']:.0f}"
        f" objects_us={costs['objects']:.0f} columns_us={costs['columns']:.0f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
