"""What nodes and queues report while operators work, as data: it is written as the controller does.

Node "a" and "b" have four slots each; which of the cluster's devices is in which slot may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from domain.database import fetch
from domain.inventory import ReportedDevice, ReportedNode, record_node
from domain.job_reports import ReportedJob, record_processes
from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from tests.rules.wishes import PEOPLE, mostly, names

H100, L4 = "NVIDIA H100 80GB HBM3", "NVIDIA L4"
DEVICES = tuple(f"GPU-{number}" for number in range(8))
NODES = {"a": DEVICES[:5], "b": DEVICES[4:]}
"""What each node may list: one device may turn up in either."""

Announcements = Mapping[str, tuple[int, ...]]
"""The ids of what a report changed, by kind."""


@dataclass(frozen=True)
class NodeLists:
    """A node lists its devices; `swapped` ones have become of the other type."""

    node: str
    devices: frozenset[str]
    swapped: frozenset[str] = frozenset()

    async def write(self) -> Announcements:
        report = ReportedNode(
            machine_id=f"machine-{self.node}",
            host_name=self.node,
            devices=tuple(
                ReportedDevice(
                    uuid=uuid,
                    index=DEVICES.index(uuid),
                    vendor="NVIDIA",
                    product=product(uuid, swapped=uuid in self.swapped),
                )
                for uuid in sorted(self.devices)
            ),
        )
        change = await record_node(report, datetime.now(UTC))
        return {
            "node": (change.node_id,) if change.node_changed else (),
            "device": change.device_ids,
        }


@dataclass(frozen=True)
class Runs:
    key: str
    owner: str
    devices: frozenset[str]


@dataclass(frozen=True)
class NodeRuns:
    """All jobs that run on a node's devices: what is not among them has ended there."""

    node: str
    jobs: tuple[Runs, ...]

    async def write(self) -> Announcements:
        jobs = [
            ReportedJob(job.key, f"train {job.key}", job.owner, job.devices) for job in self.jobs
        ]
        now = datetime.now(UTC)
        return {"job": await record_processes(JobSource.NVML, NODES[self.node], jobs, now)}


@dataclass(frozen=True)
class Waits:
    key: str
    owner: str
    pool: int
    """The position of the pool among those that there are, the newest first."""


@dataclass(frozen=True)
class QueueHolds:
    """All jobs that wait: what is not among them waits no longer."""

    jobs: tuple[Waits, ...]

    async def write(self) -> Announcements:
        pools = [row["name"] for row in await fetch("SELECT name FROM pool ORDER BY id DESC")]
        jobs = [
            QueuedJob(job.key, f"train {job.key}", job.owner, pools[job.pool % len(pools)], 1, None)
            for job in self.jobs
        ]
        return {"job": await record_queue(JobSource.NVML, jobs, datetime.now(UTC))}


Report = NodeLists | NodeRuns | QueueHolds


def product(uuid: str, *, swapped: bool = False) -> str:
    return L4 if (uuid in ("GPU-3", "GPU-7")) != swapped else H100


FIRST: tuple[Report, ...] = tuple(NodeLists(node, frozenset(NODES[node])) for node in NODES)
"""What makes the cluster: everything is there."""

keys = st.sampled_from(["1", "2", "3"])
owners = mostly(st.sampled_from(PEOPLE), names((*PEOPLE, "root")))
nodes = st.sampled_from(sorted(NODES))


def _most_of(node: str) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(NODES[node]), max_size=2).map(
        lambda missing: frozenset(NODES[node]) - missing
    )


lists = nodes.flatmap(
    lambda node: st.builds(
        NodeLists,
        st.just(node),
        _most_of(node),
        st.frozensets(st.sampled_from(NODES[node]), max_size=1),
    )
)
runs = nodes.flatmap(
    lambda node: st.builds(
        NodeRuns,
        st.just(node),
        st.lists(
            st.builds(
                Runs,
                keys,
                owners,
                st.frozensets(st.sampled_from(NODES[node]), min_size=1, max_size=2),
            ),
            max_size=2,
            unique_by=lambda job: job.key,
        ).map(tuple),
    )
)
waits = st.builds(
    QueueHolds,
    st.lists(
        st.builds(Waits, st.sampled_from(["1", "4", "5"]), owners, st.integers(0, 3)), max_size=2
    ).map(tuple),
)
reports: SearchStrategy[Report] = mostly(runs, lists, waits)
