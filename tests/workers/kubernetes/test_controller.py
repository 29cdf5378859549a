"""The controller as it is run: what it would do is printed, and only who leads writes (F-10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.database import execute
from domain.leases import CONTROLLER, Lease, bound_to, hold
from server.processes import ForeseeingFailed, foresee
from server.settings import Settings
from tests.services.graph import Graph
from tests.services.kubernetes import Cluster
from tests.test_helm_chart import URL, objects
from tests.workers.kubernetes.conftest import Enforced, enforcing
from workers.kubernetes.connection import KubeconfigFile
from workers.kubernetes.worker import foreseen


@pytest.mark.spec("ENF-1")
async def test_a_dry_run_names_what_would_be_done_and_does_nothing(
    graph: Graph, cluster: Cluster
) -> None:
    before = cluster.mock.do(lambda store: store.version)
    steps = await foreseen(KubeconfigFile(cluster.kubeconfig))
    made = {(step.verb.value, step.key[0]) for step in steps}
    assert made >= {("apply", "Namespace"), ("apply", "ResourceQuota"), ("apply", "DeviceClass")}
    assert cluster.mock.do(lambda store: store.version) == before
    async with enforcing(graph, cluster) as enforced:
        await enforced.in_sync("groups", "Default")
        assert not await foreseen(KubeconfigFile(cluster.kubeconfig))


async def test_a_dry_run_without_a_cluster_says_which_setting_names_one() -> None:
    with pytest.raises(ForeseeingFailed, match="QUARTERMASTER_KUBERNETES"):
        await foresee(Settings(), print)


@pytest.mark.spec("F-10")
async def test_who_has_lost_the_lease_writes_nothing_into_the_cluster(
    graph: Graph, cluster: Cluster
) -> None:
    lease = Lease(CONTROLLER, "mine", 60)
    assert await hold(lease)
    with bound_to(lease):
        working = enforcing(graph, cluster)
        enforced: Enforced = await working.__aenter__()
    try:
        await enforced.in_sync("groups", "Default")
        await execute("UPDATE lease SET holder = 'theirs'")
        before = len(cluster.mock.asked)
        await enforced.make_group("too-late")

        async def has_noticed() -> bool:
            return enforced.state.restarts > 0

        await cluster.until(has_noticed, "it has noticed")
        asked = cluster.mock.asked[before:]
        assert {one.verb for one in asked} <= {"get", "list", "watch"}
    finally:
        await working.__aexit__(None, None, None)


@pytest.mark.spec("ENF-1")
@pytest.mark.parametrize("kueue", [True, False])
async def test_the_rights_that_the_chart_gives_are_enough_for_all_of_it(
    graph: Graph, cluster: Cluster, kueue: bool
) -> None:
    """Kueue is there in both: without rights on it, it is let alone."""
    account = "system:serviceaccount:gpu:qm-quartermaster-controller"
    kubeconfig = cluster.kubeconfig_of(account)
    cluster.mock.has_kueue("v1beta2")
    values = {**URL, "controller.kueue": kueue}
    (role,) = objects(values, "ClusterRole")
    (binding,) = objects(values, "ClusterRoleBinding")
    await cluster.rbac.create_cluster_role(role)
    await cluster.rbac.create_cluster_role_binding(binding)
    async with enforcing(graph, replace(cluster, kubeconfig=kubeconfig)) as enforced:
        node = await enforced.add_gpu_node("node-r", 2)
        pool = await enforced.make_pool("least", await enforced.devices_of(node))
        group = await enforced.make_group("least", pool["id"])
        await enforced.in_sync("pools", "least")
        namespace = await enforced.in_sync("groups", "least")
        await enforced.graph.ask(
            """mutation ($id: ID!, $version: Int!) { editGroup(input: {id: $id,
              version: $version, pool: null}) { __typename } }""",
            id=group["id"],
            version=group["version"],
        )
        await enforced.graph.ask(
            """mutation ($pools: [ID!]!, $groups: [ID!]!) {
              deletePools(input: {pools: $pools}) { __typename }
              deleteGroups(input: {groups: $groups}) { __typename } }""",
            pools=[pool["id"]],
            groups=[group["id"]],
        )

        async def is_gone() -> bool:
            found = await cluster.core.list_namespace()
            return namespace not in {
                one.metadata.name for one in found.items if one.metadata.deletion_timestamp is None
            }

        await cluster.until(is_gone, "the namespace of the group that is gone is deleted")
        assert enforced.state.restarts == 0
