"""What several ask alike is made once, and nobody gets what another may see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from server.graphql import websocket as transport
from tests.server.console import Console, until
from tests.server.small_schema import audiences, calls
from tests.server.test_websocket import initialise, receive, send, subscribe

BEATS = "subscription { beats { number made isFirst audience } }"


@pytest.fixture(autouse=True)
def own_audiences() -> Iterator[None]:
    yield
    audiences.clear()


@pytest.fixture
async def watchers(console: Console) -> AsyncIterator[Any]:
    """`await watchers(3, user_id=1)`: initialised sockets of that user."""
    async with AsyncExitStack() as stack:

        async def open_some(count: int, user_id: int = 1) -> list[ClientConnection]:
            found = []
            for _ in range(count):
                secret = console.accounts.open("ada", user_id=user_id)
                socket = await stack.enter_async_context(console.connect(secret))
                await initialise(socket)
                found.append(socket)
            return found

        yield open_some


async def beat(socket: ClientConnection) -> dict[str, Any]:
    message = await receive(socket)
    assert message["type"] == "next", message
    found: dict[str, Any] = message["payload"]["data"]["beats"]
    return found


async def beats(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [await beat(socket) for _ in range(count)]


@pytest.mark.spec("API-4")
async def test_the_same_subscription_is_executed_once_for_all(
    console: Console, watchers: Any
) -> None:
    audiences.update({1: "operators", 2: "operators"})
    sockets = [*await watchers(5, user_id=1), *await watchers(5, user_id=2)]
    for number, socket in enumerate(sockets):
        await subscribe(socket, f"id-{number}", BEATS)
    seen = await asyncio.gather(*(beats(socket, 12) for socket in sockets))
    made: dict[tuple[int, bool], set[int]] = {}
    for each in seen:
        for one in each:
            made.setdefault((one["number"], one["isFirst"]), set()).add(one["made"])
    assert calls["open"] == 1
    assert all(len(values) == 1 for values in made.values()), made


@pytest.mark.spec("API-4")
async def test_each_ones_first_frame_is_a_first_one_and_comes_at_once(
    console: Console, watchers: Any
) -> None:
    (early,) = await watchers(1)
    await subscribe(early, "1", BEATS)
    assert [one["isFirst"] for one in await beats(early, 4)] == [True, False, False, False]
    (late,) = await watchers(1)
    await subscribe(late, "1", BEATS)
    assert [one["isFirst"] for one in await beats(late, 3)] == [True, False, False]
    await send(early, type="complete", id="1")
    assert [one["isFirst"] for one in await beats(late, 3)] == [False, False, False]


@pytest.mark.spec("API-4", "T-33", "T-24")
async def test_viewers_of_different_rights_never_get_each_others_frames(
    console: Console, watchers: Any
) -> None:
    audiences.update({1: "operators", 2: "user 2", 3: "operators"})
    sockets = {user: (await watchers(3, user_id=user)) for user in (1, 2, 3)}
    for some in sockets.values():
        for socket in some:
            await subscribe(socket, "1", BEATS)
    for user, some in sockets.items():
        for seen in await asyncio.gather(*(beats(socket, 10) for socket in some)):
            assert {one["audience"] for one in seen} == {audiences[user]}


@pytest.mark.spec("API-4", "T-18", "USER-6")
async def test_rights_that_change_take_effect_at_the_next_frame(
    console: Console, watchers: Any
) -> None:
    audiences.update({1: "operators", 2: "operators"})
    (loses,), (keeps,) = await watchers(1, user_id=1), await watchers(1, user_id=2)
    for socket in (loses, keeps):
        await subscribe(socket, "1", BEATS)
        await beats(socket, 2)
    audiences[1] = "user 1"
    seen = await beats(loses, 12)
    lost_at = next(place for place, one in enumerate(seen) if one["audience"] == "user 1")
    assert lost_at < 12
    assert seen[lost_at]["isFirst"]
    assert {one["audience"] for one in seen[lost_at:]} == {"user 1"}
    assert {one["audience"] for one in await beats(keeps, 12)} == {"operators"}


@pytest.mark.spec("F-22", "F-17")
async def test_the_stream_ends_with_its_last_member(console: Console, watchers: Any) -> None:
    first, second = await watchers(2)
    for socket in (first, second):
        await subscribe(socket, "1", BEATS)
        await beat(socket)
    await send(first, type="complete", id="1")
    await beats(second, 3)
    assert calls["open"] == 1
    second.transport.abort()
    await until(lambda: not calls["open"])
    await subscribe(first, "1", "{ me }")
    await until_answer(first, "me")


async def until_answer(socket: ClientConnection, field: str) -> None:
    """Frames that were under way when the client completed may come before."""
    async with asyncio.timeout(10):
        while field not in (await receive(socket)).get("payload", {}).get("data", {}):
            pass


async def test_a_stream_that_ends_or_breaks_tells_its_members(
    console: Console, watchers: Any
) -> None:
    (socket,) = await watchers(1)
    await subscribe(socket, "1", "subscription { beats(last: 2) { number } }")
    types = [(await receive(socket))["type"] for _ in range(3)]
    assert types == ["next", "next", "complete"]
    await subscribe(socket, "2", "subscription { breakingBeats { number } }")
    assert (await receive(socket))["type"] == "next"
    broken = await receive(socket)
    assert broken["type"] == "error"
    assert "hunter2" not in json.dumps(broken)
    await subscribe(socket, "3", "{ me }")
    await until_answer(socket, "me")


@pytest.mark.spec("API-4")
async def test_a_frame_that_fails_says_so_and_the_next_ones_come(
    console: Console, watchers: Any
) -> None:
    (socket,) = await watchers(1)
    await subscribe(socket, "1", "subscription { beats { number brokenNowAndThen } }")
    for expected in range(5):
        message = await receive(socket)
        assert message["type"] == "next"
        if expected % 3 == 1:
            assert message["payload"]["data"] is None
            assert "hunter2" not in json.dumps(message)
        else:
            assert message["payload"]["data"]["beats"]["brokenNowAndThen"] == "whole"


@pytest.mark.spec("F-17", "API-4")
async def test_a_client_that_pauses_gets_the_newest_frame_and_the_others_every_one(
    console: Console, watchers: Any
) -> None:
    asked = "subscription { beats { number text(sized: 3000000) } }"
    secret = console.accounts.open()
    async with console.connect(secret, max_queue=1, max_size=None) as slow:
        await initialise(slow)
        slow.transport.pause_reading()
        await subscribe(slow, "1", asked)
        async with console.connect(console.accounts.open(), max_size=None) as quick:
            await initialise(quick)
            await subscribe(quick, "1", asked)
            kept_up = [one["number"] for one in await beats(quick, 40)]
        slow.transport.resume_reading()
        seen = [one["number"] for one in await beats(slow, 12)]
    assert kept_up == list(range(kept_up[0], kept_up[0] + 40))
    assert seen == sorted(set(seen))
    assert seen[-1] - seen[0] > 20  # those between were never written


@pytest.mark.spec("F-17")
async def test_a_client_that_takes_nothing_is_cut(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SEND_SECONDS", 0.5)
    async with console.connect(console.accounts.open(), max_queue=1) as slow:
        await initialise(slow)
        slow.transport.pause_reading()
        await subscribe(slow, "1", "subscription { beats { text(sized: 3000000) } }")
        await until(lambda: calls["open"] == 1)
        await until(lambda: not calls["open"])
        await until(lambda: not console.server.server_state.connections)
        slow.transport.abort()


@pytest.mark.spec("API-4")
async def test_many_who_come_back_at_once_cost_one_first_frame(
    console: Console, watchers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.app.state.sockets, "per_user", 100)
    sockets = await watchers(60)
    await asyncio.gather(*(subscribe(socket, "1", BEATS) for socket in sockets))
    firsts = await asyncio.gather(*(beat(socket) for socket in sockets))
    assert all(one["isFirst"] for one in firsts)
    assert len({one["made"] for one in firsts}) <= len({one["number"] for one in firsts})
