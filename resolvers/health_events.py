"""The log of health changes: pages of it, and each new entry as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import strawberry

from domain.health_history import (
    EventsWanted,
    HealthEventRow,
    count_events,
    read_events,
)
from domain.snapshot import DeviceRow, NodeRow
from resolvers.context import Context, Info
from resolvers.health import ReasonInWords, reason_in_words
from resolvers.ids import numbers
from resolvers.pages import OrderDirection, Page, Slice, log_page, paginate
from telemetry.health import HealthLevel, recall

ORDER = "TIME:DESC"
SNAPSHOT_EVENTS = 50


@dataclass
class HealthEventFilter:
    levels: list[HealthLevel] | None = None
    nodes: list[strawberry.ID] | None = None
    devices: list[strawberry.ID] | None = None


@dataclass(frozen=True, slots=True)
class HealthEvents:
    is_snapshot: bool
    events: list[HealthEventRow]


def _wanted(context: Context, filter: HealthEventFilter | None) -> EventsWanted:
    filter = filter or HealthEventFilter()
    levels = None if filter.levels is None else frozenset(level.value for level in filter.levels)
    devices = numbers(filter.devices, "Device")
    if not context.is_operator:
        visible = frozenset(context.snapshot.devices)
        devices = visible if devices is None else devices & visible
    return EventsWanted(levels, numbers(filter.nodes, "ClusterNode"), devices)


def is_visible(context: Context, event: HealthEventRow) -> bool:
    """Events of devices are for who sees the device; those of nodes for operators."""
    return context.is_operator or event.device_id in context.snapshot.devices


async def list_events(
    root: None, info: Info, filter: HealthEventFilter | None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    """A page of the whole log, newest first; its order is the order of writing."""
    sought = _wanted(info.context, filter)
    return await log_page(
        ORDER,
        wanted,
        lambda limit, **between: read_events(sought, limit, **between),
        lambda: count_events(sought),
    )


async def of_device(
    root: DeviceRow, info: Info, filter: None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    return _latest(info.context, await info.context.events_of_device.load(root.id), wanted)


async def of_node(
    root: NodeRow, info: Info, filter: None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    return _latest(info.context, await info.context.events_of_node.load(root.id), wanted)


def _latest(context: Context, rows: list[HealthEventRow], wanted: Slice) -> Page[HealthEventRow]:
    rows = [row for row in rows if is_visible(context, row)]
    return paginate(
        rows, wanted, order="ID", direction=OrderDirection.DESC, value=lambda event: event.id
    )


def reasons(root: HealthEventRow) -> list[ReasonInWords]:
    return [reason_in_words(recall(reason)) for reason in root.reasons]


def title(root: HealthEventRow) -> str:
    worst = reasons(root)
    return worst[0].title if worst else "OK again"


def level(root: HealthEventRow) -> HealthLevel:
    return HealthLevel(root.level)


def previous_level(root: HealthEventRow) -> HealthLevel:
    return HealthLevel(root.previous_level)


def node(root: HealthEventRow, info: Info) -> NodeRow | None:
    return info.context.snapshot.nodes.get(root.node_id)


def device(root: HealthEventRow, info: Info) -> DeviceRow | None:
    devices = info.context.snapshot.devices
    return None if root.device_id is None else devices.get(root.device_id)


async def health_events(
    info: Info, filter: HealthEventFilter | None = None
) -> AsyncIterator[HealthEvents]:
    """The latest events, oldest first, then each new one; none is left out, none told twice."""
    last_id: int | None = None
    async with aclosing(info.context.live.feed.listen("health_event")) as feed:
        async for _ in feed:
            info.context.renew()
            sought = _wanted(info.context, filter)
            if last_id is None:
                events = await read_events(sought, SNAPSHOT_EVENTS)
                events.reverse()
                yield HealthEvents(True, events)
                last_id = events[-1].id if events else 0
                continue
            events = await read_events(sought, 1000, newer_than=last_id, oldest_first=True)
            if events:
                last_id = events[-1].id
                yield HealthEvents(False, events)
