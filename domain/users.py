"""Users: people on board, their roles and group."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from domain.groups import Group


class Role(enum.Enum):
    OPERATOR = "OPERATOR"
    DATA_SCIENTIST = "DATA_SCIENTIST"
    ML_ENGINEER = "ML_ENGINEER"
    PRODUCTION_ENGINEER = "PRODUCTION_ENGINEER"


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=120)
    name_key = fields.CharField(max_length=120, unique=True)
    display_name = fields.CharField(max_length=200, null=True)
    provider = fields.CharField(max_length=40, default="local")
    password_hash = fields.CharField(max_length=200, null=True)  # argon2id; null: no local sign-in
    group_id: int | None
    group: fields.ForeignKeyNullableRelation[Group] = fields.ForeignKeyField(
        "models.Group", related_name="users", null=True, on_delete=fields.NO_ACTION
    )
    created_at = fields.DatetimeField()
    last_sign_in_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "user"


class UserRole(Model):
    """One role of one user; (user, role) is unique."""

    id = fields.IntField(primary_key=True)
    user_id: int
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="roles", on_delete=fields.NO_ACTION
    )
    role = fields.CharEnumField(Role, max_length=20)

    class Meta:
        table = "user_role"
        unique_together = (("user", "role"),)
