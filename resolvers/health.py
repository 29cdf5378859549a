"""Health as people read it: reasons with words, what needs attention, and the log of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.snapshot import DeviceRow, NodeRow
from resolvers.context import Context, Info
from resolvers.live import utc
from telemetry.advice import advise
from telemetry.health import (
    SEVERITY,
    Health,
    HealthLevel,
    HealthReasonCode,
    Reason,
    worst,
)


@dataclass(frozen=True, slots=True)
class ReasonInWords:
    code: HealthReasonCode
    level: HealthLevel
    title: str
    detail: str
    remedy: list[str]
    source: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class HealthInWords:
    level: HealthLevel
    reasons: list[ReasonInWords]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Attention:
    level: HealthLevel
    title: str
    remedy: str
    since: datetime | None
    node: NodeRow | None
    device: DeviceRow | None


def in_words(health: Health) -> HealthInWords:
    since = health.since
    return HealthInWords(
        health.level,
        [reason_in_words(reason) for reason in health.reasons],
        None if since is None else utc(since),
    )


def reason_in_words(reason: Reason) -> ReasonInWords:
    advice = advise(reason)
    return ReasonInWords(
        reason.code,
        reason.level,
        advice.title,
        advice.detail,
        list(advice.remedy),
        advice.source,
        utc(reason.since),
    )


def device_health(root: DeviceRow, info: Info) -> HealthInWords:
    return in_words(info.context.live.health(root))


def node_health(root: NodeRow, info: Info) -> HealthInWords:
    return in_words(health_of_node(info.context, root))


def health_of_node(context: Context, node: NodeRow) -> Health:
    """The node's own silence, or else the worst of itself and its devices with their reasons."""
    own = context.live.node_health(node)
    if context.live.is_stale(node):
        return own
    healths = [own] + [
        context.live.health(device) for device in context.snapshot.devices_of_node.get(node.id, ())
    ]
    level = worst(health.level for health in healths)
    reasons = sorted(
        (reason for health in healths for reason in health.reasons),
        key=lambda reason: (-SEVERITY[reason.level], reason.since),
    )
    return Health(level, tuple(reasons))


def attention(context: Context) -> list[Attention]:
    """Every node and every device that is not OK, worst first."""
    found = list(_attention(context))
    found.sort(key=lambda a: (-SEVERITY[a.level], a.since or context.live.time))
    return found


def _attention(context: Context) -> Iterable[Attention]:
    """A silent node stands for its devices, but for those that were CRITICAL before."""
    snapshot, live = context.snapshot, context.live
    silent_nodes = set[int]()
    for node in snapshot.nodes.values():
        health = live.node_health(node)
        if health.level is HealthLevel.OK:
            continue
        if live.is_stale(node):
            silent_nodes.add(node.id)
        reason = reason_in_words(health.reasons[0])
        yield Attention(
            HealthLevel.WARNING, reason.title, reason.remedy[-1], reason.since, node, None
        )
    for device in snapshot.devices.values():
        health = live.health(device)
        known_bad = health.level is HealthLevel.CRITICAL
        if health.level is HealthLevel.OK or (device.node_id in silent_nodes and not known_bad):
            continue
        first = reason_in_words(health.reasons[0])
        node = snapshot.nodes[device.node_id]
        remedy = " ".join(first.remedy)
        yield Attention(health.level, first.title, remedy, first.since, node, device)
