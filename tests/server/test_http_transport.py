"""GraphQL over HTTP: the audits of npm's graphql-http, and what they leave out."""

from __future__ import annotations

import json

import pytest

from tests.server import nodejs
from tests.server.console import Console

AUDITS = 61


@pytest.mark.spec("API-1")
async def test_every_audit_of_graphql_over_http_passes_without_a_warning(
    console: Console, subtests: pytest.Subtests
) -> None:
    cookie = console.cookie(console.accounts.open())
    output = await nodejs.run("audits.mjs", f"{console.origin}/graphql", cookie)
    audits = [json.loads(line) for line in output.splitlines()]
    for audit in audits:
        with subtests.test(audit["name"], id=audit["id"]):
            assert audit["status"] == "ok", audit["reason"]
    assert len(audits) == AUDITS


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json;q=0.5, application/graphql-response+json", "graphql-response+json"),
        ("application/json, application/graphql-response+json", "application/json"),
        ("application/graphql-response+json, application/json;q=0.9", "graphql-response+json"),
        ("application/graphql-response+json, */*;q=0.1", "graphql-response+json"),
        ("application/graphql-response+json;q=0, */*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
    ],
)
async def test_the_answer_has_the_media_type_that_the_client_prefers(
    console: Console, accept: str, content_type: str
) -> None:
    async with console.operator(Accept=accept) as client:
        answer = await client.post("/graphql", json={"query": "{ me }"})
        assert answer.status_code == 200
        assert content_type in answer.headers["content-type"]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*"])
async def test_a_client_that_takes_neither_media_type_is_told_so(
    console: Console, accept: str
) -> None:
    async with console.operator(Accept=accept) as client:
        answer = await client.post("/graphql", json={"query": "{ me }"})
        assert answer.status_code == 406


@pytest.mark.spec("T-25", "T-37")
async def test_get_answers_queries_and_never_changes_anything(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.get("/graphql", params={"query": "{ me }"})
        assert answer.json() == {"data": {"me": "ada"}}
        for query in ("mutation { change }", "query A { me } mutation B { change }"):
            refused = await client.get("/graphql", params={"query": query, "operationName": "B"})
            assert refused.status_code in (400, 405)
        refused = await client.get("/graphql", params={"query": "mutation { change }"})
        assert refused.status_code == 405
        assert refused.headers["allow"] == "POST"
        answer = await client.post("/graphql", json={"query": "mutation { change }"})
        assert answer.json() == {"data": {"change": "changed"}}


async def test_a_subscription_over_http_is_told_to_use_the_websocket(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.post("/graphql", json={"query": "subscription { quiet }"})
        assert answer.status_code == 400
        assert "graphql-transport-ws" in answer.json()["errors"][0]["message"]


async def test_an_operation_that_the_document_lacks_is_refused(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.post("/graphql", json={"query": "{ me }", "operationName": "Other"})
        assert answer.status_code == 400
        assert "Other" in answer.json()["errors"][0]["message"]


async def test_an_error_of_one_field_leaves_the_others(console: Console) -> None:
    async with console.operator(Accept="application/graphql-response+json") as client:
        answer = await client.post("/graphql", json={"query": "{ me refused }"})
        assert answer.status_code == 200
        assert answer.json()["data"] == {"me": "ada", "refused": None}
        error = answer.json()["errors"][0]
        assert error["message"] == "first must be 500 at most"
        assert error["extensions"] == {"code": "BAD_INPUT"}


async def test_an_accident_is_masked_and_its_id_is_in_the_answers_header(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.post("/graphql", json={"query": "{ me broken }"})
        identity = answer.headers["x-request-id"]
        assert answer.json()["data"] == {"me": "ada", "broken": None}
        error = answer.json()["errors"][0]
        assert error["message"] == f"Something failed inside; request {identity}."
        assert error["extensions"] == {"code": "INTERNAL", "requestId": identity}
        assert "hunter2" not in answer.text


@pytest.mark.parametrize("depth", [2_000, 100_000])
async def test_a_deeply_nested_body_is_refused(console: Console, depth: int) -> None:
    body = b'{"query": "{ me }", "variables": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    async with console.operator() as client:
        answer = await client.post(
            "/graphql", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400
        assert (await client.post("/graphql", json={"query": "{ me }"})).status_code == 200
