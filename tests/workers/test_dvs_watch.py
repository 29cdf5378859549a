"""What is said of DVS targets stays true: they are checked again, and one that hangs holds none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.database import execute
from domain.dvs import Target
from domain.installation import Installed
from outbound.client import Outbound
from outbound.policy import Policy
from sources.check import Sources
from sources.folders import Roots
from telemetry.embedded_bus import EmbeddedBus
from tests.workers.fakes import FakeClock
from workers.dvs_watch import DvsWatch


class Watched:
    """Counts the checks; those of a target that `hangs` never end."""

    def __init__(self, inner: Sources) -> None:
        self.inner = inner
        self.checked: list[str] = []
        self.hangs: set[str] = set()

    async def check(self, uuid: str, *given: Any) -> list[str]:
        self.checked.append(uuid)
        if uuid in self.hangs:
            await asyncio.Event().wait()
        return await self.inner.check(uuid, *given)


@pytest.fixture
def sources(tmp_path: Path) -> Watched:
    return Watched(Sources(Outbound(Policy()), Roots(tmp_path / "own")))


@asynccontextmanager
async def watching(sources: Any, clock: FakeClock) -> AsyncIterator[None]:
    task = asyncio.create_task(DvsWatch(EmbeddedBus(), sources, clock).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_row(clock: FakeClock, **wanted: object) -> Target:
    async with asyncio.timeout(20):
        while True:
            row = await Target.get(is_default=True)
            if all(getattr(row, name) == value for name, value in wanted.items()):
                return row
            await clock.advance(5)
            await asyncio.sleep(0.005)


@pytest.mark.spec("DVS-1")
async def test_state_and_reason_follow_what_is_so(
    installed: Installed, sources: Watched, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with watching(sources, clock):
        target = await until_row(clock, failed_part=None, reason=None)
        while target.checked_at is None:
            await clock.advance(5)
            target = await until_row(clock, failed_part=None)
        store = tmp_path / "own" / target.uuid / "storage"
        store.rmdir()
        store.write_text("in the way")
        await execute("UPDATE target SET checked_at = NULL")
        failing = await until_row(clock, failed_part="STORAGE")
        assert failing.reason
        assert failing.failing_since is not None
        store.unlink()
        await execute("UPDATE target SET checked_at = NULL")
        well = await until_row(clock, failed_part=None, reason=None, failing_since=None)
        assert well.version == 1  # what a check finds is no edit


async def test_one_that_hangs_holds_no_other(installed: Installed, sources: Watched) -> None:
    clock = FakeClock()
    await execute(
        "INSERT INTO target (uuid, name, name_key, is_default, metadata_settings,"
        " storage_settings, sealed_secrets, created_at) SELECT 'other', 'other', 'other', ?,"
        " metadata_settings, storage_settings, sealed_secrets, created_at FROM target",
        False,
    )
    sources.hangs.add("other")
    async with watching(sources, clock):
        target = await until_row(clock)
        while target.checked_at is None:
            target = await until_row(clock)
            await clock.advance(5)
            await asyncio.sleep(0.005)
        assert sources.checked.count("other") == 1  # and is not begun again while it hangs
