"""Which kinds the server knows, and how each of them is reached."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

from tests.services.apiserver.schema import DEFINITIONS, Shape, shape_of

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
METADATA = {"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
CONDITIONS = {
    "type": "array",
    "items": {"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.Condition"},
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}


@dataclass(frozen=True)
class Resource:
    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool
    has_status: bool = True
    has_generation: bool = False
    short_names: tuple[str, ...] = ()
    is_custom: bool = False
    schema: tuple[tuple[str, Any], ...] = field(default=(), hash=False, compare=False)
    """Of a custom resource, whose definition is not in Kubernetes' own."""
    stored_as: str = ""
    """Two versions of a custom resource are one resource: the name by which both are stored."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        return self.stored_as or (f"{self.plural}.{self.group}" if self.group else self.plural)

    @property
    def prefix(self) -> str:
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"

    @functools.cached_property
    def shape(self) -> Shape:
        if self.is_custom:
            return Shape(dict(self.schema))
        return shape_of(self.group, self.version, self.kind)


CORE = (
    Resource("", "v1", "Namespace", "namespaces", False, short_names=("ns",)),
    Resource("", "v1", "Node", "nodes", False, short_names=("no",)),
    Resource("", "v1", "Pod", "pods", True, has_generation=True, short_names=("po",)),
    Resource("", "v1", "ResourceQuota", "resourcequotas", True, short_names=("quota",)),
    Resource("", "v1", "ServiceAccount", "serviceaccounts", True, False, short_names=("sa",)),
    Resource("", "v1", "Event", "events", True, False, short_names=("ev",)),
    Resource("", "v1", "ConfigMap", "configmaps", True, False, short_names=("cm",)),
    Resource("", "v1", "Secret", "secrets", True, False),
)
OTHERS = (
    Resource("coordination.k8s.io", "v1", "Lease", "leases", True, False),
    Resource("rbac.authorization.k8s.io", "v1", "Role", "roles", True, False),
    Resource("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", True, False),
    Resource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False, False),
    Resource(
        "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", False, False
    ),
    Resource("resource.k8s.io", "v1", "DeviceClass", "deviceclasses", False, False, True),
    Resource("resource.k8s.io", "v1", "ResourceSlice", "resourceslices", False, False, True),
    Resource("resource.k8s.io", "v1", "ResourceClaim", "resourceclaims", True),
    Resource(
        "resource.k8s.io", "v1", "ResourceClaimTemplate", "resourceclaimtemplates", True, False
    ),
)
DEVICE_TAINT_RULES = (
    Resource(
        "resource.k8s.io", "v1beta2", "DeviceTaintRule", "devicetaintrules", False, True, True
    ),
)
"""Switchable: a beta API, which a cluster has only when its operator turned it on."""


def _kueue(spec: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": METADATA,
        "spec": {"type": "object", **spec},
        "status": {"type": "object", "properties": {"conditions": CONDITIONS}},
    }
    properties["status"]["additionalProperties"] = True
    return (("type", "object"), ("properties", properties))


def _known_by(key: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "object", **item},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [key],
    }


TEXT = {"type": "string"}
QUANTITY = {"$ref": "io.k8s.apimachinery.pkg.api.resource.Quantity"}
TAINTS = {
    "nodeLabels": {"type": "object", "additionalProperties": TEXT},
    "nodeTaints": {
        "type": "array",
        "items": {"$ref": "io.k8s.api.core.v1.Taint"},
        "x-kubernetes-list-type": "atomic",
    },
    "tolerations": {
        "type": "array",
        "items": {"$ref": "io.k8s.api.core.v1.Toleration"},
        "x-kubernetes-list-type": "atomic",
    },
    "topologyName": TEXT,
}
NOMINAL = _known_by(
    "name",
    {
        "required": ["name", "nominalQuota"],
        "properties": {
            "name": TEXT,
            "nominalQuota": QUANTITY,
            "borrowingLimit": QUANTITY,
            "lendingLimit": QUANTITY,
        },
    },
)
RESOURCE_GROUPS = {
    "type": "array",
    "x-kubernetes-list-type": "atomic",
    "items": {
        "type": "object",
        "required": ["coveredResources", "flavors"],
        "properties": {
            "coveredResources": {"type": "array", "items": TEXT},
            "flavors": _known_by(
                "name", {"required": ["name"], "properties": {"name": TEXT, "resources": NOMINAL}}
            ),
        },
    },
}
ANY = {"type": "object", "additionalProperties": True}


def _cluster_queue(cohort: str) -> dict[str, Any]:
    """In v1beta2 `cohort` became `cohortName`, and `admissionChecks` went."""
    return {
        "properties": {
            "resourceGroups": RESOURCE_GROUPS,
            cohort: TEXT,
            "queueingStrategy": TEXT,
            "namespaceSelector": {
                "$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
            },
            "flavorFungibility": ANY,
            "preemption": ANY,
            "admissionChecksStrategy": ANY,
            "stopPolicy": TEXT,
            "fairSharing": ANY,
            "admissionScope": ANY,
            "concurrentAdmissionPolicy": ANY,
            **({"admissionChecks": {"type": "array", "items": TEXT}} if cohort == "cohort" else {}),
        }
    }


def kueue(version: str) -> tuple[Resource, ...]:
    group = "kueue.x-k8s.io"
    cohort = "cohort" if version == "v1beta1" else "cohortName"
    source = "kubeConfig" if version == "v1beta1" else "clusterSource"
    kinds: tuple[tuple[str, str, bool, dict[str, Any]], ...] = (
        ("ResourceFlavor", "resourceflavors", False, {"properties": TAINTS}),
        ("ClusterQueue", "clusterqueues", False, _cluster_queue(cohort)),
        (
            "LocalQueue",
            "localqueues",
            True,
            {"properties": {"clusterQueue": TEXT, "stopPolicy": TEXT, "fairSharing": ANY}},
        ),
        ("MultiKueueCluster", "multikueueclusters", False, {"properties": {source: ANY}}),
        (
            "MultiKueueConfig",
            "multikueueconfigs",
            False,
            {
                "properties": {
                    "clusters": {
                        "type": "array",
                        "items": TEXT,
                        "x-kubernetes-list-type": "set",
                    }
                }
            },
        ),
    )
    return tuple(
        Resource(
            group,
            version,
            kind,
            plural,
            is_namespaced,
            has_status=kind != "ResourceFlavor",
            has_generation=True,
            is_custom=True,
            schema=_kueue(spec),
            stored_as=f"{plural}.{group}",
        )
        for kind, plural, is_namespaced, spec in kinds
    )


assert all(resource.shape.raw for resource in CORE + OTHERS + DEVICE_TAINT_RULES), (
    DEFINITIONS.keys()
)
