"""Groups, as the operator makes, changes and deletes them through the graph."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.services.changes import change, device_ids, done, named
from tests.services.graph import Graph


@dataclass
class Lab:
    """Two free pools and three free users."""

    graph: Graph
    pools: dict[str, str]
    users: dict[str, str]


@pytest.fixture
async def lab(graph: Graph) -> Lab:
    node = await graph.add_node("a", 2)
    ids = await device_ids(graph)
    pools = {}
    for index, name in enumerate(("red", "blue")):
        made = await done(graph, "createPool", name=name, devices=[ids[node.uuid(index)]])
        pools[name] = made["id"]
    names = ("bob", "cleo", "dan")
    joined = await done(graph, "onBoardUsers", users=[{"name": name} for name in names])
    users = {name: each["user"]["id"] for name, each in zip(names, joined["users"], strict=True)}
    return Lab(graph, pools, users)


async def members(graph: Graph, name: str) -> list[str]:
    group = await named(graph, "group", name)
    return sorted(each["node"]["name"] for each in group["users"]["edges"])


@pytest.mark.spec("GROUP-1")
async def test_the_default_group_has_the_default_pool_and_is_not_deleted(lab: Lab) -> None:
    default = await named(lab.graph, "group", "Default")
    assert default["pool"]["name"] == "Default"
    refused = await change(lab.graph, "deleteGroups", groups=[default["id"]])
    (reason,) = refused["items"][0]["reasons"]
    assert reason["__typename"] == "DefaultGroupStays"
    assert await named(lab.graph, "group", "Default") == default


@pytest.mark.spec("GROUP-2")
async def test_a_group_is_made_of_a_name_free_users_and_a_free_pool(lab: Lab) -> None:
    made = await done(
        lab.graph,
        "createGroup",
        name="vision",
        users=[lab.users["bob"], lab.users["cleo"]],
        pool=lab.pools["red"],
    )
    assert made["version"] == 1
    assert await members(lab.graph, "vision") == ["bob", "cleo"]
    assert (await named(lab.graph, "group", "vision"))["pool"]["name"] == "red"


@pytest.mark.spec("GROUP-2")
async def test_only_what_is_free_is_offered(lab: Lab) -> None:
    await done(
        lab.graph, "createGroup", name="vision", users=[lab.users["bob"]], pool=lab.pools["red"]
    )
    data = await lab.graph.ask(
        """{ users(filter: {isFree: true}) { edges { node { name } } }
             pools(filter: {isFree: true}) { edges { node { name } } }
             taken: pools(filter: {isFree: false}) { edges { node { name } } }
             without: groups(filter: {hasPool: false}) { totalCount } }"""
    )
    assert [each["node"]["name"] for each in data["users"]["edges"]] == ["cleo", "dan"]
    assert [each["node"]["name"] for each in data["pools"]["edges"]] == ["blue"]
    assert [each["node"]["name"] for each in data["taken"]["edges"]] == ["Default", "red"]
    assert data["without"] == {"totalCount": 0}


@pytest.mark.spec("GROUP-2", "API-3")
async def test_what_is_not_free_is_refused_with_who_has_it(lab: Lab) -> None:
    await done(
        lab.graph, "createGroup", name="vision", users=[lab.users["bob"]], pool=lab.pools["red"]
    )
    refused = await change(
        lab.graph, "createGroup", name="speech", users=[lab.users["bob"], lab.users["dan"]]
    )
    assert refused["__typename"] == "UsersInOtherGroup"
    assert [one["name"] for one in refused["users"]] == ["bob"]
    assert [one["name"] for one in refused["groups"]] == ["vision"]
    refused = await change(lab.graph, "createGroup", name="speech", pool=lab.pools["red"])
    assert (refused["__typename"], refused["group"]["name"]) == ("PoolInUse", "vision")
    refused = await change(lab.graph, "createGroup", name="VISION")
    assert refused["__typename"] == "NameTaken"
    assert await named(lab.graph, "group", "speech") is None


@pytest.mark.spec("GROUP-3")
async def test_a_user_is_moved_by_being_removed_and_then_added(lab: Lab) -> None:
    ada = await named(lab.graph, "user", "ada")
    made = await done(lab.graph, "createGroup", name="vision")
    refused = await change(lab.graph, "editGroup", id=made["id"], version=1, addUsers=[ada["id"]])
    assert [one["name"] for one in refused["groups"]] == ["Default"]
    default = await named(lab.graph, "group", "Default")
    await done(
        lab.graph,
        "editGroup",
        id=default["id"],
        version=default["version"],
        removeUsers=[ada["id"]],
    )
    assert (await named(lab.graph, "user", "ada"))["group"] is None
    await done(lab.graph, "editGroup", id=made["id"], version=1, addUsers=[ada["id"]])
    assert await members(lab.graph, "vision") == ["ada"]


@pytest.mark.spec("GROUP-4")
async def test_users_pool_and_name_of_a_group_are_edited(lab: Lab) -> None:
    made = await done(
        lab.graph, "createGroup", name="vision", users=[lab.users["bob"]], pool=lab.pools["red"]
    )
    edited = await done(
        lab.graph,
        "editGroup",
        id=made["id"],
        version=1,
        name="Speech",
        addUsers=[lab.users["cleo"]],
        removeUsers=[lab.users["bob"]],
        pool=lab.pools["blue"],
    )
    assert (edited["name"], edited["version"]) == ("Speech", 2)
    assert await members(lab.graph, "Speech") == ["cleo"]
    assert (await named(lab.graph, "pool", "red"))["group"] is None
    assert (await named(lab.graph, "pool", "blue"))["group"]["name"] == "Speech"
    # What an edit does not name stays.
    await done(lab.graph, "editGroup", id=made["id"], version=2, addUsers=[lab.users["dan"]])
    assert (await named(lab.graph, "group", "Speech"))["pool"]["name"] == "blue"


@pytest.mark.spec("GROUP-4")
async def test_a_stale_edit_of_a_group_is_refused_with_who_changed_what(lab: Lab) -> None:
    made = await done(lab.graph, "createGroup", name="vision")
    await done(lab.graph, "editGroup", id=made["id"], version=1, addUsers=[lab.users["bob"]])
    refused = await change(lab.graph, "editGroup", id=made["id"], version=1, name="mine")
    assert (refused["__typename"], refused["version"]) == ("StaleEdit", 2)
    assert [one["actor"] for one in refused["changes"]] == ["ada"]


@pytest.mark.spec("GROUP-5")
async def test_a_group_that_has_users_or_a_pool_is_kept_and_told_what_is_left(lab: Lab) -> None:
    made = await done(
        lab.graph, "createGroup", name="vision", users=[lab.users["bob"]], pool=lab.pools["red"]
    )
    refused = await change(lab.graph, "deleteGroups", groups=[made["id"]])
    (reason,) = refused["items"][0]["reasons"]
    assert reason["__typename"] == "GroupNotEmpty"
    assert "bob" in reason["message"]
    assert "red" in reason["message"]
    await done(
        lab.graph,
        "editGroup",
        id=made["id"],
        version=1,
        removeUsers=[lab.users["bob"]],
        pool=None,
    )
    deleted = await done(lab.graph, "deleteGroups", groups=[made["id"]])
    assert deleted["ids"] == [made["id"]]
    assert (await named(lab.graph, "user", "bob"))["group"] is None
