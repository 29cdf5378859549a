"""From reports to rows: nodes, devices, jobs, and what a node may not say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.installation import Installed
from telemetry.embedded_bus import EmbeddedBus
from telemetry.samples import DeviceFacts, DeviceUuid, ProcessSample, QueuedJob, QueueReport
from tests.workers.reporting import ReportingNode, process, rows
from workers.recorder import Recorder

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Recording(Recorder):
    """A recorder whose nodes are heard, and whose time passes, as the test says."""

    def __init__(self) -> None:
        self.at = NOON
        self.heard = {"machine-a", "machine-b"}
        super().__init__(EmbeddedBus(), lambda node: node in self.heard, lambda: self.at)


@pytest.fixture
async def recorder(installed: Installed) -> Recording:
    return Recording()


A = ReportingNode("a", *(f"GPU-{n}" for n in range(8)))
B = ReportingNode("b", "GPU-b")


async def jobs() -> list[tuple[Any, ...]]:
    return await rows(
        "SELECT j.name, j.owner, j.state, count(h.id) FROM job j LEFT JOIN job_device h"
        " ON h.job_id = j.id AND h.until IS NULL GROUP BY j.id ORDER BY j.id"
    )


async def nodes_of_devices() -> list[tuple[Any, ...]]:
    return await rows(
        "SELECT n.host_name, d.uuid FROM device d JOIN node n ON n.id = d.node_id"
        " WHERE d.missing_since IS NULL ORDER BY n.host_name, d.uuid"
    )


@pytest.mark.spec("POOL-1")
async def test_a_newly_found_device_lands_in_the_default_pool(recorder: Recording) -> None:
    await recorder.record(B.facts())
    sql = "SELECT d.uuid, p.is_default FROM device d JOIN pool p ON p.id = d.pool_id"
    assert await rows(sql) == [("GPU-b", True)]


@pytest.mark.spec("NODE-2")
async def test_the_facts_of_a_node_are_recorded(recorder: Recording) -> None:
    await recorder.record(
        B.facts(
            addresses=["192.0.2.7"],
            os_name="Ubuntu 24.04.2 LTS",
            kernel_version="6.8.0",
            driver_version="570.1",
            cuda_version="12.8",
            cpu_count=128,
            memory_total_bytes=2**41,
            labels={"rack": "7"},
            booted_at=NOON.timestamp(),
        )
    )
    sql = "SELECT os_name, kernel_version, driver_version, cuda_version, cpu_count, booted_at"
    (found,) = await rows(f"{sql} FROM node")
    assert found == ("Ubuntu 24.04.2 LTS", "6.8.0", "570.1", "12.8", 128, NOON)


@pytest.mark.spec("ENF-2", "DEV-4")
async def test_a_launcher_with_eight_workers_is_one_job_on_eight_devices(
    recorder: Recording,
) -> None:
    await recorder.record(A.facts())
    await recorder.record(A.processes(*(process(uuid) for uuid in A.uuids)))
    assert await jobs() == [("train.py", "ada", "RUNNING", 8)]
    sql = 'SELECT u.name FROM job j JOIN "user" u ON u.id = j.user_id'
    assert await rows(sql) == [("ada",)]


@pytest.mark.spec("ENF-2", "DEV-4")
async def test_an_owner_who_is_no_user_stays_as_the_node_names_him(recorder: Recording) -> None:
    await recorder.record(B.facts())
    await recorder.record(B.processes(process("GPU-b", user="uid 4711")))
    assert await jobs() == [("train.py", "uid 4711", "RUNNING", 1)]
    assert await rows("SELECT user_id FROM job") == [(None,)]


@pytest.mark.spec("DEV-4")
async def test_a_job_ends_with_its_last_process_and_silence_ends_nothing(
    recorder: Recording,
) -> None:
    await recorder.record(B.facts())
    await recorder.record(B.processes(process("GPU-b")))
    await recorder.record(B.processes(answered=[]))
    assert await jobs() == [("train.py", "ada", "RUNNING", 1)]
    await recorder.record(B.processes())
    assert await jobs() == [("train.py", "ada", "ENDED", 0)]


async def test_a_job_waits_runs_and_ends(recorder: Recording) -> None:
    demo = ReportingNode("demo", "GPU-d", is_demo=True)
    waiting = QueuedJob(
        key="launcher-1",
        name="train.py",
        user="ada",
        pool="Default",
        requested_devices=1,
        submitted_at=NOON.timestamp(),
    )
    await recorder.record(demo.facts())
    await recorder.record(QueueReport(source="demo", time=0, jobs=[waiting]))
    assert await jobs() == [("train.py", "ada", "QUEUED", 0)]
    await recorder.record(demo.processes(process("GPU-d")))
    await recorder.record(QueueReport(source="demo", time=0, jobs=[]))
    assert await jobs() == [("train.py", "ada", "RUNNING", 1)]
    await recorder.record(demo.processes())
    assert await jobs() == [("train.py", "ada", "ENDED", 0)]


async def test_processes_of_a_node_whose_facts_are_unknown_are_no_jobs_yet(
    recorder: Recording,
) -> None:
    await recorder.record(B.facts())
    fresh = Recording()
    await fresh.record(B.processes(process("GPU-b")))
    assert await jobs() == []
    await fresh.record(B.facts())
    await fresh.record(B.processes(process("GPU-b")))
    assert await jobs() == [("train.py", "ada", "RUNNING", 1)]


@pytest.mark.spec("T-49")
async def test_no_node_takes_a_device_of_another_that_is_heard(recorder: Recording) -> None:
    thief = ReportingNode("thief", "GPU-b", "GPU-t")
    await recorder.record(B.facts())
    recorder.at += timedelta(hours=1)
    for _ in range(2):
        await recorder.record(thief.facts())
    assert await nodes_of_devices() == [("b", "GPU-b"), ("thief", "GPU-t")]


@pytest.mark.spec("T-49")
async def test_a_node_that_was_seen_just_now_keeps_its_devices_though_it_is_not_heard(
    recorder: Recording,
) -> None:
    await recorder.record(B.facts())
    recorder.heard.clear()
    recorder.at += timedelta(minutes=2)
    await recorder.record(ReportingNode("thief", "GPU-b").facts())
    assert await nodes_of_devices() == [("b", "GPU-b")]


async def test_a_device_of_a_node_that_is_gone_belongs_to_who_lists_it_now(
    recorder: Recording,
) -> None:
    await recorder.record(B.facts())
    recorder.heard.remove("machine-b")
    recorder.at += timedelta(minutes=4)
    await recorder.record(ReportingNode("new", "GPU-b").facts())
    assert await nodes_of_devices() == [("new", "GPU-b")]


@pytest.mark.spec("T-49")
async def test_no_node_begins_or_ends_a_job_on_a_device_of_another(recorder: Recording) -> None:
    thief = ReportingNode("thief", "GPU-b")
    await recorder.record(B.facts())
    await recorder.record(thief.facts())
    await recorder.record(B.processes(process("GPU-b")))
    await recorder.record(thief.processes())
    await recorder.record(thief.processes(process("GPU-b", key="miner", name="miner")))
    assert await jobs() == [("train.py", "ada", "RUNNING", 1)]


@pytest.mark.spec("T-54")
async def test_texts_longer_than_their_columns_are_cut(recorder: Recording) -> None:
    long = "x" * 256
    card = DeviceFacts(
        uuid=DeviceUuid("GPU-b"),
        index=0,
        product=long,
        vendor=long,
        serial=long,
        pci_bus_id=long,
        architecture=long,
        vbios_version=long,
        mig_profile=long,
    )
    texts = dict.fromkeys(
        (
            "mac_address",
            "os_name",
            "kernel_version",
            "driver_version",
            "cuda_version",
            "collector_version",
            "cpu_model",
            "kubernetes_node",
            "host_name",
        ),
        long,
    )
    said = B.facts(devices=[card], addresses=[long], labels={long: long}, **texts)
    await recorder.record(said)
    await recorder.record(said)
    assert await rows("SELECT length(mac_address) FROM node") == [(17,)]
    assert await rows("SELECT length(serial) FROM device") == [(80,)]
    odd: ProcessSample = process("GPU-b", key="k" * 999, user="u" * 999, name="n" * 999)
    await recorder.record(B.processes(odd))
    ((name, owner, state, held),) = await jobs()
    assert (len(name), len(owner), state, held) == (200, 120, "RUNNING", 1)


async def test_a_device_that_is_named_twice_is_one(recorder: Recording) -> None:
    first, second = B.facts().devices[0], DeviceFacts(uuid=B.uuids[0], index=7, product="other")
    await recorder.record(B.facts(devices=[first, second]))
    assert await rows('SELECT "index" FROM device') == [(0,)]
