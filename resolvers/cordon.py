"""Out of service: what is, and the changes that take there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import strawberry

import domain.cordon
from domain.cordon import Cordon, cordon_of, own_cordon
from domain.snapshot import DeviceRow, NodeRow
from resolvers.context import Info
from resolvers.ids import numbers_or_nothing
from resolvers.mutations import Refused, carry_out

R = TypeVar("R")


@dataclass
class CordonDevicesInput:
    devices: list[strawberry.ID]
    reason: str
    command_id: str | None = None


@dataclass
class UncordonDevicesInput:
    devices: list[strawberry.ID]
    command_id: str | None = None


@dataclass
class CordonNodesInput:
    nodes: list[strawberry.ID]
    reason: str
    command_id: str | None = None


@dataclass
class UncordonNodesInput:
    nodes: list[strawberry.ID]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class DevicesChanged:
    devices: list[DeviceRow]


@dataclass(frozen=True, slots=True)
class NodesChanged:
    nodes: list[NodeRow]


def of_device(root: DeviceRow, info: Info) -> Cordon | None:
    return cordon_of(info.context.snapshot, root)


def of_node(root: NodeRow, info: Info) -> Cordon | None:
    return own_cordon(root)


async def cordon_devices(info: Info, input: CordonDevicesInput) -> DevicesChanged | Refused:
    devices = numbers_or_nothing(input.devices, "Device")
    done = await carry_out(
        info,
        lambda actor: domain.cordon.cordon_devices(actor, devices, input.reason),
        input.command_id,
    )
    return _devices(info, done)


async def uncordon_devices(info: Info, input: UncordonDevicesInput) -> DevicesChanged | Refused:
    devices = numbers_or_nothing(input.devices, "Device")
    done = await carry_out(
        info, lambda actor: domain.cordon.uncordon_devices(actor, devices), input.command_id
    )
    return _devices(info, done)


async def cordon_nodes(info: Info, input: CordonNodesInput) -> NodesChanged | Refused:
    nodes = numbers_or_nothing(input.nodes, "ClusterNode")
    done = await carry_out(
        info,
        lambda actor: domain.cordon.cordon_nodes(actor, nodes, input.reason),
        input.command_id,
    )
    return _nodes(info, done)


async def uncordon_nodes(info: Info, input: UncordonNodesInput) -> NodesChanged | Refused:
    nodes = numbers_or_nothing(input.nodes, "ClusterNode")
    done = await carry_out(
        info, lambda actor: domain.cordon.uncordon_nodes(actor, nodes), input.command_id
    )
    return _nodes(info, done)


def _devices(info: Info, done: tuple[int, ...] | Refused) -> DevicesChanged | Refused:
    if isinstance(done, Refused):
        return done
    return DevicesChanged(_still_there(info.context.snapshot.devices, done))


def _nodes(info: Info, done: tuple[int, ...] | Refused) -> NodesChanged | Refused:
    if isinstance(done, Refused):
        return done
    return NodesChanged(_still_there(info.context.snapshot.nodes, done))


def _still_there(rows: Mapping[int, R], ids: tuple[int, ...]) -> list[R]:
    """Some may be gone before it is answered, and so may the right to see them."""
    return [rows[i] for i in ids if i in rows]
