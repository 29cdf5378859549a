"""Leases: one holder at a time, and nothing is written by one who no longer is."""

from __future__ import annotations

import asyncio

import pytest

from domain.database import execute, fetch
from domain.installation import Installed
from domain.inventory import record_node
from domain.leases import Lease, LeaseLost, bound_to, held, hold, release
from domain.nodes import Node
from tests.domain.fleet import NOON, node
from tests.services.database import Database

MINE = Lease("controller", "mine", 60)
THEIRS = Lease("controller", "theirs", 60)


async def run_out() -> None:
    await execute("UPDATE lease SET ends_at_seconds = ends_at_seconds - 61")


@pytest.mark.spec("F-10")
async def test_one_holds_a_lease_and_the_other_must_wait(database: Database) -> None:
    assert await hold(MINE)
    assert not await hold(THEIRS)
    assert await hold(MINE)
    assert await hold(Lease("other", "theirs", 60))


@pytest.mark.spec("F-10")
async def test_a_lease_that_ran_out_or_was_given_up_is_anybody_s(database: Database) -> None:
    assert await hold(MINE)
    await run_out()
    assert await hold(THEIRS)
    assert not await hold(MINE)
    await release(MINE)  # not mine to give up
    assert not await hold(MINE)
    await release(THEIRS)
    assert await hold(MINE)


async def test_since_when_a_lease_is_held_counts_from_where_its_holder_had_it_without_a_gap(
    database: Database,
) -> None:
    assert await held("controller") is None
    await hold(MINE)
    await execute("UPDATE lease SET held_since_seconds = 1000000")
    await hold(MINE)
    renewed = await held("controller")
    assert renewed is not None
    assert renewed.since is not None
    assert (renewed.holder, renewed.since.timestamp()) == ("mine", 1_000_000)
    await run_out()
    assert await held("controller") is None
    await hold(MINE)
    again = await held("controller")
    assert again is not None
    assert again.since is not None
    assert again.since.timestamp() > 1_000_000


@pytest.mark.spec("F-10")
async def test_of_many_that_ask_at_once_one_gets_it(database: Database) -> None:
    asked = await asyncio.gather(*(hold(Lease("controller", f"{n}", 60)) for n in range(8)))
    assert asked.count(True) == 1


@pytest.mark.spec("F-10")
async def test_who_lost_the_lease_writes_nothing(installed: Installed) -> None:
    assert await hold(MINE)
    with bound_to(MINE):
        await record_node(node("a", "GPU-1"), NOON)
        await run_out()
        with pytest.raises(LeaseLost):
            await record_node(node("b", "GPU-2"), NOON)
        assert await hold(THEIRS)
        with pytest.raises(LeaseLost):
            await record_node(node("b", "GPU-2"), NOON)
    assert await Node.all().values_list("host_name", flat=True) == ["a"]


@pytest.mark.spec("F-10")
async def test_tasks_that_are_begun_under_a_lease_are_bound_to_it(installed: Installed) -> None:
    with bound_to(MINE):
        writing = asyncio.create_task(record_node(node("a"), NOON))
    with pytest.raises(LeaseLost):
        await writing
    await record_node(node("b"), NOON)  # whoever else writes is not
    assert [row["host_name"] for row in await fetch("SELECT host_name FROM node")] == ["b"]
