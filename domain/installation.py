"""Installation: the Default pool and group, and the one operator that everything starts with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise import fields
from tortoise.models import Model

from domain.actors import Actor
from domain.authentication import allow_local_sign_in
from domain.database import Change, lock, operation
from domain.groups import Group
from domain.names import fold_name, is_printable_name
from domain.passwords import generate_password, hash_password
from domain.pools import Pool
from domain.refusals import BadName, Refusal
from domain.roles import Role
from domain.users import User, UserRole, give_password

DEFAULT_NAME = "Default"
OPERATOR_ROLES = (Role.OPERATOR, Role.DATA_SCIENTIST)


class Installation(Model):
    """The one row that says that this database is installed."""

    id = fields.IntField(primary_key=True, generated=False)
    cluster_name = fields.CharField(max_length=120)
    operator_name = fields.CharField(max_length=120)
    installed_at = fields.DatetimeField()
    cluster_tried_at = fields.DatetimeField(null=True)  # a remote one, by hand
    cluster_id = fields.CharField(max_length=36, null=True)  # a UUID; what a licence may name

    class Meta:
        table = "installation"


@dataclass(frozen=True, slots=True)
class Installed:
    """`password` is the operator's first, shown once; null where it was installed before."""

    created: bool
    password: str | None


@dataclass(eq=False)
class UnknownUser(Refusal):
    name: str

    def message(self) -> str:
        return f"There is no user named {self.name}."


async def install(operator_name: str, *, cluster_name: str) -> Installed:
    """Set the database up for its operator; over existing data nothing changes.

    Raises: BadName.
    """
    if await Installation.exists():
        return Installed(created=False, password=None)
    for name in (operator_name, cluster_name):
        if not is_printable_name(name, 120):
            raise BadName(name, 120)
    password = generate_password()
    password_hash = await hash_password(password)
    created = await _install(Actor.system("install"), operator_name, cluster_name, password_hash)
    return Installed(created, password if created else None)


@operation("cluster.install")
async def _install(change: Change, operator: str, cluster_name: str, password_hash: str) -> bool:
    change.tell("cluster", None, cluster_name, after={"operator": operator})
    await lock("installation")
    if await Installation.exists():  # another replica was first
        return False
    now = datetime.now(UTC)
    pool = await Pool.create(
        name=DEFAULT_NAME, name_key=fold_name(DEFAULT_NAME), is_default=True, created_at=now
    )
    group = await Group.create(
        name=DEFAULT_NAME,
        name_key=fold_name(DEFAULT_NAME),
        is_default=True,
        pool=pool,
        created_at=now,
    )
    user = await User.create(
        name=operator,
        name_key=fold_name(operator),
        password_hash=password_hash,
        group=group,
        created_at=now,
    )
    for role in OPERATOR_ROLES:
        await UserRole.create(user=user, role=role)
    await Installation.create(
        id=1,
        cluster_name=cluster_name,
        operator_name=operator,
        installed_at=now,
        cluster_id=str(uuid.uuid4()),
    )
    change.tell("pool", pool.id, pool.name, after={"type": None, "devices": []})
    change.tell("group", group.id, group.name, after={"users": [], "pool": pool.name})
    joined = {"roles": [role.value for role in OPERATOR_ROLES], "group": group.name}
    change.tell("user", user.id, user.name, after={**joined, "display_name": None})
    return True


async def reset_password(name: str) -> str:
    """A new password for whoever has the name, from the host's command line: shown once.

    For the installation's operator it is the way back in, whatever was switched off.

    Raises: UnknownUser, PasswordElsewhere.
    """
    user = await User.get_or_none(name_key=fold_name(name))
    if user is None:
        raise UnknownUser(name)
    actor = Actor.system("command line")
    password = await give_password(actor, user.id)
    installed = await Installation.get(id=1)
    if user.name_key == fold_name(installed.operator_name):
        await _let_in_again(actor, user.id)
    return password


@operation("user.let_in_again", by=Role.OPERATOR, changes_roles=True)
async def _let_in_again(change: Change, user_id: int) -> None:
    """The installation's operator is one again, and may sign in locally again."""
    user = await User.get(id=user_id)
    change.tell("user", user.id, user.name)
    await allow_local_sign_in(change)
    if not await UserRole.exists(user_id=user.id, role=Role.OPERATOR):
        await UserRole.create(user_id=user.id, role=Role.OPERATOR)
        change.tell("user", user.id, user.name, after={"roles added": [Role.OPERATOR.value]})
        change.announce("user", user.id)
