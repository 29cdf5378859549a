"""All the parts at one moment: what the About screen shows and `quartermaster doctor` prints."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.components import (
    WITHIN_SECONDS,
    Component,
    ComponentState,
    in_milliseconds,
    of_controller,
    of_database,
    of_licence,
)
from domain.enforcement import known_cluster
from domain.licence import Standing
from domain.snapshot import NodeRow, Snapshot
from telemetry.bus import Bus

SEEN_LATELY = timedelta(seconds=60)

IsStale = Callable[[NodeRow], bool]


@dataclass(frozen=True, slots=True)
class CollectorVersion:
    """How many nodes run this version of the collector; null: they do not say."""

    version: str | None
    nodes: int
    stale: list[str]


async def examine(
    bus: Bus, snapshot: Snapshot, is_stale: IsStale, standing: Standing, *, version: str
) -> list[Component]:
    """`version`: that collectors should have."""
    return [
        *await asyncio.gather(of_database(), of_bus(bus), of_kubernetes(), of_controller()),
        of_collectors(collectors(snapshot, is_stale), version),
        of_licence(standing),
    ]


async def of_bus(bus: Bus) -> Component:
    try:
        server = await bus.server()
        begun = time.perf_counter()
        await bus.ping()
        took = time.perf_counter() - begun
    except Exception as error:
        # Its words may repeat the URL, with the password in it.
        return Component(
            "Bus",
            ComponentState.FAILED,
            "Redis",
            None,
            f"does not answer ({type(error).__name__}): nothing that is shown is live",
            "Look whether the Redis of QUARTERMASTER_REDIS_URL runs and can be reached.",
        )
    if server.kind == "embedded":
        detail = "in the one process that runs everything"
    else:
        detail = f"answers in {in_milliseconds(took)}"
    return Component("Bus", ComponentState.OK, server.kind, server.version, detail)


async def of_kubernetes() -> Component:
    """As the controller has last found it; it says so every few seconds."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            cluster = await known_cluster()
    except Exception as error:
        said = f"not known while the database does not answer ({type(error).__name__})"
        return Component("Kubernetes", ComponentState.FAILED, None, None, said)
    if cluster is None:
        said = "not connected: nodes come from collectors"
        return Component("Kubernetes", ComponentState.OFF, None, None, said)
    now, seen_at = datetime.now(UTC), cluster.seen_at
    seen = "never yet" if seen_at is None else f"{seen_at:%Y-%m-%d %H:%M:%S} UTC"
    if cluster.error is None and seen_at is not None and now - seen_at < SEEN_LATELY:
        said = f"connected, seen {seen}"
        return Component("Kubernetes", ComponentState.OK, None, cluster.version, said)
    return Component(
        "Kubernetes",
        ComponentState.FAILED,
        None,
        cluster.version,
        f"not reached; last seen {seen}: {cluster.error or 'the controller says nothing of it'}",
        "Look whether the API server of QUARTERMASTER_KUBERNETES runs and lets the controller in.",
    )


def collectors(snapshot: Snapshot, is_stale: IsStale) -> list[CollectorVersion]:
    """By version, what most nodes run first."""
    nodes: dict[str | None, list[NodeRow]] = defaultdict(list)
    for node in snapshot.nodes.values():
        nodes[node.collector_version].append(node)
    versions = [
        CollectorVersion(
            version, len(some), sorted(node.host_name for node in some if is_stale(node))
        )
        for version, some in nodes.items()
    ]
    return sorted(versions, key=lambda one: (-one.nodes, one.version or ""))


def of_collectors(versions: list[CollectorVersion], version: str) -> Component:
    total = sum(one.nodes for one in versions)
    stale = sum(len(one.stale) for one in versions)
    others = sum(one.nodes for one in versions if one.version not in (None, version))
    troubles, remedies = [], []
    if not total:
        troubles.append("no node has been heard of yet")
        remedies.append("Start `quartermaster collector` on each node.")
    if stale:
        troubles.append(f"{stale} of {total} nodes are silent")
        remedies.append("Look into the log of the collector there.")
    if others:
        troubles.append(f"{others} of {total} nodes run another version than this {version}")
        remedies.append("Update their collectors.")
    return Component(
        "Collectors",
        ComponentState.WARNING if troubles else ComponentState.OK,
        None,
        version if {one.version for one in versions} == {version} else None,
        "; ".join(troubles) or f"all {total} nodes are heard",
        " ".join(remedies) or None,
    )
