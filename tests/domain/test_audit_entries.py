"""What the audit log says of each change: enough to make the state from it, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.actors import Actor
from domain.audit import DONE, AuditEntry
from domain.devices import Device
from domain.groups import Group, create_group
from domain.installation import Installed
from domain.inventory import record_node
from domain.pools import Pool, create_pool, edit_pool, move_devices
from domain.refusals import BadName, ItemsRefused
from domain.roles import Role
from domain.users import Newcomer, User, delete_users, on_board
from tests.domain.fleet import NOON, device, node

ADA = Actor(1, "ada")


@pytest.fixture
async def devices(installed: Installed) -> list[int]:
    """Two of one type and one of another, free."""
    report = replace(
        node("a"),
        devices=(device("GPU-1", 0), device("GPU-2", 1), device("GPU-3", 2, "NVIDIA L4")),
    )
    return list((await record_node(report, NOON)).device_ids)


async def entries(action: str) -> list[tuple[Any, ...]]:
    return await (
        AuditEntry.filter(action=action)
        .order_by("id")
        .values_list("object_kind", "object_name", "before", "after", "outcome")
    )


@pytest.mark.spec("AUDIT-1", "INST-1")
async def test_installation_tells_what_everything_starts_with(installed: Installed) -> None:
    assert await entries("cluster.install") == [
        ("cluster", "lab", None, {"operator": "ada"}, DONE),
        ("pool", "Default", None, {"type": None, "devices": []}, DONE),
        ("group", "Default", None, {"users": [], "pool": "Default"}, DONE),
        (
            "user",
            "ada",
            None,
            {"roles": ["OPERATOR", "DATA_SCIENTIST"], "group": "Default", "display_name": None},
            DONE,
        ),
    ]


@pytest.mark.spec("AUDIT-1")
async def test_what_is_made_under_a_name_with_spaces_is_told_once(devices: list[int]) -> None:
    await create_pool(ADA, "  deep   green ", devices[:1])
    await create_group(ADA, " red ")
    await on_board(ADA, [Newcomer(" bob ")])
    assert [name for _, name, *_ in await entries("pool.create")] == ["deep green"]
    assert [name for _, name, *_ in await entries("group.create")] == ["red"]
    assert [name for _, name, *_ in await entries("user.on_board")] == ["bob"]


@pytest.mark.spec("AUDIT-1", "T-54")
@pytest.mark.parametrize("name", ["a\x00b", "\x1b[2Jab", "ab\ud800"])
async def test_a_name_that_no_column_can_hold_is_refused_and_told_as_far_as_it_can_be(
    devices: list[int], name: str
) -> None:
    for work in (create_pool(ADA, name, devices[:1]), create_group(ADA, name)):
        with pytest.raises(BadName):
            await work
    with pytest.raises(ItemsRefused):
        await on_board(ADA, [Newcomer(name)])
    for action in ("pool.create", "group.create", "user.on_board"):
        ((_, told, _, _, outcome),) = await entries(action)
        assert told.endswith("b")
        assert told.isprintable()
        assert outcome in ("BadName", "ItemsRefused")


@pytest.mark.spec("AUDIT-1", "POOL-3")
async def test_a_pool_that_becomes_of_another_type_says_so(devices: list[int]) -> None:
    pool = await create_pool(ADA, "red", devices[:1])
    change = {"name": "red", "remove": devices[:1], "add": devices[2:]}
    await edit_pool(ADA, pool, 1, **change)  # type: ignore[arg-type]
    ((_, _, before, after, _),) = await entries("pool.edit")
    h100, l4 = "NVIDIA H100 80GB HBM3", "NVIDIA L4"
    assert (before, after) == (
        {"removed": ["GPU-1"], "type": h100},
        {"added": ["GPU-3"], "type": l4},
    )
    default = await Pool.get(is_default=True)
    await move_devices(ADA, devices[2:], default.id)
    await move_devices(ADA, devices[:2], pool)
    told = await entries("pool.move_devices")
    assert ("pool", "red", {"type": l4}, {"added": ["GPU-1", "GPU-2"], "type": h100}, DONE) in told
    assert {one.pool_id for one in await Device.filter(id__in=devices[:2])} == {pool}


@pytest.mark.spec("AUDIT-1", "USER-5", "GROUP-4")
async def test_a_deleted_user_leaves_the_group_by_an_entry_and_a_version(
    installed: Installed,
) -> None:
    group = await Group.get(is_default=True)
    (bob, cleo) = await on_board(
        ADA, [Newcomer("bob", None, (Role.ML_ENGINEER,), group.id), Newcomer("cleo")]
    )
    before = await Group.get(id=group.id)
    await delete_users(ADA, [bob.user_id, cleo.user_id])
    assert await entries("user.delete") == [
        ("user", "bob", {"roles": ["ML_ENGINEER"], "group": "Default"}, None, DONE),
        ("user", "cleo", {"roles": [], "group": None}, None, DONE),
        ("group", "Default", {"removed": ["bob"]}, None, DONE),
    ]
    assert (await Group.get(id=group.id)).version == before.version + 1
    assert await User.all().count() == 1
