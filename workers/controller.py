"""The controller: the one process that writes what collectors report into the database.

Inventory, jobs, the log of health changes and the recent history. It reads the bus into a mailbox
that keeps the newest report of each node, so that a slow database costs freshness and never memory;
whatever it has written it announces. It holds nothing that a restart would lose: last values come
again from the bus, and the log tells what health was known. Of several, the one that holds the
lease is at work.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import structlog

from domain.announcements import Announcement, prune_outbox, send_announcements
from domain.backends import Backends
from domain.database import is_unavailable
from domain.device_requests import prune_device_requests
from domain.jobs import prune_jobs
from domain.leases import CONTROLLER, LeaseLost
from domain.sessions import prune_sessions
from domain.tokens import prune_tokens
from outbound.client import Outbound
from sources.check import Sources
from telemetry.bus import Bus, CaughtUp, Change, Connected, Lost
from telemetry.samples import NodeFacts, NodeProcesses, NodeSample, QueueReport
from workers.clock import Clock
from workers.cluster_watch import ClusterWatch
from workers.directory_watch import DirectoryWatch
from workers.dvs_watch import DvsWatch
from workers.health_watch import HealthWatch
from workers.historian import FreeBytes, Historian, unknown
from workers.kubernetes.connection import Source
from workers.kubernetes.worker import KubernetesWorker, no_cluster
from workers.leadership import lead
from workers.mailbox import Mailbox, Report
from workers.recorder import Recorder
from workers.supervision import Supervised, keep_running
from workers.webhooks import Origin, WebhookDeliveries

log = structlog.get_logger()

ENFORCED = ("pool", "group", "user", "node", "device")
"""Kinds of changes that a Kubernetes cluster is to follow."""

TICK_SECONDS = 1.0
ANNOUNCE_SECONDS = 1.0
PACK_SECONDS = 5.0
PRUNE_SECONDS = 3600.0


async def control(
    bus: Bus,
    holder: str,
    clock: Clock | None = None,
    *,
    free_bytes: FreeBytes = unknown,
    outbound: Outbound | None = None,
    origin: Origin | None = None,
    backends: Backends | None = None,
    sources: Sources | None = None,
    kubernetes: Source | None = None,
) -> None:
    """Run until cancelled: at work while `holder` has the lease, else standing by.

    `free_bytes`: what is left on the database's disk, where that is known.
    `outbound`: by which webhooks are told of changes of health, and by whose policy remote
    clusters are contacted; None does neither.
    `backends`: where people on board are looked for; None looks for none.
    `sources`: by which DVS targets are checked; None checks none.
    `kubernetes`: as whom the cluster is reached; None where there is none.
    """

    async def work() -> None:
        time = clock or Clock()
        webhooks = None
        if outbound is not None and origin is not None:
            webhooks = WebhookDeliveries(bus, outbound, origin, time)
        people = None if backends is None else DirectoryWatch(backends, time)
        targets = None if sources is None else DvsWatch(bus, sources, time)
        clusters = None if outbound is None else ClusterWatch(bus, outbound.policy, time)
        cluster = None if kubernetes is None else KubernetesWorker(kubernetes, bus, time)
        await Controller(bus, time, free_bytes, webhooks, people, targets, clusters, cluster).run()

    await lead(CONTROLLER, holder, work, clock)


class Controller:
    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        free_bytes: FreeBytes = unknown,
        webhooks: WebhookDeliveries | None = None,
        people: DirectoryWatch | None = None,
        targets: DvsWatch | None = None,
        clusters: ClusterWatch | None = None,
        kubernetes: KubernetesWorker | None = None,
    ) -> None:
        self.bus = bus
        self.clock = clock
        self.webhooks = webhooks
        self.people = people
        self.targets = targets
        self.clusters = clusters
        self.kubernetes = kubernetes
        self.mailbox = Mailbox()
        self.health = HealthWatch(bus, clock)
        self.recorder = Recorder(
            bus,
            self.health.is_heard,
            is_told_elsewhere=(lambda _: False) if kubernetes is None else kubernetes.tells_of,
        )
        self.historian = Historian(clock, free_bytes)
        self._is_current = asyncio.Event()
        self._refused = set[str]()

    async def run(self) -> None:
        """Run until cancelled; each part is restarted by itself when it fails, and says so."""
        parts = {
            "listen": self.listen,
            "write": self.write,
            "watch_health": self.watch_health,
            "keep_history": self.keep_history,
            "pack_history": self.pack_history,
            "announce": self.announce,
            "prune": self.prune,
        }
        if self.webhooks is not None:
            parts["webhooks"] = self.webhooks.run
        if self.people is not None:
            parts["people"] = self.people.run
        if self.targets is not None:
            parts["targets"] = self.targets.run
        if self.clusters is not None:
            parts["clusters"] = self.clusters.run
        if self.kubernetes is not None:
            parts["kubernetes"] = self.kubernetes.run
        async with asyncio.TaskGroup() as tasks:
            for name, part in parts.items():
                state = Supervised(f"controller.{name}")
                tasks.create_task(keep_running(part, state, self.clock), name=state.name)

    async def listen(self) -> None:
        """Sort what the bus says into the mailbox; never waits for the database."""
        is_live = False
        async for event in self.bus.listen():
            match event:
                case NodeFacts():
                    self.health.learn(event)
                    self.mailbox.put(event)
                case NodeProcesses() | QueueReport():
                    self.mailbox.put(event)
                case NodeSample():
                    now = self.clock.time()
                    self.health.hear(event, now if is_live else min(now, event.time))
                    if is_live:
                        self.historian.hear(event)
                case CaughtUp():
                    is_live = True
                    self._is_current.set()
                case Lost():
                    is_live = False
                case Change(kind=kind):
                    if kind in ("node", "device"):
                        self.health.inventory_changed()
                    if kind in ENFORCED and self.kubernetes is not None:
                        self.kubernetes.inventory_changed()
                case Connected():
                    self.health.inventory_changed()

    async def write(self) -> None:
        """Write the newest report of each node, one after the other; what fails is kept.

        Not before all last values are known: whose a device is depends on which nodes are heard.
        """
        await self._is_current.wait()
        async for report in self.mailbox.reports():
            try:
                await self.recorder.record(report)
            except (Exception, asyncio.CancelledError) as error:
                if not _is_the_report_s_own(error):
                    self.mailbox.put_back(report)
                    raise
                self._refuse(report)
            else:
                self._refused.discard(self.mailbox.name_of(report))

    def _refuse(self, report: Report) -> None:
        """Drop it: the next one may be better, and the other nodes' reports must not wait."""
        name = self.mailbox.name_of(report)
        if name not in self._refused:  # said once, until one of its kind and origin is recorded
            self._refused.add(name)
            log.exception("controller.report_refused", report=name)

    async def watch_health(self) -> None:
        """Log each change of health, in order; what could not be written yet is kept."""
        async for _ in self.clock.every(TICK_SECONDS):
            await self.health.write()

    async def keep_history(self) -> None:
        """Write what was sampled since the last second."""
        async for _ in self.clock.every(TICK_SECONDS):
            await self.historian.write()

    async def pack_history(self) -> None:
        async for _ in self.clock.every(PACK_SECONDS):
            await self.historian.tidy()

    async def announce(self) -> None:
        """Tell the other processes what was changed by whoever wrote an outbox row."""
        async for _ in self.clock.every(ANNOUNCE_SECONDS):
            await send_announcements(self._send)

    async def _send(self, announcements: list[Announcement]) -> None:
        for one in announcements:
            if not await self.bus.publish_change(Change(one.kind, list(one.ids))):
                raise ConnectionError("the bus is away; the announcements stay in the outbox")

    async def prune(self) -> None:
        """Delete what is past its retention."""
        async for _ in self.clock.every(PRUNE_SECONDS):
            begun = time.perf_counter()
            if self.kubernetes is None:
                await no_cluster()  # what was said of one holds no more
            jobs = await prune_jobs(datetime.now(UTC))
            announcements, sessions = await prune_outbox(), await prune_sessions()
            tokens = await prune_tokens()
            await prune_device_requests()
            log.info(
                "controller.pruned",
                jobs=jobs,
                announcements=announcements,
                sessions=sessions,
                tokens=tokens,
                seconds=round(time.perf_counter() - begun, 3),
            )


def _is_the_report_s_own(error: BaseException) -> bool:
    """Whether it fails because of what is in the report, and so would fail again."""
    if isinstance(error, (asyncio.CancelledError, LeaseLost)):
        return False
    return not is_unavailable(error)
