"""Nobody reads anything without signing in; the exceptions are written down here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus

from server.admission import Admission
from server.security.access import Access, Guard
from server.settings import Settings
from tests.server.console import PLAIN, Console
from tests.server.small_schema import calls

OPEN_ROUTES = {
    "/healthz",
    "/readyz",
    "/auth/sign-in",
    "/auth/sign-out",
    "/auth/session",
    "/auth/methods",
    "/auth/begin",
    "/auth/callback",
    "/auth/leave",
    "/auth/device",
    "/auth/device/token",
    "/{path:path}",  # the dashboard's own files: the sign-in page is one of its screens
}


def routes(console: Console) -> list[Route | WebSocketRoute]:
    found = [route for route in console.app.routes if isinstance(route, Route | WebSocketRoute)]
    assert len(found) == len(console.app.routes)
    return found


def guard_of(route: Route | WebSocketRoute) -> object:
    """What decides; before it only stands who makes others wait."""
    return route.app.app if isinstance(route.app, Admission) else route.app


@pytest.mark.spec("T-21")
def test_the_open_routes_are_those_written_here(console: Console) -> None:
    guards = {route.path: guard_of(route) for route in routes(console)}
    assert all(isinstance(guard, Guard) for guard in guards.values())
    assert {
        path
        for path, guard in guards.items()
        if isinstance(guard, Guard) and guard.access is Access.OPEN
    } == OPEN_ROUTES


@pytest.mark.spec("T-21", "T-22")
@pytest.mark.parametrize("cookie", [None, "unknown", ""])
async def test_every_other_route_is_closed_to_who_is_not_signed_in(
    console: Console, cookie: str | None
) -> None:
    closed = {route.path for route in routes(console)} - OPEN_ROUTES
    assert closed == {"/graphql", "/audit.jsonl", "/metrics", "/graphiql", "/graphiql/{file:path}"}
    async with console.client(cookie) as client:
        for path in closed:
            path = path.replace("{file:path}", "graphiql-4f2a.js")
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
                answer = await client.request(method, path)
                if path == "/graphiql":
                    assert answer.status_code == 303
                    assert answer.headers["location"] == "/sign-in?next=/graphiql"
                elif path in ("/audit.jsonl", "/metrics") and method not in ("GET", "HEAD"):
                    assert answer.status_code in (401, 405)
                else:
                    assert answer.status_code == 401, (method, path)


@pytest.mark.spec("T-21", "T-34", "T-35")
@pytest.mark.parametrize(
    "body", [b"{", b'{"query": "{ me }"}', b'{"query": "' + b"{a" * 100_000, b"x" * 10_000_000]
)
async def test_without_a_session_not_even_the_body_is_read(console: Console, body: bytes) -> None:
    async with console.client() as client:
        try:
            answer = await client.post(
                "/graphql", content=body, headers={"Content-Type": "application/json"}
            )
        except (httpx.WriteError, httpx.ReadError):
            return  # refused while the body was still on its way
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "SIGN_IN_REQUIRED"


@pytest.mark.spec("T-21", "T-31")
@pytest.mark.parametrize("secret", [None, "unknown"])
async def test_a_websocket_without_a_session_is_refused_before_it_is_accepted(
    console: Console, secret: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await console.connect(secret)
    assert refused.value.response.status_code == 401


@pytest.mark.spec("T-31")
async def test_a_user_who_is_no_operator_reaches_the_graph_and_nothing_of_the_operators(
    console: Console,
) -> None:
    secret = console.accounts.open("dora", PLAIN)
    async with console.client(secret) as client:
        answer = await client.post("/graphql", json={"query": "{ me }"})
        assert answer.json() == {"data": {"me": "dora"}}
        assert (await client.get("/auth/session")).json()["roles"] == ["DATA_SCIENTIST"]
        for path in ("/audit.jsonl", "/graphiql", "/graphiql/graphiql-4f2a.js"):
            answer = await client.get(path)
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "OPERATOR_REQUIRED"
    async with console.connect(secret) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


@pytest.mark.spec("T-51")
async def test_a_session_in_the_url_is_not_accepted(console: Console) -> None:
    secret = console.accounts.open()
    async with console.client() as client:
        for name in ("quartermaster_session", "token", "access_token"):
            answer = await client.get("/graphql", params={"query": "{ me }", name: secret})
            assert answer.status_code == 401


async def test_two_session_cookies_are_none(console: Console) -> None:
    good = console.cookie(console.accounts.open())
    async with console.client(Cookie=f"{good}; {console.cookie('planted')}") as client:
        assert (await client.get("/auth/session")).status_code == 401
    async with console.client(Cookie=f"theme=dark; {good}; other=1") as client:
        assert (await client.get("/auth/session")).status_code == 200


@pytest.mark.spec("T-26")
@pytest.mark.parametrize(
    "header",
    [
        "Impersonate-User",
        "Impersonate-Group",
        "X-Forwarded-User",
        "X-Remote-User",
        "X-Auth-Request-User",
        "kubeflow-userid",
        "Authorization",
    ],
)
async def test_a_header_that_names_a_user_has_no_effect(console: Console, header: str) -> None:
    console.accounts.open("root")
    async with console.client() as client:
        answer = await client.post("/graphql", json={"query": "{ me }"}, headers={header: "root"})
        assert answer.status_code == 401
    async with console.operator() as client:
        answer = await client.post("/graphql", json={"query": "{ me }"}, headers={header: "root"})
        assert answer.json() == {"data": {"me": "ada"}}
    with pytest.raises(InvalidStatus):
        await console.connect(None, headers={header: "root"})


@pytest.mark.spec("T-25")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_method_override_is_ignored(console: Console, method: str) -> None:
    async with console.operator(**{"X-HTTP-Method-Override": "POST"}) as client:
        answer = await client.request(
            method,
            "/graphql",
            params={"query": "mutation { change }", "_method": "POST"},
            headers={"X-Method-Override": "POST", "X-HTTP-Method": "POST"},
        )
        assert answer.status_code == 405
        assert not calls["change"]


BAD_HOSTS = [
    "example.com",
    "example.com/healthz?x=",
    "127.0.0.1/healthz?x=",
    "127.0.0.1#",
    "127.0.0.1@example.com",
    "example.com@127.0.0.1",
    "127.0.0.1:80:80",
    "127.0.0.1:port",
    "127.0.0.1.",
    "127.0.0.1, example.com",
    "[::1",
    "",
    " ",
]


@pytest.mark.spec("T-20", "T-38")
@pytest.mark.parametrize("host", BAD_HOSTS)
@pytest.mark.parametrize("path", ["/", "/graphql", "/graphiql", "/auth/session", "/assets/x.js"])
def test_a_host_that_is_not_ours_is_refused_on_every_route(
    console: Console, host: str, path: str
) -> None:
    cookie = console.cookie(console.accounts.open())
    answer = console.exchange(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nQuartermaster-Client: t\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nlocation:" not in answer.lower()


@pytest.mark.spec("T-20", "T-31", "T-38")
@pytest.mark.parametrize("host", ["example.com", "127.0.0.1/graphql?x=", "127.0.0.1@x"])
async def test_a_websocket_with_a_foreign_host_is_refused(console: Console, host: str) -> None:
    answer = console.exchange(
        f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        f"Cookie: {console.cookie(console.accounts.open())}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.spec("T-20")
@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "example.com"]])
def test_exactly_one_host_is_named(console: Console, hosts: list[str]) -> None:
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    answer = console.exchange(f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.spec("T-20")
def test_no_decision_reads_the_url_that_starlette_makes_of_the_host() -> None:
    server = Path(__file__).parents[2] / "server"
    for source in server.rglob("*.py"):
        code = source.read_text()
        for construct in ("request.url", ".base_url", "url_for("):
            assert construct not in code.replace("`request.url`", ""), source


@pytest.mark.spec("T-22")
def test_the_default_listens_on_loopback_and_no_setting_turns_sign_in_off() -> None:
    assert Settings().host == "127.0.0.1"
    names = " ".join(field.name for field in fields(Settings))
    for word in ("auth_", "anonymous", "disable", "no_auth", "insecure", "sign_in", "open"):
        assert word not in names


@pytest.mark.spec("T-9", "T-22")
def test_a_setting_that_does_not_exist_stops_the_start() -> None:
    command = "from server.settings import Settings; Settings.load()"
    environment = {**os.environ, "QUARTERMASTER_DISABLE_AUTH": "yes"}
    ended = subprocess.run(
        [sys.executable, "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode != 0
    assert "QUARTERMASTER_DISABLE_AUTH" in ended.stderr


async def test_probes_need_no_session_and_tell_nothing(console: Console) -> None:
    async with console.client(Host="10.0.0.7:8080") as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).text == "ready\n"
        console.ready["database"] = False
        try:
            answer = await client.get("/readyz")
            assert answer.status_code == 503
            assert answer.text == "not ready\n"
            assert (await client.get("/healthz")).status_code == 200
        finally:
            console.ready["database"] = True
