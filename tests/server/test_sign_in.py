"""Signing in and out over plain HTTP."""

from __future__ import annotations

import json

import pytest

from tests.server.console import PASSWORD, Console, until


async def test_a_good_password_gives_the_person_and_a_cookie_that_no_script_reads(
    console: Console,
) -> None:
    async with console.client() as client:
        answer = await client.post("/auth/sign-in", json={"name": "ada", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json() == {
            "name": "ada",
            "displayName": None,
            "roles": ["DATA_SCIENTIST", "OPERATOR"],
        }
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("quartermaster_session=secret-")
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert attribute in cookie
        session = await client.get("/auth/session")
        assert session.status_code == 200
        assert session.json() == answer.json()


async def test_a_wrong_password_is_refused_without_a_cookie(console: Console) -> None:
    async with console.client() as client:
        answer = await client.post("/auth/sign-in", json={"name": "ada", "password": "no"})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "SIGN_IN_FAILED"
        assert "set-cookie" not in answer.headers


async def test_too_many_attempts_say_when_to_come_back(console: Console) -> None:
    async with console.client() as client:
        answer = await client.post("/auth/sign-in", json={"name": "limited", "password": "no"})
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "17"
        assert answer.json()["error"]["code"] == "TOO_MANY_ATTEMPTS"


@pytest.mark.spec("T-14")
async def test_one_request_is_one_attempt(console: Console) -> None:
    attempt = {"name": "ada", "password": "no"}
    async with console.client() as client:
        array = await client.post("/auth/sign-in", json=[attempt] * 50)
        assert array.status_code == 400
        twice = await client.post(
            "/auth/sign-in",
            content=b'{"name": "ada", "password": "no", "more": [1]}',
            headers={"Content-Type": "application/json"},
        )
        assert twice.status_code == 400
        assert console.accounts.attempts == []


@pytest.mark.spec("T-14", "T-40")
async def test_a_batch_of_operations_is_refused_whole(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.post("/graphql", json=[{"query": "{ me }"}] * 50)
        assert answer.status_code == 400
        assert "one operation a request" in answer.json()["errors"][0]["message"]


@pytest.mark.spec("T-18")
async def test_the_session_is_another_after_signing_in(console: Console) -> None:
    planted = console.accounts.open("mallory")
    async with console.client(planted) as client:
        answer = await client.post("/auth/sign-in", json={"name": "ada", "password": PASSWORD})
        assert planted not in answer.headers["set-cookie"]
    async with console.client(planted) as client:
        assert (await client.get("/auth/session")).status_code == 401


@pytest.mark.spec("T-18")
async def test_a_captured_cookie_is_dead_after_signing_out(console: Console) -> None:
    secret = console.accounts.open()
    async with console.client(secret) as client:
        answer = await client.post("/auth/sign-out")
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await client.post("/graphql", json={"query": "{ me }"})).status_code == 401
        assert (await client.get("/auth/session")).status_code == 401


@pytest.mark.spec("T-18", "T-32")
async def test_signing_out_closes_the_sessions_sockets_at_once(console: Console) -> None:
    secret = console.accounts.open()
    async with console.connect(secret) as socket, console.client(secret) as client:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        await client.post("/auth/sign-out")
        await until(lambda: socket.close_code)
        assert socket.close_code == 4401


async def test_signing_out_without_a_session_is_no_error(console: Console) -> None:
    async with console.client() as client:
        assert (await client.post("/auth/sign-out")).status_code == 204


@pytest.mark.spec("T-26")
async def test_the_address_of_an_attempt_is_the_peers_whatever_its_headers_say(
    console: Console,
) -> None:
    async with console.client() as client:
        await client.post(
            "/auth/sign-in",
            json={"name": "ada", "password": "no"},
            headers={"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"},
        )
    assert [address for _, _, address in console.accounts.attempts] == ["127.0.0.1"]
