"""The outbox: what must be told to other processes, written with the change it tells of."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class OutboxRow(Model):
    id = fields.IntField(primary_key=True)
    kind = fields.CharField(max_length=60)  # "pool", "user": what the ids are ids of
    ids: list[int] = fields.JSONField()
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbox"
