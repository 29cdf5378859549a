"""History for charts: of a device, of a node's or a pool's devices, in buckets of time."""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from graphql import GraphQLError

from domain.snapshot import DeviceRow, NodeRow, PoolRow
from resolvers.context import Context, Info
from resolvers.live import utc
from resolvers.recent_history import Subject
from telemetry.history import RETENTION_SECONDS, WINDOW_SECONDS, Metric, Series
from telemetry.history.prometheus import PrometheusFailed

MOST_POINTS = 2_000
MOST_OF_AN_OPERATION = 50
"""Histories that one operation may ask for."""
LONGEST_SECONDS = 366 * 86_400
SETTLING_SECONDS = 2
"""The newest seconds are left out: not every node's word of them is in yet."""
SCRAPED_SECONDS = 60
"""Buckets of what a Prometheus server has are no shorter: it scrapes every 10 to 60 s."""


class HistorySource(enum.Enum):
    RECENT = "RECENT"
    PROMETHEUS = "PROMETHEUS"


def sources(root: object, info: Info) -> list[HistorySource]:
    has_prometheus = info.context.live.prometheus is not None
    return [HistorySource.RECENT, *([HistorySource.PROMETHEUS] if has_prometheus else [])]


@dataclass(frozen=True, slots=True)
class HistorySeries:
    metric: Metric
    series: Series

    @property
    def minimum(self) -> list[float | None]:
        return self.series.minimum

    @property
    def mean(self) -> list[float | None]:
        return self.series.mean

    @property
    def maximum(self) -> list[float | None]:
        return self.series.maximum

    @property
    def total(self) -> list[float | None]:
        return self.series.total


@dataclass(frozen=True, slots=True)
class History:
    start: datetime
    bucket_seconds: int
    source: HistorySource
    series: list[HistorySeries]


@dataclass(frozen=True, slots=True)
class Subjects:
    devices: Sequence[DeviceRow]
    hosts: Sequence[NodeRow] = field(default=())


@dataclass(frozen=True, slots=True)
class _Asked:
    metrics: Sequence[Metric]
    since: datetime | None
    until: datetime | None
    points: int


@dataclass(frozen=True, slots=True)
class Span:
    """Buckets that begin at multiples of their length, and so stay when time goes on."""

    start: int
    seconds: int
    bucket_seconds: int

    @property
    def buckets(self) -> int:
        return math.ceil(self.seconds / self.bucket_seconds)


async def of_device(
    root: DeviceRow,
    info: Info,
    metrics: list[Metric],
    since: datetime | None = None,
    until: datetime | None = None,
    points: int = 300,
) -> History:
    asked = _Asked(metrics, since, until, points)
    return await _history(info.context, Subjects([root]), asked)


async def of_node(
    root: NodeRow,
    info: Info,
    metrics: list[Metric],
    since: datetime | None = None,
    until: datetime | None = None,
    points: int = 300,
) -> History:
    asked = _Asked(metrics, since, until, points)
    devices = info.context.snapshot.devices_of_node.get(root.id, [])
    hosts = [root] if info.context.is_operator else []  # as with ClusterNode.host
    return await _history(info.context, Subjects(devices, hosts), asked)


async def of_pool(
    root: PoolRow,
    info: Info,
    metrics: list[Metric],
    since: datetime | None = None,
    until: datetime | None = None,
    points: int = 300,
) -> History:
    asked = _Asked(metrics, since, until, points)
    devices = info.context.snapshot.devices_of_pool.get(root.id, [])
    return await _history(info.context, Subjects(devices), asked)


async def _history(context: Context, subjects: Subjects, asked: _Asked) -> History:
    now = time.time()
    until = now if asked.until is None else min(asked.until.timestamp(), now)
    since = until - RETENTION_SECONDS if asked.since is None else asked.since.timestamp()
    _check(context, asked, since, until)
    metrics = list(dict.fromkeys(asked.metrics))
    is_recent = since >= now - RETENTION_SECONDS - WINDOW_SECONDS
    if is_recent or context.live.prometheus is None:
        source = HistorySource.RECENT
        # Of what is not kept any more no buckets are made.
        since = max(since, now - RETENTION_SECONDS - WINDOW_SECONDS)
        span = _span(since, min(until, now - SETTLING_SECONDS), asked.points, 1)
        series = await _recent(context, subjects, metrics, span)
    else:
        source = HistorySource.PROMETHEUS
        span = _span(since, until, asked.points, SCRAPED_SECONDS)
        series = await _prometheus(context, subjects, metrics, span)
    return History(
        utc(span.start),
        span.bucket_seconds,
        source,
        [HistorySeries(metric, series[metric]) for metric in metrics],
    )


def _check(context: Context, asked: _Asked, since: float, until: float) -> None:
    context.histories += 1
    if context.histories > MOST_OF_AN_OPERATION:
        raise GraphQLError(
            f"An operation may ask for {MOST_OF_AN_OPERATION} histories, not more: "
            "compare fewer things at once, or ask for their pool's.",
            extensions={"code": "TOO_MANY_HISTORIES", "limit": MOST_OF_AN_OPERATION},
        )
    if not 1 <= asked.points <= MOST_POINTS:
        raise GraphQLError(f"`points` is 1 to {MOST_POINTS}, not {asked.points}.")
    if not asked.metrics:
        raise GraphQLError("`metrics` names at least one metric.")
    if not 0 < until - since <= LONGEST_SECONDS:
        raise GraphQLError("`since` is before `until`, not in the future, and by a year at most.")


def _span(since: float, until: float, points: int, shortest: int) -> Span:
    bucket = max(shortest, math.ceil((until - since) / points))
    start = int(since) // bucket * bucket
    return Span(start, max(1, int(until) - start), bucket)


async def _recent(
    context: Context, subjects: Subjects, metrics: Sequence[Metric], span: Span
) -> Mapping[Metric, Series]:
    live, nodes = context.live, context.snapshot.nodes
    wanted = [Subject(nodes[d.node_id].machine_id, d.uuid) for d in subjects.devices]
    wanted += [Subject(node.machine_id, None) for node in subjects.hosts]
    heard = [live.live_node(nodes[d.node_id]) for d in subjects.devices]
    interval = max((one.interval_seconds for one in heard if one is not None), default=1.0)
    of_hosts = [metric for metric in metrics if metric.is_of_host and not subjects.hosts]
    found = await live.history.summarise(
        wanted, [m for m in metrics if m not in of_hosts], span.start, span.seconds, interval
    )
    nothing: list[float | None] = [None] * span.buckets
    return {
        metric: found[metric].series(span.bucket_seconds)
        if metric in found
        else Series(nothing, nothing, nothing, nothing)
        for metric in metrics
    }


async def _prometheus(
    context: Context, subjects: Subjects, metrics: Sequence[Metric], span: Span
) -> Mapping[Metric, Series]:
    assert context.live.prometheus is not None
    try:
        return await context.live.prometheus.series(
            [device.uuid for device in subjects.devices],
            [node.host_name for node in subjects.hosts],
            metrics,
            span.start,
            span.buckets,
            span.bucket_seconds,
        )
    except PrometheusFailed as error:
        raise GraphQLError(str(error), extensions={"code": "PROMETHEUS_FAILED"}) from error
