"""A node that reports what a test wants, as a collector would, and what the tables made of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from domain.database import fetch
from telemetry.bus import Bus
from telemetry.samples import (
    DeviceFacts,
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
    ProcessSample,
    to_columns,
)
from workers.controller import control

PATIENCE_SECONDS = 20.0
GIB = 2**30


class ReportingNode:
    """Makes the reports of one node; `bus` is needed by `say` alone."""

    def __init__(self, name: str, *uuids: str, bus: Bus | None = None, is_demo: bool = False):
        self.id = NodeId(f"machine-{name}")
        self.name = name
        self.uuids = [DeviceUuid(uuid) for uuid in uuids]
        self.is_demo = is_demo
        self._bus = bus
        self._numbers = itertools.count(1)

    def facts(self, **changed: Any) -> NodeFacts:
        devices = [
            DeviceFacts(uuid=uuid, index=i, product="NVIDIA H100", memory_total_bytes=80 * GIB)
            for i, uuid in enumerate(self.uuids)
        ]
        said: dict[str, Any] = {"host_name": self.name, "devices": devices} | changed
        return NodeFacts(
            node_id=self.id, boot_id="1", time=time.time(), is_demo=self.is_demo, **said
        )

    def sample(self, at: float | None = None, **metrics: Any) -> NodeSample:
        """Every device alike; `xid=79` and so on."""
        return NodeSample(
            node_id=self.id,
            boot_id="1",
            sequence=next(self._numbers),
            time=time.time() if at is None else at,
            interval_seconds=1.0,
            host=HostSample(),
            devices=self.uuids,
            columns=to_columns([DeviceSample(**metrics) for _ in self.uuids]),
        )

    def processes(
        self, *running: ProcessSample, answered: list[DeviceUuid] | None = None
    ) -> NodeProcesses:
        return NodeProcesses(
            node_id=self.id,
            boot_id="1",
            time=time.time(),
            devices=self.uuids if answered is None else answered,
            processes=list(running),
        )

    async def say(self, report: NodeFacts | NodeSample | NodeProcesses) -> None:
        assert self._bus is not None
        assert await self._bus.publish(report)


def process(
    device: str, key: str = "launcher-1", *, user: str | None = "ada", name: str = "train.py"
) -> ProcessSample:
    return ProcessSample(
        device=DeviceUuid(device), pid=4711, user=user, job_key=key, job_name=name, started_at=1e9
    )


@asynccontextmanager
async def controlling(bus: Bus, holder: str = "test") -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(control(bus, holder))
    try:
        yield task
        assert not task.done(), "the controller ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await fetch(sql, *values)]


async def becomes(ask: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Return once the answer is as wanted."""
    answer: object = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await ask()) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"The last answer was {answer!r}, not {wanted!r}") from None
