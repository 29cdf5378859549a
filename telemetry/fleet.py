"""The live state of the whole cluster in columns: one list per metric, one row per device.

Rows of a node lie together, so that a sample is one slice assignment per metric. No I/O and no
clock of its own: the caller passes `now` (seconds, UTC).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, compress

from telemetry.health import HEALTHY, Health, assess, silent, worst
from telemetry.samples import (
    METRICS,
    Column,
    DeviceStatus,
    DeviceUuid,
    HostSample,
    NodeId,
    NodeSample,
)

STALE_AFTER_TICKS = 3
BOOTS_REMEMBERED = 8


@dataclass(slots=True)
class LiveNode:
    """What a node said last. Its devices are the fleet's rows `start` to `stop`."""

    node_id: NodeId
    boot_id: str
    sequence: int
    time: float  # by the node's clock
    heard_at: float  # by ours
    interval_seconds: float
    host: HostSample
    devices: list[DeviceUuid]
    start: int = 0
    is_stale: bool = False
    last_of_boot: dict[str, int] = field(default_factory=dict)
    """The last sequence of each of the boot ids heard of late."""

    @property
    def stop(self) -> int:
        return self.start + len(self.devices)

    def is_silent(self, now: float) -> bool:
        return now - self.heard_at > STALE_AFTER_TICKS * self.interval_seconds


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

    def apply(
        self, sample: NodeSample, now: float, *, heard_at: float | None = None
    ) -> list[HealthChange]:
        """Take in a sample; a late or repeated one is dropped, and so is another node's device.

        `heard_at`: when it was said, for one that was kept on the bus; `now` for a live one.
        Returns: what it changes in the health of the node's devices.
        """
        node = self.nodes.get(sample.node_id)
        if node is not None and not self._is_next(node, sample, now):
            self.dropped["late"] += 1
            return []
        heard_at = now if heard_at is None else heard_at
        if node is None:
            node = LiveNode(
                sample.node_id,
                sample.boot_id,
                sample.sequence,
                sample.time,
                heard_at,
                sample.interval_seconds,
                sample.host,
                [],
                start=len(self.devices),
            )
            self.nodes[sample.node_id] = node
        _remember(node, sample)
        node.interval_seconds, node.host = sample.interval_seconds, sample.host
        node.heard_at = heard_at
        was_stale, node.is_stale = node.is_stale, False
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
        for metric, values in zip(METRICS, columns, strict=True):
            self.columns[metric][start:stop] = values
        changes = self._assess(node, sample.time)
        if was_stale:
            stale = silent(HEALTHY, node.heard_at)
            changes.append(HealthChange(node.node_id, None, stale, HEALTHY, now))
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
            after = silent(HEALTHY, node.heard_at)
            changes.append(HealthChange(node.node_id, None, HEALTHY, after, now))
            for row in range(node.start, node.stop):
                changes += self._set_health(row, silent(self.health[row], node.heard_at), now)
        return changes

    def recall(self, known: Mapping[DeviceUuid, Health]) -> None:
        """Go on from the health that devices had before this fleet heard of them.

        What the readings do not disprove stays.
        """
        self._recalled = dict(known)
        for node in self.nodes.values():
            for row in range(node.start, node.stop):
                before = self._recalled.pop(self.devices[row], HEALTHY)
                reasons = (*self.health[row].reasons, *before.reasons)
                self.health[row] = Health(worst(r.level for r in reasons), reasons)
            self._assess(node, node.time)
            if node.is_stale:
                for row in range(node.start, node.stop):
                    self.health[row] = silent(self.health[row], node.heard_at)

    def forget(self, node_id: NodeId) -> None:
        """Drop a node that is no longer part of the cluster."""
        node = self.nodes.get(node_id)
        if node is not None:
            self._replace_rows(node, [])
            del self.nodes[node_id]

    def is_stale(self, row: int) -> bool:
        return self.node_of[row].is_stale

    def _is_next(self, node: LiveNode, sample: NodeSample, now: float) -> bool:
        """Whether a sample is newer than all that was heard of its node.

        Within a boot id the sequence rises and the time differs: a reading told again is no sign
        of life. Another boot id takes over when it is new and its time is later; or, since clocks
        are set back and messages overtake each other, once the current one has fallen silent.
        """
        last = node.last_of_boot.get(sample.boot_id)
        if last is not None and sample.sequence <= last:
            return False
        if sample.boot_id != node.boot_id:
            return node.is_silent(now) or (last is None and sample.time > node.time)
        if sample.time == node.time:
            return False
        self.dropped["gap"] += sample.sequence - node.sequence - 1
        return True

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

    def _assess(self, node: LiveNode, time: float) -> list[HealthChange]:
        columns = self.columns
        changes: list[HealthChange] = []
        for row in range(node.start, node.stop):
            status = columns["status"][row]
            after = assess(
                self.health[row],
                time,
                status=DeviceStatus(int(status)) if status is not None else DeviceStatus.FAILED,
                xid=_whole(columns["xid"][row]),
                xid_at=columns["xid_at"][row],
                ecc_volatile_uncorrected=_whole(columns["ecc_volatile_uncorrected"][row]),
                remap_failed=_whole(columns["remap_failed"][row]),
                remap_pending=_whole(columns["remap_pending"][row]),
                retired_pages_pending=_whole(columns["retired_pages_pending"][row]),
                throttle_reasons=_whole(columns["throttle_reasons"][row]),
            )
            if after is not self.health[row]:
                changes += self._set_health(row, after, time)
        return changes

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


def _remember(node: LiveNode, sample: NodeSample) -> None:
    node.boot_id, node.sequence, node.time = sample.boot_id, sample.sequence, sample.time
    node.last_of_boot.pop(sample.boot_id, None)
    node.last_of_boot[sample.boot_id] = sample.sequence
    if len(node.last_of_boot) > BOOTS_REMEMBERED:
        del node.last_of_boot[next(iter(node.last_of_boot))]


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
