"""Out of service: what an operator does not want to be used, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from resolvers import cordon
from schema.fields import for_operators
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.devices import Device
    from schema.nodes import ClusterNode

CordonDevicesInput = strawberry.input(cordon.CordonDevicesInput)
UncordonDevicesInput = strawberry.input(cordon.UncordonDevicesInput)
CordonNodesInput = strawberry.input(cordon.CordonNodesInput)
UncordonNodesInput = strawberry.input(cordon.UncordonNodesInput)


@strawberry.type(
    description="It was taken out of service: an intent, not a fault. Jobs that run there go on."
)
class Cordon:
    reason: str
    since: DateTime
    by: str | None = for_operators()
    is_of_node: bool = strawberry.field(
        description="The whole node was taken out of service, and the device with it."
    )


@strawberry.type
class DevicesChanged:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, cordon.DevicesChanged)

    devices: list[Annotated[Device, strawberry.lazy("schema.devices")]]


@strawberry.type
class NodesChanged:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, cordon.NodesChanged)

    nodes: list[Annotated[ClusterNode, strawberry.lazy("schema.nodes")]]
