"""Slurm, through slurmrestd: the newest version of its API that both sides know.

Shapes: slurm.schedmd.com/rest_api.html, v0.0.40 to v0.0.43; in these a job's and a node's state is
a list of flags. GRES are Slurm's own texts: "gpu:h100:8(S:0-1)", used "gpu:h100:3(IDX:0-2)".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from remote.cluster import Capacity, Failed, Reading, Step
from remote.link import Link, Missing

VERSIONS = ("v0.0.43", "v0.0.42", "v0.0.41", "v0.0.40")
GPU = re.compile(r"(?:^|,)gpu(?::([^:,()]+))?:(\d+)")
UNUSABLE = frozenset(
    [
        "DOWN",
        "DRAIN",
        "FAIL",
        "NOT_RESPONDING",
        "MAINTENANCE",
        "REBOOT_ISSUED",
        "FUTURE",
        "INVALID_REG",
        "UNKNOWN",
    ]
)
ACTIVE = frozenset(["RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STAGE_OUT"])
ACCESS_DENIED = 2002
"""ESLURM_ACCESS_DENIED, slurm/slurm_errno.h."""


class _Error(msgspec.Struct):
    error_number: int = 0


class _Release(msgspec.Struct):
    release: str = ""


class _Meta(msgspec.Struct):
    slurm: _Release = msgspec.field(default_factory=_Release)


class _Ping(msgspec.Struct):
    meta: _Meta = msgspec.field(default_factory=_Meta)
    errors: list[_Error] = []


class _Node(msgspec.Struct):
    name: str
    state: list[str] = []
    gres: str = ""
    gres_used: str = ""


class _Nodes(msgspec.Struct):
    nodes: list[_Node]
    errors: list[_Error] = []


class _Job(msgspec.Struct):
    job_state: list[str] = []


class _Jobs(msgspec.Struct):
    jobs: list[_Job]
    errors: list[_Error] = []


T = TypeVar("T", _Nodes, _Jobs)


class Slurm:
    def __init__(self, link: Link) -> None:
        self._link = link

    async def read(self) -> Reading:
        """Raises: Failed."""
        version, ping = await self._newest()
        nodes = await self._get(f"/slurm/{version}/nodes/", _Nodes)
        jobs = await self._get(f"/slurm/{version}/jobs/", _Jobs)
        states = [frozenset(job.job_state) for job in jobs.jobs]
        assert self._link.latency_seconds is not None
        return Reading(
            version=f"Slurm {ping.meta.slurm.release or 'of unknown release'}, API {version}",
            nodes=len(nodes.nodes),
            capacity=_capacity(nodes.nodes),
            jobs_active=sum(1 for state in states if state & ACTIVE),
            jobs_waiting=sum(1 for state in states if "PENDING" in state and not state & ACTIVE),
            latency_seconds=self._link.latency_seconds,
            certificate_expires_at=self._link.certificate_expires_at,
        )

    async def _newest(self) -> tuple[str, _Ping]:
        for version in VERSIONS:
            try:
                ping = await self._link.get(f"/slurm/{version}/ping/", _Ping)
            except Missing:
                continue
            _require_no_errors(ping.errors)
            return version, ping
        raise Failed(
            Step.VERSION,
            f"slurmrestd there has none of the versions {VERSIONS[-1]} to {VERSIONS[0]}.",
        )

    async def _get(self, path: str, kind: type[T]) -> T:
        try:
            answer = await self._link.get(path, kind)
        except Missing:
            raise Failed(Step.VERSION, "slurmrestd there lacks a part of its API.") from None
        _require_no_errors(answer.errors)
        return answer


def _require_no_errors(errors: Iterable[_Error]) -> None:
    """Raises: Failed. Slurm says within an answer what its controller said to slurmrestd."""
    for error in errors:
        if error.error_number == ACCESS_DENIED:
            raise Failed(Step.RIGHTS, "Slurm does not let this user see its nodes and jobs.")
        raise Failed(Step.ANSWER, f"Slurm answered with its error {error.error_number}.")


def _capacity(nodes: Iterable[_Node]) -> tuple[Capacity, ...]:
    total, free = Counter[str](), Counter[str]()
    for node in nodes:
        there, held = _gpus(node.gres), _gpus(node.gres_used)
        total.update(there)
        if UNUSABLE.isdisjoint(node.state):
            free.update({product: max(0, n - held[product]) for product, n in there.items()})
    return tuple(Capacity(product, total[product], free[product]) for product in sorted(total))


def _gpus(gres: str) -> Counter[str]:
    found = Counter[str]()
    for product, number in GPU.findall(gres):
        found[product or "gpu"] += int(number)
    return found
