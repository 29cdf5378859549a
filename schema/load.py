"""How loaded a set of devices is."""

from __future__ import annotations

import strawberry

from resolvers.loads import Allocation
from schema.scalars import Bytes, DateTime

strawberry.enum(Allocation)


@strawberry.type(
    description=(
        "Sums over a set of devices at one moment. Allocated is computing, idle, and the part of "
        "unknown that is held; what no active job holds is free or out of service. A card that is "
        "cut into MIG instances is not counted beside them."
    )
)
class Load:
    devices: int
    allocated: int = strawberry.field(description="Held by an active job.")
    computing: int = strawberry.field(description="Held, and used at 5 % or more.")
    idle: int = strawberry.field(description="Held, and used below 5 %.")
    free: int = strawberry.field(description="Held by no active job, and in service.")
    out_of_service: int = strawberry.field(
        description="Held by no active job, and taken out of service by an operator."
    )
    unknown: int = strawberry.field(description="No fresh data.")
    healthy: int
    warning: int
    critical: int
    utilisation_percent: float | None = strawberry.field(
        description="Mean over the devices that answer."
    )
    memory_used_bytes: Bytes | None
    memory_total_bytes: Bytes | None
    power_watts: float | None
    power_limit_watts: float | None
    temperature_max_celsius: float | None
    waiting_jobs: int = strawberry.field(description="Jobs that wait for these devices.")
    waiting_devices: int = strawberry.field(description="How many devices those jobs ask for.")
    waiting_since: DateTime | None = strawberry.field(
        description="Since when the first of those jobs waits."
    )
