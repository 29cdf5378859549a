"""Commands that were carried out, by their caller's own id: none is carried out twice."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import fields
from tortoise.models import Model

KEPT_FOR = timedelta(days=1)
MAX_LENGTH = 64


class Command(Model):
    id = fields.IntField(primary_key=True)
    user_id = fields.IntField()  # no reference: what was done stays done
    command_id = fields.CharField(max_length=MAX_LENGTH)
    fingerprint = fields.CharField(max_length=64)  # of what was asked
    result: Any = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "command"
        unique_together = (("user_id", "command_id"),)


def fingerprint(action: str, *asked: object) -> str:
    """The same for the same wishes: what is `asked` has a repr by value."""
    return hashlib.sha256(repr((action, *asked)).encode()).hexdigest()


async def prune_commands(now: datetime | None = None) -> int:
    """Forget what nobody asks for again."""
    return await Command.filter(created_at__lt=(now or datetime.now(UTC)) - KEPT_FOR).delete()
