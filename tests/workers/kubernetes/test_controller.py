"""The controller as it is run: what it would do is printed, and only who leads writes (F-10)."""

from __future__ import annotations

import pytest

from domain.database import execute
from domain.leases import CONTROLLER, Lease, bound_to, hold
from server.processes import ForeseeingFailed, foresee
from server.settings import Settings
from tests.services.graph import Graph
from tests.services.kubernetes import Cluster
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
