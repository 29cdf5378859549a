"""Commands are carried out once, however often they are sent and whatever breaks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.audit import DONE, AuditEntry
from domain.commands import Command
from domain.database import DatabaseUnavailable, close_database, open_database
from domain.installation import install
from domain.pools import Pool
from domain.users import User
from telemetry.embedded_bus import EmbeddedBus
from tests.services.changes import change, device_ids, done, named
from tests.services.graph import Graph, running_graph
from tests.services.postgres import Postgres
from tests.services.proxy import Proxy


@pytest.fixture
async def lab(graph: Graph) -> Graph:
    await graph.add_node("a", 3)
    return graph


async def red(graph: Graph, **other: Any) -> dict[str, Any]:
    """A wish for a pool of one device, as a command."""
    (first, *_) = sorted((await device_ids(graph)).items())
    return {"name": "red", "devices": [first[1]], "commandId": "c1", **other}


async def done_entries(action: str) -> int:
    return await AuditEntry.filter(action=action, outcome=DONE).count()


@pytest.mark.spec("F-32")
async def test_a_command_sent_by_two_clients_at_once_is_carried_out_once(lab: Graph) -> None:
    asked = await red(lab)
    async with lab.signed_in("ada", lab.password) as other:
        answers = await asyncio.gather(
            *(change(client, "createPool", **asked) for client in (lab, other) * 3)
        )
    assert {answer["__typename"] for answer in answers} == {"Pool"}
    assert len({answer["id"] for answer in answers}) == 1
    assert await Pool.all().count() == 2
    assert await done_entries("pool.create") == 1


@pytest.mark.spec("F-32")
async def test_one_id_for_two_wishes_is_refused(lab: Graph) -> None:
    asked = await red(lab)
    answers = await asyncio.gather(
        change(lab, "createPool", **asked), change(lab, "createPool", **{**asked, "name": "blue"})
    )
    assert sorted(answer["__typename"] for answer in answers) == ["CommandReused", "Pool"]
    again = await change(lab, "createGroup", name="red", commandId="c1")
    assert again["__typename"] == "CommandReused"
    assert await Pool.all().count() == 2
    assert await Command.all().count() == 1


@pytest.mark.spec("F-32")
async def test_a_command_id_is_its_users_own(lab: Graph) -> None:
    made = await done(lab, "onBoardUsers", users=[{"name": "bob", "roles": ["OPERATOR"]}])
    async with lab.signed_in("bob", made["users"][0]["password"]) as bob:
        asked = await red(lab)
        assert (await change(lab, "createPool", **asked))["__typename"] == "Pool"
        assert (await change(bob, "createPool", **asked))["__typename"] == "NameTaken"


@pytest.mark.spec("F-32")
async def test_a_refused_command_may_be_sent_again(lab: Graph) -> None:
    asked = await red(lab)
    await done(lab, "createPool", **{**asked, "commandId": "other"})
    assert (await change(lab, "createPool", **asked))["__typename"] == "NameTaken"
    pool = await named(lab, "pool", "red")
    await done(lab, "deletePools", pools=[pool["id"]])
    assert (await change(lab, "createPool", **asked))["__typename"] == "Pool"


@pytest.mark.spec("F-32", "API-3")
async def test_what_a_command_made_and_somebody_deleted_is_not_made_again(lab: Graph) -> None:
    asked = await red(lab)
    made = await done(lab, "createPool", **asked)
    await done(lab, "deletePools", pools=[made["id"]])
    again = await change(lab, "createPool", **asked)
    assert (again["__typename"], again["ids"]) == ("Unknown", [made["id"]])
    assert await Pool.all().count() == 1
    people = {"users": [{"name": "bob"}, {"name": "cleo"}], "commandId": "c2"}
    bob, cleo = (one["user"]["id"] for one in (await done(lab, "onBoardUsers", **people))["users"])
    await done(lab, "deleteUsers", users=[bob])
    again = await done(lab, "onBoardUsers", **people)
    assert [one["user"]["id"] for one in again["users"]] == [cleo]
    assert await User.all().count() == 2


@pytest.mark.parametrize("command_id", ["", "a\0b", "x" * 65])
async def test_an_id_that_cannot_be_kept_is_an_error(lab: Graph, command_id: str) -> None:
    answer = await lab.answer(
        "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { __typename } }",
        input={"name": "red", "commandId": command_id},
    )
    assert "commandId" in answer["errors"][0]["message"]


@dataclass
class Breakable:
    """The API whose every word with PostgreSQL goes through a proxy."""

    graph: Graph
    proxy: Proxy

    async def errors(self, **asked: Any) -> list[str]:
        answer = await self.graph.answer(
            "mutation ($input: CreatePoolInput!) { createPool(input: $input) { __typename } }",
            input=asked,
        )
        return [error["extensions"]["code"] for error in answer.get("errors", ())]


@pytest.fixture
async def breakable(
    postgres: Postgres, proxy_to: Callable[[int | Path], Proxy]
) -> AsyncIterator[Breakable]:
    proxy = proxy_to(postgres.socket)
    name = urlsplit(await postgres.migrated_database()).path
    await open_database(f"postgresql://postgres:@127.0.0.1:{proxy.port}{name}", migrate=False)
    bus = EmbeddedBus()
    try:
        installed = await install("ada", cluster_name="lab")
        assert installed.password is not None
        async with running_graph(bus, installed.password) as graph:
            await graph.add_node("a", 3)
            yield Breakable(graph, proxy)
    finally:
        await bus.close()
        await close_database()


@pytest.mark.spec("F-32")
@pytest.mark.parametrize("is_passed", [True, False])
async def test_a_command_whose_commit_was_lost_is_sent_again_and_done_once(
    breakable: Breakable, is_passed: bool
) -> None:
    asked = await red(breakable.graph)
    breakable.proxy.break_at(b"COMMIT", is_passed=is_passed)
    assert await breakable.errors(**asked) == ["OUTCOME_UNKNOWN"]
    assert await Pool.all().count() == (2 if is_passed else 1)
    made = await done(breakable.graph, "createPool", **asked)
    assert made["name"] == "red"
    assert await Pool.all().count() == 2
    assert await done_entries("pool.create") == 1
    assert (await named(breakable.graph, "pool", "red"))["id"] == made["id"]


@pytest.mark.spec("F-32")
async def test_an_edit_whose_commit_was_lost_is_answered_with_what_it_led_to(
    breakable: Breakable,
) -> None:
    graph = breakable.graph
    made = await done(graph, "createPool", **await red(graph))
    asked = {"id": made["id"], "version": 1, "name": "blue", "commandId": "c2"}
    document = "mutation ($input: EditPoolInput!) { editPool(input: $input) { __typename } }"
    breakable.proxy.break_at(b"COMMIT", is_passed=True)
    answer = await graph.answer(document, input=asked)
    assert answer["errors"][0]["extensions"]["code"] == "OUTCOME_UNKNOWN"
    edited = await done(graph, "editPool", **asked)
    assert (edited["name"], edited["version"]) == ("blue", 2)


@pytest.mark.spec("F-32")
async def test_a_connection_lost_before_the_commit_is_made_good_unseen(
    breakable: Breakable,
) -> None:
    asked = await red(breakable.graph)
    breakable.proxy.break_at(b"INSERT", is_passed=True)
    made = await done(breakable.graph, "createPool", **asked)
    assert made["name"] == "red"
    assert await done_entries("pool.create") == 1


@pytest.mark.spec("F-32")
async def test_what_was_done_and_cannot_be_read_is_not_called_undone(
    lab: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: object) -> None:
        raise DatabaseUnavailable("it went away right after the commit")

    asked = await red(lab)
    document = "mutation ($input: CreatePoolInput!) { createPool(input: $input) { __typename } }"
    monkeypatch.setattr("resolvers.live.read_snapshot", fail)
    answer = await lab.answer(document, input=asked)
    monkeypatch.undo()
    assert answer["errors"][0]["extensions"]["code"] == "OUTCOME_UNKNOWN"
    assert (await done(lab, "createPool", **asked))["name"] == "red"
    assert await Pool.all().count() == 2
    people = {"users": [{"name": "bob"}], "commandId": "c2"}
    document = (
        "mutation ($input: OnBoardUsersInput!) { onBoardUsers(input: $input) { __typename } }"
    )
    monkeypatch.setattr("domain.users.stored_hashes", fail)
    answer = await lab.answer(document, input=people)
    assert answer["errors"][0]["extensions"]["code"] == "OUTCOME_UNKNOWN"
    assert await User.exists(name="bob")
