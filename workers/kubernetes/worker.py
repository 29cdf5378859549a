"""The controller's part for Kubernetes: one connection, its watches, and what is made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.enforcement import KubernetesCluster, known_cluster, record_cluster, record_enforcement
from domain.job_reports import record_processes
from domain.jobs import JobSource
from domain.kubernetes_nodes import record_kubernetes_nodes
from domain.licence import cluster_id
from domain.names import fold_name
from domain.queue_reports import record_queue
from domain.snapshot import Snapshot
from domain.snapshot_reader import read_snapshot
from telemetry.bus import Bus, Change
from workers.clock import Clock
from workers.kubernetes.cluster import Cluster
from workers.kubernetes.connection import (
    UNREACHABLE,
    Connection,
    Source,
)
from workers.kubernetes.desired import desired_state
from workers.kubernetes.enforcing import Enforcement, unreachable
from workers.kubernetes.kubeconfig import BadKubeconfig
from workers.kubernetes.optional import served_by
from workers.kubernetes.planning import Step, foresee
from workers.kubernetes.reading import Jobs, jobs_of, places_of
from workers.kubernetes.watching import Timing, describe

log = structlog.get_logger()

RECHECK_SECONDS = 30.0
"""A pass is made without any hint: hints may be lost."""
BURST_SECONDS = 0.1
STATUS_SECONDS = 5.0


class KubernetesWorker:
    def __init__(
        self,
        source: Source,
        bus: Bus,
        clock: Clock,
        timing: Timing | None = None,
        drift_shown_seconds: float = 10.0,
    ) -> None:
        self._source = source
        self._bus = bus
        self._clock = clock
        self._timing = timing or Timing()
        self._drift_shown_seconds = drift_shown_seconds
        self._to_enforce = asyncio.Event()
        self._to_report = asyncio.Event()
        self._devices: dict[tuple[str, str], tuple[str, str]] = {}
        self._pods: frozenset[str] = frozenset()

    def inventory_changed(self) -> None:
        """Somebody has changed pools, groups or what is in them."""
        self._to_enforce.set()
        self._to_report.set()

    def tells_of(self, pod_uid: str | None) -> bool:
        """Whether the job of this pod is known from the cluster, by which it is told better."""
        return pod_uid in self._pods

    async def run(self) -> None:
        """Until the connection is of no more use; whoever runs this begins it anew."""
        try:
            connection = Connection(self._source, self._timing.answer_seconds)
        except BadKubeconfig as error:
            await self._say_away(str(error))
            raise
        try:
            try:
                version = (await connection.get("/version")).get("gitVersion")
            except UNREACHABLE as error:
                await self._say_away(describe(error))
                raise
            await self._run(connection, version)
        finally:
            self._pods = frozenset()
            await connection.close()

    async def _run(self, connection: Connection, version: str | None) -> None:
        installation = await _installation()
        cluster = Cluster(
            connection,
            installation,
            self._to_enforce.set,
            self._to_report.set,
            self._clock,
            self._timing,
            await served_by(connection),
        )
        enforcement = Enforcement(
            connection, cluster, installation, self._clock, self._drift_shown_seconds
        )
        await record_cluster(KubernetesCluster(version, None, datetime.now(UTC)))
        async with asyncio.TaskGroup() as tasks:
            for watch in cluster:
                tasks.create_task(watch.run(), name=f"kubernetes.{watch.kind.plural}")
            tasks.create_task(self._enforce(cluster, enforcement), name="kubernetes.enforce")
            tasks.create_task(self._report(cluster, installation), name="kubernetes.report")
            tasks.create_task(self._tell_status(cluster, version), name="kubernetes.status")

    async def _enforce(self, cluster: Cluster, enforcement: Enforcement) -> None:
        async def pass_over() -> None:
            await enforcement.pass_over(await read_snapshot())

        await self._whenever(self._to_enforce, cluster, pass_over)

    async def _report(self, cluster: Cluster, installation: str) -> None:
        async def report() -> None:
            facts = [one["facts"] for one in cluster.nodes.objects.values()]
            if changed := await record_kubernetes_nodes(facts):
                await self._bus.publish_change(Change("node", list(changed)))
            await self._record(jobs_in(cluster, await read_snapshot(), installation, self._devices))

        await self._whenever(self._to_report, cluster, report)

    async def _whenever(
        self,
        hint: asyncio.Event,
        cluster: Cluster,
        work: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Do `work` soon after each hint, and now and then; while the cluster is known."""
        while True:
            try:
                async with asyncio.timeout(min(RECHECK_SECONDS, self._drift_shown_seconds)):
                    await hint.wait()
            except TimeoutError:
                pass
            hint.clear()
            if not cluster.is_listed or cluster.trouble is not None:
                await self._clock.sleep(BURST_SECONDS)
                continue
            try:
                await work()
            except* UNREACHABLE as errors:
                log.warning("kubernetes.failed", error=describe(errors.exceptions[0]))
                hint.set()
                await self._clock.sleep(1.0)
            await self._clock.sleep(BURST_SECONDS)  # one pass serves a burst

    async def _record(self, jobs: Jobs) -> None:
        now = datetime.now(UTC)
        self._pods = frozenset(job.key.removeprefix("pod:") for job in jobs.running)
        uuids = {uuid for uuid, _ in self._devices.values()}
        changed = await record_processes(JobSource.KUBERNETES, uuids, jobs.running, now)
        changed += await record_queue(JobSource.KUBERNETES, jobs.waiting, now)
        if changed:
            await self._bus.publish_change(Change("job", list(changed)))

    async def _tell_status(self, cluster: Cluster, version: str | None) -> None:
        was_away = False
        async for _ in self._clock.every(min(STATUS_SECONDS, self._timing.silence_seconds)):
            if not cluster.is_listed and cluster.trouble is None:
                continue
            trouble = cluster.trouble
            if trouble is not None:
                await self._say_away(trouble, version)
            else:
                await record_cluster(KubernetesCluster(version, None, datetime.now(UTC)))
                if was_away:
                    self.inventory_changed()
            was_away = trouble is not None

    async def _say_away(self, trouble: str, version: str | None = None) -> None:
        before = await known_cluster()
        seen = None if before is None else before.seen_at
        version = version or (None if before is None else before.version)
        await record_cluster(KubernetesCluster(version, trouble, seen))
        await unreachable(trouble)


def jobs_in(
    cluster: Cluster,
    snapshot: Snapshot,
    installation: str,
    devices: dict[tuple[str, str], tuple[str, str]],
) -> Jobs:
    """`devices`: those ever seen; a claim on one whose node has gone is still one on it."""
    devices.update(cluster.devices())
    desired = desired_state(snapshot, cluster.objects(), places_of(devices), installation)
    pools, members = {}, {}
    for (kind, _, name), (_, id) in desired.targets.items():
        if kind == "DeviceClass" and id in snapshot.pools:
            pools[name] = snapshot.pools[id].name
        elif kind == "Namespace":
            users = snapshot.users_of_group.get(id, ())
            members[name] = {fold_name(user.name) for user in users}
    return jobs_of(
        cluster.pods.objects.values(), cluster.claims.objects.values(), devices, pools, members
    )


async def no_cluster() -> None:
    """Kubernetes is off: nothing is enforced, and nothing that was said of a cluster holds."""
    await record_cluster(None)
    await record_enforcement({})
    await record_kubernetes_nodes([])


async def foreseen(source: Source) -> list[Step]:
    """What would be done in the cluster now; nothing is. Raises: BadKubeconfig, UNREACHABLE."""
    connection = Connection(source)
    try:
        installation = await _installation()
        nothing = lambda: None  # noqa: E731
        served = await served_by(connection)
        cluster = Cluster(connection, installation, nothing, nothing, Clock(), Timing(), served)
        for watch in cluster:
            await watch.list()
        desired = desired_state(
            await read_snapshot(),
            cluster.objects(),
            places_of(cluster.devices()),
            installation,
            served,
        )
        return foresee(desired, cluster.objects(), cluster.busy_namespaces())
    finally:
        await connection.close()


async def _installation() -> str:
    return await cluster_id() or "unknown"
