"""Transactions at once: held where it matters, and watched for deadlocks."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from domain.database import changes, errors
from tests.services.database import Database


@pytest.fixture
def no_deadlock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Locks are taken in one order. (A deadlock's victim is begun anew, after a second.)"""
    deadlocks: list[str] = []

    def is_worth_a_retry(error: BaseException) -> bool:
        if "deadlock detected" in str(error):
            deadlocks.append("".join(traceback.format_exception(error)))
        return errors.is_worth_a_retry(error)

    monkeypatch.setattr(changes, "is_worth_a_retry", is_worth_a_retry)
    yield
    assert not deadlocks, "\n".join(deadlocks)


class Stop:
    """A place where the first to come stops, until told to go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    def before(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stopped(*args: Any, **kwargs: Any) -> Any:
            if not self.reached.is_set():
                self.reached.set()
                await self.go_on.wait()
            return await function(*args, **kwargs)

        return stopped

    def after(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stopped(*args: Any, **kwargs: Any) -> Any:
            result = await function(*args, **kwargs)
            if not self.reached.is_set():
                self.reached.set()
                await self.go_on.wait()
            return result

        return stopped


@pytest.fixture
async def watcher(database: Database) -> AsyncIterator[asyncpg.Connection | None]:
    """A look at PostgreSQL's locks from outside; null on SQLite."""
    if database.kind == "sqlite":
        yield None
        return
    connection = await asyncpg.connect(database.url)
    yield connection
    await connection.close()


async def is_over_or_waits(work: asyncio.Task[Any], watcher: asyncpg.Connection | None) -> None:
    """Until `work` has ended, or can only wait for a transaction that is open."""
    async with asyncio.timeout(5):
        while not work.done():
            await asyncio.sleep(0.01)
            if watcher is None:
                return  # SQLite: one transaction at a time
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            if await watcher.fetchval(waiting):
                return


async def during(
    stop: Stop,
    first: Awaitable[Any],
    second: Callable[[], Awaitable[Any]],
    watcher: asyncpg.Connection | None,
) -> list[Any]:
    """`second`, begun while `first` is at its stop; what both led to."""
    begun = asyncio.ensure_future(first)
    async with asyncio.timeout(5):
        await stop.reached.wait()
    late = asyncio.ensure_future(second())
    await is_over_or_waits(late, watcher)
    stop.go_on.set()
    return await asyncio.gather(begun, late, return_exceptions=True)
