"""Server-sent events: the reference client, and what a stream may hold and must let go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server.graphql import event_stream
from tests.server import nodejs
from tests.server.console import Console, until
from tests.server.small_schema import audiences, calls
from tests.server.test_shared_streams import BEATS, beat
from tests.server.test_websocket import initialise, subscribe

EVENTS = {"Accept": "text/event-stream"}


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Each event's name and data; a comment as ("", text)."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield "", line
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None


@pytest.mark.spec("API-1", "API-4")
async def test_the_reference_client_queries_changes_and_subscribes(console: Console) -> None:
    cookie = console.cookie(console.accounts.open())
    report = json.loads(await nodejs.run("sse.mjs", f"{console.origin}/graphql", cookie))
    assert report["query"] == [{"data": {"me": "ada"}}]
    assert report["mutation"] == [{"data": {"change": "changed"}}]
    ticks = [one["data"]["ticks"] for one in report["subscription"]]
    assert ticks == ["ada 0 x", "ada 1 x", "ada 2 x"]
    assert len(report["complete"]) == 2
    assert [one["data"]["beats"]["isFirst"] for one in report["shared"]] == [True, False, False]
    assert len(report["sharedComplete"]) == 2
    assert report["variables"] == [{"data": {"thing": {"text": "xxx"}}}]
    assert [len(each) for each in report["together"]] == [2, 1]
    assert "nothing" in report["invalid"][0]["errors"][0]["message"]
    assert report["broken"][0]["data"] == {"broken": None}
    assert report["breaks"][0] == {"data": {"breaks": "one"}}
    assert "INTERNAL" in json.dumps(report["breaks"][1])
    assert "hunter2" not in json.dumps(report)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, multipart/mixed", "text/event-stream"),
        ("text/event-stream, application/json;q=0.5", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream;q=0, */*", "application/json"),
        # urql's, which asks for a plain answer
        (
            "application/graphql-response+json, application/graphql+json, application/json, "
            "text/event-stream, multipart/mixed",
            "application/graphql-response+json",
        ),
    ],
)
async def test_events_are_for_those_who_prefer_them(
    console: Console, accept: str, content_type: str
) -> None:
    async with console.operator(Accept=accept) as client:
        answer = await client.post("/graphql", json={"query": "{ me }"})
        assert answer.headers["content-type"].startswith(content_type)


@pytest.mark.spec("T-37")
async def test_nobody_and_no_other_site_gets_a_stream(console: Console) -> None:
    body = {"query": "subscription { quiet }"}
    async with console.client(**EVENTS) as client:
        assert (await client.post("/graphql", json=body)).status_code == 401
    cookie = console.cookie(console.accounts.open())
    async with httpx.AsyncClient(base_url=console.origin) as stranger:
        refused = await stranger.post("/graphql", json=body, headers={**EVENTS, "Cookie": cookie})
        assert refused.status_code == 403
    assert not calls["open"]


@pytest.mark.spec("T-37")
async def test_by_get_only_queries_are_answered(console: Console) -> None:
    async with console.operator(**EVENTS) as client:
        answer = await client.get("/graphql", params={"query": "{ me }"})
        assert '{"data":{"me":"ada"}}' in answer.text
        for query in ("mutation { change }", "subscription { quiet }"):
            answer = await client.get("/graphql", params={"query": query})
            assert "POST" in answer.text
    assert not calls["change"]


@pytest.mark.spec("F-22", "F-24")
async def test_a_client_that_leaves_frees_its_subscription(console: Console) -> None:
    for query in ("subscription { quiet }", BEATS):
        async with (
            console.operator(**EVENTS) as client,
            client.stream("POST", "/graphql", json={"query": query}) as answer,
        ):
            async for name, _ in events(answer):
                assert name == "next"
                break
            assert calls["open"] == 1
        await until(lambda: not calls["open"])


@pytest.mark.spec("T-18", "T-32")
@pytest.mark.parametrize("query", ["subscription { quiet }", BEATS])
async def test_a_session_that_ends_ends_its_streams(console: Console, query: str) -> None:
    secret = console.accounts.open()
    async with (
        console.client(secret, **EVENTS) as client,
        client.stream("POST", "/graphql", json={"query": query}) as answer,
    ):
        stream = events(answer)
        assert (await anext(stream))[0] == "next"
        del console.accounts.sessions[secret]
        async with asyncio.timeout(10):
            names = {name async for name, _ in stream}
    assert names <= {"next"}  # it is not complete: the client comes back, and has to sign in


@pytest.mark.spec("T-28")
async def test_a_stream_counts_as_a_connection(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.app.state.sockets, "per_user", 1)
    async with console.operator(**EVENTS) as client:
        body = {"query": "subscription { quiet }"}
        async with client.stream("POST", "/graphql", json=body) as answer:
            assert (await anext(events(answer)))[0] == "next"
            assert (await client.post("/graphql", json=body)).status_code == 429
        await until(lambda: not len(console.app.state.sockets))
        assert (await client.post("/graphql", json={"query": "{ me }"})).status_code == 200


async def test_a_stream_on_which_nothing_happens_is_kept_open(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "KEEPALIVE_SECONDS", 0.05)
    async with (
        console.operator(**EVENTS) as client,
        client.stream("POST", "/graphql", json={"query": "subscription { quiet }"}) as answer,
    ):
        stream = events(answer)
        assert [(await anext(stream))[0] for _ in range(4)] == ["next", "", "", ""]


@pytest.mark.spec("F-17")
async def test_a_client_that_takes_nothing_is_cut(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "SEND_SECONDS", 0.5)
    body = json.dumps({"query": "subscription { beats { text(sized: 3000000) } }"})
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {console.authority}\r\n"
        f"Cookie: {console.cookie(console.accounts.open())}\r\nQuartermaster-Client: tests\r\n"
        "Accept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with console.raw_connection() as connection:
        connection.sendall((head + body).encode())
        await until(lambda: calls["open"] == 1)
        await until(lambda: not calls["open"])
        await until(lambda: not console.server.server_state.connections)


@pytest.mark.spec("T-36", "T-31")
async def test_a_first_frame_that_does_not_come_ends_the_stream(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "EXECUTION_LIMIT_SECONDS", 0.2)
    async with console.operator(**EVENTS) as client:
        answer = await client.post("/graphql", json={"query": "{ never }"})
        assert "TOO_SLOW" in answer.text


@pytest.mark.spec("API-4", "T-33")
async def test_what_is_shared_is_shared_with_those_who_come_by_websocket(
    console: Console,
) -> None:
    audiences[1] = "operators"
    secret = console.accounts.open()
    async with (
        console.connect(secret) as socket,
        console.client(secret, **EVENTS) as client,
        client.stream("POST", "/graphql", json={"query": BEATS}) as answer,
    ):
        await initialise(socket)
        await subscribe(socket, "1", BEATS)
        by_socket = [await beat(socket) for _ in range(10)]
        stream = events(answer)
        by_events = [(await anext(stream))[1]["data"]["beats"] for _ in range(10)]
    audiences.clear()
    made = {one["number"]: one["made"] for one in by_socket if not one["isFirst"]}
    both = [one for one in by_events if one["number"] in made and not one["isFirst"]]
    assert both
    assert all(made[one["number"]] == one["made"] for one in both)
