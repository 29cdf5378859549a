"""Reports of nodes and devices: where a device lands, what changes, what is left alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.database import execute
from domain.devices import Device, DeviceType
from domain.installation import Installed
from domain.inventory import InventoryChange, NotInstalled, record_node
from domain.nodes import Node
from domain.pools import Pool
from tests.domain.fleet import NOON, device, node, without_devices
from tests.services.database import Database


async def pool_of(type_id: int) -> Pool:
    return await Pool.create(
        name="research", name_key="research", type_id=type_id, type_key=type_id, created_at=NOON
    )


@pytest.mark.spec("POOL-1", "INST-1", "INST-2")
async def test_a_newly_found_device_lands_in_the_default_pool(installed: Installed) -> None:
    change = await record_node(node("a", "GPU-1", "GPU-2"), NOON)
    assert change.node_changed
    devices = await Device.all().select_related("pool", "type", "node").order_by("uuid")
    assert [one.id for one in devices] == list(change.device_ids)
    assert all(one.pool.is_default for one in devices)
    assert {one.type.product for one in devices} == {"NVIDIA H100 80GB HBM3"}
    assert devices[0].node.labels == {"rack": "7"}


async def test_a_device_found_before_installation_is_refused_with_what_to_do(
    database: Database,
) -> None:
    with pytest.raises(NotInstalled, match="migrate"):
        await record_node(node("a", "GPU-1"), NOON)
    assert not await Node.exists()


async def test_a_report_that_says_nothing_new_writes_nothing(installed: Installed) -> None:
    first = await record_node(node("a", "GPU-1"), NOON)
    again = await record_node(node("a", "GPU-1"), NOON + timedelta(seconds=30))
    assert again == InventoryChange(first.node_id, node_changed=False, device_ids=())
    assert (await Node.get(id=first.node_id)).last_seen_at == NOON


async def test_being_seen_is_written_once_a_minute_and_announced_never(
    installed: Installed,
) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    later = NOON + timedelta(seconds=61)
    again = await record_node(node("a", "GPU-1"), later)
    assert (again.node_changed, again.device_ids) == (False, ())
    assert (await Node.get(machine_id="machine-a")).last_seen_at == later
    assert (await Device.get(uuid="GPU-1")).last_seen_at == later


async def test_only_what_really_changed_is_told(installed: Installed) -> None:
    await record_node(node("a", "GPU-1", "GPU-2"), NOON)
    report = node("a", "GPU-1", "GPU-2")
    changed = replace(report, devices=(device("GPU-1", 0), replace(device("GPU-2", 1), serial="9")))
    change = await record_node(changed, NOON)
    assert not change.node_changed
    assert change.device_ids == ((await Device.get(serial="9")).id,)
    assert (await record_node(replace(changed, os_name="Ubuntu"), NOON)).node_changed


async def test_a_device_that_is_listed_no_more_is_missing_and_keeps_its_place(
    installed: Installed,
) -> None:
    await record_node(node("a", "GPU-1", "GPU-2"), NOON)
    gone = await Device.get(uuid="GPU-2")
    change = await record_node(node("a", "GPU-1"), NOON + timedelta(hours=1))
    assert change.device_ids == (gone.id,)
    missing = await Device.get(uuid="GPU-2")
    assert missing.missing_since == NOON + timedelta(hours=1)
    assert missing.pool_id == gone.pool_id
    back = await record_node(node("a", "GPU-1", "GPU-2"), NOON + timedelta(hours=2))
    assert back.device_ids == (gone.id,)
    assert (await Device.get(uuid="GPU-2")).missing_since is None


async def test_a_node_that_cannot_list_its_devices_loses_none(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    change = await record_node(without_devices(node("a", "GPU-1")), NOON)
    assert change.device_ids == ()
    assert (await Device.get(uuid="GPU-1")).missing_since is None


async def test_a_device_that_moves_to_another_node_keeps_its_pool(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    moved = await Device.get(uuid="GPU-1")
    pool = await pool_of(moved.type_id)
    await Device.filter(id=moved.id).update(pool_id=pool.id, pool_type_key=pool.type_key)
    await record_node(node("a"), NOON)
    change = await record_node(node("b", "GPU-1"), NOON)
    there = await Device.get(uuid="GPU-1").select_related("node")
    assert there.id == moved.id
    assert there.node.host_name == "b"
    assert there.pool_id == pool.id
    assert there.missing_since is None
    assert change.device_ids == (moved.id,)


async def test_a_node_that_is_renamed_is_the_same_node(installed: Installed) -> None:
    first = await record_node(node("a", "GPU-1"), NOON)
    renamed = await record_node(replace(node("a", "GPU-1"), host_name="z"), NOON)
    assert renamed.node_id == first.node_id
    assert await Node.all().count() == 1


async def test_types_are_told_apart_by_product_memory_and_mig_profile(installed: Installed) -> None:
    whole = device("GPU-1", 0)
    report = replace(
        node("a"),
        devices=(
            whole,
            device("GPU-2", 1),
            replace(device("GPU-3", 2), memory_total_bytes=1),
            replace(device("MIG-4", 3), mig_profile="3g.40gb", mig_parent_uuid="GPU-1"),
            device("GPU-5", 4, product="NVIDIA L4"),
        ),
    )
    await record_node(report, NOON)
    assert await DeviceType.all().count() == 4


async def test_a_device_in_a_pool_of_one_type_keeps_its_type(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    placed = await Device.get(uuid="GPU-1")
    pool = await pool_of(placed.type_id)
    await Device.filter(id=placed.id).update(pool_id=pool.id, pool_type_key=pool.type_key)
    ecc_off = replace(device("GPU-1"), memory_total_bytes=85 * 2**30)
    await record_node(replace(node("a"), devices=(ecc_off,)), NOON)
    assert (await Device.get(uuid="GPU-1")).type_id == placed.type_id


async def test_two_controllers_that_report_the_same_new_node_make_one(
    installed: Installed,
) -> None:
    await asyncio.gather(*(record_node(node("a", "GPU-1", "GPU-2"), NOON) for _ in range(4)))
    assert [await Node.all().count(), await Device.all().count()] == [1, 2]


@pytest.mark.spec("T-54")
async def test_odd_and_overlong_texts_of_a_report_are_stored_as_far_as_they_can_be(
    installed: Installed,
) -> None:
    odd = replace(
        node("a"),
        os_name="x" * 5000,
        kernel_version="6.\x00\x1b[2J8",
        labels={"k\x00": "'; DROP TABLE node; --"},
        devices=(replace(device("GPU-1"), product="A\x00B", serial="9" * 500),),
    )
    assert (await record_node(odd, NOON)).node_changed
    found = await Node.get(machine_id="machine-a")
    assert (found.os_name, found.kernel_version) == ("x" * 200, "6.[2J8")
    assert found.labels == {"k": "'; DROP TABLE node; --"}
    assert (await record_node(odd, NOON)).device_ids == ()


async def test_a_report_that_overlaps_with_an_operator_s_cordon_does_not_undo_it(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    read, reads = Node.get_or_none, 0

    async def read_and_be_overtaken(**which: Any) -> Node | None:
        nonlocal reads
        found, reads = await read(**which), reads + 1
        if reads == 2:  # the one that is written
            await execute(
                "UPDATE node SET cordon_reason = ?, cordoned_by = ?, cordoned_at = ?",
                "fan",
                "ada",
                NOON,
            )
        return found

    monkeypatch.setattr(Node, "get_or_none", read_and_be_overtaken)
    await record_node(replace(node("a", "GPU-1"), kernel_version="new"), NOON)
    monkeypatch.undo()
    stored = await Node.get(machine_id="machine-a")
    assert (stored.kernel_version, stored.cordon_reason) == ("new", "fan")
