"""Reports of jobs: who holds a device now, when a job has ended, and what silence means."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest

from domain.database import fetch
from domain.devices import Device
from domain.installation import Installed
from domain.inventory import record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import Job, JobDevice, JobSource, JobState, prune_jobs
from domain.pools import Pool
from domain.queue_reports import QueuedJob, record_queue
from tests.domain.fleet import NOON, node

A = ("GPU-a0", "GPU-a1")
B = ("GPU-b0", "MIG-b1")


@pytest.fixture
async def two_nodes(installed: Installed) -> None:
    await record_node(node("a", *A), NOON)
    await record_node(node("b", *B), NOON)


def job(key: str, *devices: str, owner: str | None = "ada") -> ReportedJob:
    return ReportedJob(key, f"train-{key}", owner, frozenset(devices), NOON - timedelta(hours=1))


def queued(key: str, pool: str | None = None) -> QueuedJob:
    return QueuedJob(key, f"train-{key}", "Ada", pool, 4, NOON)


async def report(answered: Collection[str], *jobs: ReportedJob, minute: int = 0) -> tuple[int, ...]:
    return await record_processes(JobSource.NVML, answered, jobs, NOON + timedelta(minutes=minute))


async def held_by(key: str) -> list[str]:
    rows = await fetch(
        "SELECT d.uuid FROM device d JOIN job_device h ON h.device_id = d.id"
        " JOIN job j ON j.id = h.job_id WHERE h.until IS NULL AND j.key = ? ORDER BY d.uuid",
        key,
    )
    return [row["uuid"] for row in rows]


@pytest.mark.spec("DEV-4", "ENF-2")
async def test_a_process_is_a_job_of_the_user_whose_name_its_owner_has(two_nodes: None) -> None:
    changed = await report(A, job("1", "GPU-a0", owner="ADA"))
    found = await Job.get(key="1").select_related("user", "pool")
    assert changed == (found.id,)
    assert found.state is JobState.RUNNING
    assert found.user is not None
    assert found.user.name == "ada"
    assert found.pool is not None
    assert found.pool.is_default
    assert found.started_at == NOON - timedelta(hours=1)
    assert await held_by("1") == ["GPU-a0"]


@pytest.mark.spec("DEV-4", "ENF-2")
async def test_an_owner_who_is_not_on_board_is_named_and_is_no_user(two_nodes: None) -> None:
    await report(A, job("1", "GPU-a0", owner="root"), job("2", "GPU-a1", owner=None))
    assert await Job.all().order_by("key").values_list("owner", "user_id") == [
        ("root", None),
        (None, None),
    ]


@pytest.mark.spec("DEV-4")
async def test_a_job_on_several_nodes_holds_the_devices_of_all(two_nodes: None) -> None:
    await report(A, job("1", *A))
    await report(B, job("1", *B))
    assert await Job.all().count() == 1
    assert await held_by("1") == sorted(A + B)
    await report(A)
    assert await held_by("1") == sorted(B)
    assert (await Job.get(key="1")).state is JobState.RUNNING


@pytest.mark.spec("DEV-4")
async def test_a_job_that_holds_nothing_any_more_has_ended(two_nodes: None) -> None:
    await report(A, job("1", *A))
    changed = await report(A, minute=5)
    ended = await Job.get(key="1")
    assert changed == (ended.id,)
    assert ended.state is JobState.ENDED
    assert ended.ended_at == NOON + timedelta(minutes=5)
    assert await JobDevice.filter(job_id=ended.id, until=None).count() == 0
    assert await JobDevice.filter(job_id=ended.id).count() == 2  # what it held last


@pytest.mark.spec("DEV-4")
async def test_a_device_that_did_not_answer_ends_no_job(two_nodes: None) -> None:
    await report(A, job("1", *A))
    assert await report([]) == ()
    await report(["GPU-a0"])
    assert await held_by("1") == ["GPU-a1"]
    assert (await Job.get(key="1")).state is JobState.RUNNING


async def test_a_report_that_says_nothing_new_writes_nothing(two_nodes: None) -> None:
    await report(A, job("1", *A))
    before = [tuple(row) for row in await fetch("SELECT * FROM job_device ORDER BY id")]
    assert await report(A, job("1", *A), minute=1) == ()
    assert [tuple(row) for row in await fetch("SELECT * FROM job_device ORDER BY id")] == before


async def test_a_device_unknown_to_the_inventory_is_passed_over(two_nodes: None) -> None:
    assert await report(["GPU-x"], job("1", "GPU-x")) == ()
    await report([*A, "GPU-x"], job("1", "GPU-x", "GPU-a0"))
    assert await held_by("1") == ["GPU-a0"]


async def test_two_jobs_may_share_a_device(two_nodes: None) -> None:
    await report(A, job("1", "GPU-a0"), job("2", "GPU-a0"))
    await report(A, job("2", "GPU-a0"))
    assert [await held_by("1"), await held_by("2")] == [[], ["GPU-a0"]]


async def test_reporters_of_one_source_leave_the_jobs_of_another_alone(two_nodes: None) -> None:
    await record_processes(JobSource.DEMO, A, [job("1", "GPU-a0")], NOON)
    await report(A)
    assert (await Job.get(key="1")).state is JobState.RUNNING


async def test_a_job_on_devices_of_two_pools_is_in_neither(two_nodes: None) -> None:
    device = await Device.get(uuid="GPU-a0")
    pool = await Pool.create(
        name="research",
        name_key="research",
        type_id=device.type_id,
        type_key=device.type_id,
        created_at=NOON,
    )
    await report(A, job("1", *A))
    await Device.filter(id=device.id).update(pool_id=pool.id, pool_type_key=pool.type_key)
    changed = await report(A, job("1", *A))
    assert len(changed) == 1
    assert (await Job.get(key="1")).pool_id is None
    await report(A, job("1", "GPU-a0"))
    assert (await Job.get(key="1")).pool_id == pool.id


async def test_a_job_that_comes_back_runs_again(two_nodes: None) -> None:
    await report(A, job("1", "GPU-a0"))
    await report(A, minute=1)
    await report(A, job("1", "GPU-a0"), minute=2)
    again = await Job.get(key="1")
    assert (again.state, again.ended_at) == (JobState.RUNNING, None)
    assert await held_by("1") == ["GPU-a0"]


async def test_a_waiting_job_runs_when_its_key_appears_with_devices(two_nodes: None) -> None:
    (waiting,) = await record_queue(JobSource.NVML, [queued("1", "DEFAULT")], NOON)
    before = await Job.get(id=waiting).select_related("user", "pool")
    assert before.state is JobState.QUEUED
    assert before.user is not None
    assert before.pool is not None
    assert before.pool.is_default
    assert before.requested_devices == 4
    assert await report(A, job("1", "GPU-a0")) == (waiting,)
    running = await Job.get(id=waiting)
    assert (running.state, running.requested_devices) == (JobState.RUNNING, 4)
    assert await record_queue(JobSource.NVML, [], NOON) == ()
    assert (await Job.get(id=waiting)).state is JobState.RUNNING


async def test_a_waiting_job_that_leaves_its_queue_has_ended(two_nodes: None) -> None:
    await record_queue(JobSource.NVML, [queued("1"), queued("2")], NOON)
    (left,) = await record_queue(JobSource.NVML, [queued("2")], NOON)
    assert (await Job.get(id=left)).state is JobState.ENDED
    assert await record_queue(JobSource.NVML, [queued("2")], NOON) == ()


async def test_long_ended_jobs_are_pruned_and_active_ones_are_not(two_nodes: None) -> None:
    await report(A, job("old", "GPU-a0"), job("new", "GPU-a1"))
    await report(A, job("new", "GPU-a1"))
    assert await prune_jobs(NOON + timedelta(days=29)) == 0
    assert await prune_jobs(NOON + timedelta(days=31)) == 1
    assert await Job.all().values_list("key", flat=True) == ["new"]


async def test_many_reporters_at_once_lose_nothing(two_nodes: None) -> None:
    parts = [("GPU-a0",), ("GPU-a1",), ("GPU-b0",), ("MIG-b1",)]
    await asyncio.gather(*(report(part, job("1", *part)) for part in parts))
    assert await held_by("1") == sorted(A + B)


@pytest.mark.spec("T-54")
async def test_an_odd_process_name_does_not_stop_a_report(two_nodes: None) -> None:
    odd = ReportedJob("k" * 999, "\x00'; --\x1b", "r\x00oot" * 99, frozenset(A), None)
    assert len(await report(A, odd)) == 1
    assert (await Job.all())[0].name == "'; --"
    assert await report(A, odd, minute=1) == ()
