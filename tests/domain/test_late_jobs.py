"""A job that began before a change and is told of after it loses nothing, and is told as late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.actors import Actor
from domain.audit_log import EntriesWanted, read_entries
from domain.database import fetch
from domain.devices import Device
from domain.installation import Installed
from domain.inventory import record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import Job, JobSource, JobState
from domain.pools import create_pool
from domain.users import Newcomer, delete_users, on_board
from tests.domain.fleet import NOON, node

SYSTEM = Actor.system("tests")


async def report(owner: str, started_at: datetime) -> None:
    job = ReportedJob("train", "train", owner, frozenset({"GPU-1"}), started_at)
    await record_processes(JobSource.NVML, ["GPU-1"], [job], datetime.now(UTC))


async def late() -> list[str]:
    wanted = EntriesWanted(actions=("job.found_late",))
    return [entry.message or "" for entry in await read_entries(wanted, 10)]


@pytest.mark.spec("POOL-6")
async def test_a_job_whose_devices_were_moved_before_it_was_told_of(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    device = await Device.get(uuid="GPU-1")
    pool = await create_pool(SYSTEM, "research", [device.id])
    await report("bob", datetime.now(UTC) - timedelta(minutes=1))
    job = await Job.get(key="train")
    assert (job.state, job.pool_id) == (JobState.RUNNING, pool)
    (message,) = await late()
    assert "research" in message
    await report("bob", datetime.now(UTC) - timedelta(minutes=1))
    assert len(await late()) == 1  # said once


@pytest.mark.spec("USER-5")
async def test_a_job_whose_owner_was_deleted_before_it_was_told_of(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    (bob,) = await on_board(SYSTEM, [Newcomer("Bob")])
    await delete_users(SYSTEM, [bob.user_id])
    await report("bob", datetime.now(UTC) - timedelta(minutes=1))
    (message,) = await late()
    assert "bob" in message
    (row,) = await fetch("SELECT owner, user_id FROM job")
    assert (row["owner"], row["user_id"]) == ("bob", None)


@pytest.mark.spec("POOL-6")
async def test_a_job_that_began_after_the_change_is_not_late(installed: Installed) -> None:
    await record_node(node("a", "GPU-1"), NOON)
    device = await Device.get(uuid="GPU-1")
    await create_pool(SYSTEM, "research", [device.id])
    await report("bob", datetime.now(UTC) + timedelta(seconds=1))
    assert not await late()
