"""Telemetry of earlier, written as the controller's historian writes it, without waiting for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from telemetry.samples import DeviceSample, DeviceUuid, HostSample, NodeId, NodeSample, to_columns
from tests.workers.fakes import FakeClock
from workers.historian import FreeBytes, Historian, unknown


class Past:
    """A historian whose clock the test turns."""

    def __init__(self, now: float, free_bytes: FreeBytes = unknown) -> None:
        self.clock = FakeClock(now)
        self.historian = Historian(self.clock, free_bytes)
        self._numbers = itertools.count(1)

    def say(
        self,
        node: str,
        devices: Sequence[str],
        samples: Sequence[DeviceSample],
        *,
        at: float | None = None,
        host: HostSample | None = None,
    ) -> None:
        """One tick of a node (by its machine id), at the clock's time."""
        self.historian.hear(
            NodeSample(
                node_id=NodeId(node),
                boot_id="boot",
                sequence=next(self._numbers),
                time=self.clock.now if at is None else at,
                interval_seconds=1.0,
                host=host or HostSample(),
                devices=[DeviceUuid(uuid) for uuid in devices],
                columns=to_columns(samples),
            )
        )

    async def live(
        self, seconds: Iterable[float], say: Callable[[float], None], *, tidy: bool = True
    ) -> None:
        """Let each of these seconds be told and written, and packed at the end."""
        for second in seconds:
            self.clock.now = second
            say(second)
            await self.historian.write()
        if tidy:
            await self.historian.tidy()

    async def tell(self, seconds: Iterable[float], say: Callable[[float], None]) -> None:
        """The same written at once, for a past of which only the end is looked at."""
        for second in seconds:
            self.clock.now = second
            say(second)
        await self.historian.write()
        await self.historian.tidy()
