"""What each verb does to the store: the generic registry of the real server, and its admission."""

from __future__ import annotations

import copy
import random
import string
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.services.apiserver import merging, patches, validation
from tests.services.apiserver.defaults import filled
from tests.services.apiserver.refusals import (
    MODIFIED,
    Refused,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
)
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.schema import faults
from tests.services.apiserver.store import Body, Store

APPLY = "application/apply-patch+yaml"
PATCH_TYPES = {
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
}
UNDELETABLE = {"default", "kube-system", "kube-public"}
SERVER_SET = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ("system:authenticated",)


@dataclass(frozen=True)
class Request:
    """Who asks, and the query of a write."""

    user: User
    manager: str = "unknown"
    is_dry_run: bool = False
    is_forced: bool = False
    validation: str = "Warn"
    warnings: list[str] = field(default_factory=list)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Admission = Callable[[str, Request, Resource, Body, "Body | None"], None]
"""(verb, request, resource, new, old); raises Refused."""


class Registry:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.admissions: list[Admission] = [self._admit_to_namespace]

    # Reading

    def get(self, resource: Resource, namespace: str, name: str) -> Body:
        found = self.store.get(resource.key, namespace, name)
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        return found

    # Writing

    def create(self, resource: Resource, namespace: str, body: Body, request: Request) -> Body:
        body = self._decoded(resource, body, request)
        metadata = body["metadata"]
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        self._place(resource, namespace, metadata)
        if not metadata.get("name") and metadata.get("generateName"):
            alphabet = string.ascii_lowercase + string.digits
            metadata["name"] = metadata["generateName"] + "".join(random.choices(alphabet, k=5))
        if not metadata.get("name"):
            raise invalid(
                resource.kind,
                resource.group,
                "",
                [("metadata.name", "Required value: name or generateName is required")],
            )
        if self.store.get(resource.key, namespace, metadata["name"]) is not None:
            raise already_exists(resource.plural, resource.group, metadata["name"])
        born = self._born(resource, body)
        manager = merging.Manager(request.manager, "Update", "", resource.api_version)
        owned = merging.update({}, born, resource.shape, manager, now())
        return self._admitted("create", request, resource, owned, None)

    def update(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Body,
        request: Request,
        subresource: str = "",
    ) -> Body:
        live = self.get(resource, namespace, name)
        body = self._decoded(resource, body, request)
        self._place(resource, namespace, body["metadata"])
        if body["metadata"].get("name", name) != name:
            raise bad_request(
                f"the name of the object ({body['metadata']['name']}) does not match the name "
                f"on the URL ({name})"
            )
        return self._changed(resource, live, body, request, subresource)

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        patch: Any,
        content_type: str,
        request: Request,
        subresource: str = "",
    ) -> tuple[Body, bool]:
        """The object, and whether it was created."""
        if content_type == APPLY:
            return self._apply(resource, namespace, name, patch, request, subresource)
        if content_type not in PATCH_TYPES:
            raise Refused(
                415,
                "UnsupportedMediaType",
                f"the body of the request was in an unknown format - accepted media types "
                f"include: {', '.join(sorted(PATCH_TYPES))}",
            )
        live = self.get(resource, namespace, name)
        if content_type.startswith("application/json-patch"):
            patched = patches.json_patch(live, patch)
        elif content_type.startswith("application/merge-patch"):
            patched = patches.json_merge(live, patch)
        elif resource.is_custom:
            raise Refused(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, "
                "application/apply-patch+yaml",
            )
        else:
            patched = patches.strategic(live, patch, resource.shape)
        patched = self._decoded(resource, patched, request)
        if patched["metadata"].get("name") != name:
            raise invalid(
                resource.kind,
                resource.group,
                name,
                [("metadata.name", "Invalid value: field is immutable")],
            )
        return self._changed(resource, live, patched, request, subresource), False

    def delete(
        self, resource: Resource, namespace: str, name: str, options: Body, request: Request
    ) -> Body:
        live = self.get(resource, namespace, name)
        wanted = options.get("preconditions") or {}
        for field_name in ("uid", "resourceVersion"):
            if wanted.get(field_name) not in (None, live["metadata"][field_name]):
                label = "UID" if field_name == "uid" else "ResourceVersion"
                raise conflict(
                    resource.plural,
                    resource.group,
                    name,
                    f"Precondition failed: {label} in precondition: {wanted[field_name]}, "
                    f"{label} in object meta: {live['metadata'][field_name]}",
                )
        if resource.key == "namespaces" and name in UNDELETABLE:
            raise forbidden("namespaces", "", name, "this namespace may not be deleted")
        for admit in self.admissions:
            admit("delete", request, resource, live, live)
        if request.is_dry_run:
            return live
        return self._delete(resource, live, options)

    def finalize(self, resource: Resource, name: str, body: Body) -> Body:
        """The subresource of a namespace by which its controller says that it is empty."""
        live = self.get(resource, "", name)
        changed = copy.deepcopy(live)
        changed["spec"] = body.get("spec") or {}
        return self.settle(resource, changed)

    def settle(self, resource: Resource, body: Body) -> Body:
        """Store it, or remove it if it was only waiting for its last finalizer."""
        metadata = body["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        waits = metadata.get("finalizers") or (
            resource.key == "namespaces" and (body.get("spec") or {}).get("finalizers")
        )
        graceful = metadata.get("deletionGracePeriodSeconds")
        if metadata.get("deletionTimestamp") and not waits and not graceful:
            return self.store.remove(resource.key, namespace, name)
        return self.store.put(resource.key, body)

    # The parts

    def _decoded(
        self, resource: Resource, body: Any, request: Request, *, is_applied: bool = False
    ) -> Body:
        if not isinstance(body, dict):
            raise bad_request("the object provided is unrecognized (must be of type object)")
        body = {**body, "metadata": dict(body.get("metadata") or {})}
        given = (
            body.setdefault("apiVersion", resource.api_version),
            body.setdefault("kind", resource.kind),
        )
        if given != (resource.api_version, resource.kind):
            raise bad_request(
                f"{resource.kind} in version {resource.api_version!r} cannot be handled as a "
                f"{given[1]}: the object is {given[0]}, {given[1]}"
            )
        unknown = []
        for fault, is_unknown in faults(body, resource.shape):
            if not is_unknown:
                name = str(body["metadata"].get("name", ""))
                field_name, _, why = fault.partition(": ")
                if why.startswith("Required"):
                    raise invalid(resource.kind, resource.group, name, [(field_name, why)])
                raise bad_request(
                    f"{resource.kind} in version {resource.version!r} cannot be handled as a "
                    f"{resource.kind}: json: cannot unmarshal: {fault}"
                )
            unknown.append(fault)
        if unknown and request.validation == "Strict":
            raise bad_request(f"strict decoding error: {', '.join(unknown)}")
        if unknown:
            if request.validation == "Warn":
                request.warnings += unknown
            body = _pruned(body, resource)
        return body if is_applied else filled(resource, body, now())

    def _place(self, resource: Resource, namespace: str, metadata: Body) -> None:
        if resource.is_namespaced:
            if metadata.setdefault("namespace", namespace) != namespace:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on "
                    "the request"
                )
        else:
            metadata.pop("namespace", None)

    def _born(self, resource: Resource, body: Body) -> Body:
        metadata = body["metadata"]
        for name in SERVER_SET:
            metadata.pop(name, None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = now()
        if resource.has_generation:
            metadata["generation"] = 1
        if resource.has_status and resource.key != "nodes":
            body.pop("status", None)
        if resource.key == "namespaces":
            labels = {"kubernetes.io/metadata.name": metadata.get("name")}
            metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
            spec = body.get("spec") or {}
            finalizers = spec.get("finalizers") or []
            body["spec"] = {**spec, "finalizers": sorted({*finalizers, "kubernetes"})}
            body["status"] = {"phase": "Active"}
        elif resource.key == "pods":
            body["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
        return body

    def _changed(
        self, resource: Resource, live: Body, body: Body, request: Request, subresource: str
    ) -> Body:
        given = body["metadata"].get("resourceVersion")
        name = live["metadata"]["name"]
        if given and given != live["metadata"]["resourceVersion"]:
            raise conflict(resource.plural, resource.group, name, MODIFIED)
        uid = body["metadata"].get("uid")
        if uid and uid != live["metadata"]["uid"]:
            raise conflict(
                resource.plural,
                resource.group,
                name,
                f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
                f"{live['metadata']['uid']}",
            )
        body = self._kept(resource, live, body, subresource)
        manager = merging.Manager(request.manager, "Update", subresource, resource.api_version)
        owned = merging.update(live, body, resource.shape, manager, now())
        return self._admitted("update", request, resource, owned, live)

    def _kept(self, resource: Resource, live: Body, body: Body, subresource: str) -> Body:
        """With what this request cannot change as it was."""
        metadata = dict(body["metadata"])
        for name in SERVER_SET:
            metadata.pop(name, None)
            if name in live["metadata"]:
                metadata[name] = live["metadata"][name]
        metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
        body = {**body, "metadata": metadata}
        if subresource == "status":
            managed = metadata.get("managedFields", live["metadata"].get("managedFields"))
            status = body.get("status")
            body = {**live, "metadata": {**live["metadata"], "managedFields": managed or []}}
            if status is None:
                body.pop("status", None)
            else:
                body["status"] = status
        elif resource.has_status:
            body.pop("status", None)
            if "status" in live:
                body["status"] = live["status"]
        return body

    def _apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        config: Any,
        request: Request,
        subresource: str,
    ) -> tuple[Body, bool]:
        if not request.manager or request.manager == "unknown":
            raise Refused(
                422,
                "Invalid",
                'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is '
                "required for apply patch",
            )
        config = self._decoded(resource, config, request, is_applied=True)
        metadata = config["metadata"]
        if metadata.pop("managedFields", None):
            raise bad_request("metadata.managedFields must be nil")
        if metadata.setdefault("name", name) != name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL "
                f"({name})"
            )
        self._place(resource, namespace, metadata)
        given, uid = metadata.pop("resourceVersion", None), metadata.pop("uid", None)
        for field_name in SERVER_SET:
            metadata.pop(field_name, None)
        live = self.store.get(resource.key, namespace, name)
        manager = merging.Manager(request.manager, "Apply", subresource, resource.api_version)
        if live is None:
            if uid or subresource:
                raise not_found(resource.plural, resource.group, name)
            if given:
                raise conflict(resource.plural, resource.group, name, MODIFIED)
            ignored = "status" if resource.has_status and resource.key != "nodes" else None
            empty: Body = {"metadata": {}}
            owned = merging.apply(
                empty, config, resource.shape, manager, now(), is_forced=True, ignored=ignored
            )
            managed = owned["metadata"].get("managedFields")
            born = self._born(resource, owned)
            if managed:
                born["metadata"]["managedFields"] = managed
            born = filled(resource, born, now())
            return self._admitted("create", request, resource, born, None), True
        if given and given != live["metadata"]["resourceVersion"]:
            raise conflict(resource.plural, resource.group, name, MODIFIED)
        if uid and uid != live["metadata"]["uid"]:
            raise conflict(resource.plural, resource.group, name, "Precondition failed: UID")
        if subresource == "status":
            config = {k: v for k, v in config.items() if k != "spec"}
            config["metadata"] = {k: v for k, v in metadata.items() if k in ("name", "namespace")}
        merged = merging.apply(
            live,
            config,
            resource.shape,
            manager,
            now(),
            is_forced=request.is_forced,
            ignored="status" if resource.has_status and not subresource else None,
        )
        kept = filled(resource, self._kept(resource, live, merged, subresource), now())
        return self._admitted("update", request, resource, kept, live), False

    def _admitted(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> Body:
        found = validation.faults(resource.kind, resource.plural, body)
        if live is not None:
            found += validation.immutable_faults(resource.kind, live, body)
        if found:
            raise invalid(resource.kind, resource.group, body["metadata"]["name"], found)
        if live is not None and resource.has_generation and _spec(body) != _spec(live):
            generation = live["metadata"].get("generation", 1) + 1
            body = {**body, "metadata": {**body["metadata"], "generation": generation}}
        if live is not None and _same(body, live):
            return live  # nothing changed: no version, no event
        for admit in self.admissions:
            admit(verb, request, resource, body, live)
        if request.is_dry_run:
            return body
        return self.settle(resource, body)

    def _admit_to_namespace(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> None:
        if verb != "create" or not resource.is_namespaced:
            return
        name = body["metadata"]["namespace"]
        namespace = self.store.get("namespaces", "", name)
        if namespace is None:
            raise not_found("namespaces", "", name)
        if namespace["metadata"].get("deletionTimestamp"):
            refused = forbidden(
                resource.plural,
                resource.group,
                body["metadata"]["name"],
                f"unable to create new content in namespace {name} because it is being terminated",
            )
            refused.details["causes"] = [
                {
                    "reason": "NamespaceTerminating",
                    "message": f"namespace {name} is being terminated",
                    "field": "metadata.namespace",
                }
            ]
            raise refused

    def _delete(self, resource: Resource, live: Body, options: Body) -> Body:
        metadata = dict(live["metadata"])
        body = {**live, "metadata": metadata}
        finalizers = [
            f for f in metadata.get("finalizers") or [] if f not in ("foregroundDeletion", "orphan")
        ]
        policy = options.get("propagationPolicy")
        if options.get("orphanDependents"):
            policy = "Orphan"
        if policy == "Foreground":
            finalizers.append("foregroundDeletion")
        elif policy == "Orphan":
            finalizers.append("orphan")
        metadata["finalizers"] = finalizers
        if not finalizers:
            del metadata["finalizers"]
        grace = self._grace_seconds(resource, live, options)
        if "deletionTimestamp" not in metadata:
            metadata["deletionTimestamp"] = _in(grace)
            metadata["deletionGracePeriodSeconds"] = grace
        else:
            metadata["deletionGracePeriodSeconds"] = min(
                grace, metadata.get("deletionGracePeriodSeconds", 0)
            )
        if resource.key == "namespaces":
            body["status"] = {**(body.get("status") or {}), "phase": "Terminating"}
        if _same(body, live):
            return live
        return self.settle(resource, body)

    def _grace_seconds(self, resource: Resource, live: Body, options: Body) -> int:
        """Only a pod that is on a node is waited for: its kubelet ends it."""
        if resource.key != "pods" or not live["spec"].get("nodeName"):
            return 0
        if live.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return 0
        asked = options.get("gracePeriodSeconds")
        if asked is None:
            asked = live["spec"].get("terminationGracePeriodSeconds", 30)
        return int(asked)


def _in(seconds: int) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spec(body: Body) -> Body:
    return {k: v for k, v in body.items() if k not in ("metadata", "status")}


def _same(one: Body, other: Body) -> bool:
    return _comparable(one) == _comparable(other)


def _comparable(body: Body) -> Body:
    metadata = {
        key: value
        for key, value in body["metadata"].items()
        if key not in ("resourceVersion", "managedFields")
    }
    managed = [
        {k: v for k, v in entry.items() if k != "time"}
        for entry in body["metadata"].get("managedFields") or []
    ]
    managed.sort(key=repr)
    return {**body, "metadata": {**metadata, "managedFields": managed}}


def _pruned(body: Body, resource: Resource) -> Body:
    def prune(value: Any, shape: Any) -> Any:
        if isinstance(value, dict) and shape.raw:
            closed = bool(shape.properties) and "additionalProperties" not in shape.raw
            return {
                name: prune(below, shape.field(name))
                for name, below in value.items()
                if not closed or name in shape.properties
            }
        if isinstance(value, list) and shape.raw:
            return [prune(item, shape.item) for item in value]
        return value

    pruned: Body = prune(body, resource.shape)
    return pruned


def names(bodies: Iterable[Body]) -> list[str]:
    return [body["metadata"]["name"] for body in bodies]
