"""From a mutation to the cluster's own objects, which enforce it (ENF-1)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from kubernetes_asyncio import watch
from kubernetes_asyncio.client.exceptions import ApiException

from tests.services.kubernetes import send
from tests.workers.kubernetes.conftest import Enforced
from workers.kubernetes.objects import DRIVER

DEVICES = ".deviceclass.resource.k8s.io/devices"


@pytest.mark.spec("ENF-1")
async def test_a_pool_becomes_a_device_class_and_a_group_a_namespace_that_may_use_it_alone(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    node = await enforced.add_gpu_node("node-a")
    devices = await enforced.devices_of(node)
    one = await enforced.make_pool("Forschung & Lehre", devices[:2])
    await enforced.make_pool("研究", devices[2:])
    await enforced.make_group("Théorie", one["id"])
    device_class = await enforced.in_sync("pools", "Forschung & Lehre")
    other_class = await enforced.in_sync("pools", "研究")
    namespace = await enforced.in_sync("groups", "Théorie")
    assert device_class.startswith("forschung-lehre-") and other_class.startswith("pool-")
    assert namespace.startswith("theorie-")
    expression = await enforced.chosen(device_class)
    assert all(uuid in expression for uuid in node.uuids[:2])
    assert not any(uuid in expression for uuid in node.uuids[2:])
    hard = await enforced.hard(namespace)
    assert hard[device_class + DEVICES] == "2" and hard[other_class + DEVICES] == "0"
    assert hard[f"requests.pool.quartermaster.dev/{other_class}"] == "0"
    with pytest.raises(ApiException) as refused:
        await cluster.claim(namespace, "not-ours", other_class)
    assert refused.value.status == 403 and "exceeded quota" in str(refused.value.body)
    await cluster.claim(namespace, "ours", device_class, count=2)
    with pytest.raises(ApiException):
        await cluster.claim(namespace, "too-much", device_class)
    assert DRIVER in expression


@pytest.mark.spec("ENF-1")
async def test_a_device_that_moves_is_never_claimed_by_two_pools(enforced: Enforced) -> None:
    """Seen by a watch of the classes: what the one has got, the other has lost before."""
    cluster = enforced.cluster
    node = await enforced.add_gpu_node("node-m")
    devices = await enforced.devices_of(node)
    first = await enforced.make_pool("first", devices[:2])
    second = await enforced.make_pool("second", devices[2:])
    names = [await enforced.in_sync("pools", "first"), await enforced.in_sync("pools", "second")]
    begun = await cluster.custom.list_cluster_custom_object(
        "resource.k8s.io", "v1", "deviceclasses"
    )
    moved = await enforced.graph.ask(
        """mutation ($devices: [ID!]!, $to: ID!) { moveDevices(input: {devices: $devices,
          toPool: $to}) { __typename } }""",
        devices=devices[:1],
        to=second["id"],
    )
    assert moved["moveDevices"]["__typename"] == "Pool", (moved, first)

    async def has_moved() -> bool:
        return node.uuids[0] in await enforced.chosen(names[1])

    chosen = {body["metadata"]["name"]: uuids_in(body) for body in begun["items"]}
    seen = 0
    async with asyncio.timeout(20), watch.Watch() as watching:
        async for event in watching.stream(
            cluster.custom.list_cluster_custom_object,
            "resource.k8s.io",
            "v1",
            "deviceclasses",
            resource_version=begun["metadata"]["resourceVersion"],
            timeout_seconds=20,
        ):
            body = event["raw_object"]
            chosen[body["metadata"]["name"]] = uuids_in(body)
            everything = [uuid for name in names for uuid in chosen[name]]
            assert len(everything) == len(set(everything)), chosen
            seen += 1
            if node.uuids[0] in chosen[names[1]]:
                break
    assert seen >= 2 and await has_moved()
    assert node.uuids[0] not in await enforced.chosen(names[0])


def uuids_in(body: dict[str, Any]) -> set[str]:
    expression = body["spec"]["selectors"][0]["cel"]["expression"]
    return set(re.findall(r'"(GPU-[^"]+)"', expression))


@pytest.mark.spec("ENF-1")
async def test_what_another_has_changed_is_shown_with_who_it_was_and_is_put_right(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    node = await enforced.add_gpu_node("node-d")
    pool = await enforced.make_pool("drifting", await enforced.devices_of(node))
    await enforced.make_group("crew", pool["id"])
    namespace = await enforced.in_sync("groups", "crew")
    device_class = await enforced.in_sync("pools", "drifting")
    body = await cluster.custom.get_cluster_custom_object(
        "resource.k8s.io", "v1", "deviceclasses", device_class
    )
    right = body["spec"]["selectors"]
    body["spec"]["selectors"] = [{"cel": {"expression": f'device.driver == "{DRIVER}"'}}]
    body["metadata"].pop("managedFields")
    await send(
        cluster.admin,
        "PUT",
        f"/apis/resource.k8s.io/v1/deviceclasses/{device_class}",
        body,
        "application/json",
        fieldManager="somebody",
    )
    shown = await enforced.until("pools", "drifting", lambda one: one["state"] == "DRIFTED")
    assert "spec.selectors was changed by somebody" in shown["reason"], shown
    await enforced.in_sync("pools", "drifting")
    body = await cluster.custom.get_cluster_custom_object(
        "resource.k8s.io", "v1", "deviceclasses", device_class
    )
    assert body["spec"]["selectors"] == right
    await cluster.core.delete_namespaced_resource_quota("quartermaster", namespace)
    shown = await enforced.until("groups", "crew", lambda one: one["state"] == "DRIFTED")
    assert "was deleted" in shown["reason"]
    await enforced.in_sync("groups", "crew")
    assert (await enforced.hard(namespace))[device_class + DEVICES] == "4"


@pytest.mark.spec("ENF-1")
async def test_a_group_s_namespace_is_emptied_before_it_is_deleted(enforced: Enforced) -> None:
    cluster = enforced.cluster
    group = await enforced.make_group("leaving")
    namespace = await enforced.in_sync("groups", "leaving")
    await cluster.prepare_namespace(namespace)
    await cluster.run_pod(namespace, "at-work")
    gone = await enforced.graph.ask(
        "mutation ($ids: [ID!]!) { deleteGroups(input: {groups: $ids}) { __typename } }",
        ids=[group["id"]],
    )
    assert gone["deleteGroups"]["__typename"] == "GroupsDeleted"

    async def nobody_may_enter() -> bool:
        return not (await cluster.rbac.list_namespaced_role_binding(namespace)).items

    await cluster.until(nobody_may_enter, "the people's rights are taken away")
    there = await cluster.core.read_namespace(namespace)
    assert there.metadata.deletion_timestamp is None
    await cluster.end_pod(namespace, "at-work")

    async def is_gone() -> bool:
        names = {
            one.metadata.name
            for one in (await cluster.core.list_namespace()).items
            if one.metadata.deletion_timestamp is None
        }
        return namespace not in names

    await cluster.until(is_gone, "the empty namespace is deleted")


@pytest.mark.spec("ENF-1")
async def test_a_namespace_of_others_is_taken_only_when_told_and_never_deleted(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    theirs = await cluster.add_namespace("theirs")
    group = await enforced.make_group(theirs)  # its own name for it differs by the id
    own = await enforced.in_sync("groups", theirs)
    assert own != theirs
    said = {"metadata": {"annotations": {"quartermaster.dev/adopt": theirs}}}
    await cluster.core.patch_namespace(theirs, said)
    await enforced.until("groups", theirs, lambda one: one["objectName"] == theirs)
    await enforced.in_sync("groups", theirs)
    assert await enforced.hard(theirs)
    await enforced.graph.ask(
        "mutation ($ids: [ID!]!) { deleteGroups(input: {groups: $ids}) { __typename } }",
        ids=[group["id"]],
    )

    async def is_free() -> bool:
        return not (await cluster.core.list_namespaced_resource_quota(theirs)).items

    await cluster.until(is_free, "what is ours has left the namespace")
    there = await cluster.core.read_namespace(theirs)
    assert there.metadata.deletion_timestamp is None


@pytest.mark.spec("ENF-1")
async def test_the_people_of_a_group_and_nobody_else_may_work_in_its_namespace(
    enforced: Enforced,
) -> None:
    found = await enforced.graph.ask(
        "query { groups { edges { node { id version name users { edges { node { id } } } } } } }"
    )
    (group,) = [edge["node"] for edge in found["groups"]["edges"]]
    (ada,) = [edge["node"] for edge in group["users"]["edges"]]
    namespace = await enforced.in_sync("groups", group["name"])

    async def subjects() -> list[str]:
        binding = await enforced.cluster.rbac.read_namespaced_role_binding(
            "quartermaster", namespace
        )
        assert binding.role_ref.name == "edit"
        return [one.name for one in binding.subjects or []]

    assert await subjects() == ["ada"]
    await enforced.graph.ask(
        """mutation ($id: ID!, $version: Int!, $users: [ID!]!) { editGroup(input: {id: $id,
          version: $version, removeUsers: $users}) { __typename } }""",
        id=group["id"],
        version=group["version"],
        users=[ada["id"]],
    )

    async def nobody() -> bool:
        return await subjects() == []

    await enforced.cluster.until(nobody, "who has left the group has no rights there")


@pytest.mark.spec("ENF-1")
async def test_a_pool_whose_gpus_the_cluster_does_not_know_is_not_enforceable_and_says_why(
    enforced: Enforced,
) -> None:
    node = await enforced.graph.add_node("bare-host", 2)
    await enforced.make_pool("bare", await enforced.devices_of(node))
    shown = await enforced.until("pools", "bare", lambda one: one["state"] == "NOT_ENFORCEABLE")
    assert "bare-host" in shown["reason"] and "None of its GPUs" in shown["reason"]


@pytest.mark.spec("ENF-1")
async def test_what_is_out_of_service_is_given_to_nobody_new(enforced: Enforced) -> None:
    node = await enforced.add_gpu_node("node-c", 2)
    devices = await enforced.devices_of(node)
    await enforced.make_pool("cordoned", devices)
    device_class = await enforced.in_sync("pools", "cordoned")

    async def are_chosen() -> bool:
        chosen = await enforced.chosen(device_class)
        return all(uuid in chosen for uuid in node.uuids)

    await enforced.cluster.until(are_chosen, "both devices are chosen")
    await enforced.graph.ask(
        """mutation ($devices: [ID!]!) { cordonDevices(input: {devices: $devices,
          reason: "fan"}) { __typename } }""",
        devices=devices[:1],
    )

    async def is_left_out() -> bool:
        return node.uuids[0] not in await enforced.chosen(device_class)

    await enforced.cluster.until(is_left_out, "the device is chosen no more")
    assert node.uuids[1] in await enforced.chosen(device_class)
