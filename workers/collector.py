"""The publishing loop: once a second a node is read and its sample put on the bus.

Knows the bus and nothing of the database. Whatever is wrong with a GPU or with the bus, the loop
goes on; what could not be sent is dropped and counted by the bus, and never sent late.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec
import structlog

from telemetry.samples import NodeFacts, NodeProcesses, NodeSample, QueueReport, to_columns
from workers.clock import Clock
from workers.demo import DemoFleet, Size
from workers.reader import Reader

log = structlog.get_logger()

SAMPLE_SECONDS = 1.0
PROCESSES_SECONDS = 3.0
QUEUE_SECONDS = 3.0
FACTS_SECONDS = 30.0
"""Facts are told again this often, for whoever lost them; a change is told at once."""
FIRST_PHASE, LAST_PHASE = 0.3, 0.8
"""When in a second of the wall clock nodes are sampled. The API tells its clients at whole seconds:
so a sample waits there for 0.2 to 0.7 s, and never for a whole second."""


class Publisher(Protocol):
    """The part of `telemetry.bus.Bus` that a collector uses."""

    async def publish(self, report: NodeSample | NodeFacts | NodeProcesses | QueueReport) -> bool:
        """False when it could not be sent; never raises, never takes longer than some seconds."""
        ...


async def collect(reader: Reader, bus: Publisher, clock: Clock, *, offset: float = 0.0) -> None:
    """Publish what `reader` reads until cancelled; the first tick comes after `offset` seconds."""
    collector = _NodeCollector(reader, bus, clock)
    try:
        async with asyncio.TaskGroup() as loops:
            loops.create_task(collector.publish_samples(offset))
            loops.create_task(collector.publish_processes(offset))
    finally:
        await reader.close()


async def collect_all(readers: Sequence[Reader], bus: Publisher, clock: Clock) -> None:
    """Publish many nodes from one process, spread over the second so that there is no burst."""
    async with asyncio.TaskGroup() as nodes:
        for position, reader in enumerate(readers):
            offset = _until_phase(clock, position / len(readers))
            nodes.create_task(collect(reader, bus, clock, offset=offset))


def _until_phase(clock: Clock, share: float) -> float:
    """Seconds until that share of the time between the phases has gone by."""
    phase = FIRST_PHASE + share * (LAST_PHASE - FIRST_PHASE)
    return (phase - clock.time()) % SAMPLE_SECONDS


async def collect_demo(fleet: DemoFleet, bus: Publisher, clock: Clock) -> None:
    """Publish a demo fleet and its scheduler's queue."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(collect_all(fleet.readers(), bus, clock))
        loops.create_task(_publish_queue(fleet, bus, clock))


async def run_collector(bus: Publisher, *, demo: Size | None, clock: Clock | None = None) -> None:
    """Collect this machine's GPUs, or a demo fleet of the given size, until cancelled."""
    clock = clock or Clock()
    if demo is not None:
        log.info("collector.demo", nodes=demo.nodes, devices_per_node=demo.devices_per_node)
        await collect_demo(DemoFleet(*demo, clock=clock), bus, clock)
    else:
        from workers.nvml import open_reader  # starts the driver: not for a demo

        # At random, for nodes know nothing of each other.
        await collect(open_reader(), bus, clock, offset=_until_phase(clock, random.random()))  # noqa: S311


async def _publish_queue(fleet: DemoFleet, bus: Publisher, clock: Clock) -> None:
    async for _ in clock.every(QUEUE_SECONDS):
        await bus.publish(fleet.queue())


class _NodeCollector:
    """One node: numbers its samples and remembers which facts were told."""

    def __init__(self, reader: Reader, bus: Publisher, clock: Clock) -> None:
        self._reader = reader
        self._bus = bus
        self._clock = clock
        self._started_ms = int(clock.time() * 1000)
        self._facts: NodeFacts | None = None
        self._facts_version = 0
        self._facts_read_at = 0.0
        self._facts_are_told = False
        self._sequence = 0
        self.failures: Counter[str] = Counter()

    async def publish_samples(self, offset: float) -> None:
        async for _ in self._clock.every(SAMPLE_SECONDS, offset):
            try:
                await self._publish_sample()
            except Exception as error:
                # A fault of the reader is not the end of the collector: were it to die of what it
                # should report, nobody would be told.
                self._report(error, "collector.sample_failed")

    async def publish_processes(self, offset: float) -> None:
        async for _ in self._clock.every(PROCESSES_SECONDS, offset + SAMPLE_SECONDS / 2):
            try:
                await self._publish_processes()
            except Exception as error:
                self._report(error, "collector.processes_failed")

    async def _publish_sample(self) -> None:
        facts = await self._current_facts()
        reading = await self._reader.read()
        if self._reader.inventory_version != self._facts_version:
            facts = await self._current_facts()  # it has booted, or a card came or went, meanwhile
        self._sequence += 1
        sample = NodeSample(
            node_id=facts.node_id,
            boot_id=facts.boot_id,
            sequence=self._sequence,
            time=self._clock.time() + reading.seconds_ahead,
            interval_seconds=SAMPLE_SECONDS,
            host=reading.host,
            devices=reading.uuids,
            columns=to_columns(reading.devices),
        )
        is_sent = await self._bus.publish(sample)
        if is_sent and not self._facts_are_told:
            self._facts_are_told = await self._bus.publish(facts)

    async def _publish_processes(self) -> None:
        found = await self._reader.processes()
        facts = self._facts
        if facts is None:
            return  # the node is not known yet
        report = NodeProcesses(
            node_id=facts.node_id,
            boot_id=facts.boot_id,
            time=self._clock.time(),
            devices=found.answered,
            processes=found.processes,
        )
        await self._bus.publish(report)

    async def _current_facts(self) -> NodeFacts:
        """The facts, read again when they changed or are old; a new boot begins a new sequence."""
        now = self._clock.time()
        version = self._reader.inventory_version
        known = self._facts
        is_old = abs(now - self._facts_read_at) >= FACTS_SECONDS
        if known is not None and version == self._facts_version and not is_old:
            return known
        read = await self._reader.facts()
        # Our own start is part of it: a collector that begins again begins its sequence again.
        facts = msgspec.structs.replace(read, boot_id=f"{read.boot_id}/{self._started_ms}")
        if known is None or known.boot_id != facts.boot_id:
            self._sequence = 0
        self._facts, self._facts_version, self._facts_read_at = facts, version, now
        self._facts_are_told = False
        return facts

    def _report(self, error: Exception, event: str) -> None:
        """Log the first failure of its kind and then each sixtieth: once a minute at 1 Hz."""
        self.failures[event] += 1
        if self.failures[event] % 60 == 1:
            node = None if self._facts is None else self._facts.host_name
            log.error(event, node=node, failures=self.failures[event], exc_info=error)
