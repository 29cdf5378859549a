"""Whoever else the loop serves has a turn while many are offered a frame."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
import strawberry

from server.graphql.frames import Frame
from server.graphql.operations import Operations
from server.graphql.shared_streams import OFFERS_AT_ONCE, SharedStreams
from tests.server.test_slow_members import ASKED, Client, Query, Subscription, World, settle

MEMBERS = 10 * OFFERS_AT_ONCE


class Turns:
    """What happened between two turns of somebody who always wants one."""

    def __init__(self) -> None:
        self.offers = self.most_in_a_row = 0

    async def take_all(self) -> None:
        while True:
            self.offers = 0
            await asyncio.sleep(0)

    def count(self) -> None:
        self.offers += 1
        self.most_in_a_row = max(self.most_in_a_row, self.offers)


class Counted(Client):
    turns: Turns

    def offer(self, frame: Frame) -> None:
        self.turns.count()
        super().offer(frame)


@pytest.mark.spec("F-25")
async def test_a_frame_for_many_leaves_turns_to_others_between() -> None:
    operations = Operations(strawberry.Schema(Query, subscription=Subscription))
    streams, world, turns = SharedStreams(), World(), Turns()
    clients = [Counted() for _ in range(MEMBERS)]
    async with AsyncExitStack() as stays:
        for client in clients:
            client.turns = turns
            operation = operations.prepare(ASKED, world)
            await stays.enter_async_context(streams.joined(operation, world, client))
        await settle(world)
        for client in clients:
            client.take()
        other = asyncio.create_task(turns.take_all())
        await asyncio.sleep(0)
        turns.most_in_a_row = 0
        world.turn("a", 0)
        while not all(client.waiting for client in clients):
            await asyncio.sleep(0)
        other.cancel()
        with suppress(asyncio.CancelledError):
            await other
    assert 1 < turns.most_in_a_row <= OFFERS_AT_ONCE
