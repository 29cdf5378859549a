"""Which object or list a path means, and which verb a request is to the authorizer."""

from __future__ import annotations

from dataclasses import dataclass

from tests.services.apiserver.resources import Resource


@dataclass
class Target:
    resource: Resource
    namespace: str
    name: str
    subresource: str
    verb: str = ""


def target_of(resources: list[Resource], path: str, method: str) -> Target | None:
    for resource in resources:
        prefix = resource.prefix + "/"
        if not path.startswith(prefix):
            continue
        rest = path.removeprefix(prefix).split("/")
        namespace = ""
        if rest[0] == "namespaces" and len(rest) >= 3 and resource.is_namespaced:
            namespace, rest = rest[1], rest[2:]
        if rest[0] != resource.plural:
            continue
        name = rest[1] if len(rest) > 1 else ""
        subresource = rest[2] if len(rest) > 2 else ""
        allowed = {"status"} if resource.has_status else set()
        if resource.key == "namespaces":
            allowed |= {"finalize"}
        if resource.key == "pods":
            allowed |= {"binding"}
        if len(rest) > 3 or (subresource and subresource not in allowed):
            continue
        if resource.is_namespaced and not namespace and (name or method == "POST"):
            continue
        return Target(resource, namespace, name, subresource)
    return None


def verb_of(method: str, query: dict[str, str], target: Target | None) -> str:
    if method == "GET":
        if target is None or target.name:
            return "get"
        return "watch" if query.get("watch") in ("true", "True", "1") else "list"
    if method == "DELETE" and target is not None and not target.name:
        return "deletecollection"
    return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[method]
