"""How the database is written: whole functions in one transaction, retried, and audited.

`@transaction` is for what machines report; `@operation` for what somebody does: it leaves an audit
entry and announcements in the same transaction, and an entry too where it is refused.
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
from domain.audit import AuditEntry
from domain.database.errors import is_worth_a_retry
from domain.database.rows import connection
from domain.outbox import OutboxRow
from domain.refusals import Refusal

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 6
FIRST_PAUSE_SECONDS = 0.02

_condition: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("condition", default=None)


@contextmanager
def only_if(condition: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Transactions in here and in tasks begun here end with `condition`, which raises to undo."""
    token = _condition.set(condition)
    try:
        yield
    finally:
        _condition.reset(token)


@dataclass
class Change:
    """What an operation says of itself while it runs: to the audit log and to the outbox."""

    actor: Actor
    action: str
    object: str = ""
    before: Any = None
    after: Any = None
    announcements: list[tuple[str, list[int]]] = field(default_factory=list)

    def tell(self, object: str, *, before: Any = None, after: Any = None) -> None:
        """Name what is changed, and how (JSON values; never a secret)."""
        self.object, self.before, self.after = object, before, after

    def announce(self, kind: str, *ids: int) -> None:
        """Have it told to the other processes once this is committed."""
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
) -> Callable[
    [Callable[Concatenate[Change, P], Awaitable[R]]], Callable[Concatenate[Actor, P], Awaitable[R]]
]:
    """Make `function(change, ...)` an audited operation `function(actor, ...)`.

    Where the audit entry cannot be written, nothing is changed. A refusal undoes everything and
    leaves an entry with its name.
    """

    def decorate(
        function: Callable[Concatenate[Change, P], Awaitable[R]],
    ) -> Callable[Concatenate[Actor, P], Awaitable[R]]:
        @wraps(function)
        async def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            change = Change(actor, action)

            @transaction
            async def once() -> R:
                nonlocal change
                change = Change(actor, action)
                result = await function(change, *args, **kwargs)
                await _write_audit_entry(change, "done")
                await _write_outbox(change)
                return result

            try:
                return await once()
            except Refusal as refusal:
                await transaction(_write_audit_entry)(change, type(refusal).__name__)
                raise

        return run

    return decorate


async def _write_audit_entry(change: Change, outcome: str) -> None:
    await AuditEntry.create(
        time=datetime.now(UTC),
        actor=change.actor.name,
        actor_user_id=change.actor.user_id,
        action=change.action,
        object=change.object,
        before=change.before,
        after=change.after,
        outcome=outcome,
        address=change.actor.address,
    )


async def _write_outbox(change: Change) -> None:
    now = datetime.now(UTC)
    for kind, ids in change.announcements:
        await OutboxRow.create(kind=kind, ids=ids, created_at=now)
