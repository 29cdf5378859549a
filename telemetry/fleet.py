"""The live state of the whole cluster in columns: one list per metric, one row per device.

Rows of a node lie together, so that a sample is one slice assignment per metric. No I/O and no
clock of its own: the caller passes `now` (seconds, UTC).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, compress, repeat

from telemetry.health import HEALTHY, Health, HealthReasonCode, merged, silent
from telemetry.limits import NO_LIMITS, Limits, limits_of
from telemetry.live_node import LiveNode
from telemetry.rules import READ, Reading, assess, assess_clock
from telemetry.samples import METRICS, Column, DeviceUuid, NodeFacts, NodeId, NodeSample


@dataclass(frozen=True, slots=True)
class HealthChange:
    """The health of a device (or, without device, of a node) is not what it was."""

    node_id: NodeId
    device: DeviceUuid | None
    before: Health
    after: Health
    time: float


class Fleet:
    def __init__(self) -> None:
        self.nodes: dict[NodeId, LiveNode] = {}
        self.devices: list[DeviceUuid] = []
        self.row_of: dict[DeviceUuid, int] = {}
        self.columns: dict[str, Column] = {metric: [] for metric in METRICS}
        self.health: list[Health] = []
        self.node_of: list[LiveNode] = []
        self.generation = 0
        """Rises when rows come, go or move."""
        self.dropped: Counter[str] = Counter()
        """Samples not applied (`late`) or never heard (`gap`), and rows of others (`foreign`)."""
        self._recalled: dict[DeviceUuid, Health] = {}
        self._recalled_nodes: dict[NodeId, Health] = {}
        self._limits: dict[NodeId, dict[DeviceUuid, Limits]] = {}

    def learn(self, facts: NodeFacts) -> None:
        """Take in what a node's devices should be like; it speaks for its own devices only."""
        self._limits[facts.node_id] = {one.uuid: limits_of(one) for one in facts.devices}
        node = self.nodes.get(facts.node_id)
        if node is not None:
            self._look_up_limits(node)

    def apply(
        self, sample: NodeSample, now: float, *, heard_at: float | None = None
    ) -> list[HealthChange]:
        """Take in a sample; a late or repeated one is dropped, and so is another node's device.

        `heard_at`: when it was said, for one that was kept on the bus; `now` for a live one.
        Returns: what it changes in the health of the node and of its devices.
        """
        node = self.nodes.get(sample.node_id)
        if node is not None:
            missed = node.missed_before(sample, now)
            if missed is None:
                self.dropped["late"] += 1
                return []
            if missed:
                self.dropped["gap"] += missed
        heard_at = now if heard_at is None else heard_at
        if node is None:
            node = self.nodes[sample.node_id] = LiveNode.of(sample, heard_at, len(self.devices))
            node.health = self._recalled_nodes.pop(node.node_id, HEALTHY)
        node.hear(sample, heard_at)
        node.is_stale = False
        devices, columns = sample.devices, sample.columns
        if node.devices != devices:
            own = self._claim(node, devices, now)
            if not all(own):
                self.dropped["foreign"] += own.count(False)
                devices = list(compress(devices, own))
                columns = [list(compress(column, own)) for column in columns]
            if node.devices != devices:
                self._replace_rows(node, devices)
        start, stop = node.start, node.stop
        errors_before = self.columns["nvlink_errors"][start:stop]
        for metric, values in zip(METRICS, columns, strict=True):
            self.columns[metric][start:stop] = values
        changes = self._assess(node, sample.time, errors_before)
        # Of a sample that was kept on the bus it is not known when it was sent.
        ahead = sample.time - now if heard_at == now else None
        changes += self._set_node_health(node, assess_clock(node.health, heard_at, ahead), now)
        return changes

    def tick(self, now: float) -> list[HealthChange]:
        """Find the nodes that have fallen silent. Returns: what that changes."""
        changes: list[HealthChange] = []
        for node in self.nodes.values():
            # Where our clock was set back, silence is counted from there.
            node.heard_at = min(node.heard_at, now)
            if node.is_stale or not node.is_silent(now):
                continue
            node.is_stale = True
            changes += self._set_node_health(node, silent(node.health, node.heard_at), now)
            for row in range(node.start, node.stop):
                changes += self._set_health(row, silent(self.health[row], node.heard_at), now)
        return changes

    def recall(
        self, devices: Mapping[DeviceUuid, Health], nodes: Mapping[NodeId, Health] | None = None
    ) -> None:
        """Go on from the health that devices and nodes had before this fleet heard of them.

        What the readings do not disprove stays.
        """
        self._recalled, self._recalled_nodes = dict(devices), dict(nodes or {})
        for node in self.nodes.values():
            node.health = _both(node.health, self._recalled_nodes.pop(node.node_id, HEALTHY))
            for row in range(node.start, node.stop):
                before = self._recalled.pop(self.devices[row], HEALTHY)
                self.health[row] = _both(self.health[row], before)
            self._assess(node, node.time, repeat(None))
            if node.is_stale:
                for row in range(node.start, node.stop):
                    self.health[row] = silent(self.health[row], node.heard_at)

    def forget(self, node_id: NodeId) -> None:
        """Drop a node that is no longer part of the cluster."""
        node = self.nodes.get(node_id)
        if node is not None:
            self._replace_rows(node, [])
            del self.nodes[node_id]
        self._limits.pop(node_id, None)

    def is_stale(self, row: int) -> bool:
        return self.node_of[row].is_stale

    def _claim(self, node: LiveNode, devices: list[DeviceUuid], now: float) -> list[bool]:
        """Which of the devices are the node's: those of a node that is still heard stay there."""
        own = []
        left: dict[NodeId, set[DeviceUuid]] = {}
        for uuid in devices:
            row = self.row_of.get(uuid)
            holder = node if row is None else self.node_of[row]
            own.append(holder is node or holder.is_silent(now))
            if holder is not node and own[-1]:
                left.setdefault(holder.node_id, set()).add(uuid)
        for node_id, gone in left.items():
            holder = self.nodes[node_id]
            self._replace_rows(holder, [uuid for uuid in holder.devices if uuid not in gone])
        return own

    def _assess(
        self, node: LiveNode, time: float, errors_before: Iterable[float | None]
    ) -> list[HealthChange]:
        start, stop = node.start, node.stop
        read = zip(*(self.columns[metric][start:stop] for metric in READ), strict=True)
        changes: list[HealthChange] = []
        for row, values, limits, errors in zip(
            range(start, stop), read, node.limits, errors_before, strict=False
        ):
            before = self.health[row]
            after = assess(before, time, Reading._make(values), limits, errors)
            if after is not before:
                changes += self._set_health(row, after, time)
        return changes

    def _look_up_limits(self, node: LiveNode) -> None:
        known = self._limits.get(node.node_id, {})
        node.limits = [known.get(uuid, NO_LIMITS) for uuid in node.devices]

    def _set_node_health(self, node: LiveNode, after: Health, now: float) -> list[HealthChange]:
        before, node.health = node.health, after
        if before is after or before.says_the_same_as(after):
            return []
        return [HealthChange(node.node_id, None, before, after, now)]

    def _set_health(self, row: int, after: Health, time: float) -> list[HealthChange]:
        before, self.health[row] = self.health[row], after
        if before.says_the_same_as(after):
            return []
        return [HealthChange(self.node_of[row].node_id, self.devices[row], before, after, time)]

    def _append_rows(self, node: LiveNode, devices: list[DeviceUuid]) -> None:
        for column in self.columns.values():
            column += [None] * len(devices)
        self.row_of.update((uuid, node.start + i) for i, uuid in enumerate(devices))
        self.devices += devices
        self.node_of += [node] * len(devices)
        self.health += [self._recalled.pop(uuid, HEALTHY) for uuid in devices]
        node.devices = list(devices)
        self._look_up_limits(node)
        self.generation += 1

    def _replace_rows(self, node: LiveNode, devices: list[DeviceUuid]) -> None:
        """Make room for `devices` where the node's rows are; what stays keeps what it had."""
        if node.start == len(self.devices):
            self._append_rows(node, devices)
            return
        known = dict(zip(self.devices, self.health, strict=True))
        start, stop = node.start, node.stop
        rows = [self.row_of.get(uuid) for uuid in devices]
        for column in self.columns.values():
            column[start:stop] = [None if row is None else column[row] for row in rows]
        node.devices = list(devices)
        self._look_up_limits(node)
        for other in self.nodes.values():
            if other is not node and other.start >= stop:
                other.start += node.stop - stop
        ordered = sorted(self.nodes.values(), key=lambda n: (n.start, n.stop))
        self.devices = list(chain.from_iterable(n.devices for n in ordered))
        self.node_of = [n for n in ordered for _ in n.devices]
        self.row_of = {uuid: row for row, uuid in enumerate(self.devices)}
        self.health = [
            known.get(uuid) or self._recalled.pop(uuid, HEALTHY) for uuid in self.devices
        ]
        self.generation += 1


def _both(now: Health, before: Health) -> Health:
    """Silence is not gone on with: it is found anew, or over."""
    earlier = [reason for reason in before.reasons if reason.code is not HealthReasonCode.STALE]
    return merged(before, [*now.reasons, *earlier], now.trends)
