"""What a body is made into before it is stored: checked, filled in, kept from changing more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.services.apiserver.defaults import filled
from tests.services.apiserver.refusals import bad_request, invalid
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.schema import faults
from tests.services.apiserver.store import Body

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


def decoded(resource: Resource, body: Any, request: Request, *, is_applied: bool = False) -> Body:
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


def place(resource: Resource, namespace: str, metadata: Body) -> None:
    if resource.is_namespaced:
        if metadata.setdefault("namespace", namespace) != namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on "
                "the request"
            )
    else:
        metadata.pop("namespace", None)


def born(resource: Resource, body: Body) -> Body:
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


def kept(resource: Resource, live: Body, body: Body, subresource: str) -> Body:
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


def spec_of(body: Body) -> Body:
    return {k: v for k, v in body.items() if k not in ("metadata", "status")}


def are_same(one: Body, other: Body) -> bool:
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
