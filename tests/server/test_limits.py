"""What a document, a body and a frame may cost, over HTTP and over WebSocket alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest
from graphql import get_introspection_query
from websockets.exceptions import ConnectionClosed

from server.graphql import execution, limits
from server.security import bodies
from tests.server.console import Console
from tests.server.small_schema import calls

Ask = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture(params=["http", "websocket"])
def ask(request: pytest.FixtureRequest, console: Console) -> Ask:
    """Asks a query as an operator, over either transport: its `data` and `errors`."""

    def asked(query: str) -> dict[str, Any]:
        return {"query": query, "operationName": "Q0" if "query Q0" in query else None}

    async def over_http(query: str) -> dict[str, Any]:
        async with console.operator() as client:
            answer: dict[str, Any] = (await client.post("/graphql", json=asked(query))).json()
            return answer

    async def over_websocket(query: str) -> dict[str, Any]:
        async with console.connect(console.accounts.open()) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            await socket.recv()
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked(query)}))
            message = json.loads(await socket.recv())
            if message["type"] == "error":
                return {"errors": message["payload"]}
            payload: dict[str, Any] = message["payload"]
            return payload

    return over_http if request.param == "http" else over_websocket


def nested(depth: int) -> str:
    return "{ thing " + "{ thing " * (depth - 2) + "{ name }" + " }" * (depth - 1)


def of_aliases(count: int) -> str:
    return "{ thing { " + " ".join(f"a{n}: name" for n in range(count)) + " } }"


def of_root_fields(count: int) -> str:
    return "{ ...F } fragment F on Query { " + " ".join(f"a{n}: me" for n in range(count)) + " }"


def of_directives(count: int) -> str:
    return "{ thing { " + "name @include(if: true) " * count + " } }"


def of_selections(count: int) -> str:
    """`count` in all, by fragments that are spread again and again."""
    tens, ones = divmod(count - 1, 10)
    spreads = "...F " * tens + "name " * ones
    return f"{{ thing {{ {spreads} }} }} fragment F on Thing {{ " + "name " * 9 + "}"


def of_operations(count: int) -> str:
    return " ".join(f"query Q{n} {{ me }}" for n in range(count))


def of_tokens(count: int) -> str:
    return "{ thing { " + "name " * (count - 5) + "} }"


def of_comments(count: int) -> str:
    return "#\n" * count + "{ me }"


LIMITED: list[tuple[Callable[[int], str], int, str]] = [
    (nested, limits.MAX_DEPTH, "levels of depth"),
    (of_aliases, limits.MAX_ALIASES, "aliases"),
    (of_root_fields, limits.MAX_ROOT_FIELDS, "root fields"),
    (of_directives, limits.MAX_DIRECTIVES, "directives"),
    (of_selections, limits.MAX_SELECTIONS, "selections"),
    (of_operations, limits.MAX_OPERATIONS, "operations"),
    (of_comments, limits.MAX_COMMENTS, "comments"),
]


@pytest.mark.spec("T-36", "T-31")
@pytest.mark.parametrize(("document", "limit", "name"), LIMITED)
async def test_a_document_at_the_limit_passes_and_one_over_it_is_told_which(
    ask: Ask, document: Callable[[int], str], limit: int, name: str
) -> None:
    assert "errors" not in await ask(document(limit))
    refused = await ask(document(limit + 1))
    assert refused.get("data") is None
    assert len(refused["errors"]) == 1
    assert name in refused["errors"][0]["message"]


@pytest.mark.spec("T-36", "T-31")
async def test_the_tokens_of_a_document_are_limited(ask: Ask) -> None:
    at_limit = of_tokens(limits.MAX_TOKENS)
    assert "selections" in (await ask(at_limit))["errors"][0]["message"]
    over = (await ask(of_tokens(limits.MAX_TOKENS + 1)))["errors"][0]["message"]
    assert f"{limits.MAX_TOKENS}" in over
    assert "tokens" in over


@pytest.mark.spec("T-36")
async def test_graphiqls_introspection_passes(ask: Ask) -> None:
    answer = await ask(
        get_introspection_query(
            descriptions=True,
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
        )
    )
    assert "errors" not in answer
    assert answer["data"]["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.spec("T-36", "T-31")
async def test_an_operation_that_takes_too_long_is_ended(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("http", "websocket"):
        monkeypatch.setattr(f"server.graphql.{module}.EXECUTION_LIMIT_SECONDS", 0.2)
    assert execution.EXECUTION_LIMIT_SECONDS <= 30
    answer = await ask("{ never }")
    assert answer["errors"][0]["extensions"]["code"] == "TOO_SLOW"


def inline_fragments(depth: int) -> str:
    return "{ " + "... on Query { " * depth + "me " * 3 + "} " * depth + "}"


def doubling_fragments(length: int) -> str:
    chain = " ".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }}" for n in range(length))
    return f"{{ thing {{ ...F0 }} }} {chain} fragment F{length} on Thing {{ name }}"


def shared_fragments(operations: int) -> str:
    shared = "fragment F on Thing { " + "thing { name } " * 300 + "}"
    return " ".join(f"query Q{n} {{ thing {{ ...F }} }}" for n in range(operations)) + shared


def overlapping_fields(count: int) -> str:
    return "{ thing { " + "thing { thing { name } } " * count + "} }"


def cyclic_fragments(length: int) -> str:
    chain = " ".join(
        f"fragment F{n} on Thing {{ thing {{ ...F{(n + 1) % length} }} }}" for n in range(length)
    )
    return f"{{ thing {{ ...F0 }} }} {chain}"


def recursive_introspection(depth: int) -> str:
    return "{ __schema { types " + "{ fields { type " * depth + "{ name }" + " } }" * depth + " } }"


HOSTILE = {
    "nested inline fragments": inline_fragments(300),
    "repeated inline fragments": "{ " + "... on Query { me } " * 700 + "}",
    "a chain of fragments that doubles": doubling_fragments(60),
    "fragments shared by many operations": shared_fragments(20),
    "overlapping fields": overlapping_fields(400),
    "fragments in a circle": cyclic_fragments(100),
    "deep introspection": recursive_introspection(5),
    "brackets": "{a" * 1_900,
    "lists": "{ thing(a: " + "[" * 1_900,
    "aliases of one field": of_aliases(900),
    "directives on one field": "{ me " + "@include(if: true) " * 500 + "}",
}


HARMLESS = ("fragments shared by many operations",)
"""Within the limits, and answered."""


@pytest.mark.spec("T-34", "T-36", "T-31")
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_costs_little_and_others_are_still_answered(
    ask: Ask, name: str
) -> None:
    async with asyncio.timeout(5):  # where its cost is not bounded, it takes minutes
        hostile, other = await asyncio.gather(ask(HOSTILE[name]), ask("{ me }"))
    assert ("errors" in hostile) != (name in HARMLESS)
    assert "INTERNAL" not in str(hostile)
    assert other == {"data": {"me": "ada"}}


@pytest.mark.spec("T-35")
async def test_a_body_over_the_limit_is_refused_while_it_arrives(console: Console) -> None:
    async def endless() -> Any:
        for _ in range(1_000):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    padding = bodies.BODY_LIMIT_BYTES - len(b'{"query":"{ me }"}')
    async with console.operator() as client:
        at_limit = b" " * padding + b'{"query":"{ me }"}'
        assert (await client.post("/graphql", content=at_limit, headers=headers)).is_success
        declared = await client.post("/graphql", content=b" " + at_limit, headers=headers)
        assert declared.status_code == 413
    for path in ("/graphql", "/auth/sign-in"):
        secret = console.cookie(console.accounts.open())
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {console.authority}\r\nCookie: {secret}\r\n"
            "Quartermaster-Client: t\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        ).encode()
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        with console.raw_connection() as connection:
            connection.sendall(head + chunk * 5)  # and no end: the answer comes before it
            assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


@pytest.mark.spec("T-35", "T-31")
async def test_a_frame_over_the_limit_closes_the_websocket(console: Console) -> None:
    async with console.connect(console.accounts.open()) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        await socket.send(" " * (bodies.BODY_LIMIT_BYTES - 15) + '{"type":"ping"}')
        assert json.loads(await socket.recv()) == {"type": "pong"}
        await socket.send(" " * (bodies.BODY_LIMIT_BYTES - 14) + '{"type":"ping"}')
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


@pytest.mark.spec("T-35")
async def test_a_body_that_drips_is_ended(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_LIMIT_SECONDS", 0.2)
    secret = console.cookie(console.accounts.open())
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {console.authority}\r\nCookie: {secret}\r\n"
        "Quartermaster-Client: t\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with console.raw_connection() as connection:
        connection.sendall(head.encode())
        assert (await asyncio.to_thread(connection.recv, 64)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.spec("T-35")
async def test_refused_documents_leave_no_memory_behind(console: Console) -> None:
    process = psutil.Process()

    async def refuse(numbers: range) -> None:
        async with console.operator() as client:
            for number in numbers:
                fields = " ".join(f"unknown{number}x{field}" for field in range(101))
                answer = await client.post(
                    "/graphql", json={"query": f"{{ thing {{ {fields} }} }}"}
                )
                assert len(answer.json()["errors"]) == 101

    await refuse(range(100))  # whatever is made once is made
    grown = []
    for first in range(100, 1000, 300):  # of one process with much else in it, each time anew
        before = process.memory_info().rss
        await refuse(range(first, first + 300))
        grown.append(process.memory_info().rss - before)
        if grown[-1] < 12 * 2**20:
            return
    pytest.fail(f"Each time the process grew: {grown}")  # the leak was 124 KiB a document: 36 MiB


@pytest.mark.spec("T-36")
async def test_no_limit_stands_in_the_way_of_the_resolvers(ask: Ask) -> None:
    assert (await ask("{ thing { text(sized: 5) } }"))["data"] == {"thing": {"text": "xxxxx"}}
    assert not calls["open"]
