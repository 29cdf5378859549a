"""Documents by their ids, and a server that runs no others: the same over every transport."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.graphql.known_documents import KnownDocuments, read_documents
from server.settings import Settings, SettingsError
from tests.server.console import Console, running_console
from tests.server.small_schema import calls
from tests.server.test_websocket import initialise, receive, send

ME = "query Me { me }\n"
THING = "query Thing($sized: Int!) {\n  thing { text(sized: $sized) } # how much\n}\n"
QUIET = "subscription Quiet { quiet }\n"

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "me.graphql").write_text(ME)
    (folder / "deeper").mkdir()
    (folder / "deeper" / "manifest.json").write_text(json.dumps({"a": THING, "b": QUIET}))
    (folder / "notes.txt").write_text("no document")
    return folder


@pytest.fixture(scope="module", params=["optional", "only"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shared_console(static: Path, folder: Path, mode: str) -> Iterator[Console]:
    chosen = {"persisted_documents": mode, "persisted_documents_path": str(folder)}
    with running_console(static, **chosen) as console:
        yield console


@pytest.fixture(params=["http", "websocket", "events"])
def ask(request: pytest.FixtureRequest, console: Console) -> Ask:
    """The first payload of what is asked, over each transport."""

    async def over_http(asked: dict[str, Any]) -> dict[str, Any]:
        async with console.operator() as client:
            answer: dict[str, Any] = (await client.post("/graphql", json=asked)).json()
            return answer

    async def over_websocket(asked: dict[str, Any]) -> dict[str, Any]:
        async with console.connect(console.accounts.open()) as socket:
            await initialise(socket)
            await send(socket, type="subscribe", id="1", payload=asked)
            message = await receive(socket)
            payload: Any = message["payload"]
            return {"errors": payload} if message["type"] == "error" else payload

    async def as_events(asked: dict[str, Any]) -> dict[str, Any]:
        async with (
            console.operator(Accept="text/event-stream") as client,
            client.stream("POST", "/graphql", json=asked) as stream,
        ):
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    answer: dict[str, Any] = json.loads(line[6:])
                    return answer
        raise AssertionError("no event came")

    return {"http": over_http, "websocket": over_websocket, "events": as_events}[request.param]


@pytest.mark.spec("T-36", "T-31")
@pytest.mark.parametrize("spelt", ["documentId", "bare documentId", "persistedQuery"])
async def test_a_known_document_runs_by_its_id(ask: Ask, spelt: str) -> None:
    named: dict[str, Any] = {
        "documentId": {"documentId": f"sha256:{hash_of(THING)}"},
        "bare documentId": {"documentId": hash_of(THING).upper()},
        "persistedQuery": {
            "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(THING)}}
        },
    }[spelt]
    assert await ask({**named, "variables": {"sized": 3}}) == {"data": {"thing": {"text": "xxx"}}}


@pytest.mark.spec("T-36", "T-31")
async def test_a_document_that_is_not_known_runs_only_where_any_may(ask: Ask, mode: str) -> None:
    answer = await ask({"query": "{ me }"})
    if mode == "optional":
        assert answer == {"data": {"me": "ada"}}
        return
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_PERSISTED"
    assert "QUARTERMASTER_PERSISTED_DOCUMENTS=only" in error["message"]
    assert not calls["me"]


async def test_a_known_text_runs_whatever_its_white_space_and_comments(ask: Ask) -> None:
    respelt = "query Thing ($sized : Int!)\t{ # a comment\n thing { text(sized: $sized) } }"
    answer = await ask({"query": respelt, "variables": {"sized": 2}})
    assert answer == {"data": {"thing": {"text": "xx"}}}


async def test_an_id_that_is_not_known_is_told_so_that_the_text_is_sent(
    ask: Ask, mode: str
) -> None:
    unknown = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of("{ me }")}}}
    (error,) = (await ask(unknown))["errors"]
    if mode == "optional":  # the words and the code that Apollo's and urql's clients wait for
        assert error["message"] == "PersistedQueryNotFound"
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        assert await ask({**unknown, "query": "{ me }"}) == {"data": {"me": "ada"}}
    else:
        assert error["extensions"]["code"] == "DOCUMENT_NOT_PERSISTED"


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{ me"},
        {"query": "query Me { me } query Other { me }"},
        {"query": '{ me "'},
        {"query": "# " + "x" * 200_000 + "\n" + ME},
        {"query": "", "documentId": "sha256:"},
        {"documentId": ME},
    ],
)
async def test_what_is_nearly_known_is_not(console: Console, mode: str, asked: Any) -> None:
    async with console.operator() as client:
        answer = (await client.post("/graphql", json=asked)).text
    assert ("DOCUMENT_NOT_PERSISTED" in answer) is (mode == "only")


async def test_neither_text_nor_id_is_a_bad_request(console: Console) -> None:
    async with console.operator() as client:
        answer = await client.post("/graphql", json={"extensions": {"persistedQuery": 7}})
    assert answer.status_code == 400


def test_documents_are_read_from_folders_and_manifests(folder: Path) -> None:
    assert set(read_documents(folder)) == {ME, THING, QUIET}
    assert len(KnownDocuments(read_documents(folder))) == 3


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 7}'])
def test_a_manifest_that_cannot_be_read_stops_the_start(
    static: Path, tmp_path: Path, content: str
) -> None:
    (tmp_path / "broken.json").write_text(content)
    with (
        pytest.raises(SettingsError, match=r"broken\.json.*PERSISTED_DOCUMENTS_PATH"),
        running_console(static, persisted_documents_path=str(tmp_path)),
    ):
        pass


def test_the_modes_are_two() -> None:
    with pytest.raises(SettingsError, match="optional or only"):
        Settings(persisted_documents="prefer")
