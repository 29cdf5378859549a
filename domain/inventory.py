"""What collectors report of nodes and devices, made into rows; only what differs is written.

A device is never deleted and never leaves its pool by itself, wherever it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from tortoise.fields import CharField
from tortoise.models import Model

from domain.database import execute, fetch, for_share, for_update, lock, transaction
from domain.devices import Device, DeviceType
from domain.names import storable
from domain.nodes import Node
from domain.refusals import Refusal

SEEN_AT_MOST_EVERY = timedelta(minutes=1)
"""How often `last_seen_at` is written while nothing changes: heartbeats stay out of the tables."""

GONE_AFTER = timedelta(minutes=3)
"""A node that was not seen for so long has lost its devices to whoever lists them now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDevice:
    """A device as its node's collector lists it; null is what is not known."""

    uuid: str
    index: int
    vendor: str
    product: str
    memory_total_bytes: int | None = None
    serial: str | None = None
    pci_bus_id: str | None = None
    architecture: str | None = None
    vbios_version: str | None = None
    mig_enabled: bool | None = None
    mig_parent_uuid: str | None = None
    mig_profile: str | None = None
    temperature_slowdown_celsius: float | None = None
    temperature_shutdown_celsius: float | None = None
    temperature_memory_max_celsius: float | None = None
    power_limit_max_watts: float | None = None
    pcie_generation_max: int | None = None
    pcie_width_max: int | None = None
    nvlink_links: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedNode:
    """A node as its collector describes it. `devices` null: it cannot tell, so none is missing."""

    machine_id: str
    host_name: str
    is_demo: bool = False
    addresses: tuple[str, ...] = ()
    mac_address: str | None = None
    os_name: str | None = None
    kernel_version: str | None = None
    driver_version: str | None = None
    cuda_version: str | None = None
    collector_version: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None
    memory_total_bytes: int | None = None
    kubernetes_node: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    booted_at: datetime | None = None
    devices: tuple[ReportedDevice, ...] | None = None


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """What a report changed: to be announced, unless it is nothing."""

    node_id: int
    node_changed: bool
    device_ids: tuple[int, ...]
    refused: tuple[str, ...] = ()
    """The UUIDs that it lists and that are another node's, which is alive."""


@dataclass(eq=False)
class NotInstalled(Refusal):
    def message(self) -> str:
        return "There is no Default pool yet: run `quartermaster migrate` first."


NODE_FIELDS = tuple(one.name for one in fields(ReportedNode) if one.name != "devices")
TYPE_FIELDS = ("vendor", "product", "memory_total_bytes", "mig_profile")
DEVICE_FIELDS = tuple(
    one.name
    for one in fields(ReportedDevice)
    if one.name not in ("vendor", "product", "memory_total_bytes")
)


async def record_node(
    report: ReportedNode, at: datetime, is_heard: Callable[[str], bool] = lambda machine_id: False
) -> InventoryChange:
    """Make the tables say what the report says; a report that says nothing new writes nothing.

    A device stays with its node until that one lists it no longer, or is gone: not heard by now
    (`is_heard`, by machine id) and not seen for GONE_AFTER. A node that claims another's device
    may have been broken into.

    Raises: NotInstalled.
    """
    report, refused = await _without_others(_as_stored(report), at, is_heard)
    change = await _record_own(report, at)
    return replace(change, refused=refused)


async def _record_own(report: ReportedNode, at: datetime) -> InventoryChange:
    node = await Node.get_or_none(machine_id=report.machine_id)
    if node is not None and not _differs(node, _node_values(report)):
        devices = await _known_devices(node, report)
        if not _unlike(node, devices, report):
            if at - node.last_seen_at >= SEEN_AT_MOST_EVERY:
                await _touch(node.id, at)
            return InventoryChange(node.id, node_changed=False, device_ids=())
    return await _record(report, at)


async def _without_others(
    report: ReportedNode, at: datetime, is_heard: Callable[[str], bool]
) -> tuple[ReportedNode, tuple[str, ...]]:
    """The report without the devices that are another node's, and the UUIDs of those."""
    listed = [device.uuid for device in report.devices or ()]
    rows = await fetch(
        "SELECT d.uuid, n.machine_id, n.last_seen_at FROM device d JOIN node n ON n.id = d.node_id"
        " WHERE d.uuid IN (?) AND n.machine_id <> ? AND d.missing_since IS NULL",
        listed,
        report.machine_id,
    )
    others = {
        row["uuid"]
        for row in rows
        if is_heard(row["machine_id"]) or at - row["last_seen_at"] < GONE_AFTER
    }
    if not others:
        return report, ()
    own = tuple(device for device in report.devices or () if device.uuid not in others)
    return replace(report, devices=own), tuple(sorted(others))


@transaction
async def _record(report: ReportedNode, at: datetime) -> InventoryChange:
    await lock("inventory")
    values = _node_values(report)
    node = await Node.get_or_none(machine_id=report.machine_id)
    if node is None:
        node = await Node.create(**values, first_seen_at=at, last_seen_at=at)
        node_changed = True
    else:
        node_changed = _differs(node, values)
        values = {**values, "last_seen_at": at}
        # Nothing else: an operator may have taken it out of service since it was read.
        await node.update_from_dict(values).save(update_fields=list(values))
    default_pool = await _lock_places(node.id, report)
    devices = await _known_devices(node, report)
    changed = [
        await _record_device(node, devices.get(uuid), uuid, report, default_pool, at)
        for uuid in _unlike(node, devices, report)
    ]
    return InventoryChange(node.id, node_changed, tuple(changed))


async def _lock_places(node_id: int, report: ReportedNode) -> int | None:
    """Keep devices in their pools until the transaction ends; the Default pool's id.

    The pool before its devices, as operations lock them: a device that is new refers to it.
    """
    pools = await fetch(for_share("SELECT id FROM pool WHERE is_default"))
    await fetch(
        for_update("SELECT id FROM device WHERE node_id = ? OR uuid IN (?) ORDER BY id"),
        node_id,
        [one.uuid for one in report.devices or ()],
    )
    return pools[0]["id"] if pools else None


async def _record_device(
    node: Node,
    device: Device | None,
    uuid: str,
    report: ReportedNode,
    default_pool: int | None,
    at: datetime,
) -> int:
    listed = next((one for one in report.devices or () if one.uuid == uuid), None)
    if listed is None:
        assert device is not None
        device.missing_since = at
        await device.save(update_fields=["missing_since"])
        return device.id
    values = {**_device_values(listed), "node_id": node.id, "last_seen_at": at}
    type_id = await _type_id(listed)
    if device is None:
        if default_pool is None:
            raise NotInstalled
        device = await Device.create(
            **values, type_id=type_id, pool_id=default_pool, pool_type_key=0, first_seen_at=at
        )
        return device.id
    values["missing_since"] = None
    if device.pool_type_key == 0:
        values["type_id"] = type_id  # a pool of one type keeps to it: its devices keep theirs
    device.update_from_dict(values)
    await device.save(update_fields=list(values))  # the pool is not the inventory's to write
    return device.id


def _unlike(node: Node, devices: dict[str, Device], report: ReportedNode) -> list[str]:
    """The UUIDs of devices that the tables do not have as the report has them."""
    if report.devices is None:
        return []
    unlike = []
    for listed in report.devices:
        device = devices.get(listed.uuid)
        values = {**_device_values(listed), "node_id": node.id, "missing_since": None}
        if (
            device is None
            or _differs(device, values)
            or (device.pool_type_key == 0 and device.type.key != _type_key(listed))
        ):
            unlike.append(listed.uuid)
    here = {listed.uuid for listed in report.devices}
    unlike += [
        device.uuid
        for device in devices.values()
        if device.uuid not in here and device.node_id == node.id and device.missing_since is None
    ]
    return unlike


async def _known_devices(node: Node, report: ReportedNode) -> dict[str, Device]:
    """Those of the node and those that it lists, which may have been another's."""
    listed = [one.uuid for one in report.devices or ()]
    found = await Device.filter(node_id=node.id).select_related("type")
    elsewhere = set(listed) - {device.uuid for device in found}
    if elsewhere:
        found += await Device.filter(uuid__in=list(elsewhere)).select_related("type")
    return {device.uuid: device for device in found}


async def _type_id(listed: ReportedDevice) -> int:
    values = {name: getattr(listed, name) for name in TYPE_FIELDS}
    known, _ = await DeviceType.get_or_create(values, key=_type_key(listed))
    return known.id


def _type_key(listed: ReportedDevice) -> str:
    parts = [getattr(listed, name) for name in TYPE_FIELDS]
    return "|".join("" if part is None else str(part) for part in parts)


@transaction
async def _touch(node_id: int, at: datetime) -> None:
    await execute("UPDATE node SET last_seen_at = ? WHERE id = ?", at, node_id)
    await fetch(for_update("SELECT id FROM device WHERE node_id = ? ORDER BY id"), node_id)
    await execute(
        "UPDATE device SET last_seen_at = ? WHERE node_id = ? AND missing_since IS NULL",
        at,
        node_id,
    )


def _node_values(report: ReportedNode) -> dict[str, Any]:
    values = {name: getattr(report, name) for name in NODE_FIELDS}
    return {**values, "addresses": list(report.addresses), "labels": dict(report.labels)}


def _device_values(listed: ReportedDevice) -> dict[str, Any]:
    return {name: getattr(listed, name) for name in DEVICE_FIELDS}


def _as_stored(report: ReportedNode) -> ReportedNode:
    """The report with its texts as the tables can hold them."""
    return replace(
        report,
        **_texts(report, Node),
        addresses=tuple(storable(one, 64) for one in report.addresses),
        labels={storable(key, 317): storable(value, 63) for key, value in report.labels.items()},
        devices=report.devices
        and tuple(
            replace(one, **{**_texts(one, DeviceType), **_texts(one, Device)})
            for one in report.devices
        ),
    )


def _texts(report: ReportedNode | ReportedDevice, table: type[Model]) -> dict[str, Any]:
    columns = table._meta.fields_map
    return {
        one.name: storable(text, column.max_length)
        for one in fields(report)
        if isinstance(text := getattr(report, one.name), str)
        and isinstance(column := columns.get(one.name), CharField)
    }


def _differs(row: Node | Device, values: Mapping[str, object]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())
