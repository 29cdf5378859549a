"""Nodes with scripted GPUs, read through the real binding and the real child process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from telemetry.samples import DeviceSample, DeviceStatus
from tests.workers.nvml.fake import FakeCard, FakeNode, build_library, h100
from workers.nvml import Patience, open_reader
from workers.reader import Reader, Reading

SHORT = Patience(
    stuck_seconds=0.6,
    start_seconds=5.0,
    open_seconds=0.8,
    first_facts_seconds=10.0,
    processes_seconds=10.0,
    first_retry_seconds=0.3,
    longest_retry_seconds=1.0,
    restart_seconds=0.05,
    longest_restart_seconds=0.2,
)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_library(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def make_node(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[FakeCard]], FakeNode]:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library))
    monkeypatch.setenv("FAKE_NVML", str(tmp_path / "script"))
    return lambda cards: FakeNode(tmp_path / "script", cards)


@pytest.fixture
def node(make_node: Callable[[list[FakeCard]], FakeNode]) -> FakeNode:
    """A node with eight equal cards."""
    return make_node([h100(index) for index in range(8)])


class Watched:
    """A reader under test: what it says now, or once it says what is waited for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.slowest_read_seconds = 0.0

    async def read(self) -> Reading:
        started = time.monotonic()
        reading = await self.reader.read()
        self.slowest_read_seconds = max(self.slowest_read_seconds, time.monotonic() - started)
        return reading

    async def until(self, condition: Callable[[list[DeviceSample]], bool]) -> list[DeviceSample]:
        """Read on until it holds; fails after 20 s, far beyond any deadline under test."""
        deadline = time.monotonic() + 20
        while not condition(devices := (await self.read()).devices):
            assert time.monotonic() < deadline, f"still {[d.status.name for d in devices]}"
            await asyncio.sleep(0.02)
        return devices

    async def all_answer(self) -> list[DeviceSample]:
        return await self.until(lambda devices: bool(devices) and fresh(devices) == len(devices))


def fresh(devices: list[DeviceSample]) -> int:
    """How many devices were really read in this tick."""
    return sum(
        d.status is DeviceStatus.ANSWERS and d.memory_used_bytes is not None for d in devices
    )


async def _open(patience: Patience) -> AsyncIterator[Watched]:
    reader = open_reader(patience=patience)
    await reader.facts()
    try:
        yield Watched(reader)
    finally:
        await reader.close()


@pytest.fixture
async def watch() -> AsyncIterator[Callable[..., object]]:
    """Open readers of the scripted node; closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(patience: Patience = SHORT) -> Watched:
            opened = await stack.enter_async_context(aclosing(_open(patience)))
            return await anext(opened)

        yield open_one
