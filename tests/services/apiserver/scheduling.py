"""The scheduler's part in dynamic resource allocation, and the claim controller's.

A pod gets a node that has free devices for each of its claims; a claim says which devices it got
and for whom. Pods may ask by claim, by claim template, or by an extended resource's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.services.apiserver.cel import chooses
from tests.services.apiserver.refusals import Refused
from tests.services.apiserver.registry import Registry, Request, User
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.store import Body, Store

CLAIMS = "resourceclaims.resource.k8s.io"
CLASSES = "deviceclasses.resource.k8s.io"
SLICES = "resourceslices.resource.k8s.io"
TEMPLATES = "resourceclaimtemplates.resource.k8s.io"
TAINT_RULES = "devicetaintrules.resource.k8s.io"
PROTECTION = "resource.kubernetes.io/delete-protection"
EXTENDED = "resource.kubernetes.io/extended-resource-claim"
SELF = Request(User("system:kube-scheduler", ("system:masters",)), "kube-scheduler")

DeviceKey = tuple[str, str, str]
"""Driver, pool and device."""


@dataclass(frozen=True)
class Candidate:
    key: DeviceKey
    node: str
    device: Body
    taints: list[Body]


class Scheduler:
    def __init__(self, store: Store, registry: Registry, resources: dict[str, Resource]) -> None:
        self._store = store
        self._registry = registry
        self._resources = resources

    # The scheduler

    def place_all(self) -> None:
        waiting = [
            pod
            for pod in self._store.objects["pods"].values()
            if not pod["spec"].get("nodeName")
            and not pod["metadata"].get("deletionTimestamp")
            and not pod["spec"].get("schedulingGates")
        ]
        for pod in sorted(waiting, key=lambda pod: int(pod["metadata"]["resourceVersion"])):
            self._place(pod)

    def _place(self, pod: Body) -> None:
        try:
            claims = self._claims_of(pod)
            if claims is None:
                self._unplaced(pod, "waiting for a resource claim")
                return
            claims += self._extended(pod)
        except Refused as why:
            self._unplaced(pod, f"running PreBind plugin: {why.message}")
            return
        taken = {key for claim in self._store.objects[CLAIMS].values() for key in _held(claim)}
        candidates = list(self._candidates())
        for node in self._nodes(pod):
            chosen = self._choose(claims, node, candidates, set(taken))
            if chosen is not None:
                self._bind(pod, node, chosen)
                return
        self._unplaced(pod, "0/0 nodes are available: cannot allocate all claims")

    def _claims_of(self, pod: Body) -> list[Body] | None:
        found: list[Body] = []
        namespace = pod["metadata"]["namespace"]
        for entry in pod["spec"].get("resourceClaims") or []:
            name = entry.get("resourceClaimName") or self._from_template(pod, entry)
            claim = self._store.get(CLAIMS, namespace, name) if name else None
            if claim is None:
                return None
            found.append(claim)
        return found

    def _from_template(self, pod: Body, entry: Body) -> str | None:
        """What the claim controller makes of a template."""
        metadata = pod["metadata"]
        for claim in self._store.objects[CLAIMS].values():
            annotations = claim["metadata"].get("annotations") or {}
            owners = claim["metadata"].get("ownerReferences") or []
            if annotations.get("resource.kubernetes.io/pod-claim-name") == entry["name"] and any(
                owner["uid"] == metadata["uid"] for owner in owners
            ):
                return str(claim["metadata"]["name"])
        template = self._store.get(
            TEMPLATES, metadata["namespace"], entry.get("resourceClaimTemplateName", "")
        )
        if template is None:
            return None
        claim = {
            "metadata": {
                "generateName": f"{metadata['name']}-{entry['name']}-",
                "annotations": {"resource.kubernetes.io/pod-claim-name": entry["name"]},
                "ownerReferences": [_owner(pod)],
                "labels": template["spec"].get("metadata", {}).get("labels") or {},
            },
            "spec": template["spec"]["spec"],
        }
        made = self._create_claim(metadata["namespace"], claim)
        statuses = pod["status"].get("resourceClaimStatuses") or []
        mine = {"name": entry["name"], "resourceClaimName": made["metadata"]["name"]}
        current = self._store.get("pods", metadata["namespace"], metadata["name"])
        assert current is not None
        status = {**current["status"], "resourceClaimStatuses": [*statuses, mine]}
        self._store.put("pods", {**current, "status": status})
        return str(made["metadata"]["name"])

    def _extended(self, pod: Body) -> list[Body]:
        """The claim that the scheduler itself makes for extended resources of device classes."""
        by_name = {
            device_class["spec"]["extendedResourceName"]: device_class["metadata"]["name"]
            for device_class in self._store.objects[CLASSES].values()
            if device_class["spec"].get("extendedResourceName")
        }
        implicit = "deviceclass.resource.kubernetes.io/"
        requests = []
        for index, container in enumerate(pod["spec"]["containers"]):
            for name, count in ((container.get("resources") or {}).get("limits") or {}).items():
                chosen = by_name.get(name) or (
                    name.removeprefix(implicit) if name.startswith(implicit) else None
                )
                if chosen:
                    exactly = {"deviceClassName": chosen, "count": int(count)}
                    request = f"container-{index}-request-{len(requests)}"
                    requests.append({"name": request, "exactly": exactly})
        if not requests:
            return []
        metadata = pod["metadata"]
        for claim in self._store.objects[CLAIMS].values():
            owners = claim["metadata"].get("ownerReferences") or []
            if EXTENDED in (claim["metadata"].get("annotations") or {}) and any(
                owner["uid"] == metadata["uid"] for owner in owners
            ):
                return [claim]
        claim = {
            "metadata": {
                "generateName": f"{metadata['name']}-extended-resources-",
                "annotations": {EXTENDED: "true"},
                "ownerReferences": [_owner(pod)],
            },
            "spec": {"devices": {"requests": requests}},
        }
        if not self._fits_somewhere(claim, pod):
            return [claim]  # not made until it can be allocated, as the real scheduler does
        return [self._create_claim(metadata["namespace"], claim)]

    def _fits_somewhere(self, claim: Body, pod: Body) -> bool:
        taken = {key for other in self._store.objects[CLAIMS].values() for key in _held(other)}
        candidates = list(self._candidates())
        return any(
            self._choose([claim], node, candidates, set(taken)) is not None
            for node in self._nodes(pod)
        )

    def _create_claim(self, namespace: str, claim: Body) -> Body:
        resource = self._resources[CLAIMS]
        return self._registry.create(resource, namespace, claim, SELF)

    def _nodes(self, pod: Body) -> Iterator[str]:
        selector = pod["spec"].get("nodeSelector") or {}
        tolerations = pod["spec"].get("tolerations") or []
        for node in self._store.objects["nodes"].values():
            labels = node["metadata"].get("labels") or {}
            spec = node.get("spec") or {}
            if spec.get("unschedulable") or any(labels.get(k) != v for k, v in selector.items()):
                continue
            taints = [
                t for t in spec.get("taints") or [] if t["effect"] in ("NoSchedule", "NoExecute")
            ]
            if all(_tolerated(taint, tolerations) for taint in taints):
                yield node["metadata"]["name"]

    def _candidates(self) -> Iterator[Candidate]:
        rules = [rule["spec"] for rule in self._store.objects[TAINT_RULES].values()]
        for piece in self._store.objects[SLICES].values():
            spec = piece["spec"]
            for device in spec.get("devices") or []:
                key = (spec["driver"], spec["pool"]["name"], device["name"])
                taints = [*(device.get("taints") or [])]
                taints += [rule["taint"] for rule in rules if _is_tainted_by(rule, key)]
                yield Candidate(key, spec.get("nodeName", ""), device, taints)

    def _choose(
        self,
        claims: list[Body],
        node: str,
        candidates: list[Candidate],
        taken: set[DeviceKey],
    ) -> list[tuple[Body, list[Body]]] | None:
        """(claim, results) for each claim that has none yet; None: not on this node."""
        chosen = []
        for claim in claims:
            if held := _held(claim):
                at = {c.node for c in candidates if c.key in held}
                if at != {node}:
                    return None
                continue
            results: list[Body] = []
            for request in (claim["spec"].get("devices") or {}).get("requests") or []:
                choices = (
                    [request["exactly"]] if "exactly" in request else request["firstAvailable"]
                )
                for choice in choices:
                    free = [c for c in candidates if self._fits(c, node, choice, taken)]
                    wanted = (
                        len(free)
                        if choice.get("allocationMode") == "All"
                        else int(choice.get("count") or 1)
                    )
                    if wanted and len(free) >= wanted:
                        break
                else:
                    return None
                name = request["name"]
                if "exactly" not in request:
                    name += f"/{choice['name']}"
                for candidate in free[:wanted]:
                    taken.add(candidate.key)
                    driver, pool, device = candidate.key
                    results.append(
                        {"request": name, "driver": driver, "pool": pool, "device": device}
                    )
            chosen.append((claim, results))
        return chosen

    def _fits(self, candidate: Candidate, node: str, wanted: Body, taken: set[DeviceKey]) -> bool:
        if candidate.node != node or candidate.key in taken:
            return False
        device_class = self._store.get(CLASSES, "", wanted["deviceClassName"])
        if device_class is None:
            return False
        tolerations = wanted.get("tolerations") or []
        if any(
            taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerated(taint, tolerations)
            for taint in candidate.taints
        ):
            return False
        selectors = [
            *(device_class["spec"].get("selectors") or []),
            *(wanted.get("selectors") or []),
        ]
        driver = candidate.key[0]
        return all(
            chooses(selector["cel"]["expression"], driver, candidate.device)
            for selector in selectors
        )

    def _bind(self, pod: Body, node: str, chosen: list[tuple[Body, list[Body]]]) -> None:
        metadata = pod["metadata"]
        for claim in self._claims_of(pod) or []:
            if _held(claim):
                self._reserve(claim, pod)
        for claim, results in chosen:
            allocation = {
                "devices": {"results": results},
                "nodeSelector": {
                    "nodeSelectorTerms": [
                        {
                            "matchFields": [
                                {"key": "metadata.name", "operator": "In", "values": [node]}
                            ]
                        }
                    ]
                },
                "allocationTimestamp": metadata["creationTimestamp"],
            }
            status = {**(claim.get("status") or {}), "allocation": allocation}
            held = {**claim, "status": status}
            finalizers = sorted({*(claim["metadata"].get("finalizers") or []), PROTECTION})
            held["metadata"] = {**claim["metadata"], "finalizers": finalizers}
            self._reserve(self._store.put(CLAIMS, held), pod)
        current = self._store.get("pods", metadata["namespace"], metadata["name"])
        assert current is not None
        condition = {"type": "PodScheduled", "status": "True"}
        status = {**current["status"], "conditions": [condition]}
        for claim, _ in chosen:
            if EXTENDED in (claim["metadata"].get("annotations") or {}):
                status["extendedResourceClaimStatus"] = {
                    "resourceClaimName": claim["metadata"]["name"],
                    "requestMappings": [],
                }
        spec = {**current["spec"], "nodeName": node}
        self._store.put("pods", {**current, "spec": spec, "status": status})

    def _reserve(self, claim: Body, pod: Body) -> None:
        consumer = {
            "resource": "pods",
            "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
        }
        reserved = (claim.get("status") or {}).get("reservedFor") or []
        if consumer not in reserved:
            status = {**claim["status"], "reservedFor": [*reserved, consumer]}
            self._store.put(CLAIMS, {**claim, "status": status})

    def _unplaced(self, pod: Body, why: str) -> None:
        metadata = pod["metadata"]
        current = self._store.get("pods", metadata["namespace"], metadata["name"])
        assert current is not None
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": why,
        }
        if [condition] != current["status"].get("conditions"):
            status = {**current["status"], "conditions": [condition]}
            self._store.put("pods", {**current, "status": status})

    # The claim controller

    def release(self) -> None:
        """Free the devices of claims whose pods have gone or are done."""
        alive = {
            pod["metadata"]["uid"]
            for pod in self._store.objects["pods"].values()
            if pod["status"].get("phase") not in ("Succeeded", "Failed")
        }
        for claim in list(self._store.objects[CLAIMS].values()):
            status = claim.get("status") or {}
            reserved = status.get("reservedFor") or []
            kept = [consumer for consumer in reserved if consumer["uid"] in alive]
            if kept == reserved and not (
                claim["metadata"].get("deletionTimestamp") and not reserved
            ):
                continue
            if kept:
                self._store.put(CLAIMS, {**claim, "status": {**status, "reservedFor": kept}})
                continue
            metadata = dict(claim["metadata"])
            metadata["finalizers"] = [
                f for f in metadata.get("finalizers") or [] if f != PROTECTION
            ]
            if not metadata["finalizers"]:
                del metadata["finalizers"]
            left = self._registry.settle(
                self._resources[CLAIMS], {**claim, "metadata": metadata, "status": {}}
            )
            owned = any(o["kind"] == "Pod" for o in metadata.get("ownerReferences") or [])
            if owned and not metadata.get("deletionTimestamp"):
                name = left["metadata"]["name"]
                self._registry.delete(
                    self._resources[CLAIMS], metadata["namespace"], name, {}, SELF
                )


def _owner(pod: Body) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _held(claim: Body) -> set[DeviceKey]:
    allocation = (claim.get("status") or {}).get("allocation") or {}
    results: list[Any] = (allocation.get("devices") or {}).get("results") or []
    return {(result["driver"], result["pool"], result["device"]) for result in results}


def _is_tainted_by(rule: Body, key: DeviceKey) -> bool:
    selector = rule.get("deviceSelector")
    if selector is None:
        return False
    return all(
        selector.get(name) in (None, value)
        for name, value in zip(("driver", "pool", "device"), key, strict=True)
    )


def _tolerated(taint: Body, tolerations: list[Body]) -> bool:
    for toleration in tolerations:
        if toleration.get("effect") not in (None, "", taint["effect"]):
            continue
        if toleration.get("operator", "Equal") == "Exists":
            if toleration.get("key") in (None, "", taint["key"]):
                return True
        elif toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (
            taint.get("value") or ""
        ):
            return True
    return False
