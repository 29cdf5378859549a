"""One pass: what is there is compared with what ought to be, told, and put right."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import structlog
from kubernetes_asyncio.client.exceptions import ApiException

from domain.database import transaction
from domain.enforcement import Enforced, record_enforcement
from domain.snapshot import EnforcementState, Snapshot
from domain.snapshot_reader import read_snapshot
from workers.clock import Clock
from workers.kubernetes.cluster import Cluster
from workers.kubernetes.connection import Connection
from workers.kubernetes.desired import Desired, Target, desired_state
from workers.kubernetes.drift import changed_by_others, name_of
from workers.kubernetes.objects import (
    APPLIED,
    CLASSES,
    NAMESPACES,
    Key,
    Objects,
    annotations_of,
    is_in_place,
)
from workers.kubernetes.planning import Step, Verb, make_plan
from workers.kubernetes.reading import places_of

log = structlog.get_logger()

AT_ONCE = 8
ROUNDS = 50
"""More phases than any plan has: a pass that goes round in circles ends, and is begun anew."""


@dataclass
class Enforcement:
    connection: Connection
    cluster: Cluster
    installation: str
    clock: Clock
    drift_shown_seconds: float = 10.0
    """So long after its repair a drift is still shown: people look less often than we do."""

    applied: dict[Key, str] = field(default_factory=dict)
    """The digest of each object that was once seen in place."""
    drifts: dict[Target, tuple[str, float]] = field(default_factory=dict)

    async def pass_over(self, snapshot: Snapshot) -> None:
        """Raises what the API server answers where that is not about one object."""
        desired = desired_state(
            snapshot,
            self.cluster.objects(),
            places_of(self.cluster.devices()),
            self.installation,
            self.cluster.served,
        )
        self._look_for_drift(desired, self.cluster.objects())
        failures: dict[Target, str] = {}
        await self._tell(desired, failures)
        done = set[Key]()
        for _ in range(ROUNDS):
            plan = make_plan(
                desired, self.cluster.objects(), self.cluster.busy_namespaces(), frozenset(done)
            )
            if not plan.steps:
                break
            limit = asyncio.Semaphore(AT_ONCE)
            async with asyncio.TaskGroup() as tasks:
                for step in plan.steps:
                    tasks.create_task(self._take(step, failures, done, limit))
        await self._tell(desired, failures)

    async def _take(
        self,
        step: Step,
        failures: dict[Target, str],
        done: set[Key],
        limit: asyncio.Semaphore,
    ) -> None:
        async with limit:
            await still_leading()
            watch = self.cluster.watch_of(step.key[0])
            try:
                if step.verb is Verb.DELETE:
                    await self.connection.delete(step.kind, step.body)
                    done.add(step.key)
                    if step.kind is not NAMESPACES:  # that takes its time
                        watch.forget(step.key)
                else:
                    watch.put(await self.connection.apply(step.kind, step.body))
            except ApiException as error:
                if error.status in (401, 429) or error.status >= 500:
                    raise
                done.add(step.key)
                said = f"{name_of(step.body)}: {_message(error)}"
                log.warning("kubernetes.refused", object=said)
                if step.target is not None:
                    failures[step.target] = said
            else:
                log.info(f"kubernetes.{step.verb.value}", object=name_of(step.body), why=step.why)

    def _look_for_drift(self, desired: Desired, actual: Objects) -> None:
        now = self.clock.monotonic()
        for target, (_, until) in list(self.drifts.items()):
            if until <= now:
                del self.drifts[target]
        for key, body in desired.bodies.items():
            whom = desired.targets.get(key)
            there = actual.get(key)
            said = changed_by_others(body, there)
            if said is None and self.applied.get(key) == annotations_of(body)[APPLIED]:
                if there is None:
                    said = f"{name_of(body)}: it was deleted"
                elif not is_in_place(body, there):
                    said = f"{name_of(body)}: it was changed"
            if said is not None:
                log.warning("kubernetes.drift", what=said)
                if whom is not None:
                    self.drifts[whom] = (said, now + self.drift_shown_seconds)

    async def _tell(self, desired: Desired, failures: Mapping[Target, str]) -> None:
        actual = self.cluster.objects()
        pending = set[Target]()
        names: dict[Target, str] = {}
        for key, body in desired.bodies.items():
            if is_in_place(body, actual.get(key)):
                self.applied[key] = annotations_of(body)[APPLIED]
            elif key in desired.targets:
                pending.add(desired.targets[key])
            if key in desired.targets and key[0] in (CLASSES.kind, NAMESPACES.kind):
                names[desired.targets[key]] = key[2]
        targets = {*desired.targets.values(), *desired.reasons}
        found = {
            target: Enforced(*self._state(target, desired, failures, pending), names.get(target))
            for target in targets
        }
        await record_enforcement(found)

    def _state(
        self,
        target: Target,
        desired: Desired,
        failures: Mapping[Target, str],
        pending: set[Target],
    ) -> tuple[EnforcementState, str | None]:
        if reason := desired.reasons.get(target) or failures.get(target):
            return EnforcementState.NOT_ENFORCEABLE, reason
        if target in self.drifts:
            said = self.drifts[target][0]
            repaired = "is being put right" if target in pending else "has been put right"
            return EnforcementState.DRIFTED, f"{said}; it {repaired}."
        if target in pending:
            return EnforcementState.APPLYING, None
        return EnforcementState.IN_SYNC, None


async def unreachable(trouble: str) -> None:
    """Nothing is known of what the cluster does: no pool and no group may be said to be in sync."""
    snapshot = await read_snapshot()
    reason = f"The cluster cannot be reached: {trouble}"
    away = Enforced(EnforcementState.APPLYING, reason)
    targets = [("pool", id) for id in snapshot.pools] + [("group", id) for id in snapshot.groups]
    await record_enforcement(dict.fromkeys(targets, away))


@transaction
async def still_leading() -> None:
    """Raises LeaseLost in a process that slept past its lease: it must write no more (F-10)."""


def _message(error: ApiException) -> str:
    try:
        said = msgspec.json.decode(error.body or b"")
    except (msgspec.DecodeError, TypeError):
        return f"HTTP {error.status}: {error.reason}"
    return str(said.get("message") if isinstance(said, dict) else error.reason)[:400]
