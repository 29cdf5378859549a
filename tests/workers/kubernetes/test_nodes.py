"""What the cluster says of a node stands beside what its collector says (NODE-2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workers.kubernetes.conftest import Enforced

NODES = """query { nodes { edges { node { hostName labels { name value }
  conditions { type status level message } } } } }"""


@pytest.mark.spec("NODE-2")
async def test_the_labels_and_conditions_of_a_node_are_those_of_the_cluster(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    await enforced.add_gpu_node("node-n")
    full = cluster.name("node-n")
    labels = {"metadata": {"labels": {"topology.kubernetes.io/zone": "here"}}}
    await cluster.core.patch_node(full, labels)

    async def node(type: str, status: str) -> dict[str, Any] | None:
        data = await enforced.graph.ask(NODES)
        found: dict[str, Any] = next(
            edge["node"] for edge in data["nodes"]["edges"] if edge["node"]["hostName"] == full
        )
        is_said = any((c["type"], c["status"]) == (type, status) for c in found["conditions"])
        return found if is_said else None

    found = await cluster.until(lambda: node("Ready", "True"), "the node is told to be ready")
    assert {"name": "topology.kubernetes.io/zone", "value": "here"} in found["labels"]
    broken = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "broken"}
    await cluster.core.patch_node_status(full, {"status": {"conditions": [broken]}})
    found = await cluster.until(lambda: node("Ready", "False"), "the node is told not to be")
    (ready,) = [one for one in found["conditions"] if one["type"] == "Ready"]
    assert ready["level"] == "CRITICAL" and ready["message"] == "broken"


@pytest.mark.spec("ENF-1", "NODE-2")
async def test_a_node_that_is_out_of_service_gets_no_pods_until_it_is_back(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    await enforced.add_gpu_node("node-o")
    full = cluster.name("node-o")
    data = await enforced.graph.ask("query { nodes { edges { node { id hostName } } } }")
    (id,) = [e["node"]["id"] for e in data["nodes"]["edges"] if e["node"]["hostName"] == full]
    await enforced.graph.ask(
        """mutation ($nodes: [ID!]!) { cordonNodes(input: {nodes: $nodes, reason: "fan"}) {
          __typename } }""",
        nodes=[id],
    )

    async def is_cordoned() -> bool:
        spec = (await cluster.core.read_node(full)).spec
        return spec is not None and bool(spec.unschedulable)

    async def is_back() -> bool:
        return not await is_cordoned()

    await cluster.until(is_cordoned, "the node is cordoned")
    await enforced.graph.ask(
        "mutation ($nodes: [ID!]!) { uncordonNodes(input: {nodes: $nodes}) { __typename } }",
        nodes=[id],
    )
    await cluster.until(is_back, "the node takes pods again")
    left = (await cluster.core.read_node(full)).metadata.labels or {}
    assert not any(name.startswith("quartermaster.dev/") for name in left)
