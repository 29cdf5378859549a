"""Tokens at the edge: where one is looked for, what it replaces, and who may say nothing yet."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.graphql import live_sockets
from server.security.bearer import bearer_of
from tests.server.console import Console, until
from tests.server.small_schema import calls

QUERY = {"query": "{ me }"}


def program(console: Console, authorization: str) -> httpx.AsyncClient:
    """No header of ours, no cookie."""
    headers = {"Authorization": authorization}
    return httpx.AsyncClient(base_url=console.origin, headers=headers, timeout=20)


async def close_code(socket: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


async def init(socket: ClientConnection, payload: Any) -> None:
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))


@pytest.mark.spec("TOKEN-1")
async def test_a_token_needs_no_header_of_ours_for_no_browser_adds_it_by_itself(
    console: Console,
) -> None:
    async with program(console, f"Bearer {console.accounts.issue()}") as client:
        assert (await client.post("/graphql", json=QUERY)).json() == {"data": {"me": "ada"}}
        foreign = {"Origin": "https://evil.example"}
        assert (await client.post("/graphql", json=QUERY, headers=foreign)).status_code == 403


@pytest.mark.spec("TOKEN-1", "T-48")
@pytest.mark.parametrize("given", ["Bearer unknown", "bearer", "Bearer a, Bearer b"])
async def test_a_given_token_decides_alone_whoever_is_signed_in(
    console: Console, given: str
) -> None:
    async with console.operator(Authorization=given) as client:
        answer = await client.post("/graphql", json=QUERY)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    async with console.operator(
        Authorization=f"Bearer {console.accounts.issue('eve', user_id=2)}"
    ) as client:
        assert (await client.post("/graphql", json=QUERY)).json() == {"data": {"me": "eve"}}


async def test_a_header_of_another_scheme_says_nothing(console: Console) -> None:
    basic = "Basic YTpi"
    async with console.operator(Authorization=basic) as client:
        assert (await client.post("/graphql", json=QUERY)).json() == {"data": {"me": "ada"}}
    async with program(console, basic) as client:
        assert (await client.post("/graphql", json=QUERY)).status_code == 403


def test_two_headers_are_no_token() -> None:
    headers = [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")]
    assert bearer_of({"type": "http", "headers": headers}) == ""


@pytest.mark.spec("T-13")
async def test_after_many_guesses_it_is_said_when_to_come_back(console: Console) -> None:
    async with program(console, "Bearer limited") as client:
        answer = await client.post("/graphql", json=QUERY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")
    async with console.connect(None, origin=None) as socket:
        await init(socket, {"authorization": "Bearer limited"})
        assert await close_code(socket) == 4429


@pytest.mark.spec("TOKEN-1", "T-27", "T-31")
async def test_a_program_says_its_token_in_the_init_or_in_the_handshake(console: Console) -> None:
    secret = console.accounts.issue("eve", user_id=2)
    headers = {"Authorization": f"Bearer {secret}"}
    for given, payload in (({}, {"authorization": f"Bearer {secret}"}), (headers, None)):
        async with console.connect(None, origin=None, headers=given) as socket:
            await init(socket, payload)
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": QUERY}))
            assert json.loads(await socket.recv())["payload"] == {"data": {"me": "eve"}}


@pytest.mark.spec("T-27", "T-34")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "connection_init"}, 4401),
        ({"type": "connection_init", "payload": {"authorization": "Bearer unknown"}}, 4401),
        ({"type": "connection_init", "payload": {"authorization": ["Bearer"]}}, 4401),
        ({"type": "connection_init", "payload": {"cookie": "quartermaster_session=x"}}, 4401),
        ({"type": "subscribe", "id": "1", "payload": QUERY}, 4401),
        ({"type": "connection_init", "payload": {"x": "x" * 5000}}, 4400),
    ],
)
async def test_nothing_runs_for_a_program_that_has_said_no_token(
    console: Console, message: dict[str, Any], code: int
) -> None:
    async with console.connect(None, origin=None) as socket:
        await socket.send(json.dumps(message))
        assert await close_code(socket) == code
    assert not calls["me"]


@pytest.mark.spec("T-29", "T-30")
async def test_a_browser_gets_in_by_no_token_that_is_said_later(console: Console) -> None:
    for origin, headers in (("own", {}), ("https://evil.example", {}), (None, {"Cookie": "a=b"})):
        with pytest.raises(InvalidStatus):
            await console.connect(None, origin=origin, headers=headers)


@pytest.mark.spec("T-28")
async def test_those_who_have_said_no_token_are_few_and_leave_nothing_behind(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_sockets, "MOST_UNKNOWN", 2)
    first = await console.connect(None, origin=None)
    async with console.connect(None, origin=None) as second:
        with pytest.raises(InvalidStatus) as refused:
            await console.connect(None, origin=None)
        assert refused.value.response.status_code == 429
        await init(second, {"authorization": f"Bearer {console.accounts.issue()}"})
        await second.recv()
        third = await console.connect(None, origin=None)  # for the second is known now
        await third.close()
    await first.close()
    await until(lambda: not len(console.app.state.sockets))
    for _ in range(3):
        async with console.connect(None, origin=None):
            pass
        await until(lambda: not len(console.app.state.sockets))


@pytest.mark.spec("T-28")
async def test_a_user_has_as_many_sockets_by_tokens_as_by_cookies(console: Console) -> None:
    secret = console.accounts.issue(user_id=9)
    async with AsyncExitStack() as opened:
        for _ in range(50):
            socket = await opened.enter_async_context(console.connect(None, origin=None))
            await init(socket, {"authorization": f"Bearer {secret}"})
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        socket = await opened.enter_async_context(console.connect(None, origin=None))
        await init(socket, {"authorization": f"Bearer {secret}"})
        assert await close_code(socket) == 4429
