"""Out of service: an operator's intent for a device, or for a node and all of its devices.

It says nothing of health. Jobs that run there go on; what has none is not offered to anybody, and
stays in its pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.database import Change, execute, fetch, operation
from domain.locked_rows import lock_rows
from domain.names import tidy_text
from domain.refusals import BadName, ItemsRefused, Named, Refusal, RefusedItem
from domain.roles import Role
from domain.snapshot import DeviceRow, NodeRow, Snapshot

REASON_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Cordon:
    reason: str
    since: datetime
    by: str
    is_of_node: bool
    """It is the node that was taken out of service, and the device with it."""


@dataclass(frozen=True, slots=True)
class LockedDevice:
    id: int
    uuid: str
    node_id: int
    index: int
    cordon_reason: str | None
    cordoned_by: str | None


@dataclass(frozen=True, slots=True)
class LockedNode:
    id: int
    host_name: str
    cordon_reason: str | None
    cordoned_by: str | None


@dataclass(eq=False)
class NothingChosen(Refusal):
    def message(self) -> str:
        return "Choose at least one."


@dataclass(eq=False)
class BadReason(Refusal):
    max_length: int

    def message(self) -> str:
        return (
            f"Say why in 1 to {self.max_length} printable characters: whoever finds it out of "
            "service wants to know."
        )


@dataclass(eq=False)
class OutOfService(Refusal):
    """It was taken out of service before."""

    reason: str
    by: str

    def message(self) -> str:
        return f"It is out of service already: “{self.reason}” ({self.by})."


@dataclass(eq=False)
class InService(Refusal):
    def message(self) -> str:
        return "It is in service."


@dataclass(eq=False)
class NodeOutOfService(Refusal):
    """Not the device was taken out of service, but the node that it is in."""

    node: Named

    def message(self) -> str:
        return f"The whole node {self.node.name} is out of service: put that back into service."


def cordon_of(snapshot: Snapshot, device: DeviceRow) -> Cordon | None:
    """The device's own, or else its node's."""
    own = own_cordon(device)
    node = snapshot.nodes.get(device.node_id)
    return own if own is not None or node is None else own_cordon(node, is_of_node=True)


def own_cordon(row: DeviceRow | NodeRow, *, is_of_node: bool = False) -> Cordon | None:
    if row.cordoned_at is None or row.cordon_reason is None or row.cordoned_by is None:
        return None
    return Cordon(row.cordon_reason, row.cordoned_at, row.cordoned_by, is_of_node)


@operation("device.cordon", by=Role.OPERATOR)
async def cordon_devices(change: Change, device_ids: Sequence[int], reason: str) -> tuple[int, ...]:
    """Take devices out of service, all or none; they stay in their pools.

    Raises: NotAllowed, NothingChosen, BadReason, Unknown, ItemsRefused of OutOfService.
    """
    devices, names = await _lock_devices(change, device_ids)
    reason = _require_reason(reason)
    _require_all(
        "device",
        [(d.id, names[d.id], _already_out(d.cordon_reason, d.cordoned_by)) for d in devices],
    )
    await _write("device", [device.id for device in devices], change, reason)
    for device in devices:
        change.tell("device", device.id, names[device.id], **_taken_out(reason))
    return tuple(device.id for device in devices)


@operation("device.uncordon", by=Role.OPERATOR)
async def uncordon_devices(change: Change, device_ids: Sequence[int]) -> tuple[int, ...]:
    """Put devices back into service, all or none.

    Raises: NotAllowed, NothingChosen, Unknown, ItemsRefused of InService and NodeOutOfService.
    """
    devices, names = await _lock_devices(change, device_ids)
    cordoned = {
        row["id"]: Named("node", row["id"], row["host_name"])
        for row in await fetch(
            "SELECT id, host_name FROM node WHERE cordoned_at IS NOT NULL AND id IN (?)",
            sorted({device.node_id for device in devices}),
        )
    }

    def in_the_way(device: LockedDevice) -> Refusal | None:
        if device.cordon_reason is not None:
            return None
        node = cordoned.get(device.node_id)
        return InService() if node is None else NodeOutOfService(node)

    _require_all("device", [(d.id, names[d.id], in_the_way(d)) for d in devices])
    await _write("device", [device.id for device in devices], change, None)
    for device in devices:
        before = _put_back(device.cordon_reason, device.cordoned_by)
        change.tell("device", device.id, names[device.id], **before)
    return tuple(device.id for device in devices)


@operation("node.cordon", by=Role.OPERATOR)
async def cordon_nodes(change: Change, node_ids: Sequence[int], reason: str) -> tuple[int, ...]:
    """Take nodes out of service with all of their devices, those to come too; all or none.

    Raises: NotAllowed, NothingChosen, BadReason, Unknown, ItemsRefused of OutOfService.
    """
    nodes = await _lock_nodes(change, node_ids)
    reason = _require_reason(reason)
    _require_all(
        "node",
        [(n.id, n.host_name, _already_out(n.cordon_reason, n.cordoned_by)) for n in nodes],
    )
    await _write("node", [node.id for node in nodes], change, reason)
    for node in nodes:
        change.tell("node", node.id, node.host_name, **_taken_out(reason))
    return tuple(node.id for node in nodes)


@operation("node.uncordon", by=Role.OPERATOR)
async def uncordon_nodes(change: Change, node_ids: Sequence[int]) -> tuple[int, ...]:
    """Put nodes back into service, all or none; a device with a cordon of its own keeps that.

    Raises: NotAllowed, NothingChosen, Unknown, ItemsRefused of InService.
    """
    nodes = await _lock_nodes(change, node_ids)
    _require_all(
        "node",
        [(n.id, n.host_name, InService() if n.cordon_reason is None else None) for n in nodes],
    )
    await _write("node", [node.id for node in nodes], change, None)
    for node in nodes:
        before = _put_back(node.cordon_reason, node.cordoned_by)
        change.tell("node", node.id, node.host_name, **before)
    return tuple(node.id for node in nodes)


async def _lock_devices(
    change: Change, device_ids: Sequence[int]
) -> tuple[list[LockedDevice], dict[int, str]]:
    """And what people call them: "h100-r02-03 · GPU 5". Raises: NothingChosen, Unknown."""
    if not device_ids:
        raise NothingChosen
    devices = await lock_rows("device", LockedDevice, device_ids)
    rows = await fetch(
        "SELECT id, host_name FROM node WHERE id IN (?)", sorted({d.node_id for d in devices})
    )
    hosts = {row["id"]: row["host_name"] for row in rows}
    names = {device.id: f"{hosts[device.node_id]} · GPU {device.index}" for device in devices}
    for device in devices:
        change.tell("device", device.id, names[device.id])
    return devices, names


async def _lock_nodes(change: Change, node_ids: Sequence[int]) -> list[LockedNode]:
    """Raises: NothingChosen, Unknown."""
    if not node_ids:
        raise NothingChosen
    nodes = await lock_rows("node", LockedNode, node_ids)
    for node in nodes:
        change.tell("node", node.id, node.host_name)
    return nodes


def _require_reason(reason: str) -> str:
    """Raises: BadReason."""
    try:
        return tidy_text(reason, REASON_MAX_LENGTH)
    except BadName:
        raise BadReason(REASON_MAX_LENGTH) from None


def _already_out(reason: str | None, by: str | None) -> Refusal | None:
    return None if reason is None else OutOfService(reason, by or "")


def _require_all(kind: str, items: Sequence[tuple[int, str, Refusal | None]]) -> None:
    """Raises: ItemsRefused."""
    refused = tuple(
        RefusedItem(kind, id, name, (reason,)) for id, name, reason in items if reason is not None
    )
    if refused:
        raise ItemsRefused(len(items), refused)


async def _write(table: str, ids: list[int], change: Change, reason: str | None) -> None:
    is_out = reason is not None
    await execute(
        f'UPDATE "{table}" SET cordon_reason = ?, cordoned_by = ?, cordoned_at = ?'  # noqa: S608
        " WHERE id IN (?)",
        reason,
        change.actor.name if is_out else None,
        datetime.now(UTC) if is_out else None,
        ids,
    )
    change.announce(table, *ids)


def _taken_out(reason: str) -> dict[str, dict[str, str | None]]:
    return {"before": {"out_of_service": None}, "after": {"out_of_service": reason}}


def _put_back(reason: str | None, by: str | None) -> dict[str, dict[str, str | None]]:
    before = {"out_of_service": reason, "by": by}
    return {"before": before, "after": {"out_of_service": None, "by": None}}
