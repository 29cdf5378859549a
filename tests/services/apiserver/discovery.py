"""What a client asks before it asks for objects: versions, groups, resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.services.apiserver.resources import VERBS, Resource
from tests.services.apiserver.schema import DEFINITIONS

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-04-22T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def groups(resources: Iterable[Resource]) -> dict[str, Any]:
    found: dict[str, list[str]] = {"authorization.k8s.io": ["v1"]}
    for resource in resources:
        if resource.group:
            versions = found.setdefault(resource.group, [])
            if resource.version not in versions:
                versions.append(resource.version)
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [group(name, versions) for name, versions in found.items()],
    }


def group(name: str, versions: list[str]) -> dict[str, Any]:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def resource_list(api_version: str, resources: Iterable[Resource]) -> dict[str, Any]:
    listed: list[dict[str, Any]] = []
    if api_version == "authorization.k8s.io/v1":
        listed = [
            _entry(f"self{name}", False, kind, ["create"])
            for name, kind in (
                ("subjectaccessreviews", "SelfSubjectAccessReview"),
                ("subjectrulesreviews", "SelfSubjectRulesReview"),
            )
        ]
    for resource in resources:
        entry = _entry(resource.plural, resource.is_namespaced, resource.kind, list(VERBS))
        entry["singularName"] = resource.kind.lower()
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        listed.append(entry)
        if resource.has_status:
            verbs = ["get", "patch", "update"]
            name = f"{resource.plural}/status"
            listed.append(_entry(name, resource.is_namespaced, resource.kind, verbs))
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version,
        "resources": listed,
    }


def _entry(name: str, is_namespaced: bool, kind: str, verbs: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "singularName": "",
        "namespaced": is_namespaced,
        "kind": kind,
        "verbs": verbs,
    }


def openapi_paths(resources: Iterable[Resource]) -> dict[str, Any]:
    prefixes = {resource.prefix.removeprefix("/") for resource in resources}
    return {
        "paths": {
            prefix: {"serverRelativeURL": f"/openapi/v3/{prefix}?hash=0"}
            for prefix in sorted(prefixes)
        }
    }


def openapi(resources: Iterable[Resource]) -> dict[str, Any]:
    """The definitions, and of the paths what kubectl looks at: which fields a verb's query has."""
    paths = {}
    for resource in resources:
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        told = {
            "x-kubernetes-group-version-kind": kind,
            "parameters": [
                {"name": name, "in": "query", "schema": {"type": "string"}}
                for name in ("dryRun", "fieldManager", "fieldValidation", "force")
            ],
        }
        where = "/namespaces/{namespace}" if resource.is_namespaced else ""
        path = f"{resource.prefix}{where}/{resource.plural}"
        paths[path] = {"post": told}
        paths[f"{path}/{{name}}"] = {"get": told, "put": told, "patch": told, "delete": told}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
        "paths": paths,
        "components": {"schemas": _with_absolute_references(DEFINITIONS)},
    }


def _with_absolute_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: f"#/components/schemas/{below}"
            if key == "$ref"
            else _with_absolute_references(below)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_with_absolute_references(item) for item in value]
    return value
