"""Pools, as the operator makes, changes and deletes them through the graph."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.services.changes import change, device_ids, devices_by_pool, done, named
from tests.services.graph import H100, FakeNode, Graph

L4 = "NVIDIA L4"


@dataclass
class Lab:
    """Two nodes of H100 and one of L4, all in the Default pool."""

    graph: Graph
    a: FakeNode
    b: FakeNode
    small: FakeNode
    ids: dict[str, str]

    def of(self, node: FakeNode, *indexes: int) -> list[str]:
        return [self.ids[node.uuid(index)] for index in indexes]

    async def pool(self, name: str, *devices: str) -> str:
        made = await done(self.graph, "createPool", name=name, devices=list(devices))
        return str(made["id"])

    async def default(self) -> str:
        return str((await named(self.graph, "pool", "Default"))["id"])


@pytest.fixture
async def lab(graph: Graph) -> Lab:
    a, b = await graph.add_node("a", 4), await graph.add_node("b", 4)
    small = await graph.add_node("small", 2, L4)
    return Lab(graph, a, b, small, await device_ids(graph))


@pytest.mark.spec("POOL-1")
async def test_a_new_device_is_in_the_default_pool_which_is_neither_edited_nor_deleted(
    lab: Lab,
) -> None:
    assert len((await devices_by_pool(lab.graph))["Default"]) == 10
    default = await named(lab.graph, "pool", "Default")
    assert default["isDefault"]
    refused = await change(
        lab.graph, "editPool", id=default["id"], version=default["version"], name="Mine"
    )
    assert refused["__typename"] == "DefaultPoolStays"
    refused = await change(lab.graph, "deletePools", pools=[default["id"]])
    assert refused["items"][0]["reasons"][0]["__typename"] == "DefaultPoolStays"
    await lab.pool("research", *lab.of(lab.a, 0))
    later = await lab.graph.add_node("later", 1)
    assert set(later.uuids) <= (await devices_by_pool(lab.graph))["Default"]


@pytest.mark.spec("POOL-2", "POOL-8", "API-3")
async def test_a_pool_is_made_of_devices_which_leave_the_default_pool(lab: Lab) -> None:
    made = await done(
        lab.graph, "createPool", name="  Research   one ", devices=lab.of(lab.a, 0, 1, 2)
    )
    assert (made["__typename"], made["name"], made["version"]) == ("Pool", "Research one", 1)
    pools = await devices_by_pool(lab.graph)
    assert pools["Research one"] == {lab.a.uuid(i) for i in (0, 1, 2)}
    assert lab.a.uuid(0) not in pools["Default"]
    assert sum(map(len, pools.values())) == 10
    pool = await named(lab.graph, "pool", "Research one")
    assert pool["deviceType"] == {"name": H100}


@pytest.mark.spec("POOL-2")
async def test_a_pool_can_be_given_to_a_group_as_it_is_made(lab: Lab) -> None:
    group = await done(lab.graph, "createGroup", name="lab")
    await done(
        lab.graph, "createPool", name="research", devices=lab.of(lab.a, 0), group=group["id"]
    )
    assert (await named(lab.graph, "group", "lab"))["pool"]["name"] == "research"
    refused = await change(
        lab.graph, "createPool", name="other", devices=lab.of(lab.a, 1), group=group["id"]
    )
    assert refused["__typename"] == "GroupHasPool"
    assert (refused["group"]["name"], refused["pool"]["name"]) == ("lab", "research")
    assert await named(lab.graph, "pool", "other") is None


@pytest.mark.spec("POOL-2")
@pytest.mark.parametrize("name", ["", "   ", "x" * 64, "a\0b", "a\nb"])
async def test_a_name_that_cannot_be_is_refused_with_what_would_do(lab: Lab, name: str) -> None:
    refused = await change(lab.graph, "createPool", name=name, devices=lab.of(lab.a, 0))
    assert (refused["__typename"], refused["maxLength"]) == ("BadName", 63)


@pytest.mark.spec("POOL-2")
@pytest.mark.parametrize("name", ["research", "RESEARCH", " Ｒesearch ", "default"])
async def test_a_name_is_taken_whatever_its_case_width_and_spacing(lab: Lab, name: str) -> None:
    await lab.pool("Research", *lab.of(lab.a, 0))
    refused = await change(lab.graph, "createPool", name=name, devices=lab.of(lab.a, 1))
    assert refused["__typename"] == "NameTaken"
    assert refused["takenBy"]["name"] in ("Research", "Default")


@pytest.mark.spec("POOL-2")
async def test_a_pool_needs_a_device_and_each_has_to_exist(lab: Lab) -> None:
    refused = await change(lab.graph, "createPool", name="none", devices=[])
    assert refused["__typename"] == "NoDevices"
    group = await done(lab.graph, "createGroup", name="lab")
    for odd in (group["id"], "rubbish", "RGV2aWNlOjk5OTk5", "RGV2aWNlOjk5OTk5OTk5OTk5OTk5"):
        refused = await change(
            lab.graph, "createPool", name="odd", devices=[*lab.of(lab.a, 0), odd]
        )
        assert refused["__typename"] == "Unknown"


@pytest.mark.spec("POOL-3")
async def test_devices_of_two_types_are_refused_with_the_names_of_the_types(lab: Lab) -> None:
    mixed = [*lab.of(lab.a, 0), *lab.of(lab.small, 0)]
    refused = await change(lab.graph, "createPool", name="mixed", devices=mixed)
    assert refused["__typename"] == "MixedDeviceTypes"
    assert {one["name"] for one in refused["types"]} == {H100, L4}
    pool = await lab.pool("research", *lab.of(lab.a, 0))
    refused = await change(
        lab.graph, "editPool", id=pool, version=1, addDevices=lab.of(lab.small, 0)
    )
    assert refused["__typename"] == "MixedDeviceTypes"
    refused = await change(lab.graph, "moveDevices", devices=lab.of(lab.small, 0), toPool=pool)
    assert refused["__typename"] == "MixedDeviceTypes"


@pytest.mark.spec("POOL-3", "POOL-4")
async def test_a_pool_that_gave_all_its_devices_back_may_change_its_type(lab: Lab) -> None:
    pool = await lab.pool("research", *lab.of(lab.a, 0))
    await done(
        lab.graph,
        "editPool",
        id=pool,
        version=1,
        removeDevices=lab.of(lab.a, 0),
        addDevices=lab.of(lab.small, 0, 1),
    )
    assert (await named(lab.graph, "pool", "research"))["deviceType"] == {"name": L4}


@pytest.mark.spec("POOL-4")
async def test_devices_and_the_name_of_a_pool_are_edited(lab: Lab) -> None:
    pool = await lab.pool("research", *lab.of(lab.a, 0, 1))
    edited = await done(
        lab.graph,
        "editPool",
        id=pool,
        version=1,
        name="Training",
        addDevices=lab.of(lab.b, 0),
        removeDevices=lab.of(lab.a, 1),
    )
    assert edited["version"] == 2
    pools = await devices_by_pool(lab.graph)
    assert pools["Training"] == {lab.a.uuid(0), lab.b.uuid(0)}
    assert lab.a.uuid(1) in pools["Default"]
    assert "research" not in pools


@pytest.mark.spec("POOL-4")
async def test_a_device_of_another_pool_cannot_be_taken(lab: Lab) -> None:
    await lab.pool("first", *lab.of(lab.a, 0, 1))
    second = await lab.pool("second", *lab.of(lab.b, 0))
    taking = lab.of(lab.a, 1)
    refused = await change(lab.graph, "editPool", id=second, version=1, addDevices=taking)
    assert refused["__typename"] == "DevicesInOtherPool"
    assert (refused["deviceIds"], refused["pools"][0]["name"]) == (taking, "first")
    refused = await change(lab.graph, "createPool", name="third", devices=taking)
    assert refused["__typename"] == "DevicesInOtherPool"


@pytest.mark.spec("POOL-4", "DASH-2")
async def test_devices_are_moved_between_pools_at_once(lab: Lab) -> None:
    await lab.pool("first", *lab.of(lab.a, 0, 1))
    second = await lab.pool("second", *lab.of(lab.b, 0))
    moving = [*lab.of(lab.a, 1), *lab.of(lab.b, 1)]  # from "first" and from the Default pool
    await done(lab.graph, "moveDevices", devices=moving, toPool=second)
    pools = await devices_by_pool(lab.graph)
    assert pools["second"] == {lab.a.uuid(1), lab.b.uuid(0), lab.b.uuid(1)}
    assert pools["first"] == {lab.a.uuid(0)}
    await done(lab.graph, "moveDevices", devices=moving, toPool=await lab.default())
    assert (await devices_by_pool(lab.graph))["second"] == {lab.b.uuid(0)}


@pytest.mark.spec("POOL-4", "POOL-7")
async def test_a_stale_edit_is_refused_with_who_changed_what(lab: Lab) -> None:
    pool = await lab.pool("research", *lab.of(lab.a, 0))
    await done(lab.graph, "editPool", id=pool, version=1, addDevices=lab.of(lab.a, 1))
    await done(lab.graph, "editPool", id=pool, version=2, name="renamed")
    refused = await change(lab.graph, "editPool", id=pool, version=1, name="mine")
    assert (refused["__typename"], refused["version"]) == ("StaleEdit", 3)
    assert refused["changedBy"] == ["ada"]
    assert [one["action"] for one in refused["changes"]] == ["pool.edit", "pool.edit"]
    assert (await named(lab.graph, "pool", "renamed"))["version"] == 3


@pytest.mark.spec("POOL-5")
async def test_deleted_pools_give_their_devices_back(lab: Lab) -> None:
    first = await lab.pool("first", *lab.of(lab.a, 0, 1))
    second = await lab.pool("second", *lab.of(lab.small, 0))
    deleted = await done(lab.graph, "deletePools", pools=[first, second])
    assert set(deleted["ids"]) == {first, second}
    assert {name: len(uuids) for name, uuids in (await devices_by_pool(lab.graph)).items()} == {
        "Default": 10
    }
    await lab.pool("again", *lab.of(lab.a, 0))


@pytest.mark.spec("POOL-6", "POOL-5", "API-3")
async def test_a_pool_with_an_active_job_is_kept_and_so_are_those_deleted_with_it(
    lab: Lab,
) -> None:
    busy = await lab.pool("busy", *lab.of(lab.a, 0, 1))
    idle = await lab.pool("idle", *lab.of(lab.b, 0))
    await lab.a.run_job("train-1", "bob", 0, name="train-resnet")
    refused = await change(lab.graph, "deletePools", pools=[idle, busy])
    assert (refused["__typename"], refused["of"]) == ("ItemsRefused", 2)
    (item,) = refused["items"]
    assert (item["id"], item["name"]) == (busy, "busy")
    (reason,) = item["reasons"]
    assert reason["__typename"] == "PoolBusy"
    assert "train-resnet" in reason["message"]
    assert set(await devices_by_pool(lab.graph)) == {"Default", "busy", "idle"}


@pytest.mark.spec("POOL-6")
async def test_a_device_with_an_active_job_stays_in_its_pool(lab: Lab) -> None:
    pool = await lab.pool("busy", *lab.of(lab.a, 0, 1))
    await lab.a.run_job("train-1", "bob", 0, name="train-resnet")
    held = lab.of(lab.a, 0)
    default = await lab.default()
    for refused in (
        await change(lab.graph, "editPool", id=pool, version=1, removeDevices=held),
        await change(lab.graph, "moveDevices", devices=held, toPool=default),
    ):
        assert refused["__typename"] == "DevicesBusy"
        assert (refused["deviceIds"], refused["jobs"][0]["name"]) == (held, "train-resnet")
    await lab.a.run_job("train-2", "bob", 3, name="in-default")
    refused = await change(lab.graph, "createPool", name="new", devices=lab.of(lab.a, 3))
    assert refused["jobs"][0]["name"] == "in-default"
    # The others of the pool may leave.
    await done(lab.graph, "editPool", id=pool, version=1, removeDevices=lab.of(lab.a, 1))


@pytest.mark.spec("POOL-7")
async def test_a_pool_that_a_group_uses_is_not_deleted_before_it_is_taken_away(lab: Lab) -> None:
    pool = await lab.pool("research", *lab.of(lab.a, 0))
    await done(lab.graph, "createGroup", name="lab", pool=pool)
    refused = await change(lab.graph, "deletePools", pools=[pool])
    (reason,) = refused["items"][0]["reasons"]
    assert reason["__typename"] == "PoolInUse"
    assert "lab" in reason["message"]
    group = await named(lab.graph, "group", "lab")
    await done(lab.graph, "editGroup", id=group["id"], version=group["version"], pool=None)
    await done(lab.graph, "deletePools", pools=[pool])


@pytest.mark.spec("F-32", "API-3")
async def test_the_same_command_is_carried_out_once(lab: Lab) -> None:
    asked = {"name": "research", "devices": lab.of(lab.a, 0), "commandId": "one"}
    first = await done(lab.graph, "createPool", **asked)
    again = await done(lab.graph, "createPool", **asked)
    assert (again["id"], again["version"]) == (first["id"], 1)
    refused = await change(lab.graph, "createPool", **{**asked, "name": "other"})
    assert refused["__typename"] == "CommandReused"
