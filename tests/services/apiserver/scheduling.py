"""The scheduler's part in dynamic resource allocation, and the claim controller's.

A pod gets a node that has free devices for each of its claims; a claim says which devices it got
and for whom. Pods may ask by claim, by claim template, or by an extended resource's name.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.services.apiserver.allocation import CLAIMS, CLASSES, Allocator, held, is_tolerated
from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.refusals import Refused
from tests.services.apiserver.registry import Registry
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.store import Body, Store

TEMPLATES = "resourceclaimtemplates.resource.k8s.io"
PROTECTION = "resource.kubernetes.io/delete-protection"
EXTENDED = "resource.kubernetes.io/extended-resource-claim"
SELF = Request(User("system:kube-scheduler", ("system:masters",)), "kube-scheduler")


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
        allocator = Allocator(self._store)
        for node in self._nodes(pod):
            chosen = allocator.choose(claims, node)
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
        allocator = Allocator(self._store)
        return any(allocator.choose([claim], node) is not None for node in self._nodes(pod))

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
            if all(is_tolerated(taint, tolerations) for taint in taints):
                yield node["metadata"]["name"]

    def _bind(self, pod: Body, node: str, chosen: list[tuple[Body, list[Body]]]) -> None:
        metadata = pod["metadata"]
        for claim in self._claims_of(pod) or []:
            if held(claim):
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
            given = {**claim, "status": status}
            finalizers = sorted({*(claim["metadata"].get("finalizers") or []), PROTECTION})
            given["metadata"] = {**claim["metadata"], "finalizers": finalizers}
            self._reserve(self._store.put(CLAIMS, given), pod)
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


def _owner(pod: Body) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
