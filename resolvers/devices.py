"""Devices: lists by any of their relations or live values, and who holds them now."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import strawberry

from domain.snapshot import DeviceRow, DeviceTypeRow, GroupRow, JobRow, PoolRow
from resolvers.change_frames import Changes, changes_of
from resolvers.context import Context, Info
from resolvers.ids import numbers
from resolvers.live import utc
from resolvers.loads import Allocation, allocation, is_fresh
from resolvers.pages import OrderDirection, Page, Slice, Value, allows, contains, paginate
from resolvers.telemetry import FleetFilter, devices_of
from telemetry.health import SEVERITY, HealthLevel
from telemetry.samples import NodeId, ProcessSample


class DeviceOrderField(enum.Enum):
    NODE = "NODE"
    POOL = "POOL"
    GROUP = "GROUP"
    TYPE = "TYPE"
    HEALTH = "HEALTH"
    UTILISATION = "UTILISATION"
    MEMORY_USED = "MEMORY_USED"
    POWER = "POWER"
    TEMPERATURE = "TEMPERATURE"


@dataclass
class DeviceOrder:
    field: DeviceOrderField = DeviceOrderField.NODE
    direction: OrderDirection = OrderDirection.ASC


@dataclass
class DeviceFilter:
    search: str | None = None
    ids: list[strawberry.ID] | None = None
    nodes: list[strawberry.ID] | None = None
    pools: list[strawberry.ID] | None = None
    groups: list[strawberry.ID] | None = None
    types: list[strawberry.ID] | None = None
    health: list[HealthLevel] | None = None
    allocation: list[Allocation] | None = None
    is_cordoned: bool | None = None
    utilisation_percent_min: float | None = None
    utilisation_percent_max: float | None = None


_METRIC_OF = {
    DeviceOrderField.UTILISATION: "utilisation_percent",
    DeviceOrderField.MEMORY_USED: "memory_used_bytes",
    DeviceOrderField.POWER: "power_watts",
    DeviceOrderField.TEMPERATURE: "temperature_celsius",
}


def list_devices(
    context: Context,
    rows: Iterable[DeviceRow],
    filter: DeviceFilter | None,
    order_by: DeviceOrder | None,
    wanted: Slice,
) -> Page[DeviceRow]:
    """One page of those of `rows` that the filter lets through."""
    order = order_by or DeviceOrder()
    return paginate(
        rows if filter is None else _matching(context, rows, filter),
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=_order_value(context, order.field),
    )


def _matching(
    context: Context, rows: Iterable[DeviceRow], wanted: DeviceFilter
) -> Iterator[DeviceRow]:
    snapshot = context.snapshot
    ids = numbers(wanted.ids, "Device")
    nodes, pools = numbers(wanted.nodes, "ClusterNode"), numbers(wanted.pools, "Pool")
    groups, types = numbers(wanted.groups, "Group"), numbers(wanted.types, "DeviceType")
    low, high = wanted.utilisation_percent_min, wanted.utilisation_percent_max

    def is_used_as_wanted(device: DeviceRow) -> bool:
        if low is None and high is None:
            return True
        used = _live_value(context, device, "utilisation_percent")
        return used is not None and (low or 0) <= used <= (100 if high is None else high)

    def is_named_as_wanted(device: DeviceRow) -> bool:
        held_by = snapshot.jobs_of_device.get(device.id, ())
        return contains(
            wanted.search,
            snapshot.nodes[device.node_id].host_name,
            device.uuid,
            device.serial,
            *(job.name for job in held_by),
        )

    def matches(device: DeviceRow) -> bool:
        group = snapshot.group_of_pool.get(device.pool_id)
        return (
            allows(ids, device.id)
            and allows(nodes, device.node_id)
            and allows(pools, device.pool_id)
            and allows(types, device.type_id)
            and allows(groups, None if group is None else group.id)
            and is_named_as_wanted(device)
            and (wanted.health is None or context.live.health(device).level in wanted.health)
            and (wanted.allocation is None or allocation(context, device) in wanted.allocation)
            and wanted.is_cordoned in (None, device.id in snapshot.out_of_service)
            and is_used_as_wanted(device)
        )

    return (device for device in rows if matches(device))


def _order_value(context: Context, field: DeviceOrderField) -> Callable[[DeviceRow], Value]:
    snapshot = context.snapshot
    match field:
        case DeviceOrderField.NODE:
            names = {node.id: node.host_name.casefold() for node in snapshot.nodes.values()}
            return lambda device: f"{names[device.node_id]}\0{device.index:06}"
        case DeviceOrderField.POOL:
            pools = {pool.id: pool.name.casefold() for pool in snapshot.pools.values()}
            return lambda device: pools[device.pool_id]
        case DeviceOrderField.GROUP:
            groups = {i: group.name.casefold() for i, group in snapshot.group_of_pool.items()}
            return lambda device: groups.get(device.pool_id)
        case DeviceOrderField.TYPE:
            types = {one.id: one.name for one in snapshot.types.values()}
            return lambda device: types[device.type_id]
        case DeviceOrderField.HEALTH:
            return lambda device: SEVERITY[context.live.health(device).level]
        case _:
            return lambda device: _live_value(context, device, _METRIC_OF[field])


def _live_value(context: Context, device: DeviceRow, metric: str) -> float | None:
    row = context.live.row(device)
    if row is None or not is_fresh(context, device):
        return None
    return context.live.fleet.columns[metric][row]


def by_uuid(info: Info, uuid: str) -> DeviceRow | None:
    return info.context.snapshot.device_by_uuid.get(uuid)


def all_devices(root: None, info: Info) -> Iterable[DeviceRow]:
    return info.context.snapshot.devices.values()


def of_job(root: JobRow, info: Info) -> list[DeviceRow]:
    devices = info.context.snapshot.devices
    return [devices[i] for i in root.device_ids if i in devices]


def device_types(info: Info) -> list[DeviceTypeRow]:
    return sorted(info.context.snapshot.types.values(), key=lambda t: (t.name, t.id))


def type_of(root: DeviceRow, info: Info) -> DeviceTypeRow:
    return info.context.snapshot.types[root.type_id]


def vendor(root: DeviceRow, info: Info) -> str:
    return info.context.snapshot.types[root.type_id].vendor


def memory_total_bytes(root: DeviceRow, info: Info) -> int | None:
    return info.context.snapshot.types[root.type_id].memory_total_bytes


def mig_parent(root: DeviceRow, info: Info) -> DeviceRow | None:
    if root.mig_parent_uuid is None:
        return None
    return info.context.snapshot.device_by_uuid.get(root.mig_parent_uuid)


def mig_instances(root: DeviceRow, info: Info) -> list[DeviceRow]:
    return info.context.snapshot.mig_instances.get(root.uuid, [])


def allocation_of(root: DeviceRow, info: Info) -> Allocation:
    return allocation(info.context, root)


def pool(root: DeviceRow, info: Info) -> PoolRow:
    return info.context.snapshot.pools[root.pool_id]


def group(root: DeviceRow, info: Info) -> GroupRow | None:
    return info.context.snapshot.group_of_pool.get(root.pool_id)


def jobs(root: DeviceRow, info: Info) -> list[JobRow]:
    return info.context.snapshot.jobs_of_device.get(root.id, [])


def was_held(root: DeviceRow, job: JobRow, info: Info) -> bool:
    """Whether an ended job held the device."""
    return root.id in job.device_ids


def job(root: DeviceRow, info: Info) -> JobRow | None:
    return next(iter(jobs(root, info)), None)


def processes(root: DeviceRow, info: Info) -> list[ProcessSample]:
    """The compute processes that the node's collector told last; others' are the operator's."""
    node = info.context.snapshot.nodes[root.node_id]
    report = info.context.live.processes.get(NodeId(node.machine_id))
    if report is None:
        return []
    found = [process for process in report.processes if process.device == root.uuid]
    if info.context.is_operator:
        return found
    own = {job.key for job in info.context.snapshot.jobs.values()}
    return [process for process in found if process.job_key in own]


def started_at(root: ProcessSample) -> datetime | None:
    return None if root.started_at is None else utc(root.started_at)


def job_of_process(root: ProcessSample, info: Info) -> JobRow | None:
    jobs = info.context.snapshot.jobs.values()
    return next((job for job in jobs if job.key == root.job_key), None)


async def device_changes(
    info: Info, filter: FleetFilter | None = None
) -> AsyncIterator[Changes[DeviceRow] | None]:
    async for changes in changes_of(
        info.context,
        "device",
        "Device",
        lambda snapshot: {device.id: device for device in devices_of(snapshot, filter)},
    ):
        yield changes
