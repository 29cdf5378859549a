"""The demo fleet: one reader per simulated node, the same way in as NVML's."""

from __future__ import annotations

import math

from telemetry.samples import HostSample, NodeFacts, ProcessSample, QueuedJob, QueueReport
from workers.clock import Clock
from workers.demo.cards import Trouble
from workers.demo.catalogue import MIB
from workers.demo.faults import Faults
from workers.demo.layout import Machine, build
from workers.demo.scheduler import Scheduler
from workers.demo.size import Size
from workers.demo.timeline import Timeline
from workers.reader import Processes, Reader, Reading

QUEUE_SOURCE = "demo"
_COOLING_SECONDS = 40.0
"""After this long a card has gone 63 % of the way to the temperature that its power asks for."""
_DISK_BYTES = 3_840_000_000_000


class DemoFleet:
    """A simulated cluster. The same size, seed and start give the same fleet at the same time."""

    def __init__(
        self, nodes: int, devices_per_node: int, seed: int = 7, clock: Clock | None = None
    ) -> None:
        self._clock = clock or Clock()
        now = self._clock.time()
        layout = build(Size(nodes, devices_per_node), seed, now)
        self._timeline = Timeline()
        self._scheduler = Scheduler(layout, self._timeline, seed, now)
        self._faults = Faults(layout, self._scheduler, self._timeline, seed, now)
        self._readers = [DemoNode(self, machine, self._clock) for machine in layout.machines]

    def readers(self) -> list[Reader]:
        """One per node, in the order of the racks."""
        return list(self._readers)

    def queue(self) -> QueueReport:
        """The jobs that wait for devices now; they wait for the Default pool's."""
        now = self.advance()
        jobs = [
            QueuedJob(
                key=work.key,
                name=work.name,
                user=work.owner,
                pool="Default",
                requested_devices=work.size,
                submitted_at=work.submitted_at,
            )
            for work in self._scheduler.queue()
        ]
        return QueueReport(source=QUEUE_SOURCE, time=now, jobs=jobs)

    def advance(self) -> float:
        """Let happen what is due, and tell the time."""
        now = self._clock.time()
        self._timeline.advance(now)
        return now


class DemoNode:
    """One simulated node. While it is silent no method returns, like a machine that was cut off."""

    def __init__(self, fleet: DemoFleet, machine: Machine, clock: Clock) -> None:
        self._fleet = fleet
        self._machine = machine
        self._clock = clock

    @property
    def inventory_version(self) -> int:
        return self._machine.inventory_version

    async def facts(self) -> NodeFacts:
        return self._machine.facts(await self._reached())

    async def read(self) -> Reading:
        now = await self._reached()
        machine = self._machine
        since = 0.0 if machine.looked_at is None else now - machine.looked_at
        cooling = 1.0 - math.exp(-since / _COOLING_SECONDS)
        machine.looked_at = now
        air = machine.air_celsius + 0.6 * math.sin(now / 600)
        devices = [card.sample(now, air, cooling) for card in machine.cards]
        uuids = [card.uuid for card in machine.cards]
        return Reading(_host(machine, now), uuids, devices, machine.seconds_ahead)

    async def processes(self) -> Processes:
        now = await self._reached()
        answering = [c for c in self._machine.cards if c.trouble is not Trouble.FELL_OFF_BUS]
        processes = [
            ProcessSample(
                device=card.uuid,
                pid=4000 + (card.salt + int(work.started_at)) % 60_000,
                name=work.habit.process,
                user=work.owner,
                memory_used_bytes=int(work.memory(now) * card.memory_total_bytes),
                started_at=work.started_at,
                job_key=work.key,
                job_name=work.name,
            )
            for card in answering
            if (work := card.work) is not None
        ]
        return Processes([card.uuid for card in answering], processes)

    async def close(self) -> None:
        """Nothing is held open."""

    async def _reached(self) -> float:
        now = self._fleet.advance()
        while now < self._machine.silent_until:
            await self._clock.sleep(self._machine.silent_until - now)
            now = self._fleet.advance()
        return now


def _host(machine: Machine, now: float) -> HostSample:
    product = machine.product
    cpu = 2.0 + machine.cards[0].noise(int(now)) % 40 / 20
    used = 14 * 1024 * MIB
    for card in machine.cards:
        work = card.work
        if work is not None:
            cpu += work.habit.cpu_percent * (0.4 + work.load(now))
            used += int(0.9 * work.memory(now) * card.memory_total_bytes)
    cpu = min(cpu, 100.0)
    return HostSample(
        cpu_percent=round(cpu, 1),
        memory_used_bytes=min(used, product.host_memory_bytes * 9 // 10),
        memory_total_bytes=product.host_memory_bytes,
        disk_used_bytes=int(_DISK_BYTES * (0.3 + machine.cards[0].salt % 400 / 1000)),
        disk_total_bytes=_DISK_BYTES,
        load_1m=round(cpu * product.cpu_count / 100, 2),
        uptime_seconds=now - machine.booted_at,
    )
