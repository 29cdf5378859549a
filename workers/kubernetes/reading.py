"""Jobs, from pods and what they have claimed. Pure.

A pod is a job; its owner is who it says it is for (a label or annotation), or unknown. What
devices it holds is in the status of its claims; what it waits for, in its requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.job_reports import ReportedJob
from domain.kubernetes_nodes import NodeFacts
from domain.names import fold_name
from domain.queue_reports import QueuedJob
from workers.kubernetes.desired import RESOURCE_PREFIX, Place
from workers.kubernetes.objects import DRIVER, Body, annotations_of, labels_of

OWNER = "quartermaster.dev/owner"
"""The label or annotation by which a pod says whose it is."""
_OTHER_OWNERS = ("kubeflow.org/owner", "hub.jupyter.org/username", "owner", "user")
_DONE = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Jobs:
    running: tuple[ReportedJob, ...]
    waiting: tuple[QueuedJob, ...]


def project_pod(pod: Body) -> Body | None:
    """What is read here; of pods that ask for no devices, that their namespace is not empty."""
    spec, status = pod["spec"], pod.get("status") or {}
    if status.get("phase") in _DONE:
        return None
    asked = _extended(spec)
    if not asked and not spec.get("resourceClaims"):
        return {"kind": "Pod", "metadata": {"namespace": pod["metadata"]["namespace"]}}
    metadata = pod["metadata"]
    scheduled: Body = next(
        (c for c in status.get("conditions") or [] if c.get("type") == "PodScheduled"), {}
    )
    return {
        "kind": "Pod",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "creationTimestamp": metadata.get("creationTimestamp"),
            "owner": owner_of(pod),
        },
        "started": status.get("startTime"),
        "node": spec.get("nodeName"),
        "asked": asked,
        "claims": [
            one["resourceClaimName"]
            for one in [*(spec.get("resourceClaims") or []), *(_named_claims(status))]
            if one.get("resourceClaimName")
        ],
        "waits": scheduled.get("message") if scheduled.get("status") == "False" else None,
    }


def project_claim(claim: Body) -> Body | None:
    status = claim.get("status") or {}
    results = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
    return {
        "kind": "ResourceClaim",
        "metadata": {
            "name": claim["metadata"]["name"],
            "namespace": claim["metadata"]["namespace"],
        },
        "wants": _wanted_classes(claim["spec"]),
        "devices": [(one["pool"], one["device"]) for one in results if one.get("driver") == DRIVER],
        "pods": [
            one["uid"] for one in status.get("reservedFor") or [] if one.get("resource") == "pods"
        ],
    }


def project_slice(piece: Body) -> Body | None:
    """The UUIDs of a node's GPUs by the names under which the driver gives them out."""
    spec = piece["spec"]
    if spec.get("driver") != DRIVER:
        return None
    uuids = {}
    for device in spec.get("devices") or []:
        attributes = device.get("attributes") or (device.get("basic") or {}).get("attributes") or {}
        uuid = attributes.get("uuid") or attributes.get(f"{DRIVER}/uuid") or {}
        if isinstance(uuid.get("string"), str):
            uuids[device["name"]] = uuid["string"]
    return {
        "kind": "ResourceSlice",
        "metadata": {"name": piece["metadata"]["name"]},
        "pool": spec["pool"]["name"],
        "generation": spec["pool"].get("generation", 0),
        "node": spec.get("nodeName") or "",
        "uuids": uuids,
    }


def node_facts(node: Body) -> NodeFacts:
    """Without what changes by itself every few minutes: a heartbeat is no news."""
    metadata, status = node["metadata"], node.get("status") or {}
    info = status.get("nodeInfo") or {}
    return NodeFacts(
        name=metadata["name"],
        machine_id=info.get("machineID") or "",
        addresses={one["type"]: one["address"] for one in status.get("addresses") or []},
        kubelet_version=info.get("kubeletVersion"),
        container_runtime=info.get("containerRuntimeVersion"),
        os_image=info.get("osImage"),
        kernel_version=info.get("kernelVersion"),
        is_schedulable=not (node.get("spec") or {}).get("unschedulable", False),
        capacity=dict(status.get("capacity") or {}),
        labels=dict(metadata.get("labels") or {}),
        conditions=[
            {
                "type": one["type"],
                "status": one["status"],
                "reason": one.get("reason"),
                "message": one.get("message"),
                "since": one.get("lastTransitionTime"),
            }
            for one in status.get("conditions") or []
        ],
    )


def devices_of(slices: Iterable[Body]) -> dict[tuple[str, str], tuple[str, str]]:
    """(pool, device) to UUID and node; of a pool's slices only those of its newest generation."""
    slices = list(slices)
    newest: dict[str, int] = {}
    for piece in slices:
        newest[piece["pool"]] = max(piece["generation"], newest.get(piece["pool"], 0))
    return {
        (piece["pool"], name): (uuid, piece["node"])
        for piece in slices
        if piece["generation"] == newest[piece["pool"]]
        for name, uuid in piece["uuids"].items()
    }


def places_of(devices: Mapping[tuple[str, str], tuple[str, str]]) -> dict[str, Place]:
    """Where each GPU is, by its UUID."""
    return {uuid: Place(pool, name, node) for (pool, name), (uuid, node) in devices.items()}


def jobs_of(
    pods: Iterable[Body],
    claims: Iterable[Body],
    devices: Mapping[tuple[str, str], tuple[str, str]],
    pool_names: Mapping[str, str],
    members: Mapping[str, Collection[str]],
) -> Jobs:
    """`pool_names`: the names of our pools by those of their device classes.

    `members`: the folded names of a group's users by its namespace. Whoever writes a pod can write
    any name into it: it counts only where its namespace is that one's group's.
    """
    held: dict[str, set[str]] = {}
    wants: dict[tuple[str, str], Body] = {}
    for one in claims:
        wants[one["metadata"]["namespace"], one["metadata"]["name"]] = one
        uuids = {devices[device][0] for device in one["devices"] if device in devices}
        for uid in one["pods"]:
            held.setdefault(uid, set()).update(uuids)
    running, waiting = [], []
    for pod in pods:
        metadata = pod["metadata"]
        if "uid" not in metadata:
            continue  # it asks for no devices
        owner = _member(metadata, members)
        key = f"pod:{metadata['uid']}"
        name = f"{metadata['namespace']}/{metadata['name']}"
        if uuids := held.get(metadata["uid"], set()):
            begun = _moment(pod["started"]) or _moment(metadata["creationTimestamp"])
            running.append(ReportedJob(key, name, owner, frozenset(uuids), begun))
            continue
        asked = dict(pod["asked"])
        for claim_name in pod["claims"]:
            claim = wants.get((metadata["namespace"], claim_name))
            for device_class, count in (claim["wants"] if claim else {}).items():
                asked[device_class] = asked.get(device_class, 0) + count
        if not asked:
            continue  # its claims are not of GPUs, or not known yet
        pools = [pool_names[one] for one in asked if one in pool_names]
        if not pools:
            continue
        waiting.append(
            QueuedJob(
                key,
                name,
                owner,
                pools[0] if len(pools) == 1 else None,
                sum(asked.values()),
                _moment(metadata["creationTimestamp"]),
                waiting_for=pod["waits"],
            )
        )
    return Jobs(tuple(running), tuple(waiting))


def _member(metadata: Body, members: Mapping[str, Collection[str]]) -> str | None:
    owner: str | None = metadata["owner"]
    known = members.get(metadata["namespace"], ())
    return owner if owner is not None and fold_name(owner) in known else None


def owner_of(pod: Body) -> str | None:
    """Ours comes first, an annotation before a label: a user's name may not fit into a label."""
    for name in (OWNER, *_OTHER_OWNERS):
        for where in (annotations_of(pod), labels_of(pod)):
            if value := where.get(name):
                return value
    return None


def _extended(spec: Body) -> dict[str, int]:
    """By device class: what the containers ask by the extended resources of our pools."""
    asked: dict[str, int] = {}
    for container in spec.get("containers") or []:
        resources = container.get("resources") or {}
        limits = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        for name, count in limits.items():
            if name.startswith(RESOURCE_PREFIX) and str(count).isdecimal():
                device_class = name.removeprefix(RESOURCE_PREFIX)
                asked[device_class] = asked.get(device_class, 0) + int(count)
    return asked


def _named_claims(status: Body) -> list[Body]:
    """Those that were made for the pod: from templates, and for extended resources."""
    made = list(status.get("resourceClaimStatuses") or [])
    if extended := status.get("extendedResourceClaimStatus"):
        made.append(extended)
    return made


def _wanted_classes(spec: Body) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for request in (spec.get("devices") or {}).get("requests") or []:
        choice: Body = request.get("exactly") or next(iter(request.get("firstAvailable") or []), {})
        if name := choice.get("deviceClassName"):
            wanted[name] = wanted.get(name, 0) + int(choice.get("count") or 1)
    return wanted


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
