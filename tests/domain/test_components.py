"""The parts that the product stands on, told while the database goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.components import ComponentState, of_controller, of_database
from domain.database import close_database, open_database
from domain.leases import Lease, hold
from tests.services.postgres import Postgres


@pytest.fixture
async def own_postgres() -> AsyncIterator[Postgres]:
    """A server that this test may stop."""
    server = await asyncio.to_thread(Postgres.start)
    yield server
    await close_database()
    await asyncio.to_thread(server.stop)


@pytest.mark.spec("LIC-2")
async def test_a_database_that_is_away_is_told_as_such_and_so_it_is_when_it_is_back(
    own_postgres: Postgres,
) -> None:
    url = await own_postgres.empty_database()
    await open_database(url, migrate=True)
    assert await hold(Lease("controller", "gpu-head-1/5f0c", 600))
    await asyncio.to_thread(own_postgres.go_away)
    parts = [await of_database(), await of_controller()]
    assert {part.state for part in parts} == {ComponentState.FAILED}
    assert all(part.remedy for part in parts)
    assert url not in repr(parts)
    await asyncio.to_thread(own_postgres.come_back)
    async with asyncio.timeout(20):
        while (part := await of_database()).state is not ComponentState.OK:
            await asyncio.sleep(0.1)
    assert part.kind == "PostgreSQL"
    assert (await of_controller()).state is ComponentState.OK
