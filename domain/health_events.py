"""Health events: each change of a device's or a node's health, kept for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from domain.devices import Device
    from domain.nodes import Node


class HealthEvent(Model):
    id = fields.IntField(primary_key=True)
    time = fields.DatetimeField()
    node_id: int
    node: fields.ForeignKeyRelation[Node] = fields.ForeignKeyField(
        "models.Node", related_name="health_events", on_delete=fields.NO_ACTION
    )
    device_id: int | None
    device: fields.ForeignKeyNullableRelation[Device] = fields.ForeignKeyField(
        "models.Device", related_name="health_events", null=True, on_delete=fields.NO_ACTION
    )
    level = fields.CharField(max_length=10)
    previous_level = fields.CharField(max_length=10)
    reasons: list[dict[str, object]] = fields.JSONField(default=list)
    """[{"code", "level", "since", "value"}], as telemetry.health.record makes them."""

    class Meta:
        table = "health_event"
