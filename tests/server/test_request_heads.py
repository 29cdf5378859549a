"""What comes before a request's body is bounded in size and time, for whoever connects."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from server import request_heads
from server.request_heads import HEAD_LIMIT_BYTES
from tests.server.console import Console


def head(console: Console, *lines: str, target: str = "/healthz") -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {console.authority}", *lines]).encode()


def size_of(console: Console, target: str = "/healthz") -> int:
    return len(target) + len("Host") + len(console.authority)


@contextmanager
def connected(console: Console) -> Iterator[socket.socket]:
    with console.raw_connection() as connection:
        yield connection


async def rest_of(connection: socket.socket) -> bytes:
    def read() -> bytes:
        return b"".join(iter(lambda: connection.recv(65536), b""))

    return await asyncio.to_thread(read)


@pytest.mark.spec("T-35")
async def test_a_head_at_the_limit_passes_and_one_over_it_is_refused(console: Console) -> None:
    used = size_of(console) + len("A") + len("Connection") + len("close")
    for over, status in ((0, b"200"), (1, b"431")):
        fill = "x" * (HEAD_LIMIT_BYTES - used + over)
        answer = console.exchange(head(console, "Connection: close", f"A: {fill}") + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status), over


@pytest.mark.spec("T-35", "T-31")
async def test_a_head_of_many_headers_a_long_url_or_to_a_websocket_is_refused_too(
    console: Console,
) -> None:
    many = [f"A{number}: {'x' * 100}" for number in range(1_000)]
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    for request in (
        head(console, *many),
        head(console, *upgrade, *many, target="/graphql"),
        head(console, target="/?" + "x" * (HEAD_LIMIT_BYTES + 1)),
    ):
        assert console.exchange(request + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")


@pytest.mark.spec("T-35")
@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nA",
        b"GET / HTTP/1.1\r\nA: ",
        b"POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ",
    ],
)
async def test_what_has_no_end_is_refused_while_it_arrives(console: Console, begun: bytes) -> None:
    with connected(console) as connection:
        connection.sendall(begun + b"x" * (16 * HEAD_LIMIT_BYTES))  # more than is read at once
        assert b"HTTP/1.1 431 " in await rest_of(connection)


@pytest.mark.spec("T-35")
async def test_a_head_that_drips_and_a_connection_that_says_nothing_are_ended(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_heads, "HEAD_SECONDS", 0.2)
    for begun in (b"", head(console), b"\r\n"):
        with connected(console) as connection:
            connection.sendall(begun)
            assert (await rest_of(connection)).startswith(b"HTTP/1.1 408 ")
    with connected(console) as connection:  # a next request on the same connection
        connection.sendall(head(console) + b"\r\n\r\n")
        assert (await asyncio.to_thread(connection.recv, 65536)).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\nGET")
        assert b"HTTP/1.1 408 " in await rest_of(connection)


async def test_a_request_that_takes_longer_than_its_head_may_is_answered(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_heads, "HEAD_SECONDS", 0.2)
    async with console.operator() as client:
        for _ in range(3):  # on one connection, its body later than that

            async def slowly() -> object:
                await asyncio.sleep(0.3)
                yield b'{"query": "{ me }"}'

            json = {"Content-Type": "application/json"}
            answer = await client.post("/graphql", content=slowly(), headers=json)
            assert answer.status_code == 200
    async with console.connect(console.accounts.open()) as open_socket:
        await asyncio.sleep(0.3)
        await open_socket.ping()
