"""How much telemetry one API process takes in, and what a device costs it in memory.

`python -m bench.ingest [--nodes N] [--seconds N]`. A process of its own sends node messages of 8
GPUs over a real Redis, some more each second, until the API can no longer keep up; its live state
is the product's (`resolvers.live`). The peer, with the same samples of the same devices: what
VictoriaMetrics needs to take them in by its text format, as one that scrapes an exporter does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import uvloop

from bench.fanout import REPOSITORY, cpu_seconds
from bench.fanout_peers import PER_NODE, sample
from resolvers.live import Live
from server.logs import configure_logging
from telemetry.history.prometheus import NAMES
from telemetry.redis_bus import RedisBus
from telemetry.samples import METRICS, NodeSample, encode
from tests.services.process import free_port
from tests.services.prometheus import PrometheusServer
from tests.services.redis import RedisServer

PER_SECOND = (500, 1000, 2000, 4000, 6000, 8000, 12000)
"""Messages; the next rate is tried while all of them arrive."""


async def flood(nodes: int, bus_url: str, rate: int, seconds: float) -> None:
    """Publish at that rate, as collectors do."""
    import redis.asyncio as redis

    client = redis.Redis.from_url(bus_url)
    first = int(time.time() * 1000)
    made = [sample(n % nodes, first + n // nodes) for n in range(int(rate * seconds))]
    ready = [(f"qm:node:{one.node_id}:sample", encode(one)) for one in made]
    print("ready", flush=True)
    begun, sent = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begun) < seconds:
        due = int(elapsed * rate) - sent
        pipe = client.pipeline(transaction=False)
        for channel, message in ready[sent : sent + min(due, 200)]:
            pipe.publish(channel, message)
            sent += 1
        await pipe.execute()
        await asyncio.sleep(0.002)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def take_in(bus_url: str, nodes: int, seconds: float) -> dict[str, float]:
    """The highest rate at which nothing is lost, and the CPU of a message."""
    bus = RedisBus(bus_url)
    live = Live(bus, cluster_name="bench", version="bench")
    before = resident_mib()
    listening = asyncio.create_task(live._listen())
    while not live.is_bus_connected:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    best = microseconds = 0.0
    for rate in PER_SECOND:
        took, lost, cpu = await at_rate(live, bus_url, nodes, rate, seconds)
        print(
            f"  {rate:6,} messages a second: {took / seconds:8,.0f} taken in, {lost} lost,"
            f" {100 * cpu / seconds:.0f} % of a core, {1e6 * cpu / max(took, 1):.0f} µs each",
            flush=True,
        )
        if lost or took / seconds < 0.95 * rate:
            break
        best, microseconds = took / seconds, 1e6 * cpu / took
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await bus.close()
    return {
        "messages_per_s": best,
        "message_us": microseconds,
        "bytes_per_device": (resident_mib() - before) * 2**20 / (nodes * PER_NODE),
    }


async def at_rate(
    live: Live, bus_url: str, nodes: int, rate: int, seconds: float
) -> tuple[int, int, float]:
    """Messages taken in and lost, and CPU seconds spent."""
    late = live.fleet.dropped["late"]
    taken = 0
    apply = live.fleet.apply

    def counted(one: NodeSample, *given: float, **named: float):  # type: ignore[no-untyped-def]
        nonlocal taken
        taken += 1
        return apply(one, *given, **named)

    live.fleet.apply = counted  # type: ignore[method-assign]
    command = [sys.executable, "-m", "bench.ingest", "--flood", bus_url, str(rate)]
    command += ["--nodes", str(nodes), "--seconds", str(seconds)]
    flooding = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert flooding.stdout is not None
    await flooding.stdout.readline()  # it begins
    begun = time.process_time()
    await flooding.wait()
    await asyncio.sleep(0.2)
    cpu = time.process_time() - begun
    live.fleet.apply = apply  # type: ignore[method-assign]
    return taken, live.fleet.dropped["late"] - late, cpu


def exposition(nodes: int, sequence: int) -> str:
    lines = []
    for node in range(nodes):
        message = sample(node, sequence)
        for metric, (name, _) in NAMES.items():
            if metric.is_of_host:
                continue
            column = message.columns[METRICS.index(metric.value)]
            for uuid, value in zip(message.devices, column, strict=True):
                if value is not None:
                    lines.append(f'{name}{{UUID="{uuid}",Hostname="node-{node:05}"}} {value}\n')
    return "".join(lines)


def victoria(folder: Path, nodes: int) -> float:
    """Microseconds of its CPU for what one node message tells."""
    server = PrometheusServer(folder, None)
    try:
        with httpx.Client(base_url=server.url) as client:
            rounds = 10
            for sequence in range(rounds + 1):
                if sequence == 1:
                    begun = cpu_seconds(server.pid)
                text = exposition(nodes, sequence)
                client.post("/api/v1/import/prometheus", content=text).raise_for_status()
            time.sleep(2)
            return 1e6 * (cpu_seconds(server.pid) - begun) / (rounds * nodes)
    finally:
        server.stop()


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1250)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--flood", nargs=2, metavar=("BUS", "RATE"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    configure_logging("error")
    if given.flood:
        bus_url, rate = given.flood
        uvloop.run(flood(given.nodes, bus_url, int(rate), given.seconds))
        return
    os.chdir(REPOSITORY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis = RedisServer(folder, free_port())
        redis.start()
        try:
            found = uvloop.run(take_in(redis.url, given.nodes, given.seconds))
        finally:
            redis.close()
        peer = victoria(folder, given.nodes)
    told = " ".join(f"{key}={value:.0f}" for key, value in found.items())
    ratio = found["message_us"] / peer if peer else 0
    print(f"ingest: {told} victoria_us={peer:.0f} victoria_ratio={ratio:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
