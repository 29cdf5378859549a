"""What an hour of history costs to keep and to read, against VictoriaMetrics with the same samples.

`python -m bench.history [--nodes N]`. A demo fleet of N nodes of 8 GPUs, 200 devices unless said,
at one sample a second with every metric of the history, on SQLite and on PostgreSQL. Read as
clients do: GraphQL over HTTP here, its HTTP API there; what both send back is left unread.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvloop

from domain.database import close_database, execute, fetch, is_postgres, open_database
from domain.installation import install
from server.logs import configure_logging
from telemetry.embedded_bus import EmbeddedBus
from telemetry.history import Metric
from telemetry.history.prometheus import NAMES
from telemetry.samples import METRICS, NodeSample, to_columns
from tests.services.graph import Graph, running_graph
from tests.services.past import Past
from tests.services.postgres import Postgres
from tests.services.prometheus import PrometheusServer
from tests.workers.fakes import FakeClock
from workers.demo.fleet import DemoFleet
from workers.recorder import reported_node

PER_NODE, SECONDS, ROUNDS = 8, 3600, 30
KEPT = [metric for metric in Metric if not metric.is_of_host]
CHART = ["UTILISATION_PERCENT", "MEMORY_USED_BYTES", "POWER_WATTS", "TEMPERATURE_CELSIUS"]
POINTS = 300

Hour = list[list[NodeSample]]
"""The samples of all nodes, second by second."""


async def an_hour(nodes: int) -> tuple[DemoFleet, Hour]:
    """The demo's last hour, until now."""
    clock = FakeClock(float(int(time.time()) - SECONDS))
    fleet = DemoFleet(nodes, PER_NODE, clock=clock)
    readers = fleet.readers()
    facts = [await reader.facts() for reader in readers]
    hour: Hour = []
    for sequence in range(SECONDS):
        clock.now += 1
        told = []
        for reader, fact in zip(readers, facts, strict=True):
            # One that is cut off waits for its clock, which stands still.
            reading = await _at_once(reader.read())
            if reading is not None:
                told.append(
                    NodeSample(
                        node_id=fact.node_id,
                        boot_id="boot",
                        sequence=sequence,
                        time=clock.now,
                        interval_seconds=1.0,
                        host=reading.host,
                        devices=reading.uuids,
                        columns=to_columns(reading.devices),
                    )
                )
        hour.append(told)
    return fleet, hour


async def _at_once(work: Awaitable[object]):  # type: ignore[no-untyped-def]
    task = asyncio.ensure_future(work)
    for _ in range(3):
        if task.done():
            return task.result()
        await asyncio.sleep(0)
    task.cancel()
    return None


async def keep(hour: Hour) -> dict[str, float]:
    """Write it as the controller does: milliseconds of CPU a second, and of packing a window."""
    past = Past(hour[0][0].time)
    written, packed = 0.0, []
    for number, told in enumerate(hour):
        past.clock.now = told[0].time
        begun = time.process_time()
        for sample in told:
            past.historian.hear(sample)
        await past.historian.write()
        written += time.process_time() - begun
        if number % 60 == 0:
            begun = time.process_time()
            await past.historian.tidy()
            packed.append(time.process_time() - begun)
            if is_postgres():
                await execute("VACUUM history_batch")  # as autovacuum does within a minute
    await past.historian.tidy()
    whole = [seconds for seconds in packed if seconds > 2 * statistics.median(packed)]
    return {"write_ms": 1e3 * written / len(hour), "pack_ms": 1e3 * statistics.mean(whole or [0])}


async def megabytes(file: Path | None) -> float:
    if file is not None:
        await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        return size_of(file)
    (row,) = await fetch(
        "SELECT sum(pg_total_relation_size(relid)) AS size FROM pg_stat_user_tables"
        " WHERE relname LIKE 'history_%'"
    )
    return float(row["size"]) / 1e6


def size_of(*files: Path) -> float:
    return sum(file.stat().st_size for file in files) / 1e6


async def milliseconds(ask: Callable[[], Awaitable[object]]) -> float:
    """The median of some rounds, the first left out."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times[1:])


HISTORY = f"history(metrics: $metrics, points: {POINTS}) {{ series {{ minimum mean maximum }} }}"


async def read(graph: Graph, uuid: str) -> dict[str, float]:
    metrics = {"metrics": CHART}
    device = f'query ($metrics: [HistoryMetric!]!) {{ device(uuid: "{uuid}") {{ {HISTORY} }} }}'
    pool = f'query ($metrics: [HistoryMetric!]!) {{ pool(name: "Default") {{ {HISTORY} }} }}'
    (series, *_) = (await graph.ask(device, **metrics))["device"]["history"]["series"]
    assert sum(value is not None for value in series["mean"]) > POINTS * 0.9
    return {
        "device_ms": await milliseconds(lambda: graph.ask(device, **metrics)),
        "pool_ms": await milliseconds(lambda: graph.ask(pool, metrics=["POWER_WATTS"])),
    }


@asynccontextmanager
async def started(url: str, fleet: DemoFleet):  # type: ignore[no-untyped-def]
    """The API on that database, which knows the fleet's nodes."""
    from datetime import UTC, datetime

    from domain.inventory import record_node

    await open_database(url, migrate=True)
    installed = await install("ada", cluster_name="lab")
    assert installed.password is not None
    for reader in fleet.readers():
        await record_node(reported_node(await reader.facts()), datetime.now(UTC))
    bus = EmbeddedBus()
    try:
        async with running_graph(bus, installed.password) as graph:
            yield graph
    finally:
        await bus.close()
        await close_database()


async def ours(url: str, file: Path | None, fleet: DemoFleet, hour: Hour) -> dict[str, float]:
    async with started(url, fleet) as graph:
        before = await megabytes(file)
        costs = await keep(hour)
        size = await megabytes(file) - before
        devices = sum(len(sample.devices) for sample in hour[0])
        return {
            "mb_per_1000_devices": size * 1000 / devices,
            **costs,
            **await read(graph, hour[0][0].devices[3]),
        }


def exported(hour: Hour) -> Iterator[str]:
    """The same samples in VictoriaMetrics' import format, a line per series."""
    series: dict[tuple[str, str], tuple[list[float], list[int]]] = {}
    for told in hour:
        for sample in told:
            for metric in KEPT:
                column = sample.columns[METRICS.index(metric.value)]
                name, unit = NAMES[metric]
                for uuid, value in zip(sample.devices, column, strict=True):
                    if value is not None:
                        values, times = series.setdefault((name, uuid), ([], []))
                        values.append(value / unit)
                        times.append(int(sample.time * 1000))
    for (name, uuid), (values, times) in series.items():
        labels = {"__name__": name, "UUID": uuid}
        yield json.dumps({"metric": labels, "values": values, "timestamps": times}) + "\n"


def stored(folder: Path) -> float:
    return size_of(*folder.rglob("*.bin"))


async def victoria(folder: Path, hour: Hour) -> dict[str, float]:
    server = PrometheusServer(folder, None)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
            lines = list(exported(hour))
            for first in range(0, len(lines), 200):
                part = "".join(lines[first : first + 200])
                (await client.post("/api/v1/import", content=part)).raise_for_status()
            await client.get("/internal/force_flush")
            await client.get("/internal/force_merge")
            await asyncio.sleep(3)  # it merges in the background
            size = stored(folder)
            uuid, end = hour[0][0].devices[3], int(hour[-1][0].time)

            async def query(expression: str) -> None:
                step = SECONDS // POINTS
                form = {"query": expression, "start": end - SECONDS, "end": end, "step": step}
                answer = await client.post("/api/v1/query_range", data={**form, "nocache": 1})
                assert answer.json()["data"]["result"], expression

            async def chart() -> None:
                for name in CHART:
                    selected = f'{NAMES[Metric[name]][0]}{{UUID="{uuid}"}}[12s]'
                    for function in ("min", "avg", "max"):
                        await query(f"{function}_over_time({selected})")

            async def pool() -> None:
                for function in ("min", "avg", "max"):
                    selected = "DCGM_FI_DEV_POWER_USAGE[12s]"
                    await query(f"{function}({function}_over_time({selected}))")

            devices = sum(len(sample.devices) for sample in hour[0])
            return {
                "mb_per_1000_devices": size * 1000 / devices,
                "device_ms": await milliseconds(chart),
                "pool_ms": await milliseconds(pool),
            }
    finally:
        server.stop()


async def measure(nodes: int) -> None:
    fleet, hour = await an_hour(nodes)
    postgres = Postgres.start()
    found: dict[str, dict[str, float]] = {}
    try:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "history.db"
            found["sqlite"] = await ours(f"sqlite:///{file}", file, fleet, hour)
            url = await postgres.empty_database()
            found["postgresql"] = await ours(url, None, fleet, hour)
            found["victoria"] = await victoria(Path(name), hour)
    finally:
        postgres.stop()
    for store, figures in found.items():
        told = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
        print(f"{store:11} {told}")
    line = " ".join(
        f"{store}_{name}={value:.2f}"
        for store, figures in found.items()
        for name, value in figures.items()
    )
    peer = found["victoria"]
    print(
        f"history: devices={nodes * PER_NODE} {line}"
        f" size_ratio={found['sqlite']['mb_per_1000_devices'] / peer['mb_per_1000_devices']:.2f}"
        f" device_ratio={found['sqlite']['device_ms'] / peer['device_ms']:.2f}"
        f" pool_ratio={found['sqlite']['pool_ms'] / peer['pool_ms']:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.history")
    parser.add_argument("--nodes", type=int, default=25)
    arguments, _ = parser.parse_known_args()
    configure_logging("error")
    uvloop.run(measure(arguments.nodes))


if __name__ == "__main__":
    main()
