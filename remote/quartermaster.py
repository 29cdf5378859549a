"""Another Quartermaster: its own graph tells it all, to a token of one of its operators."""

from __future__ import annotations

from typing import Any

import msgspec

from remote.cluster import Capacity, Failed, Reading, Step
from remote.link import Link, Missing

TYPES_AT_ONCE = 8
"""Two root fields each, of the 20 that a document may have."""

OVERVIEW = """query RemoteOverview {
  about { clusterId }
  viewer { roles }
  cluster { version nodesTotal jobsRunning jobsQueued }
  deviceTypes { id name }
}"""


class _Viewer(msgspec.Struct):
    roles: list[str]


class _Cluster(msgspec.Struct, rename="camel"):
    version: str
    nodes_total: int
    jobs_running: int
    jobs_queued: int


class _DeviceType(msgspec.Struct):
    id: str
    name: str


class _About(msgspec.Struct, rename="camel"):
    cluster_id: str | None


class _Overview(msgspec.Struct, rename="camel"):
    about: _About
    viewer: _Viewer
    cluster: _Cluster
    device_types: list[_DeviceType]


class _Count(msgspec.Struct, rename="camel"):
    total_count: int


class _Answer(msgspec.Struct):
    data: Any = None
    errors: list[Any] | None = None


class Quartermaster:
    def __init__(self, link: Link) -> None:
        self._link = link

    async def read(self) -> Reading:
        """Raises: Failed."""
        found = await self._ask(OVERVIEW, {}, _Overview)
        if "OPERATOR" not in found.viewer.roles:
            raise Failed(
                Step.RIGHTS, "The token's owner is no operator there, and sees only a part of it."
            )
        assert self._link.latency_seconds is not None
        return Reading(
            version=f"Quartermaster {found.cluster.version}",
            nodes=found.cluster.nodes_total,
            capacity=await self._capacity(found.device_types),
            jobs_active=found.cluster.jobs_running,
            jobs_waiting=found.cluster.jobs_queued,
            latency_seconds=self._link.latency_seconds,
            certificate_expires_at=self._link.certificate_expires_at,
            installation=found.about.cluster_id,
        )

    async def _capacity(self, types: list[_DeviceType]) -> tuple[Capacity, ...]:
        capacity = []
        for start in range(0, len(types), TYPES_AT_ONCE):
            some = types[start : start + TYPES_AT_ONCE]
            fields = "".join(
                f" total{n}: devices(first: 0, filter: {{types: [$t{n}]}}) {{ totalCount }}"
                f" free{n}: devices(first: 0, filter: {{types: [$t{n}], allocation: [FREE]}})"
                f" {{ totalCount }}"
                for n in range(len(some))
            )
            names = ", ".join(f"$t{n}: ID!" for n in range(len(some)))
            given = {f"t{n}": one.id for n, one in enumerate(some)}
            counts = await self._ask(
                f"query RemoteCapacity({names}) {{{fields} }}", given, dict[str, _Count]
            )
            capacity += [
                Capacity(one.name, counts[f"total{n}"].total_count, counts[f"free{n}"].total_count)
                for n, one in enumerate(some)
                if f"total{n}" in counts and f"free{n}" in counts
            ]
        return tuple(one for one in capacity if one.total)

    async def _ask(self, document: str, variables: dict[str, str], kind: Any) -> Any:
        try:
            answer = await self._link.post(
                "/graphql", {"query": document, "variables": variables}, _Answer
            )
        except Missing:
            raise Failed(Step.VERSION, "There is no Quartermaster at this URL.") from None
        except Failed as failed:
            if failed.step is Step.ANSWER:  # validation: 400
                raise Failed(
                    Step.VERSION, "It is no Quartermaster that answers this one's questions."
                ) from None
            raise
        if answer.errors or answer.data is None:
            raise Failed(Step.VERSION, "It cannot answer what this Quartermaster asks.")
        try:
            return msgspec.convert(answer.data, kind)
        except msgspec.ValidationError:
            raise Failed(Step.VERSION, "It answers in a way that is not known here.") from None
