"""The kinds of objects that are read and written, and the marks by which we know our own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Body = dict[str, Any]

MANAGER = "quartermaster"
DRIVER = "gpu.nvidia.com"

MANAGED_BY = "app.kubernetes.io/managed-by"
INSTALLATION = "quartermaster.dev/installation"
POOL = "quartermaster.dev/pool"
GROUP = "quartermaster.dev/group"
NODE = "quartermaster.dev/node"
DEVICE = "quartermaster.dev/device"
ADOPTED = "quartermaster.dev/adopted"
ADOPT = "quartermaster.dev/adopt"
"""The annotation by which whoever administers the cluster gives a namespace to a group."""
APPLIED = "quartermaster.dev/applied"
"""A digest of what was applied: where it is the wanted one and the rest differs, that is drift."""


@dataclass(frozen=True, slots=True)
class Kind:
    kind: str
    api: str  # "v1", "resource.k8s.io/v1"
    plural: str
    is_namespaced: bool = False

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        root = f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"
        inside = f"/namespaces/{namespace}" if self.is_namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}" + (f"/{name}" if name else "")


NODES = Kind("Node", "v1", "nodes")
NAMESPACES = Kind("Namespace", "v1", "namespaces")
PODS = Kind("Pod", "v1", "pods", True)
QUOTAS = Kind("ResourceQuota", "v1", "resourcequotas", True)
BINDINGS = Kind("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings", True)
CLASSES = Kind("DeviceClass", "resource.k8s.io/v1", "deviceclasses")
SLICES = Kind("ResourceSlice", "resource.k8s.io/v1", "resourceslices")
TAINT_RULES = Kind("DeviceTaintRule", "resource.k8s.io/v1beta2", "devicetaintrules")
FLAVORS = Kind("ResourceFlavor", "kueue.x-k8s.io/v1beta2", "resourceflavors")
CLUSTER_QUEUES = Kind("ClusterQueue", "kueue.x-k8s.io/v1beta2", "clusterqueues")
LOCAL_QUEUES = Kind("LocalQueue", "kueue.x-k8s.io/v1beta2", "localqueues", True)
CLAIMS = Kind("ResourceClaim", "resource.k8s.io/v1", "resourceclaims", True)

Key = tuple[str, str, str]
"""Kind, namespace ("" where it has none), name."""

Objects = Mapping[Key, Body]


def key_of(body: Body) -> Key:
    metadata = body["metadata"]
    return body["kind"], metadata.get("namespace") or "", metadata["name"]


def labels_of(body: Body) -> Mapping[str, str]:
    return body["metadata"].get("labels") or {}


def annotations_of(body: Body) -> Mapping[str, str]:
    return body["metadata"].get("annotations") or {}


def is_ours(body: Body, installation: str) -> bool:
    return labels_of(body).get(INSTALLATION) == installation


def made(
    kind: Kind,
    name: str,
    installation: str,
    marks: Mapping[str, str],
    namespace: str | None = None,
    **content: Any,
) -> Body:
    """An object as it is applied: with our labels, and the digest of all that is wanted of it."""
    labels = {INSTALLATION: installation, **marks}
    metadata: Body = {"name": name, "labels": labels}
    if namespace is not None:
        metadata["namespace"] = namespace
    body = {"apiVersion": kind.api, "kind": kind.kind, "metadata": metadata, **content}
    metadata["annotations"] = {APPLIED: digest(body)}
    return body


def digest(body: Body) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()[:16]


def is_in_place(wanted: Any, actual: Any) -> bool:
    """Whether all that is wanted is there; what else is there is somebody else's."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            is_in_place(value, actual.get(name)) for name, value in wanted.items()
        )
    return bool(wanted == actual)
