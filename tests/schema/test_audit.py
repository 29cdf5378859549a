"""The audit log, as operators search and export it."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from domain.announcements import Announcement, send_announcements
from domain.database import execute
from tests.services.changes import change, device_ids, done
from tests.services.graph import Graph, take

ENTRIES = """query ($filter: AuditFilter, $first: Int, $after: String) {
  auditEntries(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id time actor actorUser { name } address action objectKind objectId objectName
      outcome isRefused message values { name before after } } } } }"""


async def entries(graph: Graph, **filter: Any) -> list[dict[str, Any]]:
    data = await graph.ask(ENTRIES, filter=filter, first=100)
    return [each["node"] for each in data["auditEntries"]["edges"]]


@pytest.fixture
async def history(graph: Graph) -> Graph:
    """A pool that was made, renamed and refused to be deleted; a user who came on board."""
    node = await graph.add_node("a", 2)
    ids = await device_ids(graph)
    made = await done(graph, "createPool", name="research", devices=[ids[node.uuid(0)]])
    await done(graph, "editPool", id=made["id"], version=1, name="Training")
    await done(graph, "createGroup", name="lab", pool=made["id"])
    await change(graph, "deletePools", pools=[made["id"]])
    await done(graph, "onBoardUsers", users=[{"name": "bob", "roles": ["ML_ENGINEER"]}])
    return graph


@pytest.mark.spec("AUDIT-1")
async def test_an_entry_says_who_what_before_after_when_from_where_and_the_outcome(
    history: Graph,
) -> None:
    (edit,) = await entries(history, actions=["pool.edit"])
    assert (edit["actor"], edit["actorUser"], edit["address"]) == (
        "ada",
        {"name": "ada"},
        "127.0.0.1",
    )
    assert (edit["objectKind"], edit["objectName"], edit["outcome"]) == ("pool", "research", "done")
    values = {one["name"]: (one["before"], one["after"]) for one in edit["values"]}
    assert values["name"] == (["research"], ["Training"])
    found = await history.ask("query ($id: ID!) { node(id: $id) { id } }", id=edit["objectId"])
    assert found["node"]["id"] == edit["objectId"]
    (refused,) = await entries(history, isRefused=True, objectKinds=["pool"])
    assert (refused["action"], refused["outcome"]) == ("pool.delete", "ItemsRefused")
    assert "lab" in refused["message"]


@pytest.mark.spec("AUDIT-1")
async def test_the_log_is_searched_by_actor_action_object_and_time(history: Graph) -> None:
    every = await entries(history)
    assert [one["id"] for one in every] == [
        one["id"] for one in sorted(every, key=lambda one: one["time"], reverse=True)
    ]
    pool = next(one["objectId"] for one in every if one["action"] == "pool.create")
    by_object = await entries(history, object=pool)
    assert {one["action"] for one in by_object} == {"pool.create", "pool.edit", "pool.delete"}
    assert {one["actor"] for one in await entries(history, actor="INSTALL")} == {"system:install"}
    assert {one["objectName"] for one in await entries(history, objectKinds=["user"])} >= {"bob"}
    assert {one["action"] for one in await entries(history, search="lab")} >= {"group.create"}
    middle = every[len(every) // 2]["time"]
    later, earlier = await entries(history, since=middle), await entries(history, until=middle)
    assert len(later) + len(earlier) == len(every)
    assert later
    assert earlier
    assert await entries(history, object="rubbish") == []


@pytest.mark.spec("AUDIT-1", "T-54")
@pytest.mark.parametrize("text", ["p%l", "pool_edit", "\0", "'", "\\", "' OR 1=1 --"])
async def test_a_search_of_the_log_is_for_the_text_itself(history: Graph, text: str) -> None:
    assert await entries(history, search=text) == []
    assert await entries(history, actor=text) == []


@pytest.mark.spec("AUDIT-1", "API-2")
async def test_pages_of_the_log_follow_each_other(history: Graph) -> None:
    every = [one["id"] for one in await entries(history)]
    paged, after = [], None
    while True:
        page = (await history.ask(ENTRIES, first=2, after=after))["auditEntries"]
        paged += [each["node"]["id"] for each in page["edges"]]
        assert page["totalCount"] == len(every)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == every


@pytest.mark.spec("AUDIT-1")
async def test_the_log_is_exported_as_json_lines_oldest_first(history: Graph) -> None:
    answer = await history.http.get("/audit.jsonl")
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert ".jsonl" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert len(lines) == len(await entries(history))
    edit = next(line for line in lines if line["action"] == "pool.edit")
    assert (edit["before"]["name"], edit["after"]["name"]) == ("research", "Training")
    some = await history.http.get("/audit.jsonl", params={"kind": "pool", "refused": "true"})
    assert [json.loads(line)["outcome"] for line in some.text.splitlines()] == ["ItemsRefused"]
    for odd in ({"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}, {"acter": "ada"}):
        assert (await history.http.get("/audit.jsonl", params=odd)).status_code == 400


@pytest.mark.spec("AUDIT-1")
async def test_a_change_whose_entry_cannot_be_written_does_not_happen(graph: Graph) -> None:
    await execute("ALTER TABLE audit_entry RENAME TO elsewhere")
    answer = await graph.answer('mutation { createGroup(input: {name: "lab"}) { __typename } }')
    assert answer["data"] == {"createGroup": None}
    await execute("ALTER TABLE elsewhere RENAME TO audit_entry")
    assert (await graph.ask('{ group(name: "lab") { id } }'))["group"] is None


@pytest.mark.spec("AUDIT-1", "API-4")
async def test_entries_are_told_as_they_are_written_refused_ones_too(history: Graph) -> None:
    query = """subscription ($filter: AuditFilter) {
      auditChanges(filter: $filter) { action objectName outcome } }"""
    frames = history.subscribe(query, filter={"objectKinds": ["group"]})
    async with aclosing(frames):
        (first,) = await take(frames, 1)
        await done(history, "onBoardUsers", users=[{"name": "eve"}])  # which is no group
        await change(history, "createGroup", name="Lab")
        (refused,) = await take(frames, 1)
        await done(history, "createGroup", name="vision")
        (made,) = await take(frames, 1)
    assert [
        (one["action"], one["objectName"], one["outcome"])
        for frame in (first, refused, made)
        for one in frame["auditChanges"]
    ] == [
        ("group.create", "lab", "done"),
        ("group.create", "Lab", "NameTaken"),
        ("group.create", "vision", "done"),
    ]


@pytest.mark.spec("AUDIT-1", "API-4")
async def test_an_entry_that_another_process_wrote_is_told_once_the_outbox_is_sent(
    graph: Graph,
) -> None:
    query = "subscription ($filter: AuditFilter) { auditChanges(filter: $filter) { id actor } }"
    frames = graph.subscribe(query, filter={"actions": ["user.sign_in"]})
    told: list[int] = []

    async def send(announcements: list[Announcement]) -> None:
        told.extend(i for one in announcements if one.kind == "audit_entry" for i in one.ids)

    async with aclosing(frames):
        (first,) = await take(frames, 1)
        await graph.sign_in()
        await send_announcements(send)
        await graph.announce("audit_entry", told)
        (second,) = await take(frames, 1)
    before, after = (frame["auditChanges"] for frame in (first, second))
    assert len(before) == 1
    assert after[-1]["actor"] == "ada" and after[-1] not in before
