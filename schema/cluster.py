"""The cluster as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import cluster, history
from schema.devices import IdleDevice
from schema.fields import field
from schema.health import Attention
from schema.load import Load
from schema.pools import Pool
from schema.scalars import Bytes, DateTime
from schema.telemetry import DeviceTelemetry

if TYPE_CHECKING:
    from schema.users import User


@strawberry.type(description="The cluster at one tick.")
class Cluster:
    name: str
    is_demo: bool = strawberry.field(description="True when devices are simulated.")
    version: str = strawberry.field(description="Of Quartermaster.")
    time: DateTime
    nodes_total: int
    nodes_ready: int
    nodes_not_ready: int
    nodes_stale: int
    load: Load
    host_cpu_percent: float | None
    host_memory_used_bytes: Bytes | None
    host_memory_total_bytes: Bytes | None
    jobs_active: int
    jobs_running: int
    jobs_queued: int
    users_total: int
    groups_total: int
    pools_total: int
    hottest: DeviceTelemetry | None = strawberry.field(
        description="The hottest device that answers."
    )
    attention: list[Attention] = field(
        cluster.attention_items, description="What needs a person, worst first."
    )
    departed: list[Annotated[User, strawberry.lazy("schema.users")]] = field(
        cluster.departed,
        description="Who left the directory while jobs of theirs run or wait, by name.",
    )
    attention_total: int = field(cluster.attention_total)
    idle_devices: list[IdleDevice] = field(
        cluster.idle_items, description="Held and computing nothing, the longest first."
    )
    idle_devices_total: int = field(cluster.idle_total)
    pools: list[Pool] = strawberry.field(description="By name, the Default pool last.")
    history_sources: list[history.HistorySource] = field(
        history.sources,
        description="Where history comes from: more than an hour of it with PROMETHEUS only.",
    )
