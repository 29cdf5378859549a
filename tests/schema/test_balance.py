"""What load balancing needs: who holds and computes, who holds and idles, who waits."""

from __future__ import annotations

import time
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from tests.services.changes import device_ids, done
from tests.services.graph import Graph, take


@pytest.mark.spec("DASH-2")
async def test_held_devices_that_compute_nothing_are_told_with_since_when_and_for_whom(
    graph: Graph,
) -> None:
    node = await graph.add_node("a", 3)
    began = time.time()
    node.set(0, utilisation_percent=80.0)
    await node.say(at=began)
    await node.run_job("train", "bob", 0, 1, name="train")
    node.set(0, utilisation_percent=0.0)
    await node.say(at=began + 1)
    await node.say(at=began + 2)
    data = await graph.ask(
        """{ cluster { idleDevicesTotal idleDevices {
               device { uuid idleSince } job { name owner } since } load { allocated idle } } }"""
    )
    cluster = data["cluster"]
    assert cluster["idleDevicesTotal"] == 2
    assert cluster["load"] == {"allocated": 2, "idle": 2}
    idle = {each["device"]["uuid"]: each for each in cluster["idleDevices"]}
    assert idle["GPU-a-0"]["job"] == {"name": "train", "owner": "bob"}
    since = datetime.fromisoformat(idle["GPU-a-0"]["since"]).timestamp()
    assert since == pytest.approx(began + 1, abs=0.002)
    assert idle["GPU-a-0"]["device"]["idleSince"] == idle["GPU-a-0"]["since"]
    # One that was idle before its job began is idle since that.
    job = (await graph.ask("{ jobs { edges { node { startedAt } } } }"))["jobs"]["edges"][0]
    assert idle["GPU-a-1"]["since"] == job["node"]["startedAt"]
    free = (await graph.ask('{ device(uuid: "GPU-a-2") { idleSince } }'))["device"]
    assert free == {"idleSince": None}


@pytest.mark.spec("DASH-2")
async def test_pool_group_and_node_tell_allocated_against_computing_and_who_waits(
    graph: Graph,
) -> None:
    node = await graph.add_node("a", 4)
    ids = await device_ids(graph)
    pool = await done(
        graph, "createPool", name="research", devices=[ids[uuid] for uuid in node.uuids[:3]]
    )
    await done(graph, "createGroup", name="lab", pool=pool["id"])
    node.set(0, utilisation_percent=90.0)
    await node.say()
    await node.run_job("train", "bob", 0, 1)
    waiting = QueuedJob("q1", "eval", "bob", "research", 2, datetime.now(UTC))
    changed = await record_queue(JobSource.DEMO, [waiting], datetime.now(UTC))
    await graph.announce("job", changed)
    load = "load { devices allocated computing idle free waitingJobs waitingDevices }"
    data = await graph.ask(
        f"""{{ pool(name: "research") {{ {load} }} group(name: "lab") {{ {load} }}
               clusterNode(hostName: "a") {{ {load} }} }}"""
    )
    shared = {"devices": 3, "allocated": 2, "computing": 1, "idle": 1, "free": 1}
    jobs = await graph.ask(
        "{ jobs(filter: {states: [QUEUED]}) { edges { node { name waitingReason } } } }"
    )
    (job,) = jobs["jobs"]["edges"]
    assert job["node"]["waitingReason"] == "Waits for 2 GPUs of research, where 1 is free."
    waits = {"waitingJobs": 1, "waitingDevices": 2}
    assert data["pool"]["load"] == {**shared, **waits}
    assert data["group"]["load"] == {**shared, **waits}
    of_node = data["clusterNode"]["load"]
    assert (of_node["devices"], of_node["allocated"], of_node["free"]) == (4, 2, 2)


@pytest.mark.spec("API-4", "POOL-4")
async def test_a_change_by_somebody_else_is_told_to_who_listens(graph: Graph) -> None:
    node = await graph.add_node("a", 2)
    ids = await device_ids(graph)
    pools = graph.subscribe("subscription { poolChanges { isSnapshot changed { name } removed } }")
    devices = graph.subscribe(
        "subscription { deviceChanges { isSnapshot changed { uuid pool { name } } } }"
    )
    async with aclosing(pools), aclosing(devices):
        (first,) = await take(pools, 1)
        assert [one["name"] for one in first["poolChanges"]["changed"]] == ["Default"]
        await take(devices, 1)
        made = await done(graph, "createPool", name="research", devices=[ids[node.uuid(0)]])
        (second,) = await take(pools, 1)
        assert "research" in {one["name"] for one in second["poolChanges"]["changed"]}
        (moved,) = await take(devices, 1)
        assert {"uuid": node.uuid(0), "pool": {"name": "research"}} in moved["deviceChanges"][
            "changed"
        ]
        await done(graph, "deletePools", pools=[made["id"]])
        (third,) = await take(pools, 1)
        assert third["poolChanges"]["removed"] == [made["id"]]
