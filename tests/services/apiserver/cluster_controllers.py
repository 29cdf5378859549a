"""What a cluster does by itself: quota status, namespaces that empty, garbage, pods on nodes.

Each pass is one look at the whole state of what changed, as a real controller's is. Every
controller can be switched off, since a real API server without them is what some tests run on.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from tests.services.apiserver.allocation import CLAIMS, CLASSES, SLICES, TAINT_RULES
from tests.services.apiserver.claims import release
from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.quota import Quota
from tests.services.apiserver.registry import Registry
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.scheduling import TEMPLATES, Scheduler
from tests.services.apiserver.store import Body, Event, Store

SELF = Request(User("system:kube-controller-manager", ("system:masters",)), "kube-controller")

WAITS = {"foregroundDeletion", "orphan"}
SCHEDULED = {"pods", "nodes", CLAIMS, CLASSES, SLICES, TEMPLATES, TAINT_RULES}


@dataclass
class Switches:
    quota: bool = True
    namespaces: bool = True
    garbage: bool = True
    scheduler: bool = True
    kubelet: bool = False
    """Whether pods on nodes run, and end when they are deleted."""


@dataclass
class Controllers:
    store: Store
    registry: Registry
    resources: dict[str, Resource]
    """By their key in the store."""
    quota: Quota
    on: Switches = field(default_factory=Switches)
    _changed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By namespace, the kinds of which something changed: their quotas are counted anew."""
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _removed: list[Body] = field(default_factory=list)
    _has_waiting: bool = False
    """Whether something may wait for its dependents."""
    _is_schedule_stale: bool = False
    _are_claims_stale: bool = False

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.store, self.registry, self.resources)

    def notice(self, key: str, event: Event) -> None:
        metadata = event.body["metadata"]
        if key in ("events", "leases.coordination.k8s.io"):
            return
        if event.kind == "DELETED":
            self._removed.append(event.body)
        if WAITS & set(metadata.get("finalizers") or []):
            self._has_waiting = True
        if key in SCHEDULED:
            self._is_schedule_stale = True
        if key in ("pods", CLAIMS):
            self._are_claims_stale = True
        if namespace := metadata.get("namespace"):
            self._changed[namespace].add(key)
        self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            self.pass_once()

    def pass_once(self) -> None:
        if self.on.kubelet:
            self._run_pods()
        if self._are_claims_stale:
            self._are_claims_stale = False
            release(self.store, self.registry, self.resources[CLAIMS])
        if self._is_schedule_stale:
            self._is_schedule_stale = False
            if self.on.scheduler:
                self.scheduler.place_all()
        if self.on.garbage and (self._removed or self._has_waiting):
            self._has_waiting = False
            self._collect()
        if self.on.namespaces:
            self._empty_namespaces()
        if self.on.quota:
            changed = dict(self._changed)
            self._changed.clear()
            for namespace, keys in changed.items():
                self.quota.sync(namespace, keys)

    def _run_pods(self) -> None:
        for pod in list(self.store.objects["pods"].values()):
            if pod["metadata"].get("deletionTimestamp"):
                metadata = {**pod["metadata"], "deletionGracePeriodSeconds": 0}
                self.registry.settle(self.resources["pods"], {**pod, "metadata": metadata})
            elif pod["spec"].get("nodeName") and pod["status"]["phase"] == "Pending":
                status = {**pod["status"], "phase": "Running"}
                self.store.put("pods", {**pod, "status": status})

    def _empty_namespaces(self) -> None:
        for namespace in list(self.store.objects["namespaces"].values()):
            if not namespace["metadata"].get("deletionTimestamp"):
                continue
            name = namespace["metadata"]["name"]
            left = 0
            for resource in set(self.resources.values()):
                if not resource.is_namespaced:
                    continue
                for (where, own_name), body in list(self.store.objects[resource.key].items()):
                    if where != name:
                        continue
                    if not body["metadata"].get("deletionTimestamp"):
                        self.registry.delete(resource, name, own_name, {}, SELF)
                    left += self.store.get(resource.key, name, own_name) is not None
            namespace = self.store.objects["namespaces"][("", name)]
            if left:
                self._tell_what_remains(namespace, left)
            else:
                spec = {
                    **namespace["spec"],
                    "finalizers": [f for f in namespace["spec"]["finalizers"] if f != "kubernetes"],
                }
                self.registry.settle(self.resources["namespaces"], {**namespace, "spec": spec})

    def _tell_what_remains(self, namespace: Body, left: int) -> None:
        condition = {
            "type": "NamespaceContentRemaining",
            "status": "True",
            "reason": "SomeResourcesRemain",
            "message": f"Some resources are remaining: {left} resource instances",
        }
        status = {**namespace["status"], "conditions": [condition]}
        if status != namespace["status"]:
            self.store.put("namespaces", {**namespace, "status": status})

    def _collect(self) -> None:
        """Delete what belongs to nobody any more; wait for dependents where it was asked."""
        removed, self._removed = self._removed, []
        gone = {body["metadata"]["uid"] for body in removed}
        waiting = {
            body["metadata"]["uid"]: (key, body)
            for key, objects in self.store.objects.items()
            for body in list(objects.values())
            if WAITS & set(body["metadata"].get("finalizers") or [])
        }
        if not gone and not waiting:
            return
        held = set()
        for key, objects in list(self.store.objects.items()):
            for (namespace, name), body in list(objects.items()):
                owners = body["metadata"].get("ownerReferences") or []
                lost = [owner for owner in owners if owner["uid"] in gone]
                kept = [owner for owner in owners if owner["uid"] not in gone]
                for owner in owners:
                    if owner["uid"] in waiting:
                        finalizers = waiting[owner["uid"]][1]["metadata"]["finalizers"]
                        if "orphan" in finalizers:
                            kept = [o for o in kept if o["uid"] != owner["uid"]]
                            metadata = {**body["metadata"], "ownerReferences": kept}
                            self.store.put(key, {**body, "metadata": metadata})
                        else:
                            held.add(owner["uid"])
                            self._delete(key, namespace, name)
                if lost and not kept:
                    self._delete(key, namespace, name)
        for uid, (key, body) in waiting.items():
            if uid not in held:
                metadata = dict(body["metadata"])
                metadata["finalizers"] = [f for f in metadata["finalizers"] if f not in WAITS]
                self.registry.settle(self.resources[key], {**body, "metadata": metadata})

    def _delete(self, key: str, namespace: str, name: str) -> None:
        body = self.store.get(key, namespace, name)
        if body is not None and not body["metadata"].get("deletionTimestamp"):
            self.registry.delete(self.resources[key], namespace, name, {}, SELF)
