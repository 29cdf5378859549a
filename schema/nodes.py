"""Nodes: the machines of the cluster. The type is ClusterNode because Relay's interface is Node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.snapshot import NodeRow
from resolvers import cordon, health, health_events, history, nodes, telemetry
from schema.connections import devices_of, jobs_of
from schema.cordon import Cordon
from schema.fields import field, for_operators
from schema.health import Health, HealthEvent
from schema.history import History, history_of
from schema.load import Load
from schema.relay import Connection, Node, connection
from schema.scalars import Bytes, DateTime
from schema.telemetry import HostTelemetry
from telemetry.health import HealthLevel

if TYPE_CHECKING:
    from schema.devices import Device
    from schema.jobs import Job

strawberry.enum(nodes.NodeState)
strawberry.enum(nodes.NodeOrderField, name="ClusterNodeOrderField")
ClusterNodeFilter = strawberry.input(nodes.NodeFilter, name="ClusterNodeFilter")
ClusterNodeOrder = strawberry.input(nodes.NodeOrder, name="ClusterNodeOrder")


@strawberry.type
class Label:
    name: str
    value: str


@strawberry.type
class Condition:
    type: str
    status: str
    level: HealthLevel
    message: str | None
    since: DateTime | None


@strawberry.type(description="A machine of the cluster.")
class ClusterNode(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, NodeRow)

    machine_id: str | None = for_operators()
    host_name: str
    state: nodes.NodeState = field(nodes.state)
    is_stale: bool = field(nodes.is_stale)
    cordon: Cordon | None = field(cordon.of_node, description="Null while it is in service.")
    is_demo: bool
    addresses: list[str] | None = for_operators()
    mac_address: str | None = for_operators()
    os_name: str | None
    kernel_version: str | None
    driver_version: str | None
    cuda_version: str | None
    collector_version: str | None = for_operators()
    cpu_model: str | None
    cpu_count: int | None
    memory_total_bytes: Bytes | None
    labels: list[Label] | None = for_operators(nodes.labels)
    conditions: list[Condition] = field(nodes.conditions)
    booted_at: DateTime | None
    first_seen_at: DateTime
    last_heartbeat_at: DateTime | None = field(nodes.last_heartbeat_at)
    host: HostTelemetry | None = for_operators(telemetry.host)
    history: History | None = history_of(history.of_node)
    load: Load = field(nodes.load)
    health: Health = field(
        health.node_health, description="The worst of its devices and of itself."
    )
    devices: Connection[Annotated[Device, strawberry.lazy("schema.devices")]] = devices_of(
        nodes.devices
    )
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        nodes.jobs, nodes.was_held
    )
    health_events: Connection[HealthEvent] = connection(health_events.of_node)


@strawberry.type(description="`isSnapshot` frames carry what is there now, in parts.")
class NodeChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[ClusterNode]
    removed: list[strawberry.ID]
