"""Watches the health of every node and device, and logs each change once.

What the log says is compared with what is so, not with what this process saw before: a controller
that starts anew neither repeats an entry nor misses what changed while none ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import structlog

from domain.database import OutcomeUnknown
from domain.health_log import NewHealthEvent, append_health_events, last_health
from domain.snapshot import DeviceRow, Snapshot
from domain.snapshot_reader import read_snapshot
from telemetry.bus import Bus, Change
from telemetry.fleet import Fleet, HealthChange
from telemetry.health import HEALTHY, Health, HealthLevel, missing, recall, record, silent
from telemetry.samples import DeviceUuid, NodeFacts, NodeId, NodeSample
from workers.clock import Clock

log = structlog.get_logger()

PATIENCE_SECONDS = 5.0
"""So long after its start a controller waits for nodes that it has not heard of yet."""
INVENTORY_SECONDS = 30.0
"""The tables are read again this often, should a hint have been lost."""
PENDING_LIMIT = 10_000
"""Changes that wait for the database; of older ones only what they led to is logged."""

Subject = tuple[int, int | None]
"""The ids of a node, and of the device on it where the health is a device's."""


class HealthWatch:
    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._started_at = clock.monotonic()
        self._fleet = Fleet()
        self._pending: list[HealthChange] = []
        self._logged: dict[Subject, Health] | None = None
        self._has_recalled = False
        self._snapshot: Snapshot | None = None
        self._snapshot_until = 0.0

    def hear(self, sample: NodeSample, heard_at: float) -> None:
        self._pending += self._fleet.apply(sample, self._clock.time(), heard_at=heard_at)
        self._bound_pending()

    def learn(self, facts: NodeFacts) -> None:
        self._fleet.learn(facts)

    def is_heard(self, machine_id: str) -> bool:
        """Whether the node of that machine id is alive."""
        live = self._fleet.nodes.get(NodeId(machine_id))
        return live is not None and not live.is_silent(self._clock.time())

    def inventory_changed(self) -> None:
        self._snapshot_until = 0.0

    async def write(self) -> None:
        """Log what has changed since the last entry. Raises what the database raises; nothing
        that could not be written is forgotten."""
        now = self._clock.time()
        self._pending += self._fleet.tick(now)
        self._bound_pending()
        snapshot = await self._inventory()
        if self._logged is None:
            await self._begin(snapshot)
        pending, self._pending = self._pending, []
        try:
            await self._log([*_known(snapshot, pending), *self._differing(snapshot, now)], now)
        except OutcomeUnknown:
            self._logged = None  # the log itself says whether it was written
            raise
        except BaseException:
            self._pending = [*pending, *self._pending]
            self._bound_pending()
            raise

    async def _log(self, changes: Iterable[tuple[Subject, Health, float]], now: float) -> None:
        assert self._logged is not None
        events, after = self._events(changes, now)
        if events:
            ids = await append_health_events(events)
            self._logged.update(after)
            await self._bus.publish_change(Change("health_event", list(ids)))

    async def _begin(self, snapshot: Snapshot) -> None:
        """Go on from the log: a fault that it knows of stays until it is disproved."""
        logged = await _last_logged()
        if not self._has_recalled:
            devices, nodes = snapshot.devices, snapshot.nodes
            self._fleet.recall(
                {
                    DeviceUuid(devices[device_id].uuid): health
                    for (_, device_id), health in logged.items()
                    if device_id is not None and device_id in devices
                },
                {
                    NodeId(nodes[node_id].machine_id): health
                    for (node_id, device_id), health in logged.items()
                    if device_id is None and node_id in nodes
                },
            )
            self._has_recalled = True
        self._logged = logged
        self._pending = []  # told from before it was known what the log says

    async def _inventory(self) -> Snapshot:
        """Nodes and devices, read again when they were changed."""
        if self._snapshot is None or self._clock.monotonic() >= self._snapshot_until:
            until = self._clock.monotonic() + INVENTORY_SECONDS
            self._snapshot_until = until  # a change that is announced meanwhile takes it back
            try:
                self._snapshot = await read_snapshot(self._snapshot, {"node": None, "device": None})
            except BaseException:
                self._snapshot_until = 0.0
                raise
        return self._snapshot

    def _differing(self, snapshot: Snapshot, now: float) -> Iterator[tuple[Subject, Health, float]]:
        """The health of everything now, as if all of it had just changed."""
        assert self._logged is not None
        is_patient = self._clock.monotonic() - self._started_at < PATIENCE_SECONDS
        for node in snapshot.nodes.values():
            live = self._fleet.nodes.get(NodeId(node.machine_id))
            if live is None and is_patient:
                continue
            heard_at = node.last_seen_at.timestamp() if live is None else live.heard_at
            before = self._logged.get((node.id, None), HEALTHY)
            yield (node.id, None), silent(before, heard_at) if live is None else live.health, now
            for device in snapshot.devices_of_node.get(node.id, ()):
                subject = node.id, device.id
                row = self._row(device, node.machine_id)
                if device.missing_since is not None:
                    yield subject, missing(device.missing_since.timestamp()), now
                elif row is not None:
                    yield subject, self._fleet.health[row], now
                elif live is None:
                    yield subject, silent(self._logged.get(subject, HEALTHY), heard_at), now

    def _row(self, device: DeviceRow, machine_id: str) -> int | None:
        """The device's row of the fleet, unless it was another node that named the device."""
        row = self._fleet.row_of.get(DeviceUuid(device.uuid))
        if row is None or self._fleet.node_of[row].node_id != machine_id:
            return None
        return row

    def _bound_pending(self) -> None:
        excess = len(self._pending) - PENDING_LIMIT
        if excess > 0:
            del self._pending[:excess]
            log.error("health.changes_not_logged", changes=excess)

    def _events(
        self, changes: Iterable[tuple[Subject, Health, float]], now: float
    ) -> tuple[list[NewHealthEvent], dict[Subject, Health]]:
        """An entry for each change from what the log would say by then, and what it says last."""
        assert self._logged is not None
        events, last = list[NewHealthEvent](), dict[Subject, Health]()
        for subject, health, at in changes:
            before = last.get(subject) or self._logged.get(subject, HEALTHY)
            if health.says_the_same_as(before):
                continue
            last[subject] = health
            events.append(
                NewHealthEvent(
                    time=datetime.fromtimestamp(min(at, now), UTC),
                    node_id=subject[0],
                    device_id=subject[1],
                    level=health.level.value,
                    previous_level=before.level.value,
                    reasons=[record(reason) for reason in health.reasons],
                )
            )
        return events, last


async def _last_logged() -> dict[Subject, Health]:
    return {
        (last.node_id, last.device_id): Health(
            HealthLevel(last.level), tuple(recall(reason) for reason in last.reasons)
        )
        for last in await last_health()
    }


def _known(
    snapshot: Snapshot, changes: Iterable[HealthChange]
) -> Iterator[tuple[Subject, Health, float]]:
    """The changes of what has been recorded; that of a newer device is found by comparison."""
    for change in changes:
        subject = _subject(snapshot, change.node_id, change.device)
        if subject is not None:
            yield subject, change.after, change.time


def _subject(snapshot: Snapshot, node_id: NodeId, uuid: DeviceUuid | None) -> Subject | None:
    node = snapshot.node_by_machine_id.get(node_id)
    if node is None:
        return None
    if uuid is None:
        return node.id, None
    device = snapshot.device_by_uuid.get(uuid)
    if device is None or device.node_id != node.id or device.missing_since is not None:
        return None
    return node.id, device.id
