"""What both engines add to Tortoise's transactions: an owner, and an end that is not cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tortoise.exceptions import TransactionManagementError

T = TypeVar("T")

ACQUIRE_TIMEOUT_SECONDS = 5.0
"""The longest wait for a connection; then the caller is told that the database is at its limit."""

_unfinished: set[asyncio.Task[Any]] = set()


class OwnedByOneTask:
    """Refuses use by a task that inherited the transaction, or after it is over.

    Tortoise hands a transaction on by context variable, so a child task would write into it, or,
    on SQLite, go on writing after its end as if nothing were wrong.
    """

    _finalized: bool

    def claim(self) -> None:
        self._owner = asyncio.current_task()

    def require_owner(self) -> None:
        if self._finalized:
            raise TransactionManagementError("This transaction is over.")
        if asyncio.current_task() is not self._owner:
            raise TransactionManagementError(
                "A transaction belongs to the task that began it: start no task inside one."
            )


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, which goes on to its end even if the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    return await asyncio.shield(task)


async def all_ended() -> None:
    """Wait for what cancelled callers have left behind."""
    loop = asyncio.get_running_loop()
    mine = [task for task in _unfinished if task.get_loop() is loop]
    if mine:
        await asyncio.wait(mine)
