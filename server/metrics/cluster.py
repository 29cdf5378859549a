"""The cluster as it is told at /metrics: nodes, pools, jobs, and what was lost on the way here.

Each API process tells all of it: scrape one of them, or sum over none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from domain.jobs import ACTIVE
from domain.licence import DAY
from resolvers.context import AudienceContext
from resolvers.licence import standing
from resolvers.live import Live
from resolvers.loads import Load, load_of
from server.metrics.text import Family, Format, Kind, Samples


def _gauge(name: str, help: str) -> Family:
    return Family(f"quartermaster_{name}", Kind.GAUGE, help)


def _counter(name: str, help: str) -> Family:
    return Family(f"quartermaster_{name}_total", Kind.COUNTER, help)


NODE_UP = _gauge("node_up", "Whether the node's collector is heard.")
NODE_HEARD = _gauge("node_last_heard_seconds", "When the node was last heard, as Unix time.")
HOSTS = {
    "cpu_percent": _gauge("node_cpu_percent", "How much of the node's processors is used."),
    "memory_used_bytes": _gauge("node_memory_used_bytes", "Memory of the node that is used."),
}
POOLS = {
    "devices": _gauge("pool_devices", "Devices of the pool."),
    "allocated": _gauge("pool_devices_allocated", "Devices of the pool that a job holds."),
    "computing": _gauge("pool_devices_computing", "Held devices of the pool that compute."),
    "idle": _gauge("pool_devices_idle", "Held devices of the pool that compute nothing."),
}
JOBS = _gauge("jobs", "Active jobs by state.")
BUS_DROPPED = _counter("bus_messages_dropped", "Messages of the bus not accepted or not sent.")
SAMPLES_DROPPED = _counter("samples_dropped", "Samples, and devices in them, not believed.")
SAMPLE_GAPS = _counter("sample_gaps", "Samples that a collector numbered and nobody heard.")
LICENCE_DAYS = _gauge(
    "licence_days_left", "Days until the licence runs out, below 0 after that; absent without one."
)
HEALTH_CHANGES = _counter("health_changes", "Changes of devices' health that were seen, by level.")


def written_cluster(live: Live, format: Format) -> Iterator[str]:
    """Nodes and counts at once, then pool by pool; the caller may do other things in between."""
    yield "".join(family.written(format, samples) for family, samples in _at_once(live))
    loads: list[tuple[str, Load]] = []
    context = AudienceContext(None, live)
    for pool in context.snapshot.pools.values():
        devices = context.snapshot.devices_of_pool.get(pool.id, [])
        loads.append((pool.name, load_of(context, devices)))
        yield ""
    for field, family in POOLS.items():
        yield family.written(
            format, [({"pool": name}, getattr(load, field)) for name, load in loads]
        )


def _at_once(live: Live) -> list[tuple[Family, Samples]]:
    nodes = [
        ({"node": node.host_name, "machine_id": node.machine_id}, node)
        for node in live.snapshot.nodes.values()
    ]
    states = Counter(job.state for job in live.snapshot.jobs.values())
    dropped = Counter(live.fleet.dropped)
    gaps = dropped.pop("gap", 0)
    return [
        (NODE_UP, [(labels, int(not live.is_stale(node))) for labels, node in nodes]),
        (NODE_HEARD, [(labels, live.heard_at(node).timestamp()) for labels, node in nodes]),
        *((family, _of_hosts(live, field)) for field, family in HOSTS.items()),
        (JOBS, [({"state": state.value}, states[state]) for state in ACTIVE]),
        (LICENCE_DAYS, _days_left(live)),
        (BUS_DROPPED, _by("reason", live.bus.dropped)),
        (SAMPLES_DROPPED, _by("reason", dropped)),
        (SAMPLE_GAPS, [({}, gaps)]),
        (HEALTH_CHANGES, _by("level", live.health_changes)),
    ]


def _of_hosts(live: Live, field: str) -> Samples:
    """Of the nodes that are heard and say it."""
    heard = [(node, live.live_node(node)) for node in live.snapshot.nodes.values()]
    return [
        ({"node": node.host_name}, value)
        for node, said in heard
        if said is not None
        and not said.is_stale
        and (value := getattr(said.host, field)) is not None
    ]


def _days_left(live: Live) -> Samples:
    licence = standing(live).licence
    if licence is None:
        return []
    return [({}, round((licence.expires_at - datetime.now(UTC)) / DAY, 2))]


def _by(label: str, counts: Mapping[str, int]) -> Samples:
    return [({label: name}, count) for name, count in counts.items()]
