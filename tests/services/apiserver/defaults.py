"""What the real server fills in by itself, so that an object reads other than it was written.

Nobody owns what is filled in. Of each kind those fields that the product meets.
"""

from __future__ import annotations

from typing import Any

from tests.services.apiserver.quantities import BadQuantity, canonical
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.schema import Shape, is_quantity
from tests.services.apiserver.store import Body

RBAC = "rbac.authorization.k8s.io"


def filled(resource: Resource, body: Body, now: str) -> Body:
    """`body` with its quantities in canonical form and its defaults; itself where nothing is."""
    body = _canonical(body, resource.shape)
    spec = body.get("spec") or {}
    if resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        role = {"apiGroup": RBAC, **(body.get("roleRef") or {})}
        subjects = [
            subject if subject.get("kind") == "ServiceAccount" else {"apiGroup": RBAC, **subject}
            for subject in body.get("subjects") or []
        ]
        return {**body, "roleRef": role, **({"subjects": subjects} if subjects else {})}
    if resource.kind == "DeviceTaintRule" and spec.get("taint"):
        return {**body, "spec": {**spec, "taint": {"timeAdded": now, **spec["taint"]}}}
    if resource.kind == "ResourceClaim" and spec.get("devices"):
        requests = [_request(request) for request in spec["devices"].get("requests") or []]
        devices = {**spec["devices"], "requests": requests}
        return {**body, "spec": {**spec, "devices": devices}}
    if resource.kind == "Pod" and spec:
        return {**body, "spec": {**_POD, **spec}}
    if resource.kind == "Secret":
        return {"type": "Opaque", **body}
    if resource.kind in _KUEUE:
        return {**body, "spec": _under(spec, _KUEUE[resource.kind](resource.version))}
    if resource.kind == "MultiKueueCluster":
        return {**body, "spec": _located(spec)}
    return body


def _under(given: Body, defaults: Body) -> Body:
    """What is given, and below it the defaults of each map."""
    merged = {**defaults, **given}
    for name, default in defaults.items():
        if isinstance(default, dict) and isinstance(merged[name], dict):
            merged[name] = _under(merged[name], default)
    return merged


def _located(spec: Body) -> Body:
    if source := spec.get("clusterSource"):
        return {**spec, "clusterSource": _located(source)}
    if at := spec.get("kubeConfig"):
        return {**spec, "kubeConfig": {"locationType": "Secret", **at}}
    return spec


_POD: Body = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "serviceAccountName": "default",
    "securityContext": {},
    "enableServiceLinks": True,
    "priority": 0,
}


def _cluster_queue(version: str) -> Body:
    """The defaults of Kueue's own definition, which another version spells another way."""
    fungibility = "Borrow" if version == "v1beta1" else "MayStopSearch"
    return {
        "queueingStrategy": "BestEffortFIFO",
        "stopPolicy": "None",
        "flavorFungibility": {
            "whenCanBorrow": fungibility,
            "whenCanPreempt": "TryNextFlavor",
        },
        "preemption": {
            "reclaimWithinCohort": "Never",
            "withinClusterQueue": "Never",
            "borrowWithinCohort": {"policy": "Never"},
        },
    }


_KUEUE = {"ClusterQueue": _cluster_queue, "LocalQueue": lambda version: {"stopPolicy": "None"}}


def _request(request: Body) -> Body:
    if exactly := request.get("exactly"):
        return {**request, "exactly": _counted(exactly)}
    choices = [_counted(choice) for choice in request.get("firstAvailable") or []]
    return {**request, "firstAvailable": choices} if choices else request


def _counted(wanted: Body) -> Body:
    wanted = {"allocationMode": "ExactCount", **wanted}
    return {"count": 1, **wanted} if wanted["allocationMode"] == "ExactCount" else wanted


def _canonical(value: Any, shape: Shape) -> Any:
    if is_quantity(shape):
        try:
            return canonical(value)
        except BadQuantity:
            return value
    if isinstance(value, dict) and shape.raw:
        return {name: _canonical(below, shape.field(name)) for name, below in value.items()}
    if isinstance(value, list) and shape.raw:
        return [_canonical(item, shape.item) for item in value]
    return value
