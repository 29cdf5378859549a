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
from resolvers.context import Info
from resolvers.health import ReasonInWords, reason_in_words
from resolvers.ids import numbers
from resolvers.pages import (
    Cursor,
    Edge,
    OrderDirection,
    Page,
    Slice,
    page_of,
    page_size,
    paginate,
    read_cursor,
    write_cursor,
)
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


def _wanted(filter: HealthEventFilter | None) -> EventsWanted:
    if filter is None:
        return EventsWanted()
    levels = None if filter.levels is None else frozenset(level.value for level in filter.levels)
    return EventsWanted(
        levels, numbers(filter.nodes, "ClusterNode"), numbers(filter.devices, "Device")
    )


async def list_events(
    root: None, info: Info, filter: HealthEventFilter | None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    """A page of the whole log, newest first; its order is the order of writing."""
    sought = _wanted(filter)
    size, backwards = page_size(wanted)
    rows = await read_events(
        sought,
        size + 1,
        older_than=None if wanted.after is None else read_cursor(wanted.after, ORDER).id,
        newer_than=None if wanted.before is None else read_cursor(wanted.before, ORDER).id,
        oldest_first=backwards,
    )
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    edges = [Edge(row, write_cursor(Cursor(ORDER, None, row.id))) for row in rows]
    has_previous = more if backwards else wanted.after is not None
    has_next = wanted.before is not None if backwards else more
    return page_of(edges, has_previous, has_next, lambda: count_events(sought))


async def of_device(
    root: DeviceRow, info: Info, filter: None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    return _latest(await info.context.events_of_device.load(root.id), wanted)


async def of_node(
    root: NodeRow, info: Info, filter: None, order_by: None, wanted: Slice
) -> Page[HealthEventRow]:
    return _latest(await info.context.events_of_node.load(root.id), wanted)


def _latest(rows: list[HealthEventRow], wanted: Slice) -> Page[HealthEventRow]:
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
    sought = _wanted(filter)
    last_id: int | None = None
    async with aclosing(info.context.live.feed.listen("health_event")) as feed:
        async for _ in feed:
            info.context.renew()
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
