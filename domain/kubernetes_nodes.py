"""What the cluster says of the nodes of the inventory, beside what their collectors say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from domain.database import execute, fetch, transaction


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node as Kubernetes has it. `conditions`: type, status, reason, message and since when."""

    name: str
    machine_id: str
    addresses: Mapping[str, str]
    kubelet_version: str | None
    container_runtime: str | None
    os_image: str | None
    kernel_version: str | None
    is_schedulable: bool
    capacity: Mapping[str, str]
    labels: Mapping[str, str]
    conditions: Sequence[Mapping[str, str | None]]


async def record_kubernetes_nodes(nodes: Sequence[NodeFacts]) -> tuple[int, ...]:
    """Write it to the nodes that they are, and take it from those that are none: their ids.

    A node is found by its machine id, or where that is not the host's own (virtual machines made
    from one image) by its name.
    """
    if not await _differences(nodes):
        return ()
    return await _write(nodes)


@transaction
async def _write(nodes: Sequence[NodeFacts]) -> tuple[int, ...]:
    different = await _differences(nodes)
    for id, facts in different.items():
        text = None if facts is None else msgspec.json.encode(facts).decode()
        await execute("UPDATE node SET kubernetes = ? WHERE id = ?", text, id)
    return tuple(different)


async def _differences(nodes: Sequence[NodeFacts]) -> dict[int, dict[str, Any] | None]:
    by_machine = {one.machine_id: one for one in nodes}
    by_name = {one.name: one for one in nodes}
    rows = await fetch("SELECT id, machine_id, host_name, kubernetes FROM node ORDER BY id")
    different: dict[int, dict[str, Any] | None] = {}
    for id, machine_id, host_name, text in rows:
        found = by_machine.get(machine_id) or by_name.get(host_name)
        wanted = None if found is None else asdict(found)
        known = None if text is None else msgspec.json.decode(text)
        if known != (None if wanted is None else msgspec.json.decode(msgspec.json.encode(wanted))):
            different[id] = wanted
    return different
