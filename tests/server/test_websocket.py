"""The graphql-transport-ws protocol, the reference client, and what a connection may hold."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.graphql import websocket as transport
from server.graphql.messages import SUBPROTOCOL
from tests.server import nodejs
from tests.server.console import Console, until
from tests.server.small_schema import calls


async def send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        message: dict[str, Any] = json.loads(await socket.recv())
        return message


async def initialise(socket: ClientConnection) -> None:
    await send(socket, type="connection_init")
    assert await receive(socket) == {"type": "connection_ack"}


async def subscribe(socket: ClientConnection, operation_id: str, query: str) -> None:
    await send(socket, type="subscribe", id=operation_id, payload={"query": query})


async def close_code(socket: ClientConnection) -> int:
    try:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    except ConnectionClosed:
        assert socket.close_code is not None
        return socket.close_code


@pytest.mark.spec("API-1", "API-4")
async def test_the_reference_client_queries_changes_and_subscribes(console: Console) -> None:
    cookie = console.cookie(console.accounts.open())
    url = f"ws://{console.authority}/graphql"
    report = json.loads(await nodejs.run("client.mjs", url, cookie, console.origin))
    assert report["query"] == [{"data": {"me": "ada"}}]
    assert report["mutation"] == [{"data": {"change": "changed"}}]
    assert [r["data"]["ticks"] for r in report["subscription"]] == [
        "ada 0 x",
        "ada 1 x",
        "ada 2 x",
    ]
    assert len(report["complete"]) == 2
    assert report["variables"] == [{"data": {"thing": {"text": "xxx"}}}]
    ticks, quiet = report["together"]
    assert len(ticks) == 2
    assert quiet == [{"data": {"quiet": "here"}}]
    assert "Cannot query field" in report["invalid"]["refused"][0]["message"]
    assert report["broken"][0]["errors"][0]["extensions"]["code"] == "INTERNAL"


@pytest.mark.spec("T-27")
@pytest.mark.parametrize("subprotocol", ["graphql-ws", "graphql-sse", "nothing"])
async def test_only_graphql_transport_ws_is_spoken(console: Console, subprotocol: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await console.connect(console.accounts.open(), subprotocol=subprotocol)
    assert refused.value.response.status_code == 400
    assert SUBPROTOCOL in refused.value.response.body.decode()


@pytest.mark.spec("T-27")
@pytest.mark.parametrize("query", ["{ me }", "subscription { quiet }", "mutation { change }"])
async def test_nothing_runs_before_connection_init(console: Console, query: str) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await subscribe(socket, "1", query)
        assert await close_code(socket) == 4401
    assert not calls["me"] and not calls["change"] and not calls["open"]


@pytest.mark.spec("T-28", "F-23")
async def test_a_connection_that_does_not_initialise_is_closed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert transport.INIT_SECONDS <= 4
    monkeypatch.setattr(transport, "INIT_SECONDS", 0.2)
    async with console.connect(console.accounts.open()) as socket:
        assert await close_code(socket) == 4408


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", 4400),
        ("[]", 4400),
        ("{}", 4400),
        ('{"type": "start"}', 4400),
        ('{"type": "subscribe", "id": 7, "payload": {"query": "{ me }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ me }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 7}}', 4400),
        ('{"type": "subscribe", "id": "1"}', 4400),
        ('{"type": "connection_init", "payload": 7}', 4400),
        ('{"type": "ping", "payload": ' + "[" * 100_000 + "]" * 100_000 + "}", 4400),
        (b'{"type": "ping"}', 4400),
        ('{"type": "connection_init"}', 4429),
    ],
)
async def test_what_is_not_the_protocol_closes_the_connection(
    console: Console, message: str | bytes, code: int
) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        await socket.send(message)
        assert await close_code(socket) == code


async def test_an_id_in_use_closes_the_connection_and_a_finished_one_may_be_used_again(
    console: Console,
) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        for _ in range(3):
            await subscribe(socket, "1", "{ me }")
            assert (await receive(socket))["type"] == "next"
            assert await receive(socket) == {"type": "complete", "id": "1"}
        await subscribe(socket, "1", "subscription { quiet }")
        await receive(socket)
        await subscribe(socket, "1", "subscription { quiet }")
        assert await close_code(socket) == 4409


async def test_a_ping_is_answered(console: Console) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await send(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}
        await send(socket, type="pong")
        await initialise(socket)


async def test_an_unknown_complete_is_ignored(console: Console) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        await send(socket, type="complete", id="none")
        await subscribe(socket, "1", "{ me }")
        assert (await receive(socket))["type"] == "next"


@pytest.mark.spec("T-28", "F-23")
async def test_the_operations_of_one_socket_are_bounded_and_freed_ones_are_reused(
    console: Console,
) -> None:
    limit = transport.MAX_OPERATIONS_PER_SOCKET
    assert limit == 50
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        for number in range(limit):
            await subscribe(socket, str(number), "subscription { quiet }")
            assert (await receive(socket))["type"] == "next"
        await subscribe(socket, "over", "subscription { quiet }")
        refused = await receive(socket)
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        assert calls["open"] == limit
        await send(socket, type="complete", id="7")
        await until(lambda: calls["open"] == limit - 1)
        await subscribe(socket, "again", "subscription { quiet }")
        assert (await receive(socket))["type"] == "next"


@pytest.mark.spec("T-28", "F-23")
async def test_the_operations_of_one_user_are_bounded_over_all_sockets(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.app.state.sockets, "operations_per_user", 3)
    secret = console.accounts.open()
    async with console.connect(secret) as first, console.connect(secret) as second:
        for socket in (first, second):
            await initialise(socket)
        for number, socket in enumerate((first, second, first)):
            await subscribe(socket, str(number), "subscription { quiet }")
            assert (await receive(socket))["type"] == "next"
        await subscribe(second, "over", "subscription { quiet }")
        (refusal,) = (await receive(second))["payload"]
        assert refusal["extensions"] == {"code": "TOO_MANY_OPERATIONS", "limit": 3}
        async with console.connect(console.accounts.open("bob", user_id=2)) as other:
            await initialise(other)
            await subscribe(other, "1", "subscription { quiet }")
            assert (await receive(other))["type"] == "next"
        await first.close()
        await until(lambda: calls["open"] == 1)
        await subscribe(second, "again", "subscription { quiet }")
        assert (await receive(second))["type"] == "next"


@pytest.mark.spec("F-22")
async def test_completing_a_subscription_ends_it_within_a_moment(console: Console) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        await subscribe(socket, "1", "subscription { quiet }")
        await receive(socket)
        await send(socket, type="complete", id="1")
        await until(lambda: not calls["open"])
        await subscribe(socket, "1", "{ me }")
        assert (await receive(socket))["payload"] == {"data": {"me": "ada"}}


@pytest.mark.spec("F-22")
@pytest.mark.parametrize("query", ["ticks", "quiet", "slowToEnd"])
async def test_abrupt_disconnects_leave_nothing_behind(
    console: Console, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FINALISER_SECONDS", 0.2)

    async def cut(frames: int) -> None:
        socket = await console.connect(console.accounts.open())
        if frames:
            await send(socket, type="connection_init")
            await subscribe(socket, "1", f"subscription {{ {query} }}")
        for _ in range(frames):
            await receive(socket)
        socket.transport.abort()

    for frames in (0, 1, 2, 1, 2, 0, 1, 2) * 4:
        await cut(frames)
    await until(lambda: not len(console.app.state.sockets))
    await until(lambda: not calls["open"])


@pytest.mark.spec("F-22")
async def test_a_failing_subscription_tells_its_client_and_the_connection_goes_on(
    console: Console,
) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await initialise(socket)
        await subscribe(socket, "1", "subscription { breaks }")
        assert (await receive(socket))["payload"] == {"data": {"breaks": "one"}}
        broken = await receive(socket)
        assert broken["type"] == "error"  # which ends the operation
        assert "hunter2" not in json.dumps(broken)
        assert "INTERNAL" in json.dumps(broken)
        await subscribe(socket, "1", "{ me }")
        assert (await receive(socket))["payload"] == {"data": {"me": "ada"}}


@pytest.mark.spec("F-17")
async def test_a_client_that_never_reads_is_cut_and_others_do_not_notice(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert transport.SEND_SECONDS <= 10
    monkeypatch.setattr(transport, "SEND_SECONDS", 0.5)
    async with console.connect(console.accounts.open(), max_queue=1) as slow:
        await send(slow, type="connection_init")
        slow.transport.pause_reading()
        await subscribe(slow, "1", "subscription { ticks(size: 1000000) }")
        await until(lambda: calls["open"] == 1)
        async with console.connect(console.accounts.open()) as other:
            await initialise(other)
            await subscribe(other, "1", "subscription { ticks }")
            for _ in range(20):
                assert (await receive(other))["type"] == "next"
        await until(lambda: not calls["open"])
        await until(lambda: not console.server.server_state.connections)
        slow.transport.abort()


@pytest.mark.spec("T-28")
async def test_the_sockets_of_one_user_are_bounded(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.app.state.sockets, "per_user", 2)
    secret = console.accounts.open()
    async with console.connect(secret), console.connect(secret):
        with pytest.raises(InvalidStatus) as refused:
            await console.connect(secret)
        assert refused.value.response.status_code == 429
        async with console.connect(console.accounts.open("bob", user_id=2)):
            pass
    await until(lambda: not len(console.app.state.sockets))
    async with console.connect(secret):
        pass


@pytest.mark.spec("T-28")
async def test_the_sockets_of_one_address_are_bounded(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.app.state.sockets, "per_address", 2)
    users = [console.accounts.open("bob", user_id=number) for number in range(3)]
    async with console.connect(users[0]), console.connect(users[1]):
        with pytest.raises(InvalidStatus) as refused:
            await console.connect(users[2])
        assert refused.value.response.status_code == 429


@pytest.mark.spec("T-18", "T-32", "T-17")
@pytest.mark.parametrize("how", ["closed elsewhere", "role lost"])
async def test_a_session_that_ends_closes_its_sockets_and_no_others(
    console: Console, how: str
) -> None:
    ended, other = console.accounts.open(), console.accounts.open()
    async with console.connect(ended) as socket, console.connect(other) as kept:
        await initialise(socket)
        await initialise(kept)
        await subscribe(socket, "1", "subscription { quiet }")
        await subscribe(kept, "1", "subscription { quiet }")
        await receive(socket)
        await receive(kept)
        if how == "role lost":
            console.accounts.lose_role(ended)
        else:
            del console.accounts.sessions[ended]
        assert await close_code(socket) == (4403 if how == "role lost" else 4401)
        await until(lambda: calls["open"] == 1)
        await subscribe(kept, "2", "{ me }")
        assert (await receive(kept))["id"] == "2"


@pytest.mark.spec("T-33", "T-24")
async def test_answers_do_not_cross_between_sockets_with_the_same_operation_ids(
    console: Console,
) -> None:
    async def watch(name: str, user_id: int) -> None:
        secret = console.accounts.open(name, user_id=user_id)
        async with console.connect(secret) as socket:
            await initialise(socket)
            await subscribe(socket, "1", "subscription { ticks(last: 20) }")
            seen = []
            while (message := await receive(socket))["type"] == "next":
                seen.append(message["payload"]["data"]["ticks"])
            assert seen == [f"{name} {number} x" for number in range(20)]

    async def ask(name: str, user_id: int) -> None:
        async with console.client(console.accounts.open(name, user_id=user_id)) as client:
            for _ in range(10):
                answer = await client.post("/graphql", json={"query": "{ me }"})
                assert answer.json() == {"data": {"me": name}}

    async def nobody() -> None:
        async with console.client() as client:
            for _ in range(10):
                answer = await client.post("/graphql", json={"query": "{ me }"})
                assert answer.status_code == 401

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(watch(f"watcher-{number}", number))
            group.create_task(ask(f"asker-{number}", 100 + number))
            group.create_task(nobody())
