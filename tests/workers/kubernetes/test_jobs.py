"""Which job, user and group holds a device now, as the cluster itself says (DEV-4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workers.kubernetes.conftest import Enforced

JOBS = """query { jobs { edges { node { name state owner source requestedDevices waitingReason
  user { name } pool { name } devices { edges { node { uuid } } } } } } }"""


async def job(enforced: Enforced, name: str, state: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any] | None:
        data = await enforced.graph.ask(JOBS)
        jobs = [edge["node"] for edge in data["jobs"]["edges"]]
        return next((one for one in jobs if (one["name"], one["state"]) == (name, state)), None)

    found: dict[str, Any] = await enforced.cluster.until(ask, f"{name} is {state}")
    return found


async def default_group(enforced: Enforced) -> tuple[str, str]:
    """The Default group's namespace, where ada is at home, and its pool's device class."""
    await enforced.add_gpu_node("node-j")
    namespace = await enforced.in_sync("groups", "Default")
    await enforced.cluster.prepare_namespace(namespace)
    return namespace, await enforced.in_sync("pools", "Default")


@pytest.mark.spec("DEV-4", "ENF-1")
async def test_a_pod_with_a_claim_is_a_job_on_its_devices_with_owner_group_and_pool(
    enforced: Enforced,
) -> None:
    cluster = enforced.cluster
    namespace, device_class = await default_group(enforced)
    await cluster.claim(namespace, "two", device_class, count=2)
    await cluster.run_pod(
        namespace, "train", claim="two", labels={"quartermaster.dev/owner": "ada"}
    )
    await cluster.placed(namespace, "train")
    found = await job(enforced, f"{namespace}/train", "RUNNING")
    assert found["user"] == {"name": "ada"} and found["source"] == "KUBERNETES"
    assert found["pool"] == {"name": "Default"}
    assert len(found["devices"]["edges"]) == 2
    await cluster.end_pod(namespace, "train")
    data = await enforced.graph.ask(JOBS)

    async def has_ended() -> bool:
        data = await enforced.graph.ask(JOBS)
        return not data["jobs"]["edges"]

    assert data is not None
    await cluster.until(has_ended, "the job has ended")


@pytest.mark.spec("DEV-4")
async def test_a_pod_that_no_device_is_free_for_is_a_waiting_job(enforced: Enforced) -> None:
    cluster = enforced.cluster
    namespace, device_class = await default_group(enforced)
    await cluster.claim(namespace, "all", device_class, count=4)
    await cluster.run_pod(namespace, "first", claim="all")
    await cluster.placed(namespace, "first")
    resource = f"pool.quartermaster.dev/{device_class}"
    await cluster.run_pod(namespace, "second", extended={resource: 1})
    found = await job(enforced, f"{namespace}/second", "QUEUED")
    assert found["requestedDevices"] == 1 and found["pool"] == {"name": "Default"}

    async def said() -> str | None:
        waiting = await job(enforced, f"{namespace}/second", "QUEUED")
        _, _, words = waiting["waitingReason"].partition(" Its scheduler says: ")
        return words or None

    pod = await cluster.core.read_namespaced_pod("second", namespace)
    told = next(c.message for c in pod.status.conditions if c.type == "PodScheduled")
    assert await cluster.until(said, "the scheduler's reason is shown") == told


@pytest.mark.spec("DEV-4")
async def test_an_owner_who_is_not_of_the_namespace_s_group_is_shown_as_unknown(
    enforced: Enforced,
) -> None:
    """Whoever writes a pod may write any name into it."""
    cluster = enforced.cluster
    namespace, device_class = await default_group(enforced)
    await cluster.claim(namespace, "one", device_class)
    await cluster.run_pod(namespace, "sly", claim="one", labels={"owner": "eve"})
    await cluster.placed(namespace, "sly")
    found = await job(enforced, f"{namespace}/sly", "RUNNING")
    assert found["owner"] is None and found["user"] is None
