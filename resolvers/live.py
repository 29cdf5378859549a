"""What this API process knows now: the inventory's snapshot, the live fleet, and who wants to hear.

Level-triggered: a change on the bus is a hint to read a table again; a full read now and then heals
whatever hint was lost.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter

import structlog

from domain.health_log import LastHealth, last_health
from domain.licence_tokens import BUILT_IN_KEY, PublicKey
from domain.snapshot import DeviceRow, DeviceTypeRow, NodeRow, Snapshot
from domain.snapshot_reader import EVERYTHING, TABLES, Changed, read_snapshot
from domain.visibility import visible_to
from resolvers.change_feed import ChangeFeed
from resolvers.recent_history import RecentHistory
from telemetry.bus import Bus, CaughtUp, Change, Connected, Lost
from telemetry.fleet import Fleet, HealthChange
from telemetry.health import HEALTHY, Health, HealthLevel, missing, recall, silent
from telemetry.history.prometheus import Prometheus
from telemetry.idleness import Idleness
from telemetry.live_node import LiveNode
from telemetry.samples import DeviceUuid, NodeFacts, NodeId, NodeProcesses, NodeSample

log = structlog.get_logger()

TICK_SECONDS = 1.0
FULL_READ_SECONDS = 30.0


class Live:
    def __init__(
        self,
        bus: Bus,
        *,
        cluster_name: str,
        version: str,
        prometheus: Prometheus | None = None,
        commit: str | None = None,
        licence_key: PublicKey | None = None,
    ) -> None:
        """`commit`: that this was built of. `licence_key`: None for the built-in one."""
        self.bus = bus
        self.cluster_name = cluster_name
        self.version = version
        self.commit = commit
        self.licence_key = licence_key or PublicKey(BUILT_IN_KEY)
        self.started_at = datetime.now(UTC)
        self._identity = secrets.token_hex(8)
        """By which it knows its own hints on the bus, of what it has read already."""
        self.fleet = Fleet()
        self.health_changes = Counter[str]()
        """Of devices, as seen here since the start, by the level that they led to."""
        self.idleness = Idleness()
        self.snapshot = Snapshot({}, {}, {}, {}, {}, {}, {})
        self.feed = ChangeFeed()
        self.history = RecentHistory()
        self.prometheus = prometheus
        self.processes: dict[NodeId, NodeProcesses] = {}
        self.is_bus_connected = False
        self.has_inventory = asyncio.Event()
        """Set once the tables have been read: before that, everything would seem to be missing."""
        self.tick = 0
        self.time = datetime.now(UTC)
        self._ticked = asyncio.Event()
        self._hints: dict[str, set[int] | None] = {}
        """Rows to read again, by kind; None: the whole table."""
        self._hinted = asyncio.Event()
        self._reading = asyncio.Lock()
        self._visible: dict[int, Snapshot] = {}
        self._rows_of: tuple[object, int, dict[int, int]] = (None, 0, {})
        """Of which devices and which generation of the fleet, and the rows."""

    async def run(self) -> None:
        """Keep everything current until cancelled; a database that is away is waited for."""
        await self._begin()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="live.listen")
            tasks.create_task(self._tick(), name="live.tick")
            tasks.create_task(self._keep_snapshot(), name="live.snapshot")

    async def _begin(self) -> None:
        """Read the inventory, and since when each device has been as ill as it is."""
        while True:
            try:
                self.snapshot = await read_snapshot()
                self.fleet.recall(*known_health(self.snapshot, await last_health()))
            except Exception:
                log.exception("snapshot.failed")
                await asyncio.sleep(1)
            else:
                self.has_inventory.set()
                return

    async def ticks(self) -> AsyncIterator[int]:
        """The current tick at once, then the newest each time; missed ones are skipped."""
        while True:
            yield self.tick
            await self._ticked.wait()

    # What is known of one thing, live or not.

    def live_node(self, node: NodeRow) -> LiveNode | None:
        return self.fleet.nodes.get(NodeId(node.machine_id))

    def is_stale(self, node: NodeRow) -> bool:
        live = self.live_node(node)
        return live is None or live.is_stale

    def heard_at(self, node: NodeRow) -> datetime:
        live = self.live_node(node)
        return node.last_seen_at if live is None else utc(live.heard_at)

    def row(self, device: DeviceRow) -> int | None:
        """The device's row of the fleet's columns; None while its node has never sampled it.

        What another node says of it does not count: one that was broken into can name any device.
        """
        return self.rows.get(device.id)

    @property
    def rows(self) -> Mapping[int, int]:
        """The rows of devices by their ids, of those that have one: see `row`."""
        basis = (self.snapshot.devices, self.fleet.generation)
        if self._rows_of[0] is not basis[0] or self._rows_of[1] != basis[1]:
            rows, row_of, node_of = dict[int, int](), self.fleet.row_of, self.fleet.node_of
            nodes = self.snapshot.nodes
            for device in self.snapshot.devices.values():
                row = row_of.get(DeviceUuid(device.uuid))
                if row is not None and node_of[row].node_id == nodes[device.node_id].machine_id:
                    rows[device.id] = row
            self._rows_of = (*basis, rows)
        return self._rows_of[2]

    def health(self, device: DeviceRow) -> Health:
        if device.missing_since is not None:
            return missing(device.missing_since.timestamp())
        row = self.rows.get(device.id)
        if row is not None:
            return self.fleet.health[row]
        node = self.snapshot.nodes[device.node_id]
        return silent(HEALTHY, self.heard_at(node).timestamp())

    def node_health(self, node: NodeRow) -> Health:
        """The node's own, without that of its devices: its silence and its clock."""
        live = self.live_node(node)
        return silent(HEALTHY, self.heard_at(node).timestamp()) if live is None else live.health

    def type_of(self, device: DeviceRow) -> DeviceTypeRow:
        return self.snapshot.types[device.type_id]

    # Keeping it so.

    async def _listen(self) -> None:
        caught_up = False
        async for event in self.bus.listen():
            match event:
                case NodeSample():
                    now = time.time()
                    heard_at = now if caught_up else min(now, event.time)
                    self._announce(self.fleet.apply(event, now, heard_at=heard_at))
                    self.idleness.hear(self.fleet, self.fleet.nodes[event.node_id])
                case NodeFacts():
                    self.fleet.learn(event)
                case NodeProcesses():
                    self.processes[event.node_id] = event
                case Change(kind=kind, ids=ids, origin=origin) if kind in TABLES:
                    if origin != self._identity:
                        self._hint({kind: ids})
                case Change(kind=kind, ids=ids):
                    self.feed.publish(kind, ids)
                case Connected():
                    self.is_bus_connected = True
                    # Hints may have been missed while deaf, and news of the logs.
                    self._hint(EVERYTHING)
                    self.feed.wake()
                case CaughtUp():
                    caught_up = True
                case Lost():
                    self.is_bus_connected = caught_up = False

    def _hint(self, changed: Mapping[str, Iterable[int] | None]) -> None:
        for kind, ids in changed.items():
            known = self._hints.get(kind, set())
            self._hints[kind] = None if ids is None or known is None else {*known, *ids}
        self._hinted.set()

    async def _tick(self) -> None:
        second = math.floor(time.time() / TICK_SECONDS)
        while True:
            # The next whole second that has not been told yet: a timer may fire a little early.
            second = max(second + 1, math.floor(time.time() / TICK_SECONDS))
            await asyncio.sleep(max(0.0, second * TICK_SECONDS - time.time()))
            now = time.time()
            self._announce(self.fleet.tick(now))
            self.tick += 1
            self.time = utc(now)
            woken, self._ticked = self._ticked, asyncio.Event()
            woken.set()

    async def _keep_snapshot(self) -> None:
        while True:
            try:
                async with asyncio.timeout(FULL_READ_SECONDS):
                    await self._hinted.wait()
            except TimeoutError:
                self._hint(EVERYTHING)
            await self.reread()
            # One read serves all the hints of a burst.
            await asyncio.sleep(0.1)

    async def reread(self) -> bool:
        """Read what was hinted at; on failure the hints stay, and the old snapshot with them."""
        async with self._reading:
            self._hinted.clear()
            hints, self._hints = self._hints, {}
            if not hints:
                return True
            before = self.snapshot
            try:
                self.snapshot = await read_snapshot(before, hints)
            except Exception:
                # Whatever is wrong with the database, what is known stays and the next try may
                # succeed.
                log.exception("snapshot.failed")
                self._hint(hints)
                await asyncio.sleep(1)
                return False
        self._visible.clear()
        changed = differences(before, self.snapshot, hints)
        for kind, ids in changed.items():
            self.feed.publish(kind, ids)
        if changed["user"] or changed["group"] or changed["pool"]:
            self.feed.wake()  # who may see what has changed with it
        return True

    async def catch_up(
        self, changes: Sequence[tuple[str, Sequence[int]]], *, everything: bool = False
    ) -> bool:
        """Know what was just committed here, and hint at it to the other replicas.

        A hint that is lost is made good by the outbox. `everything`: read all, because it is not
        known what was committed. False: it could not be read.
        """
        if everything:
            self._hint(EVERYTHING)
        # All hints first: while the bus is told, a part of them must not be read alone.
        for kind, ids in changes:
            if kind in TABLES:
                self._hint({kind: ids})
        hints = [Change(kind, list(ids), self._identity) for kind, ids in changes]
        is_read, _ = await asyncio.gather(self.reread(), self.bus.publish_change(*hints))
        return is_read

    def visible_to(self, user_id: int) -> Snapshot:
        """What the user may see of the snapshot of now."""
        if user_id not in self._visible:
            self._visible[user_id] = visible_to(self.snapshot, user_id)
        return self._visible[user_id]

    def _announce(self, changes: Iterable[HealthChange]) -> None:
        nodes, devices = set[int](), set[int]()
        for change in changes:
            node = self.snapshot.node_by_machine_id.get(change.node_id)
            if node is not None:
                nodes.add(node.id)
            if change.device is not None:
                self.health_changes[change.after.level.value] += 1
                device = self.snapshot.device_by_uuid.get(change.device)
                if device is not None and node is not None and device.node_id == node.id:
                    devices.add(device.id)
        self.feed.publish("node", nodes)
        self.feed.publish("device", devices)


def known_health(
    snapshot: Snapshot, logged: Iterable[LastHealth]
) -> tuple[dict[DeviceUuid, Health], dict[NodeId, Health]]:
    """What the log of health last said of each device and of each node."""
    devices, nodes = dict[DeviceUuid, Health](), dict[NodeId, Health]()
    for last in logged:
        reasons = tuple(recall(reason) for reason in last.reasons)
        health = Health(HealthLevel(last.level), reasons)
        if last.device_id is None:
            if last.node_id in snapshot.nodes:
                nodes[NodeId(snapshot.nodes[last.node_id].machine_id)] = health
        elif last.device_id in snapshot.devices:
            devices[DeviceUuid(snapshot.devices[last.device_id].uuid)] = health
    return devices, nodes


def differences(before: Snapshot, after: Snapshot, read: Changed) -> dict[str, set[int]]:
    """The ids of what is new, gone, or looks different from outside, by kind.

    Tables are not always read in one go: what shows its neighbours (a group's number of users, a
    job's user and group) is different when they are. `read`: the rows that can differ.
    """
    nodes = _differing(before.nodes, after.nodes, read.get("node", ()))
    devices = _differing(before.devices, after.devices, read.get("device", ()))
    jobs = _differing(before.jobs, after.jobs, read.get("job", ()))
    pools = _differing(before.pools, after.pools, None)
    groups = _differing(before.groups, after.groups, None)
    for kind, id in _enforced_otherwise(before, after):
        (pools if kind == "pool" else groups).add(id)
    users = _differing(before.users, after.users, None)
    named_groups = _those_with(before.groups, after.groups, groups, "name")
    placed_users = _those_with(before.users, after.users, users, "name", "group_id")
    for node_id in _those_with(before.nodes, after.nodes, nodes, "cordoned_at"):
        devices.update(device.id for device in after.devices_of_node.get(node_id, ()))
    for snapshot in (before, after):
        pools |= {snapshot.groups[i].pool_id or 0 for i in groups if i in snapshot.groups}
    for snapshot in (before, after):
        for job_id in jobs & snapshot.jobs.keys():
            devices.update(snapshot.jobs[job_id].device_ids)
        for pool_id in pools:
            pooled = snapshot.devices_of_pool.get(pool_id, ())
            devices.update(device.id for device in pooled)
            for device in pooled:
                jobs.update(job.id for job in snapshot.jobs_of_device.get(device.id, ()))
            jobs.update(job.id for job in snapshot.waiting_for_pool.get(pool_id, ()))
        for user_id in placed_users & snapshot.users.keys():
            groups.add(snapshot.users[user_id].group_id or 0)
        for group_id in named_groups:
            users.update(user.id for user in snapshot.users_of_group.get(group_id, ()))
    for snapshot in (before, after):
        for user_id in placed_users | (users if named_groups else set()):
            jobs.update(job.id for job in snapshot.jobs_of_user.get(user_id, ()))
    return {
        "node": nodes,
        "device": devices,
        "job": jobs,
        "pool": pools - {0},
        "group": groups - {0},
        "user": users,
        "licence": set() if before.licence == after.licence else {1},
    }


def _enforced_otherwise(before: Snapshot, after: Snapshot) -> set[tuple[str, int]]:
    one, other = before.enforcement, after.enforcement
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def _differing(
    before: Mapping[int, object], after: Mapping[int, object], read: Collection[int] | None
) -> set[int]:
    """The ids of rows that differ, of those read (None: all) and those that came or went."""
    if before is after:
        return set()
    if read is None:
        ids = before.keys() | after.keys()
    elif len(before) == len(after):
        ids = set(read)
    else:
        ids = {*read, *(before.keys() ^ after.keys())}
    return {i for i in ids if before.get(i) is not after.get(i) and before.get(i) != after.get(i)}


def _those_with(
    before: Mapping[int, object], after: Mapping[int, object], ids: set[int], *columns: str
) -> set[int]:
    """Those of `ids` whose rows came, went, or differ in one of the columns."""
    read = attrgetter(*columns)
    return {
        i for i in ids if i not in before or i not in after or read(before[i]) != read(after[i])
    }


@lru_cache(maxsize=8192)
def utc(seconds: float) -> datetime:
    """All devices of a node share the time of its tick, and so do all who look at them."""
    return datetime.fromtimestamp(seconds, UTC)
