"""The cluster as a whole: the dashboard's snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cached_property

from domain.jobs import JobState
from domain.snapshot import PoolRow, UserRow
from resolvers.balance import IdleDevice, idle_devices
from resolvers.context import Context, Info
from resolvers.health import Attention, attention
from resolvers.loads import Load, is_fresh, load_of
from resolvers.telemetry import DeviceReading, reading
from telemetry.samples import HostSample


class Cluster:
    """The whole cluster at one tick; each part is worked out when it is asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._snapshot = context.snapshot
        self.name = context.live.cluster_name
        self.version = context.live.version
        self.time = context.live.time

    @property
    def is_demo(self) -> bool:
        return any(node.is_demo for node in self._snapshot.nodes.values())

    @property
    def nodes_total(self) -> int:
        return len(self._snapshot.nodes)

    @cached_property
    def nodes_stale(self) -> int:
        return sum(self._context.live.is_stale(n) for n in self._snapshot.nodes.values())

    @property
    def nodes_not_ready(self) -> int:
        # Only Kubernetes says of a node that its collector hears from that it is not ready.
        return 0

    @property
    def nodes_ready(self) -> int:
        return self.nodes_total - self.nodes_stale - self.nodes_not_ready

    @cached_property
    def load(self) -> Load:
        jobs = self._snapshot.jobs.values()
        return load_of(self._context, self._snapshot.devices.values(), jobs)

    @property
    def _hosts(self) -> list[HostSample]:
        live = (self._context.live.live_node(node) for node in self._snapshot.nodes.values())
        return [node.host for node in live if node is not None and not node.is_stale]

    @property
    def host_cpu_percent(self) -> float | None:
        known = [host.cpu_percent for host in self._hosts if host.cpu_percent is not None]
        return sum(known) / len(known) if known else None

    @property
    def host_memory_used_bytes(self) -> int | None:
        known = [h.memory_used_bytes for h in self._hosts if h.memory_used_bytes is not None]
        return sum(known) if known else None

    @property
    def host_memory_total_bytes(self) -> int | None:
        known = [h.memory_total_bytes for h in self._hosts if h.memory_total_bytes is not None]
        return sum(known) if known else None

    @property
    def jobs_running(self) -> int:
        return sum(j.state is JobState.RUNNING for j in self._snapshot.jobs.values())

    @property
    def jobs_queued(self) -> int:
        return sum(j.state is JobState.QUEUED for j in self._snapshot.jobs.values())

    @property
    def jobs_active(self) -> int:
        return len(self._snapshot.jobs)

    @property
    def users_total(self) -> int:
        return len(self._snapshot.users)

    @property
    def groups_total(self) -> int:
        return len(self._snapshot.groups)

    @property
    def pools_total(self) -> int:
        return len(self._snapshot.pools)

    @property
    def hottest(self) -> DeviceReading | None:
        fleet, best, top = self._context.live.fleet, None, float("-inf")
        for device in self._snapshot.devices.values():
            row = self._context.live.row(device)
            if row is None or not is_fresh(self._context, device):
                continue
            temperature = fleet.columns["temperature_celsius"][row]
            if temperature is not None and temperature > top:
                best, top = device, temperature
        return None if best is None else reading(self._context, best)

    @cached_property
    def all_attention(self) -> list[Attention]:
        return attention(self._context)

    @cached_property
    def all_departed(self) -> list[UserRow]:
        jobs = self._snapshot.jobs_of_user
        left = (user for user in self._snapshot.users.values() if user.left_directory_at)
        return sorted(
            (user for user in left if jobs.get(user.id)), key=lambda user: user.name.casefold()
        )

    @cached_property
    def all_idle(self) -> list[IdleDevice]:
        return idle_devices(self._context, self._snapshot.devices.values())

    @property
    def pools(self) -> list[PoolRow]:
        return sorted(
            self._snapshot.pools.values(), key=lambda p: (p.is_default, p.name.casefold())
        )


def cluster(info: Info) -> Cluster:
    return Cluster(info.context)


def attention_items(root: Cluster, first: int = 20) -> list[Attention]:
    return root.all_attention[: max(0, first)]


def departed(root: Cluster, first: int = 20) -> list[UserRow]:
    return root.all_departed[: max(0, first)]


def idle_items(root: Cluster, first: int = 20) -> list[IdleDevice]:
    return root.all_idle[: max(0, first)]


def idle_total(root: Cluster) -> int:
    return len(root.all_idle)


def attention_total(root: Cluster) -> int:
    return len(root.all_attention)


async def cluster_snapshot(info: Info) -> AsyncIterator[Cluster]:
    async for _ in info.context.live.ticks():
        info.context.renew()
        yield Cluster(info.context)
