"""A terminal asks for a token, a person says yes elsewhere: the grant, its bounds, the commands."""

from __future__ import annotations

import json
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain import device_requests
from domain.audit import AuditEntry
from domain.database import execute, fetch
from tests.services.changes import change, done
from tests.services.graph import Graph
from tests.services.terminal import Terminal

WAITING = """query ($code: String!) { waitingDevice(userCode: $code) { __typename
  ... on WaitingDevice { hostName scope address } ... on Refusal { message } } }"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "config")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls need not wait, but where a test says so."""
    monkeypatch.setattr(device_requests, "INTERVAL_SECONDS", 0)


async def ask_for_token(graph: Graph, scope: str = "READ") -> dict[str, Any]:
    wish = {"scope": scope, "host_name": "workstation"}
    answer = await graph.http.post("/auth/device", json=wish)
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def poll(graph: Graph, begun: dict[str, Any]) -> httpx.Response:
    return await graph.http.post("/auth/device/token", json={"device_code": begun["device_code"]})


async def error(graph: Graph, begun: dict[str, Any]) -> str:
    answer = await poll(graph, begun)
    assert answer.status_code == 400
    return str(answer.json()["error"])


async def waiting(graph: Graph, code: str) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(WAITING, code=code))["waitingDevice"]
    return found


@pytest.mark.spec("TOKEN-1")
async def test_a_terminal_logs_in_asks_and_logs_out(graph: Graph, terminal: Terminal) -> None:
    command = await terminal.start("login", graph.url, "--manage")
    code = await command.code()
    assert await waiting(graph, code.lower().replace("-", " ")) == {
        "__typename": "WaitingDevice",
        "hostName": socket.gethostname()[:40],
        "scope": "MANAGE",
        "address": "127.0.0.1",
    }
    await done(graph, "answerDevice", userCode=code, isAllowed=True)
    assert await command.end() == 0, command.said
    assert "Logged in as ada" in command.said
    assert stat.S_IMODE(terminal.file.stat().st_mode) == 0o600
    kept = json.loads(terminal.file.read_text())[graph.url]
    assert kept["token"] not in command.said
    status, said = await terminal.run("query", "{ viewer { name tokens { name scope } } }")
    assert status == 0
    viewer = json.loads(said)["data"]["viewer"]
    assert viewer["name"] == "ada"
    assert [token["scope"] for token in viewer["tokens"]] == ["MANAGE"]
    assert (await terminal.run("query", "{ nothing }"))[0] == 1
    status, said = await terminal.run("logout")
    assert status == 0, said
    assert json.loads(terminal.file.read_text()) == {}
    assert (await graph.ask("{ viewer { tokens { id } } }"))["viewer"]["tokens"] == []
    told = await AuditEntry.filter(object_kind="token").order_by("id")
    assert [one.action for one in told] == ["token.allow", "token.create", "token.revoke"]
    assert {one.actor for one in told} == {"ada"}
    assert kept["token"] not in repr([one.__dict__ for one in told])


@pytest.mark.spec("TOKEN-1")
async def test_who_says_no_leaves_the_terminal_without_a_token(
    graph: Graph, terminal: Terminal
) -> None:
    command = await terminal.start("login", graph.url)
    await done(graph, "answerDevice", userCode=await command.code(), isAllowed=False)
    assert await command.end() == 1
    assert "It was refused." in command.said
    assert not terminal.file.exists()
    assert await fetch("SELECT id FROM api_token") == []


@pytest.mark.spec("TOKEN-1", "T-51")
async def test_a_code_is_good_for_one_token(graph: Graph) -> None:
    begun = await ask_for_token(graph)
    assert await error(graph, begun) == "authorization_pending"
    await done(graph, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    again = await change(graph, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    assert again["__typename"] == "CodeUnknown"
    assert (await poll(graph, begun)).json()["token_type"] == "Bearer"
    assert await error(graph, begun) == "expired_token"
    assert len(await fetch("SELECT id FROM api_token")) == 1
    assert begun["user_code"].replace("-", "") not in begun["verification_uri"]


@pytest.mark.spec("TOKEN-1", "T-48")
async def test_a_token_is_of_who_said_yes_whoever_asked(graph: Graph) -> None:
    made = await done(graph, "onBoardUsers", users=[{"name": "eve", "roles": ["ML_ENGINEER"]}])
    begun, other = await ask_for_token(graph, "MANAGE"), await ask_for_token(graph)
    async with graph.signed_in("eve", made["users"][0]["password"]) as hers:
        await done(hers, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    await done(graph, "answerDevice", userCode=other["user_code"], isAllowed=True)
    assert (await poll(graph, begun)).json()["user"] == "eve"
    assert (await poll(graph, other)).json()["user"] == "ada"


@pytest.mark.spec("TOKEN-1", "T-17", "T-18")
@pytest.mark.parametrize("how", ["late", "deleted", "new password"])
async def test_no_token_comes_of_a_yes_that_is_over(graph: Graph, how: str) -> None:
    made = await done(graph, "onBoardUsers", users=[{"name": "eve", "roles": ["ML_ENGINEER"]}])
    (eve,) = made["users"]
    begun = await ask_for_token(graph)
    async with graph.signed_in("eve", eve["password"]) as hers:
        await done(hers, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    if how == "late":
        await execute("UPDATE device_request SET expires_at = ?", datetime.now(UTC))
    elif how == "deleted":
        await done(graph, "deleteUsers", users=[eve["user"]["id"]])
    else:
        await done(graph, "resetPassword", user=eve["user"]["id"])
    assert await error(graph, begun) == "expired_token"
    assert await fetch("SELECT id FROM api_token") == []


@pytest.mark.spec("TOKEN-1")
async def test_who_polls_too_often_is_slowed_down(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_requests, "INTERVAL_SECONDS", 60)
    begun = await ask_for_token(graph)
    assert begun["interval"] == 60
    assert await error(graph, begun) == "authorization_pending"
    await done(graph, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    assert await error(graph, begun) == "slow_down"
    (row,) = await fetch("SELECT interval_seconds FROM device_request")
    assert row["interval_seconds"] == 65


@pytest.mark.spec("TOKEN-1", "T-13")
async def test_guessing_codes_and_asking_for_them_is_limited(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.attempts.FREE_ATTEMPTS_PER_ADDRESS", 2)
    begun = await ask_for_token(graph)
    assert (await waiting(graph, "BCDF-GHJK"))["__typename"] == "CodeUnknown"
    wrong = await change(graph, "answerDevice", userCode="BCDF-GHJK", isAllowed=True)
    assert wrong["__typename"] == "CodeUnknown"
    right = await change(graph, "answerDevice", userCode=begun["user_code"], isAllowed=True)
    assert right["__typename"] == "GuessedTooOften"
    assert (await waiting(graph, begun["user_code"]))["__typename"] == "GuessedTooOften"
    for _ in range(4):
        await ask_for_token(graph)
    more = await graph.http.post("/auth/device", json={"scope": "READ", "host_name": "x"})
    assert (more.status_code, more.headers["Retry-After"]) == (429, "60")


@pytest.mark.spec("T-14")
async def test_codes_that_are_guessed_by_aliases_are_counted_one_by_one(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.attempts.FREE_ATTEMPTS_PER_ADDRESS", 10)
    guesses = " ".join(
        f'guess{number}: waitingDevice(userCode: "BCDFGHJ{letter}") {{ __typename }}'
        for number, letter in enumerate("BCDFGHJKLMNP")
    )
    told = (await graph.ask(f"{{ {guesses} }}")).values()
    assert {one["__typename"] for one in told} <= {"CodeUnknown", "GuessedTooOften"}
    # As if each had been a request: all that were looked at are counted, and the rest have to wait.
    (row,) = await fetch("SELECT failures FROM sign_in_failure WHERE subject LIKE 'guess:%'")
    assert row["failures"] == sum(one["__typename"] == "CodeUnknown" for one in told) >= 10
    more = guesses.replace("guess", "more")
    refused = await graph.answer(f"{{ {guesses} {more} }}")
    assert "root fields" in refused["errors"][0]["message"]


@pytest.mark.spec("T-57")
async def test_what_a_terminal_says_of_itself_is_kept_as_printable_text(graph: Graph) -> None:
    wish = {"scope": "READ", "host_name": "\x1b[31m<b>" + "x" * 200}
    begun = (await graph.http.post("/auth/device", json=wish)).json()
    shown = (await waiting(graph, begun["user_code"]))["hostName"]
    assert shown.isprintable()
    assert len(shown) == 40


@pytest.mark.parametrize(
    "body", [{}, {"scope": "ALL", "host_name": "x"}, {"scope": "READ", "host_name": "x" * 300}]
)
async def test_an_odd_wish_is_refused(graph: Graph, body: dict[str, str]) -> None:
    assert (await graph.http.post("/auth/device", json=body)).status_code == 400


@pytest.mark.spec("TOKEN-1", "T-45")
async def test_the_terminal_trusts_no_file_that_others_read_and_no_plain_http(
    terminal: Terminal,
) -> None:
    terminal.file.parent.mkdir(parents=True)
    terminal.file.write_text("{}")
    terminal.file.chmod(0o644)
    status, said = await terminal.run("query", "{ viewer { name } }")
    assert status == 1
    assert "Others can read" in said
    terminal.file.chmod(0o600)
    status, said = await terminal.run("login", "http://gpus.example.org")
    assert status == 1
    assert "--plain-http" in said
    status, said = await terminal.run("query", "{ viewer { name } }")
    assert "Name the server" in said
