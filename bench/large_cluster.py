"""What it costs to know a large cluster: measured by children, which the API server is no part of.

`bench.kubernetes` asks for it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from server.logs import configure_logging
from tests.services.apiserver.store import Body, Store
from tests.services.kubernetes import Cluster, running_cluster
from workers.clock import Clock
from workers.kubernetes.cluster import Cluster as Known
from workers.kubernetes.connection import Connection, KubeconfigFile
from workers.kubernetes.reading import OWNER, jobs_of
from workers.kubernetes.watching import Timing

NODES, PER_NODE, CLAIMS = 1000, 8, 5000
EVENTS, BATCH = 100_000, 1000
BATCH_SECONDS = 0.1
LOOK_SECONDS = 0.1
LAST = "the last"


@dataclass(frozen=True)
class Resync:
    """`mib`: what the process grew by, and had at its most (`peak_mib`)."""

    seconds: float
    mib: float
    peak_mib: float
    devices: int
    jobs: int


def memory_mib(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


@asynccontextmanager
async def knowing(kubeconfig: Path) -> AsyncIterator[tuple[Connection, Known]]:
    connection = Connection(KubeconfigFile(kubeconfig))
    try:
        await connection.get("/version")
        yield connection, Known(connection, "bench", _nothing, _nothing, Clock(), Timing())
    finally:
        await connection.close()


async def resync(kubeconfig: Path) -> Resync:
    async with knowing(kubeconfig) as (_, known):
        before, began = memory_mib("VmRSS:"), time.perf_counter()
        for watch in known:
            await watch.list()
        devices = known.devices()
        jobs = jobs_of(known.pods.objects.values(), known.claims.objects.values(), devices, {}, {})
        seconds = time.perf_counter() - began
        grown = memory_mib("VmRSS:") - before
        return Resync(seconds, grown, memory_mib("VmHWM:"), len(devices), len(jobs.running))


async def follow(kubeconfig: Path) -> float:
    """MiB that this process grows by, from when all is listed to the last change."""
    async with knowing(kubeconfig) as (_, known):
        tasks = [asyncio.create_task(watch.run()) for watch in known]
        await _until(lambda: known.is_listed)
        before = memory_mib("VmRSS:")
        print("listed", flush=True)
        await _until(lambda: any(one["metadata"].get("owner") == LAST for one in _pods(known)))
        grown = memory_mib("VmRSS:") - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return grown


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 (another process does it)
        await asyncio.sleep(LOOK_SECONDS)


def _pods(known: Known) -> list[Body]:
    return list(known.pods.objects.values())


def _nothing() -> None:
    pass


async def large_cluster(folder: Path) -> tuple[Resync, float]:
    """By children, so that the API server's own objects are not counted."""
    async with running_cluster(folder) as cluster:
        cluster.seed(NODES, PER_NODE, CLAIMS)
        known = Resync(**await _answer(await _child("resync", cluster)))
        child = await _child("follow", cluster)
        assert child.stdout is not None
        await child.stdout.readline()
        for first in range(0, EVENTS, BATCH):
            cluster.mock.do(lambda store, first=first: _change(store, first))
            await asyncio.sleep(BATCH_SECONDS)
        return known, float(await _answer(child))


def _change(store: Store, first: int) -> None:
    """The pods are another's each time; in the end one is the last one's."""
    pods = list(store.objects["pods"].values())
    for number in range(first, first + BATCH):
        pod = pods[number % len(pods)]
        owner = LAST if number == EVENTS - 1 else f"user-{number}"
        metadata = {**pod["metadata"], "annotations": {OWNER: owner}}
        store.put("pods", {**pod, "metadata": metadata})


async def _child(what: str, cluster: Cluster) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.large_cluster", what, str(cluster.kubeconfig)),
        stdout=asyncio.subprocess.PIPE,
    )


async def _answer(child: Process) -> Any:
    said, _ = await child.communicate()
    if child.returncode != 0:
        raise RuntimeError(f"The child ended with {child.returncode}.")
    return json.loads(said.splitlines()[-1])


def run_as_child(what: str, kubeconfig: Path) -> None:
    configure_logging("error")
    if what == "follow":
        print(json.dumps(uvloop.run(follow(kubeconfig))))
    else:
        print(json.dumps(asdict(uvloop.run(resync(kubeconfig)))))


if __name__ == "__main__":
    run_as_child(sys.argv[1], Path(sys.argv[2]))
