"""The audit log: append-only, written in the transaction of what it tells."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class AuditEntry(Model):
    id = fields.IntField(primary_key=True)
    time = fields.DatetimeField()
    actor = fields.CharField(max_length=120)
    actor_user_id = fields.IntField(null=True)  # no reference: entries outlive users
    action = fields.CharField(max_length=60)  # "pool.create"
    object = fields.CharField(max_length=200)
    before: Any = fields.JSONField(null=True)
    after: Any = fields.JSONField(null=True)
    outcome = fields.CharField(max_length=200)  # "done", or the refusal's name
    address = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "audit_entry"
