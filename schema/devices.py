"""Devices: GPUs and MIG instances, and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.snapshot import DeviceRow, DeviceTypeRow
from resolvers import balance, cordon, devices, health, health_events, history, nodes, telemetry
from resolvers.loads import Allocation
from schema.connections import jobs_of
from schema.cordon import Cordon
from schema.fields import field, for_operators
from schema.health import Health, HealthEvent
from schema.history import History, history_of
from schema.relay import Connection, Node, connection
from schema.scalars import Bytes, DateTime
from schema.telemetry import DeviceTelemetry

if TYPE_CHECKING:
    from schema.groups import Group
    from schema.jobs import Job
    from schema.nodes import ClusterNode
    from schema.pools import Pool


@strawberry.type(description="Product and memory size together; a MIG instance adds its profile.")
class DeviceType(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, DeviceTypeRow)

    name: str
    vendor: str
    product: str
    memory_total_bytes: Bytes | None
    mig_profile: str | None


@strawberry.type(description="A compute process on a device, as NVML sees it.")
class DeviceProcess:
    pid: int
    name: str | None
    user: str | None = strawberry.field(description="The OS user.")
    memory_used_bytes: Bytes | None
    started_at: DateTime | None = field(devices.started_at)
    pod_uid: str | None
    container_id: str | None
    job: Annotated[Job, strawberry.lazy("schema.jobs")] | None = field(devices.job_of_process)


@strawberry.type(description="One GPU, or one MIG instance of it.")
class Device(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, DeviceRow)

    uuid: str
    index: int
    vendor: str = field(devices.vendor)
    type: DeviceType = field(devices.type_of)
    memory_total_bytes: Bytes | None = field(devices.memory_total_bytes)
    serial: str | None = for_operators()
    pci_bus_id: str | None = for_operators()
    architecture: str | None
    vbios_version: str | None = for_operators()
    mig_enabled: bool | None = strawberry.field(description="Null: the card cannot.")
    mig_profile: str | None
    mig_parent: Annotated[Device, strawberry.lazy("schema.devices")] | None = field(
        devices.mig_parent
    )
    mig_instances: list[Annotated[Device, strawberry.lazy("schema.devices")]] = field(
        devices.mig_instances
    )
    temperature_slowdown_celsius: float | None
    temperature_shutdown_celsius: float | None
    temperature_memory_max_celsius: float | None
    power_limit_max_watts: float | None
    pcie_generation_max: int | None
    pcie_width_max: int | None
    nvlink_links: int | None
    first_seen_at: DateTime
    pooled_at: DateTime | None = strawberry.field(
        description="When it was last moved into its pool; null: it has been there from the first."
    )
    missing_since: DateTime | None = strawberry.field(
        description="Since when the node's collector no longer finds it."
    )
    cordon: Cordon | None = field(
        cordon.of_device, description="Its own, or else its node's; null while it is in service."
    )
    health: Health = field(health.device_health)
    allocation: Allocation = field(devices.allocation_of)
    idle_since: DateTime | None = field(
        balance.of_device,
        description="Since when an active job holds it and it computes nothing; else null.",
    )
    telemetry: DeviceTelemetry | None = field(telemetry.device_telemetry)
    history: History | None = history_of(history.of_device)
    processes: list[DeviceProcess] = field(devices.processes)
    node: Annotated[ClusterNode, strawberry.lazy("schema.nodes")] = field(nodes.of_device)
    pool: Annotated[Pool, strawberry.lazy("schema.pools")] = field(devices.pool)
    group: Annotated[Group, strawberry.lazy("schema.groups")] | None = field(
        devices.group, description="The group that its pool serves."
    )
    job: Annotated[Job, strawberry.lazy("schema.jobs")] | None = field(
        devices.job,
        description="The active job that holds it; the longest-running where several share it.",
    )
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        devices.jobs, devices.was_held
    )
    health_events: Connection[HealthEvent] = connection(health_events.of_device)


@strawberry.type(description="`isSnapshot` frames carry what is there now, in parts.")
class DeviceChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[Device]
    removed: list[strawberry.ID]


@strawberry.type(description="A device that an active job holds and that computes nothing.")
class IdleDevice:
    device: Device
    job: Annotated[Job, strawberry.lazy("schema.jobs")] | None
    since: DateTime | None
