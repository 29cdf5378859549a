"""Telemetry as clients get it: one device at one tick as an object, many devices as columns."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, overload

import msgspec
import strawberry

from domain.snapshot import DeviceRow, NodeRow, Snapshot
from resolvers.context import Context, Info
from resolvers.ids import global_id, numbers
from resolvers.live import utc
from resolvers.loads import Allocation, allocation, allocations
from telemetry.health import HealthLevel
from telemetry.live_node import LiveNode
from telemetry.samples import METRICS, Column, HostSample


@dataclass
class FleetFilter:
    """Devices in one of the pools, on one of the nodes, and among the devices, as given."""

    pools: list[strawberry.ID] | None = None
    nodes: list[strawberry.ID] | None = None
    devices: list[strawberry.ID] | None = None


class DeviceReading:
    """One device's row of the fleet at this tick; each of `METRICS` is an attribute by its name.

    Nothing is read before it is asked for: most clients want a few of forty.
    """

    __slots__ = ("_columns", "_context", "_row", "device")

    def __init__(self, context: Context, device: DeviceRow, row: int) -> None:
        self.device = device
        self._context = context
        self._columns = context.live.fleet.columns
        self._row = row

    @property
    def time(self) -> datetime:
        return utc(self._context.live.fleet.node_of[self._row].time)

    @property
    def is_stale(self) -> bool:
        return self._context.live.fleet.node_of[self._row].is_stale

    @property
    def health(self) -> HealthLevel:
        return self._context.live.health(self.device).level

    @property
    def allocation(self) -> Allocation:
        return allocation(self._context, self.device)

    def metric(self, name: str) -> float | None:
        return self._columns[name][self._row]


def _reader(metric: str) -> Callable[[DeviceReading], float | None]:
    return lambda reading: reading._columns[metric][reading._row]


for _name in METRICS:
    setattr(DeviceReading, _name, property(_reader(_name)))


class Readings(Sequence[DeviceReading]):
    """The readings of many devices; a whole column of them costs next to nothing.

    Only devices that a node has sampled.
    """

    def __init__(self, context: Context, devices: Iterable[DeviceRow]) -> None:
        rows = context.live.rows
        self._context = context
        self._devices = [device for device in devices if device.id in rows]
        self._rows = [rows[device.id] for device in self._devices]
        self._pick = picker(self._rows)

    def __len__(self) -> int:
        return len(self._devices)

    @overload
    def __getitem__(self, index: int) -> DeviceReading: ...

    @overload
    def __getitem__(self, index: slice) -> list[DeviceReading]: ...

    def __getitem__(self, index: int | slice) -> DeviceReading | list[DeviceReading]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return DeviceReading(self._context, self._devices[index], self._rows[index])

    def column(self, name: str) -> list[Any]:
        """An attribute of all readings, by its name."""
        if name in self._context.live.fleet.columns:
            return self._pick(self._context.live.fleet.columns[name])
        if name == "device":
            return self._devices
        if name == "health":
            return healths(self._context, self._devices)
        if name == "allocation":
            return allocations(self._context, self._devices)
        nodes = self._pick(self._context.live.fleet.node_of)
        if name == "time":
            return [utc(node.time) for node in nodes]
        return [*map(attrgetter(name), nodes)]


def picker(rows: Sequence[int | None]) -> Callable[[Sequence[Any]], list[Any]]:
    """Picks these rows of a column, null where there is none."""
    if len(rows) > 1 and None not in rows:  # in one go, as it nearly always can be
        pick = itemgetter(*rows)
        return lambda values: list(pick(values))
    return lambda values: [None if row is None else values[row] for row in rows]


def healths(context: Context, devices: Iterable[DeviceRow]) -> list[HealthLevel]:
    live = context.live
    rows, health = live.rows, live.fleet.health
    return [
        health[row].level
        if device.missing_since is None and (row := rows.get(device.id)) is not None
        else live.health(device).level
        for device in devices
    ]


def reading(context: Context, device: DeviceRow) -> DeviceReading | None:
    row = context.live.row(device)
    return None if row is None else DeviceReading(context, device, row)


def device_telemetry(root: DeviceRow, info: Info) -> DeviceReading | None:
    return reading(info.context, root)


class HostReading:
    """A host at one tick; each field of the sample is an attribute."""

    def __init__(self, time: datetime, sample: HostSample) -> None:
        self.time = time
        self.__dict__.update(msgspec.structs.asdict(sample))


def host(root: NodeRow, info: Info) -> HostReading | None:
    live: LiveNode | None = info.context.live.live_node(root)
    return None if live is None else HostReading(utc(live.time), live.host)


def devices_of(snapshot: Snapshot, wanted: FleetFilter | None) -> list[DeviceRow]:
    if wanted is None:
        return list(snapshot.devices.values())
    pools = numbers(wanted.pools, "Pool")
    nodes = numbers(wanted.nodes, "ClusterNode")
    devices = numbers(wanted.devices, "Device")
    return [
        device
        for device in snapshot.devices.values()
        if (pools is None or device.pool_id in pools)
        and (nodes is None or device.node_id in nodes)
        and (devices is None or device.id in devices)
    ]


class FleetFrame:
    """One tick of many devices. Columns are made when they are asked for."""

    def __init__(
        self, context: Context, devices: list[DeviceRow], sequence: int, *, is_key_frame: bool
    ) -> None:
        self._context = context
        self._devices = devices
        rows = context.live.rows
        self._rows = [rows.get(device.id) for device in devices]
        self._pick = picker(self._rows)
        self.time = context.live.time
        self.sequence = sequence
        self.is_key_frame = is_key_frame

    def for_newcomer(self) -> list[FleetFrame]:
        """The same for somebody who has not seen the last key frame."""
        if self.is_key_frame:
            return [self]
        return [FleetFrame(self._context, self._devices, self.sequence, is_key_frame=True)]

    @property
    def device_ids(self) -> list[str] | None:
        return [global_id("Device", d.id) for d in self._devices] if self.is_key_frame else None

    @property
    def nodes(self) -> list[NodeRow]:
        nodes = self._context.snapshot.nodes
        return [nodes[node_id] for node_id in sorted({d.node_id for d in self._devices})]

    @property
    def is_stale(self) -> list[bool]:
        nodes = self._pick(self._context.live.fleet.node_of)
        return [node is None or node.is_stale for node in nodes]

    @property
    def health(self) -> list[HealthLevel]:
        return healths(self._context, self._devices)

    @property
    def allocation(self) -> list[Allocation]:
        return allocations(self._context, self._devices)

    def column(self, metric: str) -> Column:
        return self._pick(self._context.live.fleet.columns[metric])


def column(root: FleetFrame, info: Info) -> Column:
    """The column that the field is named after."""
    return root.column(info.python_name)


async def fleet_telemetry(
    info: Info, filter: FleetFilter | None = None
) -> AsyncIterator[FleetFrame]:
    shown: list[int] | None = None
    sequence = 0
    async for _ in info.context.live.ticks():
        devices = devices_of(info.context.renew(), filter)
        ids = [device.id for device in devices]
        sequence += 1
        yield FleetFrame(info.context, devices, sequence, is_key_frame=ids != shown)
        shown = ids


async def telemetry_of_devices(
    info: Info, filter: FleetFilter | None = None
) -> AsyncIterator[Readings]:
    async for _ in info.context.live.ticks():
        yield Readings(info.context, devices_of(info.context.renew(), filter))


class ThrottleReason(enum.Enum):
    """NVML's nvmlClocksEventReasons, by bit."""

    GPU_IDLE = 0x1
    APPLICATIONS_CLOCKS_SETTING = 0x2
    SOFTWARE_POWER_CAP = 0x4
    HARDWARE_SLOWDOWN = 0x8
    SYNC_BOOST = 0x10
    SOFTWARE_THERMAL_SLOWDOWN = 0x20
    HARDWARE_THERMAL_SLOWDOWN = 0x40
    HARDWARE_POWER_BRAKE = 0x80
    DISPLAY_CLOCK_SETTING = 0x100


def throttle_reasons(root: DeviceReading) -> list[ThrottleReason] | None:
    bits = root.metric("throttle_reasons")
    if bits is None:
        return None
    return [reason for reason in ThrottleReason if int(bits) & reason.value]


def xid_at(root: DeviceReading) -> datetime | None:
    at = root.metric("xid_at")
    return None if at is None else utc(at)
