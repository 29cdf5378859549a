"""API tokens through the running API: made, shown once, used, listed, bounded by scope, revoked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from domain.audit import AuditEntry
from domain.database import execute, fetch
from domain.token_secrets import is_well_formed, make_secret
from domain.tokens import prune_tokens
from tests.schema.everything import root, some_input
from tests.services.changes import change, done
from tests.services.graph import TLS, Graph, take

WISH = {"name": "nightly report", "scope": "READ"}
TOKENS = """{ viewer { name tokens { id name scope createdAt expiresAt lastUsedAt lastUsedFrom
                       user { name } } } }"""


async def make(graph: Graph, **wish: Any) -> tuple[str, str]:
    """Id and secret of a token of who is signed in."""
    made = await done(graph, "createToken", **{**WISH, **wish})
    return made["token"]["id"], made["secret"]


async def tokens(graph: Graph) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await graph.ask(TOKENS))["viewer"]["tokens"]
    return found


@asynccontextmanager
async def bearing(graph: Graph, secret: str) -> AsyncIterator[Graph]:
    """The API as a program has it: no cookie, no header of ours, nothing but the token."""
    program = Graph(graph.live, graph.bus, graph.url, "")
    await program.http.aclose()
    program.http = httpx.AsyncClient(
        base_url=graph.url, headers={"Authorization": f"Bearer {secret}"}, timeout=20, verify=TLS
    )
    async with program.http:
        yield program


def socket(graph: Graph, **headers: str) -> connect:
    """As a program connects: it sends no Origin."""
    return connect(
        graph.url.replace("http", "ws") + "/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers=headers,
        proxy=None,
    )


async def begin(graph: Graph, socket: ClientConnection, secret: str, asked: str) -> dict[str, Any]:
    """Say the token and subscribe; the first frame."""
    payload = {"authorization": f"Bearer {secret}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": asked}}))
    frame: dict[str, Any] = json.loads(await socket.recv())
    return frame


async def close_code(socket: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


@pytest.mark.spec("TOKEN-1", "T-45", "T-46")
async def test_a_token_is_shown_once_and_listed_with_its_use(graph: Graph) -> None:
    token_id, secret = await make(graph)
    assert is_well_formed(secret)
    (token,) = await tokens(graph)
    assert (token["id"], token["name"], token["scope"]) == (token_id, "nightly report", "READ")
    assert (token["lastUsedAt"], token["user"]) == (None, {"name": "ada"})
    lifetime = datetime.fromisoformat(token["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=89) < lifetime <= timedelta(days=90)
    async with bearing(graph, secret) as program:
        assert (await program.ask("{ viewer { name } }"))["viewer"] == {"name": "ada"}
    (token,) = await tokens(graph)
    assert (token["lastUsedAt"] is not None, token["lastUsedFrom"]) == (True, "127.0.0.1")
    (stored,) = await fetch("SELECT * FROM api_token")
    assert secret not in [str(stored[column]) for column in range(10)]
    told = await AuditEntry.get(action="token.create")
    assert told.after["scope"] == "READ"
    assert secret not in repr(told.__dict__)


@pytest.mark.spec("TOKEN-1")
async def test_a_command_that_is_sent_again_makes_one_token_and_shows_its_secret_once(
    graph: Graph,
) -> None:
    first = await done(graph, "createToken", **WISH, commandId="one")
    again = await done(graph, "createToken", **WISH, commandId="one")
    assert (first["token"]["id"], again["secret"]) == (again["token"]["id"], None)
    assert first["secret"]
    assert len(await tokens(graph)) == 1


@pytest.mark.spec("TOKEN-1", "API-3")
@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": " "}, "BadName"),
        ({"name": "Nightly Report"}, "NameTaken"),
        ({"days": 0}, "BadLifetime"),
        ({"days": 366}, "BadLifetime"),
    ],
)
async def test_what_cannot_be_a_token_is_refused_by_type(
    graph: Graph, wrong: dict[str, Any], refusal: str
) -> None:
    await make(graph)
    answer = await change(graph, "createToken", **{**WISH, "name": "second", **wrong})
    assert answer["__typename"] == refusal
    assert len(await tokens(graph)) == 1


@pytest.mark.spec("TOKEN-1", "T-18", "T-27")
async def test_a_token_works_over_websocket_and_its_revocation_ends_what_is_open(
    graph: Graph,
) -> None:
    token_id, secret = await make(graph)
    async with socket(graph) as open_socket:
        frame = await begin(graph, open_socket, secret, "subscription { clusterSnapshot { name } }")
        assert frame["payload"]["data"] == {"clusterSnapshot": {"name": "lab"}}
        await done(graph, "revokeTokens", tokens=[token_id])
        assert await close_code(open_socket) == 4401
    assert await tokens(graph) == []
    async with socket(graph) as later:
        payload = {"authorization": f"Bearer {secret}"}
        await later.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert await close_code(later) == 4401
    async with bearing(graph, secret) as program:
        assert (await program.http.post("/graphql", json={"query": "{ a }"})).status_code == 401


@pytest.mark.spec("TOKEN-1", "T-17", "T-32")
@pytest.mark.parametrize("ended", ["token", "expired", "deleted", "password"])
async def test_an_event_stream_and_a_socket_end_with_what_they_were_opened_by(
    graph: Graph, ended: str
) -> None:
    made = await done(graph, "onBoardUsers", users=[{"name": "eve", "roles": ["ML_ENGINEER"]}])
    (eve,) = made["users"]
    async with graph.signed_in("eve", eve["password"]) as hers:
        token_id, secret = await make(hers)
    asked = "subscription { clusterSnapshot { name } }"
    headers = {"Accept": "text/event-stream"}
    async with (
        bearing(graph, secret) as program,
        socket(graph, Authorization=f"Bearer {secret}") as open_socket,
        program.http.stream("POST", "/graphql", json={"query": asked}, headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: next"
        assert (await begin(graph, open_socket, secret, asked))["type"] == "next"
        if ended == "token":  # by an operator
            await done(graph, "revokeTokens", tokens=[token_id])
        elif ended == "expired":
            await execute("UPDATE api_token SET expires_at = ?", datetime.now(UTC))
        elif ended == "deleted":
            await done(graph, "deleteUsers", users=[eve["user"]["id"]])
        else:
            await done(graph, "resetPassword", user=eve["user"]["id"])
        assert await close_code(open_socket) == 4401
        async with asyncio.timeout(10):
            assert [line async for line in lines][-1] != "event: complete"
        later = await program.http.post("/graphql", json={"query": "{ viewer { name } }"})
        assert later.status_code == 401


@pytest.mark.spec("TOKEN-1", "USER-6", "T-25")
async def test_a_token_to_read_changes_nothing_by_any_mutation(graph: Graph) -> None:
    token_id, secret = await make(graph)
    kinds = ("user", "group", "pool", "device", "webhook", "node", "session", "target", "cluster")
    ids = dict.fromkeys(kinds, token_id)
    async with bearing(graph, secret) as program:
        for name, field in root("mutation").fields.items():
            (argument,) = field.args.values()
            given = some_input(argument.type, {**ids, "token": token_id})
            if name == "revokeTokens":  # itself: below
                continue
            data = await program.ask(f"mutation {{ {name}(input: {given}) {{ __typename }} }}")
            assert data[name]["__typename"] in ("TokenOnlyReads", "NotByToken"), name
        last = await AuditEntry.all().order_by("-id").first()
        assert last is not None
        assert (last.actor, last.token) == ("ada", "nightly report")
        await done(program, "revokeTokens", tokens=[token_id])
        assert (await program.http.post("/graphql", json={"query": "{ a }"})).status_code == 401


@pytest.mark.spec("TOKEN-1", "T-18")
async def test_a_token_to_manage_changes_what_its_user_may_and_makes_nothing_that_outlives_it(
    graph: Graph,
) -> None:
    _, secret = await make(graph, name="deploy", scope="MANAGE")
    other, _ = await make(graph, name="other")
    users = (await graph.ask("{ users { edges { node { id version } } } }"))["users"]["edges"]
    ada = users[0]["node"]
    async with bearing(graph, secret) as program:
        await done(program, "createGroup", name="by token", users=[], pool=None)
        told = await AuditEntry.get(action="group.create")
        assert (told.actor, told.token) == ("ada", "deploy")
        (entry,) = (
            await graph.ask(
                '{ auditEntries(filter: {search: "by token"}) { edges { node { actor token } } } }'
            )
        )["auditEntries"]["edges"]
        assert entry["node"] == {"actor": "ada", "token": "deploy"}
        for name, given in (
            ("createToken", WISH),
            ("revokeTokens", {"tokens": [other]}),
            ("resetPassword", {"user": ada["id"]}),
            ("onBoardUsers", {"users": [{"name": "eve"}]}),
            ("editUser", {"id": ada["id"], "version": ada["version"]}),
            ("signOutEverywhere", {}),
        ):
            assert (await change(program, name, **given))["__typename"] == "NotByToken", name
        waiting = '{ waitingDevice(userCode: "BCDFGHJK") { __typename } }'
        assert (await program.ask(waiting))["waitingDevice"] == {"__typename": "NotByToken"}
    assert len(await tokens(graph)) == 2


@pytest.mark.spec("TOKEN-1", "USER-6", "T-48")
async def test_a_token_sees_what_its_user_sees_now(graph: Graph) -> None:
    made = await done(
        graph, "onBoardUsers", users=[{"name": "eve", "roles": ["OPERATOR", "ML_ENGINEER"]}]
    )
    (eve,) = made["users"]
    await graph.add_node("canary")
    async with graph.signed_in("eve", eve["password"]) as hers:
        _, secret = await make(hers)
    _, of_ada = await make(graph)
    asked = "subscription { nodeChanges { changed { hostName } } }"
    async with bearing(graph, secret) as program, bearing(graph, of_ada) as other:
        assert (await program.ask("{ viewer { name } nodes { totalCount } }")) == {
            "viewer": {"name": "eve"}, "nodes": {"totalCount": 1}
        }  # fmt: skip
        assert (await other.ask("{ viewer { name } }"))["viewer"] == {"name": "ada"}
        async with socket(graph) as open_socket:
            frame = await begin(graph, open_socket, secret, asked)
            assert "canary" in json.dumps(frame)
            version = (await graph.ask('{ user(name: "eve") { version } }'))["user"]["version"]
            roles = {"version": version, "roles": ["ML_ENGINEER"]}
            await done(graph, "editUser", id=eve["user"]["id"], **roles)
            assert await close_code(open_socket) == 4403
        assert (await program.ask("{ nodes { totalCount } }"))["nodes"] == {"totalCount": 0}
        assert (await program.http.get("/audit.jsonl")).status_code == 403
        assert (await program.http.get("/metrics")).status_code == 403
        assert (await other.http.get("/metrics")).status_code == 200
        assert "token.create" in (await other.http.get("/audit.jsonl")).text


@pytest.mark.spec("TOKEN-1", "T-13")
async def test_guessing_a_token_is_limited_and_a_revoked_or_mistyped_one_is_no_guess(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.attempts.FREE_ATTEMPTS_PER_ADDRESS", 2)
    token_id, revoked = await make(graph, name="old")
    await done(graph, "revokeTokens", tokens=[token_id])
    _, secret = await make(graph)

    async def status(token: str) -> int:
        async with bearing(graph, token) as program:
            answer = await program.http.post("/graphql", json={"query": "{ viewer { name } }"})
            return answer.status_code

    for wrong in (revoked, secret[:-1] + ("a" if secret[-1] != "a" else "b"), "qm_", "x"):
        assert [await status(wrong) for _ in range(4)] == [401] * 4
    assert await status(secret) == 200
    assert [await status(make_secret()) for _ in range(2)] == [401, 401]
    assert [await status(secret), await status(make_secret())] == [429, 429]
    await execute("UPDATE sign_in_failure SET last_at = ?", datetime.now(UTC) - timedelta(hours=1))
    assert await status(secret) == 200


@pytest.mark.spec("T-51")
async def test_no_token_is_taken_from_a_url(graph: Graph) -> None:
    _, secret = await make(graph)
    async with bearing(graph, "x") as program:
        del program.http.headers["Authorization"]
        program.http.headers["Quartermaster-Client"] = "tests"
        for name in ("token", "access_token", "authorization", "api_key"):
            answer = await program.http.post(f"/graphql?{name}={secret}", json={"query": "{ a }"})
            assert answer.status_code == 401
    url = graph.url.replace("http", "ws") + f"/graphql?access_token={secret}"
    async with connect(url, subprotocols=["graphql-transport-ws"], proxy=None) as late:  # type: ignore[list-item]
        await late.send('{"type": "connection_init"}')
        assert await close_code(late) == 4401


@pytest.mark.spec("TOKEN-1")
async def test_operators_see_whose_tokens_there_are_and_end_any(graph: Graph) -> None:
    made = await done(graph, "onBoardUsers", users=[{"name": "eve", "roles": ["ML_ENGINEER"]}])
    async with graph.signed_in("eve", made["users"][0]["password"]) as hers:
        token_id, _ = await make(hers)
    asked = "{ users { edges { node { name tokens { id name } sessions { id } } } } }"
    shown = {e["node"]["name"]: e["node"] for e in (await graph.ask(asked))["users"]["edges"]}
    assert shown["eve"]["tokens"] == [{"id": token_id, "name": "nightly report"}]
    assert shown["eve"]["sessions"] is None
    asked = "query ($id: ID!) { node(id: $id) { ... on ApiToken { user { name } } } }"
    assert (await graph.ask(asked, id=token_id))["node"] == {"user": {"name": "eve"}}
    await done(graph, "revokeTokens", tokens=[token_id])
    assert (await graph.ask(asked, id=token_id))["node"] is None
    told = await AuditEntry.get(action="token.revoke")
    assert (told.actor, told.object_name) == ("ada", "nightly report")


async def test_what_is_long_over_is_forgotten(graph: Graph) -> None:
    token_id, _ = await make(graph)
    await make(graph, name="living")
    await done(graph, "revokeTokens", tokens=[token_id])
    assert await prune_tokens() == 0
    assert await prune_tokens(datetime.now(UTC) + timedelta(days=31)) == 1


@pytest.mark.spec("T-18", "T-32", "USER-6")
async def test_one_sees_and_ends_ones_own_sessions_and_what_they_hold_open(graph: Graph) -> None:
    asked = "{ viewer { sessions { id createdAt lastUsedAt address isCurrent } } }"
    async with graph.signed_in("ada", graph.password) as elsewhere:
        sessions = (await graph.ask(asked))["viewer"]["sessions"]
        assert [one["isCurrent"] for one in sessions].count(True) == 1
        assert {one["address"] for one in sessions} == {"127.0.0.1"}
        (other,) = [one["id"] for one in sessions if not one["isCurrent"]]
        async with aclosing(elsewhere.subscribe("subscription { clusterSnapshot { name } }")) as it:
            await take(it, 1)
            assert (await done(graph, "endSessions", sessions=[other]))["ids"] == [other]
            with pytest.raises(ConnectionClosed) as closed:
                await take(it, 100)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        assert (await elsewhere.http.get("/auth/session")).status_code == 401
    assert (await change(graph, "endSessions", sessions=[other]))["__typename"] == "Unknown"
    assert len((await graph.ask(asked))["viewer"]["sessions"]) == 1


@pytest.mark.spec("T-18")
async def test_signing_out_everywhere_ends_every_session_and_leaves_tokens(graph: Graph) -> None:
    _, secret = await make(graph)
    async with graph.signed_in("ada", graph.password) as elsewhere:
        ended = await done(graph, "signOutEverywhere")
        assert len(ended["ids"]) == 2
        for one in (graph, elsewhere):
            assert (await one.http.get("/auth/session")).status_code == 401
    async with bearing(graph, secret) as program:
        assert (await program.ask("{ viewer { name } }"))["viewer"] == {"name": "ada"}


@pytest.mark.spec("T-45", "T-51")
async def test_no_log_line_holds_a_token(graph: Graph, capfd: pytest.CaptureFixture[str]) -> None:
    _, secret = await make(graph)
    async with bearing(graph, secret) as program:
        await program.ask("{ viewer { name } }")
        assert (await program.http.post("/graphql", content=b"{")).status_code >= 400
    async with socket(graph) as open_socket:
        await begin(graph, open_socket, secret, "subscription { clusterSnapshot { name } }")
    logged = "".join(capfd.readouterr())
    assert "path=/graphql" in logged
    assert secret not in logged
