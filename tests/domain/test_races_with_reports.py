"""Operators and reports at once: what a node or a job reports between a check and its change.

Each race is held open at its narrowest place: one transaction stops there until the other is over,
or waits for a lock of the first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import asyncpg
import pytest

from domain import inventory, job_reports, pools, users
from domain.actors import Actor
from domain.database import fetch
from domain.devices import Device
from domain.installation import Installed
from domain.inventory import ReportedNode, record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import Job, JobDevice, JobSource, JobState, prune_jobs
from domain.pools import Pool, create_pool, delete_pools, edit_pool, move_devices
from domain.queue_reports import QueuedJob, record_queue
from domain.users import Newcomer, User, delete_users, on_board
from tests.domain.fleet import NOON, device, node
from tests.services.locks import Stop, during

pytestmark = pytest.mark.usefixtures("no_deadlock")

ADA = Actor(1, "ada")


def with_serials(report: ReportedNode) -> ReportedNode:
    assert report.devices is not None
    return replace(report, devices=tuple(replace(one, serial="9") for one in report.devices))


@pytest.mark.spec("POOL-1", "POOL-2")
async def test_a_report_does_not_put_a_device_back_that_is_moved_meanwhile(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    watcher: asyncpg.Connection | None,
) -> None:
    report = node("a", "GPU-1", "GPU-2")
    devices = (await record_node(report, NOON)).device_ids
    stop = Stop()
    monkeypatch.setattr(inventory, "_record_device", stop.before(inventory._record_device))
    change, pool = await during(
        stop,
        record_node(with_serials(report), NOON),
        lambda: create_pool(ADA, "red", devices),
        watcher,
    )
    assert change.device_ids == devices
    assert await Pool.exists(id=pool, name="red")
    for one in await Device.all():
        assert (one.pool_id, one.serial) == (pool, "9")
        assert one.pooled_at is not None


@pytest.mark.spec("POOL-3")
async def test_a_device_that_becomes_of_another_type_meanwhile_is_in_a_pool_of_its_type(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    watcher: asyncpg.Connection | None,
) -> None:
    report = node("a", "GPU-1")
    devices = (await record_node(report, NOON)).device_ids
    stop = Stop()
    monkeypatch.setattr(inventory, "_record_device", stop.before(inventory._record_device))
    swapped = replace(report, devices=(device("GPU-1", product="NVIDIA L4"),))
    _, pool = await during(
        stop,
        record_node(swapped, NOON),
        lambda: create_pool(ADA, "red", devices),
        watcher,
    )
    assert isinstance(pool, int), pool
    (row,) = await fetch(
        "SELECT d.pool_id, d.type_id, p.type_id AS pool_type_id FROM device d"
        " JOIN pool p ON p.id = d.pool_id"
    )
    assert (row["pool_id"], row["type_id"]) == (pool, row["pool_type_id"])


@dataclass(frozen=True)
class Scene:
    """A pool of two devices and a user who owns nothing yet."""

    pool: int
    devices: tuple[int, ...]
    bob: int


@pytest.fixture
async def scene(installed: Installed) -> Scene:
    devices = (await record_node(node("a", "GPU-1", "GPU-2", "GPU-3"), NOON)).device_ids
    pool = await create_pool(ADA, "red", devices[:2])
    (bob,) = await on_board(ADA, [Newcomer("bob")])
    return Scene(pool, devices, bob.user_id)


CHANGES: dict[str, tuple[Callable[[Scene], Awaitable[object]], tuple[ModuleType, str], str]] = {
    "delete the pool": (
        lambda scene: delete_pools(ADA, [scene.pool]),
        (pools, "_require_deletable"),
        "ItemsRefused",
    ),
    "take the device away": (
        lambda scene: edit_pool(ADA, scene.pool, 1, remove=scene.devices[:1]),
        (pools, "_require_idle"),
        "DevicesBusy",
    ),
    "move the device": (
        lambda scene: move_devices(ADA, scene.devices[2:], scene.pool),
        (pools, "_require_idle"),
        "DevicesBusy",
    ),
    "use the device for a pool": (
        lambda scene: create_pool(ADA, "blue", scene.devices[2:]),
        (pools, "_require_idle"),
        "DevicesBusy",
    ),
    "delete the user": (
        lambda scene: delete_users(ADA, [scene.bob]),
        (users, "_require_deletable"),
        "ItemsRefused",
    ),
}
"""A change; where it has made sure that nothing is in its way; and what it is refused for."""


async def job_of_bob(at: datetime) -> tuple[int, ...]:
    job = ReportedJob("1", "train", "bob", frozenset({"GPU-1", "GPU-3"}), at)
    return await record_processes(JobSource.NVML, ["GPU-1", "GPU-2", "GPU-3"], [job], at)


async def the_job() -> Job:
    (job,) = await Job.all().select_related("user")
    assert job.state is JobState.RUNNING
    holds = await JobDevice.filter(until=None).select_related("device")
    assert {hold.device.uuid for hold in holds} == {"GPU-1", "GPU-3"}
    places = {hold.device.pool_id for hold in holds}
    assert job.pool_id == (places.pop() if len(places) == 1 else None)
    return job


@pytest.mark.spec("POOL-6", "USER-5")
@pytest.mark.parametrize("change", CHANGES)
async def test_a_job_that_is_reported_between_the_check_and_the_change_is_not_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None, change: str
) -> None:
    work, (module, check), _ = CHANGES[change]
    stop = Stop()
    monkeypatch.setattr(module, check, stop.after(getattr(module, check)))
    done, jobs = await during(stop, work(scene), lambda: job_of_bob(datetime.now(UTC)), watcher)
    assert not isinstance(done, Exception)
    job = await the_job()
    assert jobs == (job.id,)
    is_there = await User.exists(id=scene.bob)
    assert (job.user_id == scene.bob) == is_there


@pytest.mark.spec("POOL-6", "USER-5")
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_that_comes_while_a_job_is_recorded_sees_the_job(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None, change: str
) -> None:
    work, _, refusal = CHANGES[change]
    stop = Stop()
    monkeypatch.setattr(job_reports, "_hold", stop.before(job_reports._hold))
    before = await Device.all().order_by("id").values_list("pool_id", flat=True)
    jobs, refused = await during(stop, job_of_bob(datetime.now(UTC)), lambda: work(scene), watcher)
    assert type(refused).__name__ == refusal
    job = await the_job()
    assert (jobs, job.user_id) == ((job.id,), scene.bob)
    assert await Device.all().order_by("id").values_list("pool_id", flat=True) == before
    assert await Pool.exists(id=scene.pool)


@pytest.mark.spec("POOL-6", "USER-5")
@pytest.mark.parametrize("change", ["delete the pool", "delete the user"])
async def test_what_a_job_begins_to_wait_for_meanwhile_is_not_lost_under_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None, change: str
) -> None:
    work, (module, check), _ = CHANGES[change]
    stop = Stop()
    monkeypatch.setattr(module, check, stop.after(getattr(module, check)))
    waiting = QueuedJob("1", "train", "bob", "red", 1, NOON)
    done, jobs = await during(
        stop, work(scene), lambda: record_queue(JobSource.NVML, [waiting], NOON), watcher
    )
    assert not isinstance(done, Exception)
    (job,) = await Job.all()
    assert (jobs, job.state) == ((job.id,), JobState.QUEUED)
    assert job.user_id == (scene.bob if await User.exists(id=scene.bob) else None)
    assert job.pool_id == (scene.pool if await Pool.exists(id=scene.pool) else None)


@pytest.mark.spec("USER-1", "DEV-4")
async def test_a_job_that_is_reported_while_its_owner_comes_on_board_is_theirs(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None
) -> None:
    await delete_users(ADA, [scene.bob])
    stop = Stop()
    monkeypatch.setattr(users, "_claim_jobs", stop.after(users._claim_jobs))
    (bob,), _ = await during(
        stop, on_board(ADA, [Newcomer("Bob")]), lambda: job_of_bob(NOON), watcher
    )
    assert (await the_job()).user_id == bob.user_id


async def test_a_job_that_comes_back_while_ended_ones_are_pruned_is_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, watcher: asyncpg.Connection | None
) -> None:
    await job_of_bob(NOON)
    await record_processes(JobSource.NVML, ["GPU-1", "GPU-3"], [], NOON)
    stop = Stop()
    monkeypatch.setattr(job_reports, "_hold", stop.before(job_reports._hold))
    later = NOON + timedelta(days=40)
    jobs, pruned = await during(stop, job_of_bob(later), lambda: prune_jobs(later), watcher)
    assert (len(jobs), pruned) == (1, 0)
    await the_job()
