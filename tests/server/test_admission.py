"""When all come back at once: some are let in, some wait, the rest are told when to come back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain.sessions import Viewer
from server.admission import LATEST_SECONDS, SOONEST_SECONDS, Gate
from tests.server.console import Console, until
from tests.server.small_schema import calls
from tests.server.test_event_stream import EVENTS, events
from tests.server.test_websocket import initialise, receive, subscribe

HINT = re.compile(r"retry-after-ms=(\d+)")


class SlowDatabase:
    """Looks sessions up when a test lets it, and knows how many waited at a time."""

    def __init__(self, console: Console) -> None:
        self.may_answer = asyncio.Event()
        self.at_once = self.most_at_once = self.queries = 0
        self._find = console.accounts.find_session
        self._loop = asyncio.get_running_loop()

    async def find_session(self, secret: str) -> Viewer | None:
        self.queries += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            async with asyncio.timeout(10):
                while not self.may_answer.is_set():  # set in the test's loop: not to be waited for
                    await asyncio.sleep(0.005)
            return await self._find(secret)
        finally:
            self.at_once -= 1


@pytest.fixture
async def database(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SlowDatabase]:
    slow = SlowDatabase(console)
    monkeypatch.setattr(console.accounts, "find_session", slow.find_session)
    yield slow
    slow.may_answer.set()


@pytest.fixture
def gate(console: Console, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Two at a time, and two who wait."""
    gate: Gate = console.app.state.gate
    monkeypatch.setattr(gate, "_turns", asyncio.Semaphore(2))
    monkeypatch.setattr(gate, "most_waiting", 2)
    return gate


async def hint_of(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed):
        await socket.recv()
    assert socket.close_code == 1013
    found = HINT.search(socket.close_reason or "")
    assert found
    return int(found[1])


@pytest.mark.spec("F-20")
async def test_of_many_at_once_some_are_let_in_and_the_rest_told_when_to_come_back(
    console: Console, database: SlowDatabase, gate: Gate
) -> None:
    secret = console.accounts.open()
    early = [
        asyncio.ensure_future(asyncio.wait_for(connect(console, secret), 10)) for _ in range(4)
    ]
    await until(lambda: gate.is_full)
    late = [await connect(console, secret) for _ in range(6)]
    hints = [await hint_of(socket) for socket in late]
    assert database.queries == 2  # who is told to come back costs the database nothing
    assert all(900 * SOONEST_SECONDS <= hint <= 1100 * LATEST_SECONDS for hint in hints)
    assert len(set(hints)) > 1
    database.may_answer.set()
    for socket in await asyncio.gather(*early):
        await initialise(socket)
        await socket.close()
    assert database.most_at_once == 2
    # Those who come back are let in: nobody is shut out for good.
    for _ in late:
        async with console.connect(secret) as socket:
            await initialise(socket)
            await subscribe(socket, "1", "{ me }")
            assert (await receive(socket))["type"] == "next"


async def connect(console: Console, secret: str | None) -> ClientConnection:
    return await console.connect(secret)


@pytest.mark.spec("F-20")
async def test_turns_end_with_an_answer_of_either_kind(
    console: Console, database: SlowDatabase, gate: Gate
) -> None:
    database.may_answer.set()
    for _ in range(5):
        with pytest.raises(InvalidStatus):
            await console.connect("no session")
    kept = [await console.connect(console.accounts.open()) for _ in range(5)]  # none says a word
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
    await asyncio.gather(*(socket.close() for socket in kept))


@pytest.mark.spec("F-20", "API-4")
async def test_event_streams_wait_in_the_same_line_and_are_told_when_to_come_back(
    console: Console, database: SlowDatabase, gate: Gate
) -> None:
    secret, leave = console.accounts.open(), asyncio.Event()
    body = {"query": "subscription { quiet }"}
    async with console.client(secret, **EVENTS) as client:

        async def stay() -> None:
            async with client.stream("POST", "/graphql", json=body) as answer:
                assert answer.status_code == 200
                stream = events(answer)  # without a name it would be closed
                assert (await anext(stream))[0] == "next"
                await leave.wait()

        early = [asyncio.ensure_future(stay()) for _ in range(4)]
        await until(lambda: gate.is_full)
        late = [await client.post("/graphql", json=body) for _ in range(3)]
        for refused in late:
            assert refused.status_code == 503
            (error,) = refused.json()["errors"]
            assert error["extensions"]["code"] == "TRY_AGAIN_LATER"
            hint = int(refused.headers["Retry-After"])
            assert SOONEST_SECONDS <= hint <= 1.1 * LATEST_SECONDS + 1
        assert await hint_of(await connect(console, secret))
        assert database.queries == 2
        database.may_answer.set()
        # All four are open with two turns: whoever is in holds none.
        await until(lambda: calls["open"] == 4)
        assert (await client.post("/graphql", json={"query": "{ me }"})).status_code == 200
        leave.set()
        await asyncio.gather(*early)


@pytest.mark.spec("F-20")
async def test_a_plain_request_passes_the_line_by(
    console: Console, database: SlowDatabase, gate: Gate
) -> None:
    secret = console.accounts.open()
    waiting = [asyncio.ensure_future(connect(console, secret)) for _ in range(4)]
    await until(lambda: gate.is_full)
    async with console.client(secret) as client:
        asked = asyncio.ensure_future(client.post("/graphql", json={"query": "{ me }"}))
        await until(lambda: database.at_once == 3)
        database.may_answer.set()
        assert (await asked).json() == {"data": {"me": "ada"}}
    for socket in await asyncio.gather(*waiting):
        await socket.close()


@pytest.mark.spec("F-20", "F-22")
async def test_who_leaves_while_waiting_leaves_no_turn_behind(
    console: Console, database: SlowDatabase, gate: Gate
) -> None:
    secret = console.accounts.open()
    waiting = [asyncio.ensure_future(connect(console, secret)) for _ in range(4)]
    await until(lambda: gate.is_full)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    database.may_answer.set()
    await until(lambda: not gate.is_full and not database.at_once)
    async with console.connect(secret) as socket:
        await initialise(socket)


@pytest.mark.spec("F-20")
def test_each_is_told_a_later_moment_than_those_before_until_the_latest() -> None:
    gate = Gate()
    told = [gate.come_back_in() for _ in range(10_000)]
    early, late = sum(told[:200]), sum(told[2000:2200])
    assert early < late
    assert max(told) <= LATEST_SECONDS * 1.1
    assert min(told) >= SOONEST_SECONDS * 0.9
