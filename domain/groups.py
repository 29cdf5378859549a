"""Groups: named sets of users with at most one pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from domain.pools import Pool


class Group(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=63)
    name_key = fields.CharField(max_length=63, unique=True)
    is_default = fields.BooleanField(default=False)
    pool_id: int | None
    pool: fields.OneToOneNullableRelation[Pool] = fields.OneToOneField(
        "models.Pool", related_name="group", null=True, on_delete=fields.NO_ACTION
    )
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "group"
