"""Pools: named sets of devices; every device is in exactly one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from domain.devices import DeviceType


class Pool(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=63)
    name_key = fields.CharField(max_length=63, unique=True)  # the name folded, made in Python
    is_default = fields.BooleanField(default=False)
    type_id: int | None
    type: fields.ForeignKeyNullableRelation[DeviceType] = fields.ForeignKeyField(
        "models.DeviceType", related_name="pools", null=True, on_delete=fields.NO_ACTION
    )
    type_key = fields.IntField(default=0)
    """`type_id`, or 0 in the Default pool, which alone has no type: what its devices refer to."""
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "pool"
