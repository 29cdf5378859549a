"""How many live dashboards of the whole fleet one API process on one core serves at 1 Hz.

`python -m bench.dashboards [--devices N] [--steps N,N] [--seconds N]`. Each is a socket with the
five subscriptions that the web keeps open (cluster, fleet, devices, nodes, jobs), as its build
wrote them down, and takes deflated frames as browsers do. The API has a core to itself, the clients
share the other with what feeds it. A fleet frame's age is taken by probes among the clients, one in
fifty, from the tick to the last byte. `plain`: the same without deflate. The peer is graphql-ws on
Node in the same run, which executes for each client: the fleet frame alone, as ready data.

All of a step come at once, as after a restart: how long until the last one is live is told too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import uvloop

from bench.fanout import REPOSITORY, Peer, close, cpu_seconds, keep, peer, running
from bench.lean_dashboard import Dashboard, open_dashboard
from bench.lean_websocket import subscribe
from tests.services.process import free_port
from tests.services.redis import RedisServer

API_CORE, OTHER_CORE = "0", "1"
STANDING = ("ClusterSnapshot", "FleetTelemetry", "DeviceChanges", "NodeChanges", "JobChanges")
ONE_IN = 50
SETTLE_SECONDS = 4.0
LIMIT_SECONDS = 1.0


@dataclass
class Step:
    dashboards: int
    until_all_live: float
    sent_away: int
    p50: float
    p99: float
    frames_each: float
    """Fleet frames a second and probe: 1 where none is missed."""
    core: float
    kilobytes: float
    """Of each dashboard, a second."""

    @property
    def holds(self) -> bool:
        return self.p99 < LIMIT_SECONDS and self.frames_each > 0.98

    def __str__(self) -> str:
        return (
            f"  {self.dashboards:6} dashboards: fleet frames {self.p50 * 1000:,.0f} ms old (median)"
            f", {self.p99 * 1000:,.0f} ms (p99), {self.frames_each:.2f} a second,"
            f" {self.kilobytes:,.1f} kB/s each; {100 * self.core:.0f} % of the core;"
            f" all live after {self.until_all_live:.1f} s ({self.sent_away} sent away)"
        )


def standing_documents() -> list[str]:
    """What the web subscribes to for as long as somebody is signed in."""
    manifest = json.loads((REPOSITORY / "server/static/documents.json").read_text())
    texts = {
        text.split("{")[0].split()[1]: text
        for text in manifest.values()
        if text.startswith("subscription") and "__typename" not in text
    }
    return [texts[name] for name in STANDING]


async def step(
    api: Peer, queries: Sequence[str], dashboards: int, seconds: float, *, deflates: bool
) -> Step:
    sent_away: list[float] = []

    async def one(number: int) -> Dashboard:
        def make() -> Dashboard:
            is_probe = number % ONE_IN == 0
            return Dashboard(api.port, api.cookie, queries, deflates=deflates, is_probe=is_probe)

        return await open_dashboard(make, sent_away)

    began = time.monotonic()
    members = await asyncio.gather(*(one(number) for number in range(dashboards)))
    until_all_live = max(m.first_frame_at or 0 for m in members) - began
    await asyncio.sleep(SETTLE_SECONDS)
    probes = [m for m in members if m.is_probe]
    for probe in probes:
        probe.ages.clear()
    received, spent = sum(m.bytes for m in members), cpu_seconds(api.pid)
    await asyncio.sleep(seconds)
    spent = cpu_seconds(api.pid) - spent
    received = sum(m.bytes for m in members) - received
    ages = sorted(age for probe in probes for age in probe.ages)
    for member in members:
        member.transport.abort()
    await asyncio.sleep(1)
    cuts = quantiles(ages, n=100)
    return Step(
        dashboards,
        until_all_live,
        len(sent_away),
        cuts[49],
        cuts[98],
        len(ages) / len(probes) / seconds,
        spent / seconds,
        received / dashboards / seconds / 1000,
    )


async def climb(
    api: Peer,
    name: str,
    queries: Sequence[str],
    steps: Sequence[int],
    seconds: float,
    *,
    deflates: bool,
) -> Step | None:
    """The largest step that holds."""
    best = None
    print(name, flush=True)
    for dashboards in steps:
        taken = await step(api, queries, dashboards, seconds, deflates=deflates)
        print(taken, flush=True)
        if not taken.holds:
            break
        best = taken
    return best


async def measure(
    folder: Path, devices: int, steps: Sequence[int], seconds: float
) -> dict[str, Step | None]:
    found: dict[str, Step | None] = {}
    nodes, documents = str(devices // 8), standing_documents()
    redis = RedisServer(folder, free_port())
    redis.start()
    async with AsyncExitStack() as stack:
        stack.callback(redis.close)
        await stack.enter_async_context(running(*peer("samples", nodes, redis.url)))
        async with running("taskset", "-c", API_CORE, *peer("ours", nodes, redis.url)) as api:
            (one,) = await subscribe(1, api.port, api.cookie, documents[1])
            one.keeps_last = True
            while one.frames < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await close([one])
            keep(folder, "columns", one.last)
            found["ours"] = await climb(api, "ours", documents, steps, seconds, deflates=True)
            found["plain"] = await climb(
                api, "ours, plain", documents, steps, seconds, deflates=False
            )
    command = peer("node", str(folder / "columns.data"))
    async with running("taskset", "-c", API_CORE, *command) as node:
        steps = [step for step in (25, 50, 100, 200, 400, 800, 1600) if step <= max(steps)]
        found["node"] = await climb(
            node, "node, the fleet frame alone", documents[1:2], steps, seconds, deflates=False
        )
    return found


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.dashboards", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--steps", default="500,1000,2000,3000,4000,5000")
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args(arguments)
    os.environ["PATH"] = f"{REPOSITORY}/.venv/bin:{os.environ['PATH']}"
    os.sched_setaffinity(0, {int(OTHER_CORE)})
    steps = [int(each) for each in given.steps.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(measure(Path(folder), given.devices, steps, given.seconds))
    said = [f"devices={given.devices}"]
    for name, taken in found.items():
        said.append(f"{name}={taken.dashboards if taken else 0}")
        if taken:
            said.append(f"{name}_p99_ms={taken.p99 * 1000:.0f}")
    print(f"dashboards: {' '.join(said)}")


if __name__ == "__main__":
    main(sys.argv[1:])
