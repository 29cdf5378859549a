"""Jobs: work that holds devices, or waits for them."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.jobs import JobSource, JobState
from domain.snapshot import JobRow
from resolvers import devices, groups, jobs, nodes, pools, users
from schema.connections import devices_of
from schema.devices import Device
from schema.fields import field
from schema.groups import Group
from schema.nodes import ClusterNode
from schema.pools import Pool
from schema.relay import Connection, Node
from schema.scalars import DateTime
from schema.users import User


@strawberry.type(description="Work that holds devices, or waits for them.")
class Job(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, JobRow)

    key: str = strawberry.field(description="The source's own identity of it.")
    name: str
    state: JobState
    source: JobSource
    is_active: bool = strawberry.field(description="Queued or running.")
    owner: str | None = strawberry.field(description="The OS user, as the source names it.")
    user: User | None = field(users.of_job, description="Null for an owner who is not on board.")
    group: Group | None = field(groups.of_job)
    pool: Pool | None = field(pools.of_job)
    requested_devices: int | None
    waiting_reason: str | None = field(
        jobs.waiting_reason, description="What it waits for; null for one that does not."
    )
    held_devices: int = field(jobs.held_devices)
    submitted_at: DateTime | None
    started_at: DateTime | None
    ended_at: DateTime | None
    devices: Connection[Device] = devices_of(devices.of_job)
    nodes: list[ClusterNode] = field(nodes.of_job)


@strawberry.type(description="`isSnapshot` frames carry the active jobs, in parts.")
class JobChanges:
    is_snapshot: bool
    is_complete: bool = strawberry.field(description="False while parts of a snapshot follow.")
    changed: list[Job]
    removed: list[strawberry.ID] = strawberry.field(description="Jobs that are no longer active.")
