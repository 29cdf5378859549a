"""Users: people on board, their roles and group. Taking on board, changing, deleting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from domain.actors import Actor
from domain.attempts import forget_attempts
from domain.authentication import LOCK as BACKEND
from domain.authentication import (
    Authentication,
    first_user_came,
    operators_with_a_way_in,
    read_authentication,
)
from domain.credentials import ByToken
from domain.database import (
    Change,
    execute,
    fetch,
    for_update,
    holds_role,
    insert,
    lock,
    operation,
)
from domain.jobs import LOCK as JOBS
from domain.jobs import active_jobs_of
from domain.locked_rows import lock_rows
from domain.names import fold_name, tidy_name, tidy_text
from domain.passwords import generate_password, hash_password
from domain.refusals import (
    BadName,
    ItemsRefused,
    Named,
    NameTaken,
    NotAllowed,
    Refusal,
    RefusedItem,
    Unknown,
    in_words,
)
from domain.roles import Role
from domain.sessions import close_sessions_of
from domain.tokens import forget_tokens_of, revoke_tokens_of
from domain.versions import require_version
from identity.backend import BackendKind

if TYPE_CHECKING:
    from domain.groups import Group

NAME_MAX_LENGTH = 120
DISPLAY_NAME_MAX_LENGTH = 200
MOST_AT_ONCE = 100
"""Local users on-boarded in one command: each needs a slow hash of a first password."""
MOST_OF_BACKEND_AT_ONCE = 1_000


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=NAME_MAX_LENGTH)
    name_key = fields.CharField(max_length=120, unique=True)
    display_name = fields.CharField(max_length=DISPLAY_NAME_MAX_LENGTH, null=True)
    provider = fields.CharField(max_length=40, default="local")
    issuer = fields.CharField(max_length=500, null=True)  # null for local ones, as is the next
    subject = fields.CharField(max_length=255, null=True)  # with both, who it is for ever
    left_directory_at = fields.DatetimeField(
        null=True
    )  # since when the backend has nobody like that
    password_hash = fields.CharField(max_length=200, null=True)  # argon2id; null: no local sign-in
    group_id: int | None
    group: fields.ForeignKeyNullableRelation[Group] = fields.ForeignKeyField(
        "models.Group", related_name="users", null=True, on_delete=fields.NO_ACTION
    )
    created_at = fields.DatetimeField()
    last_sign_in_at = fields.DatetimeField(null=True)
    confirmed_at = fields.DatetimeField(null=True)  # when the backend last said that they are there
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


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person to be taken on board; `subject`: of the active backend's people, who says so."""

    name: str
    display_name: str | None = None
    roles: tuple[Role, ...] = ()
    group_id: int | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class OnBoarded:
    """`password` is the first one, shown once; null when the command was carried out before, and
    for people of a backend, who have theirs there."""

    user_id: int
    password: str | None


@dataclass(eq=False)
class NobodyChosen(Refusal):
    def message(self) -> str:
        return "Choose at least one person."


@dataclass(eq=False)
class TooManyAtOnce(Refusal):
    limit: int

    def message(self) -> str:
        return f"At most {self.limit} people are taken on board at once; choose fewer."


@dataclass(eq=False)
class NamedTwice(Refusal):
    name: str

    def message(self) -> str:
        return f"{self.name} stands twice in the list; leave one out."


@dataclass(eq=False)
class OnBoardAlready(Refusal):
    """The same person, under whatever name."""

    user: Named

    def message(self) -> str:
        return f"This person is on board already, as {self.user.name}."


@dataclass(eq=False)
class NotOfBackend(Refusal):
    """Whoever comes on board is known to the active backend, and to no other."""

    name: str

    def message(self) -> str:
        return f"{self.name} is nobody of the active backend; refresh the list and choose again."


@dataclass(eq=False)
class PasswordElsewhere(Refusal):
    """People of a backend have their password there."""

    user: Named

    def message(self) -> str:
        return f"The password of {self.user.name} is the directory's, and is changed there."


@dataclass(eq=False)
class LastOperator(Refusal):
    """At least one user who can sign in is an operator, always."""

    users: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(user.name for user in self.users)
        return f"Nobody else than {names} would be an operator; give the role to another first."


@dataclass(eq=False)
class OwnRoles(Refusal):
    """Nobody takes a role from oneself by accident."""

    roles: tuple[Role, ...]

    def message(self) -> str:
        names = in_words(role.value for role in self.roles)
        return f"You are taking {names} from yourself. Say that you mean it, and save again."


@dataclass(eq=False)
class OwnAccount(Refusal):
    user: Named

    def message(self) -> str:
        return "You cannot delete yourself; another operator can."


@dataclass(eq=False)
class UserBusy(Refusal):
    """A user with an active job cannot be deleted."""

    user: Named
    jobs: tuple[Named, ...]

    def message(self) -> str:
        names = in_words(job.name for job in self.jobs)
        count = "1 active job" if len(self.jobs) == 1 else f"{len(self.jobs)} active jobs"
        return f"{self.user.name} has {count} ({names}); wait until they end."


async def on_board(actor: Actor, newcomers: Sequence[Newcomer]) -> list[OnBoarded]:
    """Take people on board, all or none: those with a subject as people of the active backend,
    the others as local users, each with a password to begin with.

    That the subjects are the backend's is for who calls to see to (domain.boarding).

    Raises: NotAllowed, NobodyChosen, TooManyAtOnce, Unknown, ItemsRefused of BadName, NameTaken,
    NamedTwice, OnBoardAlready and NotOfBackend.
    """
    passwords = [None if one.subject else generate_password() for one in newcomers]
    hashes = await _hashes(actor, passwords)
    people = tuple(replace(one, roles=tuple(dict.fromkeys(one.roles))) for one in newcomers)
    ids = await _on_board(actor, people, secrets=_Unseen(tuple(hashes)))
    stored = await stored_hashes(ids)
    return [
        OnBoarded(id, password if password_hash and stored.get(id) == password_hash else None)
        for id, password, password_hash in zip(ids, passwords, hashes, strict=True)
    ]


async def on_board_people(actor: Actor, newcomers: Sequence[Newcomer]) -> tuple[int, ...]:
    """People of the active backend alone, as a part of another operation; raises the same."""
    people = tuple(replace(one, roles=tuple(dict.fromkeys(one.roles))) for one in newcomers)
    return await _on_board(actor, people, secrets=_Unseen([None] * len(people)))


async def _hashes(actor: Actor, passwords: Sequence[str | None]) -> list[str | None]:
    """None where they will be refused: a hash is slow, and whoever is signed in can ask for it."""
    if passwords.count(None) < len(passwords) and len(passwords) > MOST_AT_ONCE:
        return []
    if actor.token is not None or not await holds_role(actor, Role.OPERATOR):
        return []
    return [None if one is None else await hash_password(one) for one in passwords]


async def stored_hashes(user_ids: Sequence[int]) -> dict[int, str | None]:
    rows = await fetch('SELECT id, password_hash FROM "user" WHERE id IN (?)', user_ids)
    return {row["id"]: row["password_hash"] for row in rows}


class _Unseen(tuple[str | None, ...]):
    """Secrets of a command: made anew each time, so no part of what makes two commands the same."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "secrets"


@operation("user.on_board", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def _on_board(
    change: Change, newcomers: Sequence[Newcomer], *, secrets: _Unseen
) -> tuple[int, ...]:
    for newcomer in newcomers[:MOST_AT_ONCE]:
        change.tell("user", None, newcomer.name, after={"roles": _values(newcomer.roles)})
    if not newcomers:
        raise NobodyChosen
    limit = MOST_OF_BACKEND_AT_ONCE if all(one.subject for one in newcomers) else MOST_AT_ONCE
    if len(newcomers) > limit:
        raise TooManyAtOnce(limit)
    if not secrets:  # the role was given only since
        raise NotAllowed(Role.OPERATOR)
    await lock(BACKEND, is_shared=True)
    await lock(JOBS)
    groups = await _groups(one.group_id for one in newcomers)
    backend = await read_authentication()
    people = await _require_acceptable(newcomers, backend)
    first_of_all = backend.awaits_first_user or not await _operators()
    ids = []
    for number, (person, password_hash) in enumerate(zip(people, secrets, strict=True)):
        roles = {*person.roles} | ({Role.OPERATOR} if first_of_all and number == 0 else set())
        user = await User.create(
            name=person.name,
            name_key=fold_name(person.name),
            display_name=person.display_name,
            provider=backend.kind.value if person.subject else BackendKind.LOCAL.value,
            issuer=backend.issuer if person.subject else None,
            subject=person.subject,
            password_hash=password_hash,
            group_id=person.group_id,
            created_at=datetime.now(UTC),
        )
        await _give_roles(user.id, roles)
        ids.append(user.id)
        group = groups.get(person.group_id or 0)
        after = {"roles": _values(roles), "group": group, "display_name": person.display_name}
        change.tell("user", user.id, user.name, after=after)
    for group_id in groups:
        await execute('UPDATE "group" SET version = version + 1 WHERE id = ?', group_id)
        joined = [person.name for person in people if person.group_id == group_id]
        change.tell("group", group_id, groups[group_id], after={"added": joined})
    await first_user_came(change, backend, [one.subject for one in people if one.subject])
    change.announce("user", *ids)
    change.announce("group", *groups)
    keys = (fold_name(person.name) for person in people)
    change.announce("job", *await _claim_jobs(dict(zip(keys, ids, strict=True))))
    return tuple(ids)


@operation("user.edit", by=Role.OPERATOR, changes_roles=True, by_token=ByToken.NEVER)
async def edit_user(
    change: Change,
    user_id: int,
    version: int,
    *,
    display_name: str | None = None,
    roles: Sequence[Role] | None = None,
    confirm_own: bool = False,
) -> int:
    """Give a user another display name ("": none) or other roles, in any combination.

    `version` is that of the user when it was read. `confirm_own`: who asks means to lose a role.

    Raises: NotAllowed, Unknown, StaleEdit, BadName, OwnRoles, LastOperator.
    """
    (user,) = await _lock_users([user_id])
    held = await _roles(user.id)
    wanted = held if roles is None else set(roles)
    change.tell("user", user.id, user.name, after={"roles": _values(wanted)})
    await require_version("user", user.id, user.version, version)
    lost = held - wanted
    if user.id == change.actor.user_id and lost and not confirm_own:
        raise OwnRoles(tuple(sorted(lost, key=_rank)))
    if Role.OPERATOR in lost and await operators_with_a_way_in() <= {user.id}:
        raise LastOperator((Named("user", user.id, user.name),))
    shown = user.display_name if display_name is None else _tidy_display_name(display_name)
    await execute(
        'UPDATE "user" SET display_name = ?, version = version + 1 WHERE id = ?', shown, user.id
    )
    if lost:
        await execute(
            "DELETE FROM user_role WHERE user_id = ? AND role IN (?)", user.id, _values(lost)
        )
    await _give_roles(user.id, wanted - held)
    before: dict[str, object] = {"roles": _values(held)}
    after: dict[str, object] = {"roles": _values(wanted)}
    if shown != user.display_name:
        before["display_name"], after["display_name"] = user.display_name, shown
    change.tell("user", user.id, user.name, before=before, after=after)
    change.announce("user", user.id)
    return user.id


@operation("user.delete", by=Role.OPERATOR, changes_roles=True, by_token=ByToken.NEVER)
async def delete_users(change: Change, user_ids: Sequence[int]) -> tuple[int, ...]:
    """Delete users, all or none; they leave their groups, and their sessions end.

    Raises: NotAllowed, Unknown, LastOperator, ItemsRefused of OwnAccount and UserBusy.
    """
    await lock(JOBS)
    users = await _lock_users(user_ids)
    for user in users:
        change.tell("user", user.id, user.name)
    ids = [user.id for user in users]
    await _require_deletable(users, change.actor)
    operators = await operators_with_a_way_in()
    if operators and operators <= set(ids):
        raise LastOperator(tuple(Named("user", u.id, u.name) for u in users if u.id in operators))
    # After the users: whoever locks groups before them waits for the roles' lock, held alone here.
    groups = await _groups(user.group_id for user in users)
    for user in users:
        left = {"roles": _values(await _roles(user.id)), "group": groups.get(user.group_id or 0)}
        change.tell("user", user.id, user.name, before=left)
        await close_sessions_of(user.id)
        await forget_tokens_of(user.id)
    for group_id, name in groups.items():
        await execute('UPDATE "group" SET version = version + 1 WHERE id = ?', group_id)
        members = [user.name for user in users if user.group_id == group_id]
        change.tell("group", group_id, name, before={"removed": members})
    await execute("UPDATE job SET user_id = NULL WHERE user_id IN (?)", ids)  # ended ones
    await execute("DELETE FROM user_role WHERE user_id IN (?)", ids)
    await execute('DELETE FROM "user" WHERE id IN (?)', ids)
    change.announce("user", *ids)
    change.announce("group", *groups)
    return tuple(ids)


async def give_password(actor: Actor, user_id: int) -> str:
    """A new generated password for a local user, shown once; the user's sessions are closed.

    Raises: NotAllowed, Unknown, PasswordElsewhere.
    """
    password = generate_password()
    await _give_password(actor, user_id, _Unseen(await _hashes(actor, [password])))
    return password


@operation("user.reset_password", by=Role.OPERATOR, by_token=ByToken.NEVER)
async def _give_password(change: Change, user_id: int, secrets: _Unseen) -> int:
    if not secrets:  # the role was given only since
        raise NotAllowed(Role.OPERATOR)
    (user,) = await _lock_users([user_id])
    change.tell("user", user.id, user.name)
    if user.provider != BackendKind.LOCAL.value:
        raise PasswordElsewhere(Named("user", user.id, user.name))
    await User.filter(id=user.id).update(password_hash=secrets[0])
    await close_sessions_of(user.id)
    change.announce("token", *await revoke_tokens_of([user.id]))
    await forget_attempts(user.name_key)
    return user.id


async def _require_acceptable(
    newcomers: Sequence[Newcomer], backend: Authentication
) -> list[Newcomer]:
    """With their names as they are kept, which stay free until the transaction ends.

    Raises: ItemsRefused.
    """
    people = [_checked(newcomer) for newcomer in newcomers]
    keys = sorted({person.key for person in people if person.key is not None})
    for key in keys:
        await lock(f"user name {key}")
    taken = {
        row["name_key"]: Named("user", row["id"], row["name"])
        for row in await fetch('SELECT id, name, name_key FROM "user" WHERE name_key IN (?)', keys)
    }
    known = await users_of_backend(backend, [one.subject for one in newcomers if one.subject])
    seen = set[str]()
    for person in people:
        subject = person.newcomer.subject
        if (subject is None) != (backend.kind is BackendKind.LOCAL):
            person.reasons.append(NotOfBackend(person.newcomer.name))
        elif subject in known:
            person.reasons.append(OnBoardAlready(known[subject]))
            continue
        if person.key is None:
            continue
        if person.key in taken:
            person.reasons.append(NameTaken(person.newcomer.name, taken[person.key]))
        elif person.key in seen:
            person.reasons.append(NamedTwice(person.newcomer.name))
        seen.add(person.key)
    refused = [
        RefusedItem("user", None, asked.name, tuple(person.reasons))
        for asked, person in zip(newcomers, people, strict=True)
        if person.reasons
    ]
    if refused:
        raise ItemsRefused(len(newcomers), tuple(refused))
    return [person.newcomer for person in people]


@dataclass(frozen=True, slots=True)
class _Person:
    """A user whose row is locked."""

    id: int
    name: str
    name_key: str
    display_name: str | None
    provider: str
    group_id: int | None
    version: int


@dataclass(slots=True)
class _Checked:
    """A newcomer, with those names tidied that can be kept; `key` null: the name cannot."""

    newcomer: Newcomer
    key: str | None
    reasons: list[Refusal]


def _checked(newcomer: Newcomer) -> _Checked:
    checked = _Checked(newcomer, None, [])
    try:
        name = tidy_name(newcomer.name, NAME_MAX_LENGTH)
    except BadName as bad:
        checked.reasons.append(bad)
    else:
        checked.newcomer = replace(newcomer, name=name)
        checked.key = fold_name(name)
    try:
        shown = _tidy_display_name(newcomer.display_name or "")
        checked.newcomer = replace(checked.newcomer, display_name=shown)
    except BadName as bad:
        checked.reasons.append(bad)
    return checked


def _tidy_display_name(display_name: str) -> str | None:
    """Null for an empty one. Raises: BadName."""
    return tidy_text(display_name, DISPLAY_NAME_MAX_LENGTH) if display_name.strip() else None


async def _claim_jobs(users: Mapping[str, int]) -> list[int]:
    """Make jobs that run under the name of one of the users (by folded name) theirs."""
    rows = await fetch("SELECT id, owner FROM job WHERE user_id IS NULL AND owner IS NOT NULL")
    claimed = [(row["id"], users.get(fold_name(row["owner"]))) for row in rows]
    claimed = [(job_id, user_id) for job_id, user_id in claimed if user_id is not None]
    for job_id, user_id in claimed:
        await execute("UPDATE job SET user_id = ? WHERE id = ?", user_id, job_id)
    return [job_id for job_id, _ in claimed]


async def _require_deletable(users: Sequence[_Person], actor: Actor) -> None:
    jobs: dict[int | None, list[Named]] = defaultdict(list)
    for job in await active_jobs_of([user.id for user in users]):
        jobs[job.user_id].append(Named("job", job.id, job.name))
    refused = []
    for user in users:
        named = Named("user", user.id, user.name)
        reasons: list[Refusal] = []
        if user.id == actor.user_id:
            reasons.append(OwnAccount(named))
        if user.id in jobs:
            reasons.append(UserBusy(named, tuple(jobs[user.id])))
        if reasons:
            refused.append(RefusedItem("user", user.id, user.name, tuple(reasons)))
    if refused:
        raise ItemsRefused(len(users), tuple(refused))


async def users_of_backend(backend: Authentication, subjects: Collection[str]) -> dict[str, Named]:
    """Who of these subjects is on board, under which name."""
    rows = await fetch(
        'SELECT id, name, subject FROM "user" WHERE provider = ? AND issuer = ? AND subject IN (?)',
        backend.kind.value,
        backend.issuer,
        sorted(set(subjects)),
    )
    return {row["subject"]: Named("user", row["id"], row["name"]) for row in rows}


async def _lock_users(user_ids: Iterable[int]) -> list[_Person]:
    """Raises: Unknown."""
    return await lock_rows("user", _Person, user_ids)


async def _groups(group_ids: Iterable[int | None]) -> dict[int, str]:
    """The groups' names, which stay until the transaction ends. Raises: Unknown."""
    wanted = sorted({one for one in group_ids if one is not None})
    rows = await fetch(
        for_update('SELECT id, name FROM "group" WHERE id IN (?) ORDER BY id'), wanted
    )
    if len(rows) < len(wanted):
        raise Unknown("group", tuple(sorted(set(wanted) - {row["id"] for row in rows})))
    return {row["id"]: row["name"] for row in rows}


async def _operators() -> set[int]:
    rows = await fetch("SELECT user_id FROM user_role WHERE role = ?", Role.OPERATOR.value)
    return {row["user_id"] for row in rows}


async def _roles(user_id: int) -> set[Role]:
    rows = await fetch("SELECT role FROM user_role WHERE user_id = ?", user_id)
    return {Role(row["role"]) for row in rows}


async def _give_roles(user_id: int, roles: Iterable[Role]) -> None:
    rows = [{"user_id": user_id, "role": role.value} for role in sorted(roles, key=_rank)]
    await insert("user_role", *rows)


def _rank(role: Role) -> int:
    return list(Role).index(role)


def _values(roles: Iterable[Role]) -> list[str]:
    return [role.value for role in sorted(roles, key=_rank)]
