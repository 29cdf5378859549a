"""The product as it is started, with a cluster: killed, and what was done meanwhile put right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.services.kubernetes import Cluster
from tests.services.operator import Operator
from tests.services.product import Product

StartProduct = Callable[..., Product]
SignIn = Callable[[Product], Awaitable[Operator]]

DEFAULT = """{ pool(name: "Default") { enforcement { state objectName }
               devices { edges { node { uuid } } } }
             about { components { name state version detail } } }"""


def uuids(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["uuid"] for edge in answer["pool"]["devices"]["edges"]]


@pytest.mark.spec("ENF-1", "LIC-2")
async def test_what_was_changed_in_the_cluster_while_the_product_was_dead_is_put_right(
    start_product: StartProduct, operator_of: SignIn, cluster: Cluster
) -> None:
    product = start_product("1x4", QUARTERMASTER_KUBERNETES=str(cluster.kubeconfig))
    operator = await operator_of(product)
    found = await operator.eventually(DEFAULT, lambda answer: len(uuids(answer)) == 4)
    await cluster.add_node("demo", uuids(found))
    found = await operator.eventually(
        DEFAULT, lambda answer: answer["pool"]["enforcement"]["state"] == "IN_SYNC"
    )
    (part,) = [one for one in found["about"]["components"] if one["name"] == "Kubernetes"]
    assert part["state"] == "OK"
    assert part["version"].startswith("v1.")

    product.kill()
    device_class = found["pool"]["enforcement"]["objectName"]
    await cluster.custom.delete_cluster_custom_object(
        "resource.k8s.io", "v1", "deviceclasses", device_class
    )
    product.start()

    async def is_back() -> bool:
        classes = (await cluster.resource.list_device_class()).items
        return any(
            one.metadata.name == device_class
            and all(uuid in str(one.spec.selectors) for uuid in uuids(found))
            for one in classes
        )

    await cluster.until(is_back, "the device class is there again", 40)
    await operator.eventually(
        DEFAULT, lambda answer: answer["pool"]["enforcement"]["state"] == "IN_SYNC"
    )
