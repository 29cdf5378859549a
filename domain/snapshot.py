"""The inventory at one moment, in memory and immutable: what most questions are answered from.

Rows, not objects: a list of 10,000 devices costs a quarter of what the ORM's objects cost. Holds
the active jobs; ended ones are asked from the database.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from domain.devices import type_name
from domain.jobs import ACTIVE, JobSource, JobState
from domain.roles import Role


@dataclass(frozen=True, slots=True)
class NodeRow:
    id: int
    machine_id: str
    host_name: str
    is_demo: bool
    addresses: list[str]
    mac_address: str | None
    os_name: str | None
    kernel_version: str | None
    driver_version: str | None
    cuda_version: str | None
    collector_version: str | None
    cpu_model: str | None
    cpu_count: int | None
    memory_total_bytes: int | None
    kubernetes_node: str | None
    labels: dict[str, str]
    kubernetes: dict[str, Any] | None
    booted_at: datetime | None
    cordon_reason: str | None
    cordoned_by: str | None
    cordoned_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime = field(compare=False)  # a heartbeat is no change


@dataclass(frozen=True, slots=True)
class DeviceTypeRow:
    id: int
    vendor: str
    product: str
    memory_total_bytes: int | None
    mig_profile: str | None

    @property
    def name(self) -> str:
        return type_name(self.product, self.mig_profile)


@dataclass(frozen=True, slots=True)
class DeviceRow:
    id: int
    uuid: str
    node_id: int
    type_id: int
    pool_id: int
    index: int
    serial: str | None
    pci_bus_id: str | None
    architecture: str | None
    vbios_version: str | None
    mig_enabled: bool | None
    mig_parent_uuid: str | None
    mig_profile: str | None
    temperature_slowdown_celsius: float | None
    temperature_shutdown_celsius: float | None
    temperature_memory_max_celsius: float | None
    power_limit_max_watts: float | None
    pcie_generation_max: int | None
    pcie_width_max: int | None
    nvlink_links: int | None
    first_seen_at: datetime
    pooled_at: datetime | None
    missing_since: datetime | None
    cordon_reason: str | None
    cordoned_by: str | None
    cordoned_at: datetime | None


@dataclass(frozen=True, slots=True)
class PoolRow:
    id: int
    name: str
    is_default: bool
    type_id: int | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    id: int
    name: str
    is_default: bool
    pool_id: int | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class UserRow:
    id: int
    name: str
    display_name: str | None
    provider: str
    group_id: int | None
    created_at: datetime
    last_sign_in_at: datetime | None
    left_directory_at: datetime | None
    version: int
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class JobRow:
    id: int
    source: JobSource
    key: str
    name: str
    state: JobState
    owner: str | None
    user_id: int | None
    pool_id: int | None
    requested_devices: int | None
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    waiting_for: str | None
    device_ids: tuple[int, ...] = ()

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class LicenceRow:
    id: int
    token: str = field(repr=False)
    entered_at: datetime
    entered_by: str


class EnforcementState(enum.Enum):
    """Whether the cluster itself does what the screens say."""

    NONE = "NONE"
    IN_SYNC = "IN_SYNC"
    APPLYING = "APPLYING"
    DRIFTED = "DRIFTED"
    NOT_ENFORCEABLE = "NOT_ENFORCEABLE"


@dataclass(frozen=True, slots=True)
class EnforcementRow:
    """Of a pool or group; `object_name`: what it is called in the cluster."""

    kind: str
    target_id: int
    state: EnforcementState
    reason: str | None
    object_name: str | None
    since: datetime | None


R = TypeVar("R", NodeRow, DeviceTypeRow, DeviceRow, PoolRow, GroupRow, UserRow, JobRow)


@dataclass(frozen=True)
class Snapshot:
    """Rows by id. Compare two with `is`: a new one is made for every change."""

    nodes: Mapping[int, NodeRow]
    types: Mapping[int, DeviceTypeRow]
    devices: Mapping[int, DeviceRow]
    pools: Mapping[int, PoolRow]
    groups: Mapping[int, GroupRow]
    users: Mapping[int, UserRow]
    jobs: Mapping[int, JobRow]
    held_by_others: frozenset[int] = frozenset()
    """Devices with an active job that is not part of this snapshot: whose it is stays unsaid."""
    licence: LicenceRow | None = None
    enforcement: Mapping[tuple[str, int], EnforcementRow] = field(default_factory=dict)
    """By "pool" or "group" and its id; empty where there is no Kubernetes."""

    @cached_property
    def node_by_machine_id(self) -> dict[str, NodeRow]:
        return {node.machine_id: node for node in self.nodes.values()}

    @cached_property
    def device_by_uuid(self) -> dict[str, DeviceRow]:
        return {device.uuid: device for device in self.devices.values()}

    @cached_property
    def devices_of_node(self) -> dict[int, list[DeviceRow]]:
        return _grouped(self.devices.values(), "node_id")

    @cached_property
    def devices_of_pool(self) -> dict[int, list[DeviceRow]]:
        return _grouped(self.devices.values(), "pool_id")

    @cached_property
    def mig_instances(self) -> dict[str, list[DeviceRow]]:
        return _grouped(self.devices.values(), "mig_parent_uuid")

    @cached_property
    def users_of_group(self) -> dict[int, list[UserRow]]:
        return _grouped(self.users.values(), "group_id")

    @cached_property
    def jobs_of_user(self) -> dict[int, list[JobRow]]:
        return _grouped(self.jobs.values(), "user_id")

    @cached_property
    def jobs_of_pool(self) -> dict[int, list[JobRow]]:
        """The active jobs that hold devices of the pool, or wait for it."""
        jobs: dict[int, list[JobRow]] = defaultdict(list)
        devices = self.devices
        for job in self.jobs.values():
            pools = {devices[i].pool_id for i in job.device_ids if i in devices}
            if not pools and job.pool_id is not None:
                pools = {job.pool_id}
            for pool_id in pools:
                jobs[pool_id].append(job)
        return jobs

    @cached_property
    def waiting_for_pool(self) -> dict[int, list[JobRow]]:
        """The active jobs that hold nothing yet, by the pool that they are to run in."""
        return _grouped((job for job in self.jobs.values() if not job.device_ids), "pool_id")

    @cached_property
    def jobs_of_device(self) -> dict[int, list[JobRow]]:
        """The active jobs that hold the device, the longest-running first."""
        jobs: dict[int, list[JobRow]] = defaultdict(list)
        for job in self.jobs.values():
            for device_id in job.device_ids:
                jobs[device_id].append(job)
        for held in jobs.values():
            held.sort(key=lambda job: (job.started_at is None, job.started_at, job.id))
        return jobs

    @cached_property
    def out_of_service(self) -> frozenset[int]:
        """The devices that an operator took out of service, alone or with their node."""
        nodes = {node.id for node in self.nodes.values() if node.cordoned_at is not None}
        return frozenset(
            device.id
            for device in self.devices.values()
            if device.cordoned_at is not None or device.node_id in nodes
        )

    def is_held(self, device_id: int) -> bool:
        """Whether an active job holds the device."""
        return device_id in self.jobs_of_device or device_id in self.held_by_others

    @cached_property
    def group_of_pool(self) -> dict[int, GroupRow]:
        return {g.pool_id: g for g in self.groups.values() if g.pool_id is not None}

    @cached_property
    def jobs_of_group(self) -> dict[int, list[JobRow]]:
        """The active jobs of each group's users, or else of its pool."""
        jobs: dict[int, list[JobRow]] = defaultdict(list)
        for job in self.jobs.values():
            group = self.group_of_job(job)
            if group is not None:
                jobs[group.id].append(job)
        return jobs

    def group_of_job(self, job: JobRow) -> GroupRow | None:
        """The group of its user, or else the one that its pool serves."""
        user = None if job.user_id is None else self.users.get(job.user_id)
        if user is not None and user.group_id is not None:
            return self.groups.get(user.group_id)
        return None if job.pool_id is None else self.group_of_pool.get(job.pool_id)


def _grouped(rows: Iterable[R], key: str) -> dict[Any, list[R]]:
    grouped: dict[Any, list[R]] = defaultdict(list)
    read = attrgetter(key)
    for row in rows:
        value = read(row)
        if value is not None:
            grouped[value].append(row)
    return grouped


_DERIVED_FROM = {
    "node_by_machine_id": ("nodes",),
    "device_by_uuid": ("devices",),
    "devices_of_node": ("devices",),
    "devices_of_pool": ("devices",),
    "mig_instances": ("devices",),
    "out_of_service": ("devices", "nodes"),
    "users_of_group": ("users",),
    "jobs_of_user": ("jobs",),
    "jobs_of_pool": ("jobs", "devices"),
    "jobs_of_device": ("jobs",),
    "waiting_for_pool": ("jobs",),
    "group_of_pool": ("groups",),
    "jobs_of_group": ("jobs", "users", "groups"),
}
"""What is worked out of which tables; it holds on while they are the same."""


def inherit(
    after: Snapshot, before: Snapshot, devices_read: Collection[int] | None = None
) -> Snapshot:
    """`after`, with what was worked out for `before` and still holds.

    `devices_read`: the devices that may differ, where those are known.
    """
    known = vars(before)
    for name, tables in _DERIVED_FROM.items():
        if name in known and all(getattr(before, t) is getattr(after, t) for t in tables):
            vars(after)[name] = known[name]
    if "devices_of_pool" in known and devices_read is not None:
        vars(after)["devices_of_pool"] = _moved(before, after, devices_read)
    return after


def _moved(
    before: Snapshot, after: Snapshot, devices_read: Collection[int]
) -> dict[int, list[DeviceRow]]:
    """The devices of each pool after some have moved, without looking at the others."""
    ids = set(devices_read)
    rows = [table[i] for table in (before.devices, after.devices) for i in ids if i in table]
    pools = dict(before.devices_of_pool)
    for pool_id in {row.pool_id for row in rows}:
        there = [device for device in pools.get(pool_id, ()) if device.id not in ids]
        there += [after.devices[i] for i in ids if i in after.devices]
        pools[pool_id] = sorted(
            (device for device in there if device.pool_id == pool_id), key=attrgetter("id")
        )
    return pools
