"""How long after it was published a sample is at a client's socket, and painted by a browser.

`python -m bench.latency [--nodes N] [--subscribers N] [--seconds N]`. The API of `bench.fanout`
is fed over a real Redis at the phases at which collectors sample, with so many whole-fleet
dashboards open. Each sample of one GPU carries a temperature of its own; what is timed is when
that is there: in a frame at a socket, and in the product's own dashboard, as the hottest GPU of
all, in a real Chromium. All of them share the machine.
There is no peer in this run: the aim is absolute (p99 under 1 s).
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import uvloop

from bench.fanout import COLUMNS, REPOSITORY, Peer, close, peer, running
from bench.fanout_peers import PER_NODE, sample
from bench.lean_websocket import subscribe
from bench.painted import dashboard, painted
from server.logs import configure_logging
from telemetry.redis_bus import RedisBus
from telemetry.samples import METRICS, NodeSample
from tests.services.process import free_port
from tests.services.redis import RedisServer
from workers.collector import FIRST_PHASE, LAST_PHASE

TEMPERATURE = METRICS.index("temperature_celsius")
WARM_UP = 5
ONE = "subscription { fleetTelemetry { sequence temperatureCelsius } }"


class Published:
    """When each marked temperature of the first GPU was published."""

    def __init__(self) -> None:
        self.at: dict[float, float] = {}

    def mark(self, message: NodeSample, sequence: int) -> NodeSample:
        value = 1000.0 + sequence  # like no real temperature
        columns = [list(column) for column in message.columns]
        columns[TEMPERATURE][0] = value
        self.at[value] = time.time()
        return msgspec.structs.replace(message, columns=columns)

    def delays(self, seen: Mapping[float, float]) -> list[float]:
        """From publishing to being seen, of those that were; the first ones only warm up."""
        return [at - self.at[value] for value, at in seen.items() if value in self.at][WARM_UP:]


async def feed(bus_url: str, nodes: int, published: Published) -> None:
    """Every node once a second, each at a phase of its own; the marked one at another each time."""
    bus, sequence = RedisBus(bus_url), 0
    phases = [FIRST_PHASE + (LAST_PHASE - FIRST_PHASE) * n / nodes for n in range(nodes)]
    second = math.ceil(time.time())
    while True:
        sequence, second = sequence + 1, second + 1
        order = sorted(range(1, nodes), key=lambda node: phases[node])
        marked_at = second + random.uniform(FIRST_PHASE, LAST_PHASE)
        is_marked = False
        for node in order:
            wait = second + phases[node] - time.time()
            if wait > 0.005:
                await asyncio.sleep(wait)
            if not is_marked and time.time() >= marked_at:
                await bus.publish(published.mark(sample(0, sequence), sequence))
                is_marked = True
            await bus.publish(sample(node, sequence))
        if not is_marked:
            await bus.publish(published.mark(sample(0, sequence), sequence))


async def watch(api: Peer, subscribers: int, seconds: float) -> dict[float, float]:
    """When each temperature came to a client among `subscribers` others."""
    crowd = await subscribe(subscribers, api.port, api.cookie, COLUMNS)
    (watcher,) = await subscribe(1, api.port, api.cookie, ONE)
    watcher.keeps_last = True
    frames, seen = watcher.frames, dict[float, float]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(0.001)
        if watcher.frames != frames:
            frames = watcher.frames
            frame = msgspec.json.decode(watcher.last)["payload"]["data"]["fleetTelemetry"]
            hottest = max((value or 0.0 for value in frame["temperatureCelsius"]), default=0.0)
            seen.setdefault(hottest, time.time())
    await close([*crowd, watcher])
    return seen


async def measure(
    folder: Path, nodes: int, subscribers: int, seconds: float
) -> dict[str, list[float]]:
    redis = RedisServer(folder, free_port())
    redis.start()
    published = Published()
    try:
        async with running(*peer("ours", str(nodes), redis.url)) as api:
            feeding = asyncio.create_task(feed(redis.url, nodes, published))
            try:
                async with dashboard(api) as page:
                    at_socket = await watch(api, subscribers, seconds + WARM_UP)
                    at_screen = await painted(page)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
    finally:
        redis.close()
    return {"socket": published.delays(at_socket), "browser": published.delays(at_screen)}


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.latency", description=__doc__)
    parser.add_argument("--nodes", type=int, default=125)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args(arguments)
    configure_logging("error")
    os.environ["PATH"] = f"{REPOSITORY}/.venv/bin:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        delays = uvloop.run(measure(Path(folder), given.nodes, given.subscribers, given.seconds))
    told = [f"devices={given.nodes * PER_NODE} subscribers={given.subscribers}"]
    for name, found in delays.items():
        cuts = statistics.quantiles(found, n=100)
        told.append(f"{name}_p50_ms={1e3 * cuts[49]:.0f} {name}_p99_ms={1e3 * cuts[98]:.0f}")
        told.append(f"{name}_samples={len(found)}")
    print(f"latency: {' '.join(told)} load={os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
