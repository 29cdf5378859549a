"""What a Kubernetes cluster does of a pool or a group."""

from __future__ import annotations

import strawberry

from domain.snapshot import EnforcementState
from schema.fields import for_operators
from schema.scalars import DateTime

strawberry.enum(
    EnforcementState, description="NONE: there is no Kubernetes cluster that would enforce it."
)


@strawberry.type(description="Whether the cluster itself does what is said here.")
class Enforcement:
    state: EnforcementState
    object_name: str | None = strawberry.field(
        description="What it is called in the cluster: a device class, or a namespace."
    )
    since: DateTime | None
    reason: str | None = for_operators()
