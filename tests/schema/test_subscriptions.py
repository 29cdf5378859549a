"""Subscriptions: the first frame is what is there, then what changes."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from domain.actors import Actor
from domain.users import Newcomer, on_board
from telemetry.samples import HostSample
from tests.services.graph import OPERATOR, Graph, take

FLEET = """
subscription($filter: FleetFilter) { fleetTelemetry(filter: $filter) {
  sequence isKeyFrame deviceIds isStale health allocation
  utilisationPercent memoryUsedBytes smClockMhz fanPercent
} }
"""
DEVICE_CHANGES = """
subscription { deviceChanges {
  isSnapshot isComplete removed
  changed { uuid health { level reasons { code title } } job { name } }
} }
"""


@pytest.mark.spec("API-4", "DASH-1")
async def test_the_cluster_is_told_at_once_and_then_every_tick(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=2)
    await node.run_job("train", "ada", 0)
    query = """subscription { clusterSnapshot {
      time nodesTotal nodesReady hostCpuPercent jobsActive usersTotal groupsTotal poolsTotal
      load { devices allocated idle free unknown healthy memoryUsedBytes powerWatts } } }"""
    async with aclosing(graph.subscribe(query)) as frames:
        first, second = await take(frames, 2)
    told = first["clusterSnapshot"]
    assert told["time"] < second["clusterSnapshot"]["time"]
    counts = {"devices": 2, "allocated": 1, "idle": 1, "free": 1, "unknown": 0, "healthy": 2}
    assert told["load"] == counts | {"memoryUsedBytes": 2**31, "powerWatts": 200.0}
    del told["time"], told["load"]
    assert told == {
        "nodesTotal": 1,
        "nodesReady": 1,
        "hostCpuPercent": 25.0,
        "jobsActive": 1,
        "usersTotal": 1,
        "groupsTotal": 1,
        "poolsTotal": 1,
    }


async def test_sums_are_as_exact_as_what_is_summed(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=3)
    for index, watts in enumerate([0.1, 0.2, 0.3]):
        node.set(index, power_watts=watts)
    await node.say()
    answer = await graph.ask("{ cluster { load { powerWatts } } }")
    assert answer["cluster"]["load"]["powerWatts"] == 0.6


@pytest.mark.spec("API-4", "API-5", "DEV-1")
async def test_the_fleet_comes_in_columns_and_what_a_card_does_not_have_is_null(
    graph: Graph,
) -> None:
    node = await graph.add_node("n1", devices=2)
    async with aclosing(graph.subscribe(FLEET)) as frames:
        (first,) = await take(frames, 1)
        node.set(1, utilisation_percent=77.0, sm_clock_mhz=1980)
        await node.say()
        later = await _until(frames, lambda f: 77 in f["fleetTelemetry"]["utilisationPercent"])
    frame = first["fleetTelemetry"]
    assert frame["isKeyFrame"] and len(frame["deviceIds"]) == 2
    assert frame["utilisationPercent"] == [0, 0]
    assert frame["fanPercent"] == [None, None]
    assert frame["health"] == ["OK", "OK"] and frame["allocation"] == ["FREE", "FREE"]
    last = later["fleetTelemetry"]
    assert not last["isKeyFrame"] and last["deviceIds"] is None
    assert last["smClockMhz"] == [None, 1980]


@pytest.mark.spec("API-4", "NODE-1")
async def test_the_fleet_comes_with_what_its_hosts_say_at_every_tick(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=2)
    await graph.add_node("n2", devices=1)
    data = await graph.ask('{ clusterNode(hostName: "n1") { id } }')
    wanted = {"nodes": [data["clusterNode"]["id"]]}
    query = """subscription ($f: FleetFilter) { fleetTelemetry(filter: $f) {
      nodes { hostName isStale host { cpuPercent } } } }"""

    def of(cpu_percent: float) -> list[dict[str, Any]]:
        return [{"hostName": "n1", "isStale": False, "host": {"cpuPercent": cpu_percent}}]

    async with aclosing(graph.subscribe(query, f=wanted)) as frames:
        (first,) = await take(frames, 1)
        assert first["fleetTelemetry"]["nodes"] == of(25.0)
        node.host = HostSample(cpu_percent=71.0)
        await node.say()
        await _until(frames, lambda f: f["fleetTelemetry"]["nodes"] == of(71.0))


@pytest.mark.spec("API-4")
async def test_a_new_device_makes_a_key_frame(graph: Graph) -> None:
    await graph.add_node("n1", devices=1)
    async with aclosing(graph.subscribe(FLEET)) as frames:
        await take(frames, 1)
        await graph.add_node("n2", devices=1)
        frame = await _until(frames, lambda f: f["fleetTelemetry"]["isKeyFrame"])
    assert len(frame["fleetTelemetry"]["deviceIds"]) == 2


@pytest.mark.spec("API-4")
async def test_the_fleet_is_filtered_by_pool_node_and_device(graph: Graph) -> None:
    await graph.add_node("n1", devices=2)
    await graph.add_node("n2", devices=1)
    data = await graph.ask(
        '{ clusterNode(hostName: "n2") { id } pool(name: "default") { id } '
        'device(uuid: "GPU-n1-1") { id } }'
    )
    node, pool, device = (data[key]["id"] for key in ("clusterNode", "pool", "device"))
    for wanted, rows in (
        ({"nodes": [node]}, 1),
        ({"pools": [pool]}, 3),
        ({"devices": [device]}, 1),
        ({"devices": [device], "nodes": [node]}, 0),
        ({"pools": [node]}, 0),
    ):
        async with aclosing(graph.subscribe(FLEET, filter=wanted)) as frames:
            (frame,) = await take(frames, 1)
        assert len(frame["fleetTelemetry"]["deviceIds"]) == rows, wanted


@pytest.mark.spec("API-4")
async def test_telemetry_of_one_device_comes_as_an_object(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=1)
    node.set(0, throttle_reasons=0x40 | 0x4, xid=79, xid_at=1_700_000_000.0, remap_failed=0)
    await node.say()
    query = """subscription { deviceTelemetry {
      device { uuid } utilisationPercent throttleReasons xid xidAt remapFailed fanPercent } }"""
    async with aclosing(graph.subscribe(query)) as frames:
        (frame,) = await take(frames, 1)
    assert frame["deviceTelemetry"] == [
        {
            "device": {"uuid": "GPU-n1-0"},
            "utilisationPercent": 0,
            "throttleReasons": ["SOFTWARE_POWER_CAP", "HARDWARE_THERMAL_SLOWDOWN"],
            "xid": 79,
            "xidAt": "2023-11-14T22:13:20.000Z",
            "remapFailed": False,
            "fanPercent": None,
        }
    ]


@pytest.mark.spec("API-4", "DEV-2")
async def test_a_device_that_falls_ill_is_told_with_the_reason(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=2)
    async with aclosing(graph.subscribe(DEVICE_CHANGES)) as frames:
        (first,) = await take(frames, 1)
        node.set(1, xid=79, xid_at=1_700_000_000.0)
        await node.say()
        (second,) = await take(frames, 1)
    snapshot = first["deviceChanges"]
    assert snapshot["isSnapshot"] and snapshot["isComplete"] and len(snapshot["changed"]) == 2
    (changed,) = second["deviceChanges"]["changed"]
    assert changed["uuid"] == "GPU-n1-1"
    assert changed["health"] == {
        "level": "CRITICAL",
        "reasons": [{"code": "XID", "title": "Xid 79, fell off the bus"}],
    }


@pytest.mark.spec("API-4", "DEV-4", "ENF-2")
async def test_a_job_that_starts_is_told_with_the_devices_that_it_holds(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=2)
    query = "subscription { jobChanges { isSnapshot changed { name owner user { name } } } }"
    async with (
        aclosing(graph.subscribe(query)) as jobs,
        aclosing(graph.subscribe(DEVICE_CHANGES)) as devices,
    ):
        assert (await take(jobs, 1))[0]["jobChanges"] == {"isSnapshot": True, "changed": []}
        await take(devices, 1)
        await node.run_job("train", "ada", 1)
        (job,) = await take(jobs, 1)
        (held,) = await take(devices, 1)
    assert job["jobChanges"]["changed"] == [
        {"name": "train", "owner": "ada", "user": {"name": "ada"}}
    ]
    (device,) = held["deviceChanges"]["changed"]
    assert (device["uuid"], device["job"]) == ("GPU-n1-1", {"name": "train"})


@pytest.mark.spec("API-4", "NODE-2")
async def test_a_node_that_falls_silent_is_told_as_stale_and_its_devices_as_unknown(
    graph: Graph,
) -> None:
    node = await graph.add_node("n1", devices=1)
    query = """subscription { nodeChanges { changed {
      state isStale health { level reasons { code } } lastHeartbeatAt host { cpuPercent load1m }
      devices { edges { node { health { level } telemetry { isStale utilisationPercent } } } }
    } } }"""
    async with aclosing(graph.subscribe(query)) as frames:
        (first,) = await take(frames, 1)
        (silent,) = await take(frames, 1)
        await node.say()
        (again,) = await take(frames, 1)
    (ready,) = first["nodeChanges"]["changed"]
    assert ready["state"] == "READY"
    assert ready["host"] == {"cpuPercent": 25.0, "load1m": None}
    (stale,) = silent["nodeChanges"]["changed"]
    assert stale["state"] == "STALE" and stale["isStale"]
    assert stale["health"] == {"level": "UNKNOWN", "reasons": [{"code": "STALE"}]}
    (device,) = (edge["node"] for edge in stale["devices"]["edges"])
    assert device["health"]["level"] == "UNKNOWN"
    assert device["telemetry"] == {"isStale": True, "utilisationPercent": 0}
    assert again["nodeChanges"]["changed"][0]["state"] == "READY"


@pytest.mark.spec("API-4")
async def test_tables_that_are_read_one_after_the_other_leave_nothing_old(graph: Graph) -> None:
    """As another replica's hints come: the job's and the group's before their new user's."""
    node = await graph.add_node("n1", devices=1)
    await node.run_job("train", "eve", 0)
    groups = graph.subscribe(
        "subscription { groupChanges { changed { name users(first: 1) { totalCount } } } }"
    )
    jobs = graph.subscribe("subscription { jobChanges { changed { name user { name } } } }")
    async with aclosing(groups), aclosing(jobs):
        await take(groups, 1)
        await take(jobs, 1)
        (eve,) = await on_board(Actor(1, OPERATOR), [Newcomer("eve", group_id=1)])
        for kind, number in (("job", 1), ("group", 1), ("user", eve.user_id)):
            await graph.announce(kind, [number])
        await _until(
            groups, lambda f: f["groupChanges"]["changed"][0]["users"] == {"totalCount": 2}
        )
        await _until(jobs, lambda f: f["jobChanges"]["changed"][0]["user"] == {"name": "eve"})


async def _until(frames: Any, condition: Any) -> Any:
    while True:
        (frame,) = await take(frames, 1)
        if condition(frame):
            return frame
