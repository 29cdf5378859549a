"""Whoever misses frames never builds a wrong picture: a property over all orders of events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import strawberry
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.graphql.execution import GraphQLRequest
from server.graphql.frames import Frame
from server.graphql.operations import Operations
from server.graphql.shared_streams import SharedStreams

ASKED = GraphQLRequest("subscription { names { isSnapshot changed removed slowly } }")
NAMES = "abcd"
CLIENTS = 3


@strawberry.type
class Names:
    """What differs from the event before, as the product's changes and key frames do."""

    is_snapshot: bool
    changed: list[str]
    removed: list[str]
    now: strawberry.Private[frozenset[str]]
    turns: strawberry.Private[int] = 0

    @strawberry.field
    async def slowly(self) -> bool:
        """Some frames take longer to make than the next one."""
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return True

    def for_newcomer(self) -> list[Names]:
        first, *others = [[name] for name in sorted(self.now)] or [[]]
        parts = [Names(is_snapshot=True, changed=first, removed=[], now=self.now, turns=self.turns)]
        return parts + [
            Names(is_snapshot=False, changed=part, removed=[], now=self.now) for part in others
        ]


class World:
    """The truth, and the one stream that tells of it."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.events: asyncio.Queue[Names] = asyncio.Queue()
        self.executions = 0

    def turn(self, name: str, turns: int) -> None:
        came = {name} - self.names
        self.names ^= {name}
        gone = {name} - came
        self.events.put_nowait(
            Names(
                is_snapshot=False,
                changed=sorted(came),
                removed=sorted(gone),
                now=frozenset(self.names),
                turns=turns,
            )
        )

    audience = "all"

    def for_audience(self) -> World:
        return self


@strawberry.type
class Query:
    nothing: str = ""


@strawberry.type
class Subscription:
    @strawberry.subscription(metadata={"is_shared": True})
    async def names(self, info: strawberry.Info[World, None]) -> AsyncIterator[Names]:
        world = info.context
        world.executions += 1
        now = frozenset(world.names)
        yield Names(is_snapshot=True, changed=sorted(now), removed=[], now=now)
        while True:
            yield await world.events.get()


@dataclass
class Client:
    """Keeps the newest frame until it takes it, and builds its picture of those it took."""

    waiting: Frame | None = None
    picture: set[str] = field(default_factory=set)
    has_picture: bool = False

    @property
    def keeps_up(self) -> bool:
        return self.waiting is None

    async def prepare(self, frame: Frame) -> None:
        pass

    def offer(self, frame: Frame) -> None:
        self.waiting = frame

    def forget(self) -> None:
        self.waiting = None

    def take(self) -> None:
        frame, self.waiting = self.waiting, None
        for payload in frame.payloads if frame else ():
            told: dict[str, Any] = json.loads(payload.text)["data"]["names"]
            assert told["isSnapshot"] or self.has_picture, "a change before any snapshot"
            if told["isSnapshot"]:
                self.picture, self.has_picture = set(), True
            self.picture |= set(told["changed"])
            self.picture -= set(told["removed"])


async def settle(world: World) -> None:
    """Until all that can happen now has happened."""
    for _ in range(200):
        await asyncio.sleep(0)
    assert world.events.empty()


step = st.one_of(
    st.tuples(st.just("turn"), st.tuples(st.sampled_from(NAMES), st.integers(0, 9))),
    st.tuples(st.just("take"), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("join"), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("leave"), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("pass"), st.none()),
    st.tuples(st.just("settle"), st.none()),
)


JOINS_WHILE_A_NEWER_FRAME_OVERTAKES = [
    ("join", 0),
    ("settle", None),
    ("take", 0),
    ("turn", ("a", 9)),
    ("settle", None),
    ("take", 0),
    ("join", 1),
    ("turn", ("b", 0)),
]


@settings(max_examples=300, deadline=None)
@example(JOINS_WHILE_A_NEWER_FRAME_OVERTAKES)
@given(st.lists(step, max_size=40))
def test_a_client_that_misses_frames_ends_with_the_truth(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(live_through(steps))


async def live_through(steps: list[tuple[str, Any]]) -> None:
    operations = Operations(strawberry.Schema(Query, subscription=Subscription))
    streams, world = SharedStreams(), World()
    clients: dict[int, Client] = {}
    async with AsyncExitStack() as everything:
        stays: dict[int, AsyncExitStack] = {}
        joins: dict[int, asyncio.Task[Any]] = {}
        for what, which in [*steps, ("settle", None)]:
            match what:
                case "turn" if clients:  # without a member nobody hears it
                    world.turn(*which)
                case "take" if which in clients:
                    clients[which].take()
                case "join" if which not in clients:
                    stays[which] = await everything.enter_async_context(AsyncExitStack())
                    clients[which] = Client()
                    operation = operations.prepare(ASKED, world)
                    joining = stays[which].enter_async_context(
                        streams.joined(operation, world, clients[which])
                    )
                    joins[which] = asyncio.create_task(joining)
                case "leave" if which in clients:
                    await joins.pop(which)
                    await stays.pop(which).aclose()
                    del clients[which]
                    while not clients and not world.events.empty():
                        world.events.get_nowait()
                case "pass":
                    await asyncio.sleep(0)
                case "settle":
                    await settle(world)
        for client in clients.values():
            client.take()
            # What it was told last may be a frame that it took before the others came.
            assert client.picture == world.names
        assert len(streams) == bool(clients)
