"""The audit log's table: append-only, written in the transaction of what it tells."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

DONE = "done"
"""The outcome of what was done; of what was refused it is the refusal's name."""


class AuditEntry(Model):
    """One object that was changed, or was to be. No references: entries outlive what they name."""

    id = fields.IntField(primary_key=True)
    time = fields.DatetimeField()
    actor = fields.CharField(max_length=120)
    actor_user_id = fields.IntField(null=True)
    action = fields.CharField(max_length=60)  # "pool.create"
    object_kind = fields.CharField(max_length=20)  # "pool"
    object_id = fields.IntField(null=True)  # null: it does not exist, or not yet
    object_name = fields.CharField(max_length=200)
    before: Any = fields.JSONField(null=True)
    after: Any = fields.JSONField(null=True)
    outcome = fields.CharField(max_length=60)
    message = fields.TextField(null=True)  # the refusal in words
    address = fields.CharField(max_length=64, null=True)
    token = fields.CharField(max_length=63, null=True)  # its name, where it was asked by one
    token_id = fields.IntField(null=True)

    class Meta:
        table = "audit_entry"
