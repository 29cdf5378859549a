"""How the database is written: whole functions in one transaction, retried, and audited.

`@transaction` is for what machines report; `@operation` for what somebody does: it is allowed or
refused, leaves an audit entry and announcements in the same transaction, and is done once however
often it is sent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from tortoise.backends.base.client import TransactionalDBClient

from domain.actors import Actor
from domain.audit import DONE
from domain.commands import Command, fingerprint
from domain.credentials import ByToken, Scope
from domain.database.errors import is_worth_a_retry
from domain.database.rows import connection, fetch, insert, lock
from domain.names import storable
from domain.refusals import CommandReused, NotAllowed, NotByToken, Refusal, TokenOnlyReads
from domain.roles import Role

P = ParamSpec("P")
R = TypeVar("R")

ROLES = "roles"
"""The lock that every operation takes first: shared to keep the actor's role, alone to change any.

After it the locks come in one order everywhere: the command, the jobs, then groups, pools, devices
and users, each in the order of their ids; a name before what is to bear it.
"""

ENTRIES_AT_ONCE = 500
"""A statement has 32,766 values at most on SQLite."""

TRIES = 6
FIRST_PAUSE_SECONDS = 0.02

_condition: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("condition", default=None)
_committed: ContextVar[Committed | None] = ContextVar("committed", default=None)


@dataclass(slots=True)
class Committed:
    """What operations have led to: announcements as (kind, ids)."""

    changes: list[tuple[str, list[int]]] = field(default_factory=list)
    is_done: bool = False
    is_repeated: bool = False
    """A command was carried out before, and its announcements are not among these."""


@contextmanager
def only_if(condition: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Transactions in here and in tasks begun here end with `condition`, which raises to undo."""
    token = _condition.set(condition)
    try:
        yield
    finally:
        _condition.reset(token)


@contextmanager
def committed_changes() -> Iterator[Committed]:
    """What operations in here do, once it is committed."""
    committed = Committed()
    token = _committed.set(committed)
    try:
        yield committed
    finally:
        _committed.reset(token)


@dataclass(slots=True)
class Told:
    """One object that an operation changes, and how (JSON values; never a secret)."""

    kind: str
    id: int | None
    name: str
    before: Any = None
    after: Any = None


@dataclass
class Change:
    """What an operation says of itself while it runs: to the audit log and to the outbox."""

    actor: Actor
    action: str
    told: dict[tuple[str, str | int], Told] = field(default_factory=dict)
    announcements: list[tuple[str, list[int]]] = field(default_factory=list)
    is_repeated: bool = False

    def tell(
        self, kind: str, id: int | None, name: str, *, before: Any = None, after: Any = None
    ) -> None:
        """Name an object, and how it is changed or asked to be; told again, the latter counts.

        What was asked for by name alone is forgotten once it is told what came of it.
        """
        if id is not None:
            self.told = {
                key: one for key, one in self.told.items() if (one.kind, one.id) != (kind, None)
            }
        self.told[kind, name if id is None else id] = Told(
            kind, id, storable(name, 200), before, after
        )

    def announce(self, kind: str, *ids: int) -> None:
        """Have it told to the other processes once this is committed."""
        if ids:
            self.announcements.append((kind, list(ids)))


def transaction(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Run `function` in one transaction, all of it anew where that may help.

    Called inside a transaction, it becomes a part of that one.
    """

    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if isinstance(connection(), TransactionalDBClient):
            return await function(*args, **kwargs)
        for attempt in range(1, TRIES + 1):
            try:
                async with connection()._in_transaction():
                    result = await function(*args, **kwargs)
                    if (condition := _condition.get()) is not None:
                        await condition()
                    return result
            except Exception as error:
                if attempt == TRIES or not is_worth_a_retry(error):
                    raise
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
        raise AssertionError("unreachable")

    return run


def operation(
    action: str,
    *,
    by: Role | None = None,
    changes_roles: bool = False,
    by_token: ByToken = ByToken.TO_MANAGE,
) -> Callable[
    [Callable[Concatenate[Change, P], Awaitable[R]]], Callable[Concatenate[Actor, P], Awaitable[R]]
]:
    """Make `function(change, ...)` an audited operation `function(actor, ...)`.

    `by`: the role that the actor has to have, looked up in the same transaction; the system may do
    all. `changes_roles`: it takes roles away, or users that have some. `by_token`: whether a token
    is enough. Where the audit entry cannot
    be written, nothing is changed. A refusal undoes everything and leaves an entry with its name.
    With a command id, a result is an id or a tuple of ids.
    """

    def decorate(
        function: Callable[Concatenate[Change, P], Awaitable[R]],
    ) -> Callable[Concatenate[Actor, P], Awaitable[R]]:
        @wraps(function)
        async def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            change = Change(actor, action)
            asked = fingerprint(action, args, kwargs) if actor.command_id is not None else ""

            @transaction
            async def once() -> R:
                nonlocal change
                change = Change(actor, action)
                _require_token_suffices(actor, by_token)
                if by is not None:
                    await lock(ROLES, is_shared=not changes_roles)
                    await _require_role(actor, by)
                if asked and (former := await _former_result(actor, asked)) is not None:
                    change.is_repeated = True
                    return former  # type: ignore[no-any-return]
                result = await function(change, *args, **kwargs)
                await _write_audit_entries(change)
                await _write_outbox(change)
                if asked:
                    await _keep_result(actor, asked, result)
                return result

            try:
                result = await once()
            except Refusal as refusal:
                await _log_refusal(change, refusal)
                if (committed := _committed.get()) is not None:
                    committed.changes.extend(change.announcements)
                raise
            if (committed := _committed.get()) is not None:
                committed.changes.extend(change.announcements)
                committed.is_done = True
                committed.is_repeated |= change.is_repeated
            return result

        return run

    return decorate


async def holds_role(actor: Actor, role: Role) -> bool:
    """At this moment; an operation looks again, in its transaction."""
    if actor.is_system:
        return True
    held = await fetch(
        "SELECT 1 FROM user_role WHERE user_id = ? AND role = ?", actor.user_id, role.value
    )
    return bool(held)


def _require_token_suffices(actor: Actor, by_token: ByToken) -> None:
    """Raises: NotByToken, TokenOnlyReads."""
    if actor.token is None or by_token is ByToken.ALWAYS:
        return
    if by_token is ByToken.NEVER:
        raise NotByToken(actor.token.name)
    if actor.token.scope is not Scope.MANAGE:
        raise TokenOnlyReads(actor.token.name)


async def _require_role(actor: Actor, role: Role) -> None:
    if not await holds_role(actor, role):
        raise NotAllowed(role)


async def _former_result(actor: Actor, asked: str) -> Any:
    """What the same command led to; null when it is new. Sent twice at once, one waits."""
    await lock(f"command:{actor.user_id}:{actor.command_id}")
    former = await Command.get_or_none(user_id=actor.user_id or 0, command_id=actor.command_id)
    if former is None:
        return None
    if former.fingerprint != asked:
        raise CommandReused(former.command_id)
    return tuple(former.result) if isinstance(former.result, list) else former.result


async def _keep_result(actor: Actor, asked: str, result: object) -> None:
    await Command.create(
        user_id=actor.user_id or 0,
        command_id=actor.command_id,
        fingerprint=asked,
        result=list(result) if isinstance(result, tuple) else result,
        created_at=datetime.now(UTC),
    )


@transaction
async def _log_refusal(change: Change, refusal: Refusal) -> None:
    change.announcements = []  # what it had to tell is undone
    await _write_audit_entries(change, refusal)
    await _write_outbox(change)


async def _write_audit_entries(change: Change, refusal: Refusal | None = None) -> None:
    now, token = datetime.now(UTC), change.actor.token
    entries = [
        {
            "time": now,
            "actor": change.actor.name,
            "actor_user_id": change.actor.user_id,
            "action": change.action,
            "object_kind": told.kind,
            "object_id": told.id,
            "object_name": told.name,
            "before": told.before,
            "after": told.after,
            "outcome": DONE if refusal is None else type(refusal).__name__,
            "message": None if refusal is None else refusal.message(),
            "address": change.actor.address,
            "token": token.name if token else None,
            "token_id": token.id if token else None,
        }
        for told in change.told.values() or [Told(change.action.partition(".")[0], None, "")]
    ]
    for start in range(0, len(entries), ENTRIES_AT_ONCE):
        part = entries[start : start + ENTRIES_AT_ONCE]
        change.announce("audit_entry", *await insert("audit_entry", *part))


async def _write_outbox(change: Change) -> None:
    now = datetime.now(UTC)
    rows = [
        {"kind": kind, "ids": list(ids), "created_at": now} for kind, ids in change.announcements
    ]
    await insert("outbox", *rows)
