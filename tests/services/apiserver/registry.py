"""What each verb does to the store: the generic registry of the real server, and its admission."""

from __future__ import annotations

import copy
import random
import string
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.services.apiserver import merging, patches, validation
from tests.services.apiserver.defaults import filled
from tests.services.apiserver.preparation import (
    SERVER_SET,
    Request,
    are_same,
    born,
    decoded,
    kept,
    now,
    place,
    spec_of,
)
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
from tests.services.apiserver.store import Body, Store

APPLY = "application/apply-patch+yaml"
PATCH_TYPES = {
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
}
UNDELETABLE = {"default", "kube-system", "kube-public"}


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
        body = decoded(resource, body, request)
        metadata = body["metadata"]
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        place(resource, namespace, metadata)
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
        made = born(resource, body)
        manager = merging.Manager(request.manager, "Update", "", resource.api_version)
        owned = merging.update({}, made, resource.shape, manager, now())
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
        body = decoded(resource, body, request)
        place(resource, namespace, body["metadata"])
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
        patched = decoded(resource, patched, request)
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
        body = kept(resource, live, body, subresource)
        manager = merging.Manager(request.manager, "Update", subresource, resource.api_version)
        owned = merging.update(live, body, resource.shape, manager, now())
        return self._admitted("update", request, resource, owned, live)

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
        config = decoded(resource, config, request, is_applied=True)
        metadata = config["metadata"]
        if metadata.pop("managedFields", None):
            raise bad_request("metadata.managedFields must be nil")
        if metadata.setdefault("name", name) != name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL "
                f"({name})"
            )
        place(resource, namespace, metadata)
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
            made = born(resource, owned)
            if managed:
                made["metadata"]["managedFields"] = managed
            made = filled(resource, made, now())
            return self._admitted("create", request, resource, made, None), True
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
        changed = filled(resource, kept(resource, live, merged, subresource), now())
        return self._admitted("update", request, resource, changed, live), False

    def _admitted(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> Body:
        found = validation.faults(resource.kind, resource.plural, body)
        if live is not None:
            found += validation.immutable_faults(resource.kind, live, body)
        if found:
            raise invalid(resource.kind, resource.group, body["metadata"]["name"], found)
        if live is not None and resource.has_generation and spec_of(body) != spec_of(live):
            generation = live["metadata"].get("generation", 1) + 1
            body = {**body, "metadata": {**body["metadata"], "generation": generation}}
        if live is not None and are_same(body, live):
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
        if are_same(body, live):
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
