"""From a mutation to the cluster's own objects, which enforce it (ENF-1)."""

from __future__ import annotations

import pytest
from kubernetes_asyncio.client.exceptions import ApiException

from tests.services.kubernetes import DRIVER
from tests.workers.kubernetes.conftest import Enforced

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
    with pytest.raises(ApiException) as refused:
        await cluster.claim(namespace, "not-ours", other_class)
    assert refused.value.status == 403 and "exceeded quota" in str(refused.value.body)
    await cluster.claim(namespace, "ours", device_class, count=2)
    with pytest.raises(ApiException):
        await cluster.claim(namespace, "too-much", device_class)
    assert DRIVER in expression
