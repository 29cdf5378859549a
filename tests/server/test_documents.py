"""A document that was good before is not parsed and validated again, and means the same."""

from __future__ import annotations

import pytest

from server.graphql.documents import LONGEST, MOST, Documents
from tests.server.console import Console
from tests.server.small_schema import schema


async def test_a_document_asked_again_answers_the_same_and_takes_new_variables(
    console: Console,
) -> None:
    asked = "query ($size: Int!) { thing { text(sized: $size) } me }"
    async with console.operator() as client:
        for size in (1, 3, 2):
            body = {"query": asked, "variables": {"size": size}}
            answer = (await client.post("/graphql", json=body)).json()
            assert answer == {"data": {"thing": {"text": "x" * size}, "me": "ada"}}
        wrong = {"query": asked, "variables": {"size": "three"}}
        answer = (await client.post("/graphql", json=wrong)).json()
        assert "Int" in answer["errors"][0]["message"]


@pytest.mark.spec("T-34", "T-36")
@pytest.mark.parametrize("asked", ["{ nothing }", "{ me ", "{ " + "a: me " * 101 + "}"])
async def test_a_document_that_was_refused_is_refused_again(console: Console, asked: str) -> None:
    async with console.operator() as client:
        first = (await client.post("/graphql", json={"query": asked})).json()
        assert "errors" in first
        assert (await client.post("/graphql", json={"query": asked})).json() == first


@pytest.mark.spec("T-24")
async def test_a_known_document_is_answered_for_who_asks(console: Console) -> None:
    async with console.operator() as client:
        for _ in range(2):
            answer = await client.post("/graphql", json={"query": "{ me }"})
            assert answer.json() == {"data": {"me": "ada"}}
    async with console.client(console.accounts.open("eve")) as client:
        answer = await client.post("/graphql", json={"query": "{ me }"})
        assert answer.json() == {"data": {"me": "eve"}}


@pytest.mark.spec("T-35")
def test_only_some_documents_of_modest_length_are_kept() -> None:
    documents = Documents(schema._schema)
    short = [f"{{ a{number}: me }}" for number in range(MOST + 1)]
    long = "{ me }" + " " * LONGEST
    for text in (*short, long):
        documents.read(text)
    assert short[0] not in documents
    assert short[1] in documents
    assert long not in documents
