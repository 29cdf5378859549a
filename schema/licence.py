"""The licence. A token goes in, and never comes out."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.licence import LicenceState, Standing
from resolvers import licence as resolve
from schema.fields import for_operators
from schema.scalars import DateTime

strawberry.enum(LicenceState)
ReplaceLicenceInput = strawberry.input(resolve.ReplaceLicenceInput)


@strawberry.type(description="What the licence says today. It warns, and never stops anything.")
class Licence:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, Standing)

    edition: str = strawberry.field(
        description='"Community" without a licence: it has no limit and does not run out.'
    )
    state: LicenceState | None = for_operators()
    warnings: list[str] | None = for_operators(resolve.warnings)
    licence_id: str | None = for_operators(resolve.id_of)
    customer: str | None = for_operators(resolve.customer)
    device_limit: int | None = for_operators(resolve.device_limit)
    devices: int | None = for_operators()
    not_before: DateTime | None = for_operators(resolve.not_before)
    expires_at: DateTime | None = for_operators(resolve.expires_at)
    days_left: int | None = for_operators()
    is_of_this_cluster: bool | None = for_operators(resolve.is_of_this_cluster)
    entered_at: DateTime | None = for_operators(resolve.entered_at)
    entered_by: str | None = for_operators(resolve.entered_by)
