"""Nodes: lists, facts and what happens on them."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from domain.snapshot import DeviceRow, JobRow, NodeRow
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Context, Info
from resolvers.health import health_of_node
from resolvers.loads import Load, load_of
from resolvers.pages import OrderDirection, Page, Slice, allows, contains, paginate
from telemetry.health import SEVERITY, HealthLevel


class NodeState(enum.Enum):
    READY = "READY"
    NOT_READY = "NOT_READY"
    STALE = "STALE"


class NodeOrderField(enum.Enum):
    HOST_NAME = "HOST_NAME"
    HEALTH = "HEALTH"
    FIRST_SEEN_AT = "FIRST_SEEN_AT"


@dataclass
class NodeFilter:
    search: str | None = None
    states: list[NodeState] | None = None
    health: list[HealthLevel] | None = None
    is_cordoned: bool | None = None


@dataclass
class NodeOrder:
    field: NodeOrderField = NodeOrderField.HOST_NAME
    direction: OrderDirection = OrderDirection.ASC


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is checked of a node, named as Kubernetes names conditions."""

    type: str
    status: str
    level: HealthLevel
    message: str | None
    since: datetime | None


def list_nodes(
    root: None, info: Info, filter: NodeFilter | None, order_by: NodeOrder | None, wanted: Slice
) -> Page[NodeRow]:
    context, order = info.context, order_by or NodeOrder()
    return paginate(
        (n for n in context.snapshot.nodes.values() if _matches(context, n, filter)),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda node: _order_value(context, node, order.field),
    )


def _matches(context: Context, node: NodeRow, wanted: NodeFilter | None) -> bool:
    return wanted is None or (
        contains(wanted.search, node.host_name, *node.addresses)
        and allows(wanted.states, state_of(context, node))
        and (wanted.health is None or allows(wanted.health, health_of_node(context, node).level))
        and wanted.is_cordoned in (None, node.cordoned_at is not None)
    )


def _order_value(context: Context, node: NodeRow, field: NodeOrderField) -> str | float:
    match field:
        case NodeOrderField.HOST_NAME:
            return node.host_name.casefold()
        case NodeOrderField.HEALTH:
            return SEVERITY[health_of_node(context, node).level]
        case NodeOrderField.FIRST_SEEN_AT:
            return node.first_seen_at.timestamp()


def by_host_name(info: Info, host_name: str) -> NodeRow | None:
    nodes = info.context.snapshot.nodes.values()
    return next((node for node in nodes if node.host_name == host_name), None)


def state_of(context: Context, node: NodeRow) -> NodeState:
    return NodeState.STALE if context.live.is_stale(node) else NodeState.READY


def state(root: NodeRow, info: Info) -> NodeState:
    return state_of(info.context, root)


def is_stale(root: NodeRow, info: Info) -> bool:
    return info.context.live.is_stale(root)


def last_heartbeat_at(root: NodeRow, info: Info) -> datetime:
    return info.context.live.heard_at(root)


def labels(root: NodeRow, info: Info) -> list[Label]:
    labels = {**root.labels, **(root.kubernetes or {}).get("labels", {})}
    return [Label(name, value) for name, value in sorted(labels.items())]


def conditions(root: NodeRow, info: Info) -> list[Condition]:
    """What this process can tell of a host; Kubernetes adds its own."""
    context = info.context
    stale = context.live.is_stale(root)
    heard = context.live.heard_at(root)
    devices = context.snapshot.devices_of_node.get(root.id, [])
    bad = [d for d in devices if context.live.health(d).level is not HealthLevel.OK]
    healths = [context.live.health(d) for d in bad]
    since = min((h.since for h in healths if h.since is not None), default=None)
    level = health_of_node(context, root).level
    return [
        Condition(
            "Collector",
            "False" if stale else "True",
            HealthLevel.WARNING if stale else HealthLevel.OK,
            "silent" if stale else f"{len(devices)} devices are sampled",
            heard if stale else None,
        ),
        Condition(
            "GPUHealthy",
            "Unknown" if stale else ("False" if bad else "True"),
            level,
            f"{len(bad)} of {len(devices)} devices are not OK" if bad else "all devices are OK",
            None if since is None else datetime.fromtimestamp(since, heard.tzinfo),
        ),
        *_of_kubernetes(root),
    ]


def _of_kubernetes(node: NodeRow) -> list[Condition]:
    """All but Ready are of something that is wrong, where they are true."""
    if node.kubernetes is None:
        return []
    found = []
    for one in node.kubernetes["conditions"]:
        is_well = one["status"] == ("True" if one["type"] == "Ready" else "False")
        bad = HealthLevel.CRITICAL if one["type"] == "Ready" else HealthLevel.WARNING
        since = one["since"]
        found.append(
            Condition(
                one["type"],
                one["status"],
                HealthLevel.OK if is_well else bad,
                one["message"] or one["reason"],
                None if since is None else datetime.fromisoformat(since),
            )
        )
    if not node.kubernetes["is_schedulable"]:
        said = "no new pods are put here"
        found.append(Condition("Schedulable", "False", HealthLevel.WARNING, said, None))
    return found


def load(root: NodeRow, info: Info) -> Load:
    return load_of(info.context, info.context.snapshot.devices_of_node.get(root.id, ()))


def devices(root: NodeRow, info: Info) -> list[DeviceRow]:
    return info.context.snapshot.devices_of_node.get(root.id, [])


def jobs(root: NodeRow, info: Info) -> list[JobRow]:
    """The active jobs that hold a device of the node."""
    snapshot = info.context.snapshot
    found = {
        job.id: job
        for device in snapshot.devices_of_node.get(root.id, ())
        for job in snapshot.jobs_of_device.get(device.id, ())
    }
    return list(found.values())


def was_held(root: NodeRow, job: JobRow, info: Info) -> bool:
    """Whether an ended job held a device of the node."""
    devices = info.context.snapshot.devices
    return any(i in devices and devices[i].node_id == root.id for i in job.device_ids)


def of_device(root: DeviceRow, info: Info) -> NodeRow:
    return info.context.snapshot.nodes[root.node_id]


def of_job(root: JobRow, info: Info) -> list[NodeRow]:
    snapshot = info.context.snapshot
    ids = {snapshot.devices[i].node_id for i in root.device_ids if i in snapshot.devices}
    return sorted((snapshot.nodes[i] for i in ids), key=lambda node: node.host_name)


async def node_changes(info: Info) -> AsyncIterator[Changes[NodeRow] | None]:
    async for changes in changes_of(
        info.context, "node", "ClusterNode", lambda snapshot: snapshot.nodes
    ):
        yield changes
