"""How the API's cost grows: with the devices of the fleet, and with who looks at it.

`python -m bench.growth [--seconds N]`. CPU and memory of the API process of `bench.fanout`, fed
over a real Redis once a second; subscribers have the columns of the whole fleet. Where the clients
cannot take a frame a second, the CPU is what it would be if they did. A slope is that of a line
through the points on logarithmic axes: 1 is proportional, 0 is no growth. There is no peer.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.fanout import COLUMNS, REPOSITORY, Peer, close, cpu_seconds, peer, running
from bench.fanout_peers import PER_NODE
from bench.lean_websocket import subscribe
from server.logs import configure_logging
from tests.services.process import free_port
from tests.services.redis import RedisServer

NODES = (13, 40, 125, 375, 1250)
SUBSCRIBERS = (1, 10, 100, 500, 2000)
FEW = 10
SETTLE_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Point:
    devices: int
    subscribers: int
    cpu: float  # of a core, at one frame a second for each
    mib: float  # resident


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def point(api: Peer, devices: int, subscribers: int, seconds: float) -> Point:
    members = await subscribe(subscribers, api.port, api.cookie, COLUMNS)
    await asyncio.sleep(SETTLE_SECONDS)
    before, frames = cpu_seconds(api.pid), sum(one.frames for one in members)
    await asyncio.sleep(seconds)
    cpu = (cpu_seconds(api.pid) - before) / seconds
    frames = sum(one.frames for one in members) - frames
    rate = frames / subscribers / seconds
    found = Point(devices, subscribers, cpu / rate, resident_mib(api.pid))
    print(
        f"  {devices:6,} devices, {subscribers:5,} subscribers: {100 * cpu:5.1f} % of a core,"
        f" {found.mib:5.0f} MiB, {rate:.2f} frames a second each",
        flush=True,
    )
    await close(members)
    return found


async def measure(folder: Path, seconds: float) -> tuple[list[Point], list[Point]]:
    by_devices, by_subscribers = [], []
    for nodes in NODES:
        redis = RedisServer(folder, free_port())
        redis.start()
        try:
            async with (
                running(*peer("samples", str(nodes), redis.url)),
                running(*peer("ours", str(nodes), redis.url)) as api,
            ):
                await asyncio.sleep(SETTLE_SECONDS)
                by_devices.append(await point(api, nodes * PER_NODE, FEW, seconds))
                if nodes == 125:
                    for subscribers in SUBSCRIBERS:
                        found = await point(api, nodes * PER_NODE, subscribers, seconds)
                        by_subscribers.append(found)
        finally:
            redis.close()
    return by_devices, by_subscribers


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the least squares' line through the logarithms."""
    lx, ly = [math.log(x) for x in xs], [math.log(y) for y in ys]
    mx, my = sum(lx) / len(lx), sum(ly) / len(ly)
    return sum((a - mx) * (b - my) for a, b in zip(lx, ly, strict=True)) / sum(
        (a - mx) ** 2 for a in lx
    )


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args(arguments)
    configure_logging("error")
    os.environ["PATH"] = f"{REPOSITORY}/.venv/bin:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        devices, subscribers = uvloop.run(measure(Path(folder), given.seconds))
    kib_per_device = (
        (devices[-1].mib - devices[0].mib) * 1024 / (devices[-1].devices - devices[0].devices)
    )
    kib_per_subscriber = (
        (subscribers[-1].mib - subscribers[0].mib)
        * 1024
        / (subscribers[-1].subscribers - subscribers[0].subscribers)
    )
    print(
        f"growth: devices_slope={slope([p.devices for p in devices], [p.cpu for p in devices]):.2f}"
        f" subscribers_slope="
        f"{slope([p.subscribers for p in subscribers], [p.cpu for p in subscribers]):.2f}"
        f" kib_per_device={kib_per_device:.1f} kib_per_subscriber={kib_per_subscriber:.1f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
