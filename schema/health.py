"""Health, its reasons in words, and the log of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.health_history import HealthEventRow
from resolvers import health_events
from schema.fields import field
from schema.relay import Connection, Node
from schema.scalars import DateTime
from telemetry.health import HealthLevel, HealthReasonCode

if TYPE_CHECKING:
    from schema.devices import Device
    from schema.nodes import ClusterNode

strawberry.enum(HealthLevel)
strawberry.enum(HealthReasonCode)


@strawberry.type
class HealthReason:
    code: HealthReasonCode
    level: HealthLevel
    title: str = strawberry.field(description='What happened, briefly: "Xid 79, fell off the bus".')
    detail: str = strawberry.field(description="What it means.")
    remedy: list[str] = strawberry.field(description="What to do, step by step.")
    source: str | None = strawberry.field(description="Where the advice comes from.")
    since: DateTime | None


@strawberry.type
class Health:
    level: HealthLevel
    reasons: list[HealthReason]
    since: DateTime | None


@strawberry.type(description="What needs a person.")
class Attention:
    level: HealthLevel
    title: str
    remedy: str
    since: DateTime | None
    node: Annotated[ClusterNode, strawberry.lazy("schema.nodes")] | None
    device: Annotated[Device, strawberry.lazy("schema.devices")] | None


@strawberry.type(description="A change of a device's or a node's health, kept for good.")
class HealthEvent(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, HealthEventRow)

    time: DateTime
    level: HealthLevel = field(health_events.level)
    previous_level: HealthLevel = field(health_events.previous_level)
    title: str = field(health_events.title)
    reasons: list[HealthReason] = field(health_events.reasons)
    node: Annotated[ClusterNode, strawberry.lazy("schema.nodes")] | None = field(health_events.node)
    device: Annotated[Device, strawberry.lazy("schema.devices")] | None = field(
        health_events.device
    )


HealthEventFilter = strawberry.input(health_events.HealthEventFilter)
HealthEventConnection = Connection[HealthEvent]


@strawberry.type
class HealthEvents:
    is_snapshot: bool
    events: list[HealthEvent]
