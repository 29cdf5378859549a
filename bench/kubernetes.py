"""How soon the cluster does what was decided, and what it costs to know a large one.

`python -m bench.kubernetes [--mutations N]`. The first: from sending a mutation that puts a device
into a pool until its device class selects it, through the API, the bus, the controller and the API
server, which is looked into every few milliseconds. The second: everything of 1,000 nodes, 8,000
devices and 5,000 claims with their pods, listed, and read as jobs, by a process of its own; and by
what that grows while 100,000 changes of pods are watched. The API server is the tests' own, but for
the first where QM_TEST_KUBECONFIG names another.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from bench.large_cluster import EVENTS, NODES, large_cluster
from domain.database import close_database, open_database
from domain.installation import install
from server.logs import configure_logging
from telemetry.embedded_bus import EmbeddedBus
from tests.services.changes import device_ids, done
from tests.services.graph import Graph, running_graph
from tests.services.kubernetes import VARIABLE, Cluster, running_cluster
from workers.controller import control
from workers.kubernetes.connection import KubeconfigFile

LOOK_SECONDS = 0.004


@asynccontextmanager
async def enforcing(folder: Path) -> AsyncIterator[tuple[Graph, Cluster]]:
    await open_database(f"sqlite:///{folder}/bench.db", migrate=True)
    installed = await install("ada", cluster_name="lab")
    assert installed.password is not None
    bus = EmbeddedBus()
    try:
        async with (
            running_graph(bus, installed.password) as graph,
            running_cluster(folder) as cluster,
        ):
            source = KubeconfigFile(cluster.kubeconfig)
            task = asyncio.create_task(control(bus, "bench", kubernetes=source))
            try:
                yield graph, cluster
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
    finally:
        await bus.close()
        await close_database()


async def applied(folder: Path, mutations: int) -> list[float]:
    """Seconds of each."""
    async with enforcing(folder) as (graph, cluster):
        node = await graph.add_node(cluster.name("a"), 4)
        await cluster.add_node("a", node.uuids)
        ids = await device_ids(graph)
        pools = [
            await done(graph, "createPool", name=name, devices=[ids[node.uuid(index)]])
            for index, name in enumerate(("one", "other"))
        ]
        moved, uuid = ids[node.uuid(2)], node.uuid(2)
        await done(graph, "moveDevices", devices=[moved], toPool=pools[0]["id"])
        classes = [await _in_sync(graph, name) for name in ("one", "other")]
        default = (await graph.ask('{ pool(name: "Default") { id } }'))["pool"]["id"]
        took: list[float] = []
        for number in range(mutations):
            # By way of the Default pool, as people have to; the way out of it is measured.
            target = 1 - number % 2
            await done(graph, "moveDevices", devices=[moved], toPool=default)
            await _until(cluster, classes, uuid, None)
            began = time.perf_counter()
            await done(graph, "moveDevices", devices=[moved], toPool=pools[target]["id"])
            await _until(cluster, classes, uuid, classes[target])
            took.append(time.perf_counter() - began)
        return took


async def _in_sync(graph: Graph, pool: str) -> str:
    asked = f'{{ pool(name: "{pool}") {{ enforcement {{ state objectName }} }} }}'
    async with asyncio.timeout(30):
        while True:
            found = (await graph.ask(asked))["pool"]["enforcement"]
            if found["state"] == "IN_SYNC":
                return str(found["objectName"])
            await asyncio.sleep(0.05)


async def _until(cluster: Cluster, classes: Sequence[str], uuid: str, chosen: str | None) -> None:
    """Until the device class `chosen`, and none but it, selects the device."""
    async with asyncio.timeout(30):
        while True:
            selecting = []
            for name in classes:
                body = await cluster.resource.read_device_class(name)
                selectors = body.spec.selectors or []
                if any(uuid in selector.cel.expression for selector in selectors):
                    selecting.append(name)
            if selecting == ([] if chosen is None else [chosen]):
                return
            await asyncio.sleep(LOOK_SECONDS)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.kubernetes", description=__doc__)
    parser.add_argument("--mutations", type=int, default=100)
    given = parser.parse_args(arguments)
    configure_logging("error")
    with tempfile.TemporaryDirectory() as folder:
        took = sorted(uvloop.run(applied(Path(folder), given.mutations)))
    p50, p99 = statistics.median(took), took[int(len(took) * 0.99) - 1]
    where = "a real cluster" if os.environ.get(VARIABLE) else "the tests' own API server"
    print(f"  {len(took)} mutations on {where}: {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    os.environ.pop(VARIABLE, None)  # nobody wants 5,000 claims in theirs
    with tempfile.TemporaryDirectory() as folder:
        known, grown = uvloop.run(large_cluster(Path(folder)))
    print(
        f"  {NODES:,} nodes, {known.devices:,} devices, {known.jobs:,} jobs: {known.seconds:.1f} s,"
        f" {known.mib:.0f} MiB more, {known.peak_mib:.0f} MiB at most; {grown:.1f} MiB after"
        f" {EVENTS:,} changes"
    )
    print(
        f"kubernetes: applied_p50_ms={p50 * 1000:.0f} applied_p99_ms={p99 * 1000:.0f}"
        f" resync_s={known.seconds:.2f} resync_mib={known.mib:.0f}"
        f" resync_peak_mib={known.peak_mib:.0f} events_mib={grown:.1f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
