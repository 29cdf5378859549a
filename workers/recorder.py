"""From what collectors report on the bus to what the domain records, announced when it changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from domain.inventory import ReportedDevice, ReportedNode, record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from telemetry.bus import Bus, Change
from telemetry.samples import (
    DeviceFacts,
    DeviceUuid,
    NodeFacts,
    NodeId,
    NodeProcesses,
    ProcessSample,
    QueueReport,
)
from workers.mailbox import Report

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _KnownNode:
    """What a node's last recorded facts settled."""

    source: JobSource
    devices: frozenset[DeviceUuid]  # those that it may speak for
    refused: tuple[str, ...]


class Recorder:
    """`is_heard`: whether a node (by its machine id) is alive, by its samples.

    `is_told_elsewhere`: whether the job of a pod (by its uid) is known from Kubernetes already.
    """

    def __init__(
        self,
        bus: Bus,
        is_heard: Callable[[str], bool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_told_elsewhere: Callable[[str | None], bool] = lambda pod_uid: False,
    ) -> None:
        self._bus = bus
        self._is_heard = is_heard
        self._now = now
        self._is_told_elsewhere = is_told_elsewhere
        self._nodes: dict[NodeId, _KnownNode] = {}

    async def record(self, report: Report) -> None:
        """Write a report and announce what it changed. Raises what the database raises."""
        match report:
            case NodeFacts():
                await self._record_facts(report)
            case NodeProcesses():
                await self._record_processes(report)
            case QueueReport():
                # The demo's scheduler is the one source of a queue until Kubernetes is one.
                waiting = [
                    QueuedJob(
                        key=job.key,
                        name=job.name,
                        owner=job.user,
                        pool=job.pool,
                        requested_devices=job.requested_devices,
                        submitted_at=_moment(job.submitted_at),
                        remote_cluster=job.remote_cluster,
                    )
                    for job in report.jobs
                ]
                changed = await record_queue(JobSource.DEMO, waiting, self._now())
                await self._announce("job", changed)

    async def _record_facts(self, facts: NodeFacts) -> None:
        change = await record_node(reported_node(facts), self._now(), self._is_heard)
        before = self._nodes.get(facts.node_id)
        if change.refused and (before is None or before.refused != change.refused):
            # A card was moved, or a node was broken into and claims what is not its own.
            log.warning("inventory.claim_refused", node=facts.host_name, devices=change.refused)
        self._nodes[facts.node_id] = _KnownNode(
            JobSource.DEMO if facts.is_demo else JobSource.NVML,
            frozenset(device.uuid for device in facts.devices) - {*change.refused},
            change.refused,
        )
        if change.node_changed:
            await self._announce("node", (change.node_id,))
        await self._announce("device", change.device_ids)

    async def _record_processes(self, report: NodeProcesses) -> None:
        """Of a node whose facts are not known yet nothing can be said; it will report again."""
        node = self._nodes.get(report.node_id)
        if node is None:
            return
        answered = [uuid for uuid in report.devices if uuid in node.devices]
        jobs = jobs_of(
            [
                one
                for one in report.processes
                if one.device in node.devices and not self._is_told_elsewhere(one.pod_uid)
            ]
        )
        changed = await record_processes(node.source, answered, jobs, self._now())
        await self._announce("job", changed)

    async def _announce(self, kind: str, ids: tuple[int, ...]) -> None:
        # A hint that is lost is made good by the readers' own full reads.
        if ids:
            await self._bus.publish_change(Change(kind, list(ids)))


def reported_node(facts: NodeFacts) -> ReportedNode:
    return ReportedNode(
        machine_id=facts.node_id,
        host_name=facts.host_name,
        is_demo=facts.is_demo,
        addresses=tuple(facts.addresses),
        mac_address=facts.mac_address,
        os_name=facts.os_name,
        kernel_version=facts.kernel_version,
        driver_version=facts.driver_version,
        cuda_version=facts.cuda_version,
        collector_version=facts.collector_version,
        cpu_model=facts.cpu_model,
        cpu_count=facts.cpu_count,
        memory_total_bytes=facts.memory_total_bytes,
        kubernetes_node=facts.kubernetes_node,
        labels=facts.labels,
        booted_at=None if facts.booted_at is None else _moment(facts.booted_at),
        devices=tuple(_reported_device(device) for device in _once_each(facts.devices)),
    )


def _once_each(devices: list[DeviceFacts]) -> list[DeviceFacts]:
    """A node that names a device twice is believed the first time."""
    return list({device.uuid: device for device in reversed(devices)}.values())[::-1]


def _reported_device(device: DeviceFacts) -> ReportedDevice:
    return ReportedDevice(
        uuid=device.uuid,
        index=device.index,
        vendor=device.vendor,
        product=device.product,
        memory_total_bytes=device.memory_total_bytes,
        serial=device.serial,
        pci_bus_id=device.pci_bus_id,
        architecture=device.architecture,
        vbios_version=device.vbios_version,
        mig_enabled=device.mig_enabled,
        mig_parent_uuid=device.mig_parent,
        mig_profile=device.mig_profile,
        temperature_slowdown_celsius=device.temperature_slowdown_celsius,
        temperature_shutdown_celsius=device.temperature_shutdown_celsius,
        temperature_memory_max_celsius=device.temperature_memory_max_celsius,
        power_limit_max_watts=device.power_limit_max_watts,
        pcie_generation_max=device.pcie_generation_max,
        pcie_width_max=device.pcie_width_max,
        nvlink_links=device.nvlink_links,
    )


def jobs_of(processes: list[ProcessSample]) -> list[ReportedJob]:
    """Processes with one job key are one job; it began with the first of them."""
    members: dict[str, list[ProcessSample]] = {}
    for process in processes:
        members.setdefault(process.job_key, []).append(process)
    jobs = []
    for key, group in members.items():
        begun = min((p.started_at for p in group if p.started_at is not None), default=None)
        jobs.append(
            ReportedJob(
                key=key,
                name=group[0].job_name,
                owner=next((p.user for p in group if p.user is not None), None),
                devices=frozenset(str(p.device) for p in group),
                started_at=None if begun is None else _moment(begun),
            )
        )
    return jobs


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
