"""What only some clusters have, taints of devices and Kueue, is used where it is served (ENF-1)."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes_asyncio.client.exceptions import ApiException

from tests.services.graph import Graph
from tests.services.kubernetes import Cluster
from tests.workers.kubernetes.conftest import Enforced, enforcing


async def read(cluster: Cluster, group: str, version: str, plural: str) -> list[dict[str, Any]]:
    listed = await cluster.custom.list_cluster_custom_object(group, version, plural)
    return list(listed["items"])


@pytest.mark.spec("ENF-1")
async def test_a_device_out_of_service_is_tainted_until_it_is_back(enforced: Enforced) -> None:
    node = await enforced.add_gpu_node("node-t", 2)
    (device, _) = await enforced.devices_of(node)
    await enforced.graph.ask(
        """mutation ($devices: [ID!]!) { cordonDevices(input: {devices: $devices,
          reason: "fan"}) { __typename } }""",
        devices=[device],
    )

    async def rules() -> list[dict[str, Any]]:
        return await read(enforced.cluster, "resource.k8s.io", "v1beta2", "devicetaintrules")

    (rule,) = await enforced.cluster.until(rules, "the device is tainted")
    assert rule["spec"]["deviceSelector"]["device"] == "gpu-0"
    assert rule["spec"]["taint"]["effect"] == "NoSchedule"
    await enforced.graph.ask(
        """mutation ($devices: [ID!]!) { uncordonDevices(input: {devices: $devices}) {
          __typename } }""",
        devices=[device],
    )

    async def none() -> bool:
        return not await rules()

    await enforced.cluster.until(none, "the taint is taken away")


@pytest.mark.spec("ENF-1")
@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
async def test_where_kueue_is_a_group_with_a_pool_has_a_queue_of_its_size(
    graph: Graph, cluster: Cluster, version: str
) -> None:
    cluster.mock.has_kueue(version)
    async with enforcing(graph, cluster) as enforced:
        node = await enforced.add_gpu_node("node-k", 3)
        pool = await enforced.make_pool("queued", await enforced.devices_of(node))
        await enforced.make_group("queuers", pool["id"])
        namespace = await enforced.in_sync("groups", "queuers")
        device_class = await enforced.in_sync("pools", "queued")
        queues = await read(cluster, "kueue.x-k8s.io", version, "clusterqueues")
        (queue,) = [one for one in queues if one["metadata"]["name"] == namespace]
        (group,) = queue["spec"]["resourceGroups"]
        resource = f"pool.quartermaster.dev/{device_class}"
        (flavor,) = group["flavors"]
        assert flavor["name"] == device_class
        amounts = {one["name"]: one["nominalQuota"] for one in flavor["resources"]}
        assert amounts[resource] == "3"
        # What is not covered could not be asked for at all.
        assert {"cpu", "memory"} <= amounts.keys() == set(group["coveredResources"])
        door = await cluster.custom.get_namespaced_custom_object(
            "kueue.x-k8s.io", version, namespace, "localqueues", "quartermaster"
        )
        assert door["spec"]["clusterQueue"] == namespace


async def test_a_cluster_without_either_is_enforced_all_the_same(
    graph: Graph, cluster: Cluster
) -> None:
    cluster.mock.has_device_taints(False)
    async with enforcing(graph, cluster) as enforced:
        await enforced.add_gpu_node("node-p", 1)
        await enforced.in_sync("pools", "Default")
        with pytest.raises(ApiException):
            await read(cluster, "kueue.x-k8s.io", "v1beta2", "clusterqueues")
