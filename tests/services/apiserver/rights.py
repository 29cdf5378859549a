"""Role-based access control as the real authorizer does it, and its guard against escalation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.refusals import forbidden
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.store import Body, Store

GROUP = "rbac.authorization.k8s.io"
MASTERS = "system:masters"


@dataclass(frozen=True)
class Attributes:
    verb: str
    group: str = ""
    plural: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    """Of a request for no resource, such as /version."""

    @property
    def resource(self) -> str:
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


class Rights:
    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, user: User, asked: Attributes) -> bool:
        if MASTERS in user.groups:
            return True
        if asked.path and asked.verb == "get" and _is_discovery(asked.path):
            return "system:authenticated" in user.groups
        return any(_covers(rule, asked) for rule in self.rules(user, asked.namespace))

    def rules(self, user: User, namespace: str) -> Iterator[Body]:
        for binding in self._store.objects[f"clusterrolebindings.{GROUP}"].values():
            if _binds(binding, user, ""):
                yield from self.role_rules(binding["roleRef"], "")
        if not namespace:
            return
        for (where, _), binding in self._store.objects[f"rolebindings.{GROUP}"].items():
            if where == namespace and _binds(binding, user, namespace):
                yield from self.role_rules(binding["roleRef"], namespace)

    def role_rules(self, reference: Body, namespace: str) -> list[Body]:
        if reference["kind"] == "ClusterRole":
            role = self._store.get(f"clusterroles.{GROUP}", "", reference["name"])
        else:
            role = self._store.get(f"roles.{GROUP}", namespace, reference["name"])
        return (role or {}).get("rules") or []

    def admit(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> None:
        """Nobody hands out rights that they do not have, unless they may `bind` or `escalate`."""
        if resource.group != GROUP or verb == "delete" or MASTERS in request.user.groups:
            return
        namespace = body["metadata"].get("namespace", "")
        if "roleRef" in body:
            if live is not None and live.get("subjects") == body.get("subjects"):
                return
            reference = body["roleRef"]
            plural = "clusterroles" if reference["kind"] == "ClusterRole" else "roles"
            verb_needed, name = "bind", reference["name"]
            rules = self.role_rules(reference, namespace)
        else:
            plural, verb_needed, name = resource.plural, "escalate", body["metadata"]["name"]
            rules = body.get("rules") or []
        asked = Attributes(verb_needed, GROUP, plural, "", namespace, name)
        if self.allows(request.user, asked):
            return
        held = list(self.rules(request.user, namespace))
        lacking = [rule for rule in rules if not _holds(held, rule)]
        if lacking:
            raise forbidden(
                resource.plural,
                GROUP,
                body["metadata"]["name"],
                f'user "{request.user.name}" (groups={list(request.user.groups)!r}) is attempting '
                f"to grant RBAC permissions not currently held:\n{lacking}",
            )


def _is_discovery(path: str) -> bool:
    parts = path.strip("/").split("/")
    return parts[0] in ("version", "healthz", "livez", "readyz", "openapi") or (
        parts[0] in ("api", "apis") and len(parts) <= 3
    )


def _binds(binding: Body, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects") or []:
        kind, name = subject["kind"], subject["name"]
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount":
            where = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{where}:{name}":
                return True
    return False


def _covers(rule: Body, asked: Attributes) -> bool:
    if not _has(rule.get("verbs"), asked.verb):
        return False
    if asked.path:
        return any(
            url in ("*", asked.path) or (url.endswith("*") and asked.path.startswith(url[:-1]))
            for url in rule.get("nonResourceURLs") or []
        )
    if not _has(rule.get("apiGroups"), asked.group):
        return False
    listed = rule.get("resources") or []
    if not (
        "*" in listed
        or asked.resource in listed
        or (asked.subresource and f"*/{asked.subresource}" in listed)
    ):
        return False
    only = rule.get("resourceNames") or []
    return not only or asked.name in only


def _has(listed: Any, wanted: str) -> bool:
    return "*" in (listed or []) or wanted in (listed or [])


def _holds(held: list[Body], wanted: Body) -> bool:
    """Whether the rules held cover every single right of another."""
    for url in wanted.get("nonResourceURLs") or []:
        for verb in wanted["verbs"]:
            if not any(_covers(rule, Attributes(verb, path=url)) for rule in held):
                return False
    for group in wanted.get("apiGroups") or []:
        for listed in wanted.get("resources") or []:
            plural, _, subresource = listed.partition("/")
            for verb in wanted["verbs"]:
                for name in wanted.get("resourceNames") or [""]:
                    asked = Attributes(verb, group, plural, subresource, "", name)
                    if not any(_covers(rule, asked) for rule in held):
                        return False
    return True


_EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
_WORK = ["pods", "pods/log", "configmaps", "secrets", "services", "persistentvolumeclaims"]
_WRITE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_READ = ["get", "list", "watch"]
STANDARD_ROLES: dict[str, list[Body]] = {
    "cluster-admin": [_EVERYTHING, {"nonResourceURLs": ["*"], "verbs": ["*"]}],
    "admin": [{"apiGroups": [""], "resources": _WORK, "verbs": _WRITE}],
    "edit": [{"apiGroups": [""], "resources": _WORK, "verbs": _WRITE}],
    "view": [{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": _READ}],
}
"""A short form of the bootstrap roles."""
