"""The audit log: who did what, to what, how it was before and after, and the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.audit_log import AuditRow
from resolvers import audit
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.users import User

AuditFilter = strawberry.input(audit.AuditFilter)


@strawberry.type(description="One property before and after; null where it was not there.")
class AuditedValue:
    name: str
    before: list[str] | None
    after: list[str] | None


@strawberry.type(description="One object that was changed, or was to be; for operators.")
class AuditEntry(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, AuditRow)

    time: DateTime
    actor: str = strawberry.field(description='A user, or a part of the system: "system:install".')
    actor_user: Annotated[User, strawberry.lazy("schema.users")] | None = field(audit.actor_user)
    address: str | None = strawberry.field(description="Where it was asked from.")
    token: str | None = strawberry.field(
        description="The name of the token by which it was asked; null where somebody signed in."
    )
    action: str = strawberry.field(description='"pool.create".')
    object_kind: str
    object_id: strawberry.ID | None = field(audit.object_id)
    object_name: str
    outcome: str = strawberry.field(description='"done", or the name of the refusal.')
    is_refused: bool = field(audit.is_refused)
    message: str | None = strawberry.field(description="The refusal in words.")
    values: list[AuditedValue] = field(audit.values, description="Before and after, by property.")
