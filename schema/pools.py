"""Pools: GPUs of one type that are given to a group together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.snapshot import PoolRow
from resolvers import enforcement, history, pools
from schema.connections import devices_of, jobs_of
from schema.devices import Device, DeviceType
from schema.enforcement import Enforcement
from schema.fields import field
from schema.history import History, history_of
from schema.load import Load
from schema.relay import Connection, Node
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.groups import Group
    from schema.jobs import Job

strawberry.enum(pools.PoolOrderField)
PoolFilter = strawberry.input(pools.PoolFilter)
PoolOrder = strawberry.input(pools.PoolOrder)
CreatePoolInput = strawberry.input(pools.CreatePoolInput)
EditPoolInput = strawberry.input(pools.EditPoolInput)
MoveDevicesInput = strawberry.input(pools.MoveDevicesInput)
DeletePoolsInput = strawberry.input(pools.DeletePoolsInput)


@strawberry.type(description="GPUs of one type that are given to a group together.")
class Pool(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, PoolRow)

    name: str
    is_default: bool
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")
    device_type: DeviceType | None = field(
        pools.device_type,
        description="The one type of its devices; null for the Default pool, which may mix types.",
    )
    device_types: list[DeviceType] = field(pools.device_types)
    group: Annotated[Group, strawberry.lazy("schema.groups")] | None = field(pools.group)
    load: Load = field(pools.load)
    enforcement: Enforcement = field(enforcement.of_pool)
    history: History | None = history_of(history.of_pool)
    devices: Connection[Device] = devices_of(pools.devices)
    jobs: Connection[Annotated[Job, strawberry.lazy("schema.jobs")]] = jobs_of(
        pools.jobs, pools.was_used
    )


@strawberry.type(description="`isSnapshot` frames carry what is there now, in parts.")
class PoolChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[Pool]
    removed: list[strawberry.ID]


@strawberry.type(description="Their devices are in the Default pool again.")
class PoolsDeleted:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, pools.PoolsDeleted)

    ids: list[strawberry.ID]
    default_pool: Pool
