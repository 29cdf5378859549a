"""Telemetry: one device at one tick as an object, many devices as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import telemetry
from resolvers.loads import Allocation
from schema.fields import field
from schema.scalars import Bytes, DateTime
from telemetry.health import HealthLevel

if TYPE_CHECKING:
    from schema.devices import Device
    from schema.nodes import ClusterNode

ThrottleReason = strawberry.enum(telemetry.ThrottleReason)
FleetFilter = strawberry.input(telemetry.FleetFilter)


@strawberry.type(description="One device at one tick. What the card does not have is null.")
class DeviceTelemetry:
    device: Annotated[Device, strawberry.lazy("schema.devices")]
    time: DateTime
    is_stale: bool
    health: HealthLevel
    allocation: Allocation
    utilisation_percent: float | None
    memory_utilisation_percent: float | None
    encoder_percent: float | None
    decoder_percent: float | None
    memory_used_bytes: Bytes | None
    temperature_celsius: float | None
    memory_temperature_celsius: float | None
    power_watts: float | None
    power_limit_watts: float | None
    sm_clock_mhz: int | None
    memory_clock_mhz: int | None
    pcie_tx_bytes_per_second: float | None
    pcie_rx_bytes_per_second: float | None
    pcie_generation: int | None
    pcie_width: int | None
    nvlink_active_links: int | None
    nvlink_tx_bytes_per_second: float | None
    nvlink_rx_bytes_per_second: float | None
    nvlink_errors: int | None = strawberry.field(
        description="Replays and recoveries of all links since the last reset."
    )
    fan_percent: float | None
    ecc_volatile_corrected: Bytes | None
    ecc_volatile_uncorrected: Bytes | None
    ecc_aggregate_corrected: Bytes | None
    ecc_aggregate_uncorrected: Bytes | None
    retired_pages: int | None
    retired_pages_pending: bool | None
    remapped_rows_corrected: int | None
    remapped_rows_uncorrected: int | None
    remap_pending: bool | None
    remap_failed: bool | None
    throttle_reasons: list[telemetry.ThrottleReason] | None = field(telemetry.throttle_reasons)
    performance_state: int | None = strawberry.field(description="0 (P0, fastest) to 15.")
    xid: int | None = strawberry.field(description="The last critical Xid since the last reset.")
    xid_at: DateTime | None = field(telemetry.xid_at)


@strawberry.type
class HostTelemetry:
    time: DateTime
    cpu_percent: float | None
    memory_used_bytes: Bytes | None
    memory_total_bytes: Bytes | None
    disk_used_bytes: Bytes | None
    disk_total_bytes: Bytes | None
    load_1m: float | None
    uptime_seconds: float | None


@strawberry.type(
    description=(
        "One tick of many devices: one list per metric, one row per device. `deviceIds` names the "
        "rows; it is sent in key frames only (the first frame, and after the set of devices "
        "changed); the rows of other frames are those of the last key frame. Select only the "
        "columns that you need."
    )
)
class FleetFrame:
    time: DateTime
    sequence: int
    is_key_frame: bool
    device_ids: list[strawberry.ID] | None
    nodes: list[Annotated[ClusterNode, strawberry.lazy("schema.nodes")]] = strawberry.field(
        description="Those that have the devices, for what their hosts say at this tick."
    )
    is_stale: list[bool]
    health: list[HealthLevel]
    allocation: list[Allocation]
    utilisation_percent: list[float | None] = field(telemetry.column)
    memory_utilisation_percent: list[float | None] = field(telemetry.column)
    memory_used_bytes: list[Bytes | None] = field(telemetry.column)
    temperature_celsius: list[float | None] = field(telemetry.column)
    memory_temperature_celsius: list[float | None] = field(telemetry.column)
    power_watts: list[float | None] = field(telemetry.column)
    power_limit_watts: list[float | None] = field(telemetry.column)
    sm_clock_mhz: list[int | None] = field(telemetry.column)
    memory_clock_mhz: list[int | None] = field(telemetry.column)
    encoder_percent: list[float | None] = field(telemetry.column)
    decoder_percent: list[float | None] = field(telemetry.column)
    pcie_tx_bytes_per_second: list[float | None] = field(telemetry.column)
    pcie_rx_bytes_per_second: list[float | None] = field(telemetry.column)
    nvlink_tx_bytes_per_second: list[float | None] = field(telemetry.column)
    nvlink_rx_bytes_per_second: list[float | None] = field(telemetry.column)
    fan_percent: list[float | None] = field(telemetry.column)
    performance_state: list[int | None] = field(telemetry.column)
    ecc_volatile_uncorrected: list[Bytes | None] = field(telemetry.column)
