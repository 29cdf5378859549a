"""Operators and reports at once: what a node or a job reports between a check and its change.

Each race is held open at its narrowest place: one transaction stops there until the other is over,
or waits for a lock of the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from domain import inventory
from domain.actors import Actor
from domain.database import fetch
from domain.devices import Device
from domain.installation import Installed
from domain.inventory import ReportedNode, record_node
from domain.pools import Pool, create_pool
from tests.domain.fleet import NOON, device, node
from tests.services.database import Database

ADA = Actor(1, "ada")


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


def with_serials(report: ReportedNode) -> ReportedNode:
    assert report.devices is not None
    return replace(report, devices=tuple(replace(one, serial="9") for one in report.devices))


@pytest.mark.spec("POOL-1", "POOL-2")
async def test_a_report_does_not_put_a_device_back_that_is_moved_meanwhile(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    watcher: asyncpg.Connection | None,
) -> None:
    report = node("a", "GPU-1", "GPU-2")
    devices = (await record_node(report, NOON)).device_ids
    stop = Stop()
    monkeypatch.setattr(inventory, "_record_device", stop.before(inventory._record_device))
    change, pool = await during(
        stop,
        record_node(with_serials(report), NOON),
        lambda: create_pool(ADA, "red", devices),
        watcher,
    )
    assert change.device_ids == devices
    assert await Pool.exists(id=pool, name="red")
    for one in await Device.all():
        assert (one.pool_id, one.serial) == (pool, "9")
        assert one.pooled_at is not None


@pytest.mark.spec("POOL-3")
async def test_a_device_that_becomes_of_another_type_meanwhile_is_in_a_pool_of_its_type(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    watcher: asyncpg.Connection | None,
) -> None:
    report = node("a", "GPU-1")
    devices = (await record_node(report, NOON)).device_ids
    stop = Stop()
    monkeypatch.setattr(inventory, "_record_device", stop.before(inventory._record_device))
    swapped = replace(report, devices=(device("GPU-1", product="NVIDIA L4"),))
    _, pool = await during(
        stop,
        record_node(swapped, NOON),
        lambda: create_pool(ADA, "red", devices),
        watcher,
    )
    assert isinstance(pool, int), pool
    (row,) = await fetch(
        "SELECT d.pool_id, d.type_id, p.type_id AS pool_type_id FROM device d"
        " JOIN pool p ON p.id = d.pool_id"
    )
    assert (row["pool_id"], row["type_id"]) == (pool, row["pool_type_id"])
