"""Quota: the admission plugin that refuses, and the controller that keeps `status` true.

As in the real one the plugin goes by `status.hard`, which the controller sets: a quota that the
controller has not seen yet refuses nothing.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from tests.services.apiserver.preparation import Request
from tests.services.apiserver.quantities import parse_quantity, written
from tests.services.apiserver.refusals import forbidden
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.store import Body, Store

DEVICES = ".deviceclass.resource.k8s.io/devices"
IMPLICIT = "requests.deviceclass.resource.kubernetes.io/"
CLASSES = "deviceclasses.resource.k8s.io"
CLAIMS = "resourceclaims.resource.k8s.io"
EXTENDED = "resource.kubernetes.io/extended-resource-claim"
ALL_DEVICES = 32
"""What AllocationMode All is counted as (AllocationResultsMaxSize)."""

Usage = dict[str, Fraction]


def usage_of(plural: str, group: str, body: Body) -> Usage:
    used: Counter[str] = Counter()
    name = f"{plural}.{group}" if group else plural
    used[f"count/{name}"] += 1
    if not group:
        used[plural] += 1
    if plural == "resourceclaims":
        for request in (body["spec"].get("devices") or {}).get("requests") or []:
            used.update(_devices(request))
    if plural == "pods":
        if (body.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return {}
        return {k: Fraction(v) for k, v in used.items()} | _requested(body)
    return {key: Fraction(value) for key, value in used.items()}


def _devices(request: Body) -> dict[str, int]:
    if exactly := request.get("exactly"):
        return {exactly["deviceClassName"] + DEVICES: _count(exactly)}
    found: dict[str, int] = {}
    for choice in request.get("firstAvailable") or []:
        key = choice["deviceClassName"] + DEVICES
        found[key] = max(found.get(key, 0), _count(choice))
    return found


def _count(wanted: Body) -> int:
    if wanted.get("allocationMode") == "All":
        return ALL_DEVICES
    return int(wanted.get("count") or 1)


def _requested(pod: Body) -> Usage:
    total: Usage = {}
    for container in pod["spec"]["containers"]:
        resources = container.get("resources") or {}
        requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        for name, value in requests.items():
            key = f"requests.{name}"
            total[key] = total.get(key, Fraction(0)) + parse_quantity(value)
    return total


class Quota:
    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(
        self, verb: str, request: Request, resource: Resource, body: Body, live: Body | None
    ) -> None:
        if verb != "create" or not resource.is_namespaced or resource.key == "events":
            return
        namespace = body["metadata"]["namespace"]
        quotas = self._of(namespace)
        if not quotas:
            return
        asked = self._usage(resource.plural, resource.group, body)
        charged = []
        for quota in quotas:
            status = quota.get("status") or {}
            hard = {k: parse_quantity(v) for k, v in (status.get("hard") or {}).items()}
            used = {k: parse_quantity(v) for k, v in (status.get("used") or {}).items()}
            known = {k: v for k, v in asked.items() if k in hard and v}
            over = sorted(k for k, v in known.items() if used.get(k, Fraction(0)) + v > hard[k])
            if over:
                raise forbidden(
                    resource.plural,
                    resource.group,
                    body["metadata"]["name"],
                    f"exceeded quota: {quota['metadata']['name']}, "
                    f"requested: {_told(over, known)}, used: {_told(over, used)}, "
                    f"limited: {_told(over, hard)}",
                )
            charged.append((quota, used, known))
        if request.is_dry_run:
            return
        for quota, used, known in charged:
            total = {k: written(used.get(k, Fraction(0)) + v) for k, v in known.items()}
            if total:
                status = quota["status"]
                new = {**status, "used": {**(status.get("used") or {}), **total}}
                self._store.put("resourcequotas", {**quota, "status": new})

    def sync(self, namespace: str, changed: set[str]) -> None:
        """Count anew, for each quota of a namespace that a change of these kinds can touch."""
        for quota in self._of(namespace):
            hard = (quota.get("spec") or {}).get("hard") or {}
            keys = {key for name in hard for key in _counted_by(name, self._store)}
            if not (keys | {"resourcequotas"}) & changed:
                continue
            used = self._used(namespace, keys)
            status = {
                "hard": dict(hard),
                "used": {name: written(used.get(name, Fraction(0))) for name in hard},
            }
            if not hard:
                status = {}
            if status != (quota.get("status") or {}):
                self._store.put("resourcequotas", {**quota, "status": status})

    def _usage(self, plural: str, group: str, body: Body) -> Usage:
        """A claim also counts as the extended resources of its classes, less what its pod counts.

        As `addExtendedResourceQuota` in pkg/quota/v1/evaluator/core/resource_claims.go has it.
        """
        used = usage_of(plural, group, body)
        if plural != "resourceclaims":
            return used
        by_pod = self._usage_of_pod(body)
        for name, count in list(used.items()):
            if not name.endswith(DEVICES):
                continue
            device_class = name.removesuffix(DEVICES)
            found = self._store.get(CLASSES, "", device_class) or {}
            extended = (found.get("spec") or {}).get("extendedResourceName")
            for other in (IMPLICIT + device_class, extended and f"requests.{extended}"):
                if other and count > by_pod.get(other, 0):
                    used[other] = count - by_pod.get(other, 0)
        return used

    def _usage_of_pod(self, claim: Body) -> Usage:
        """What the pod counts for which the scheduler made this claim."""
        metadata = claim["metadata"]
        if EXTENDED not in (metadata.get("annotations") or {}):
            return {}
        for owner in metadata.get("ownerReferences") or []:
            pod = self._store.get("pods", metadata["namespace"], owner["name"])
            if pod is not None and pod["metadata"]["uid"] == owner["uid"]:
                return _requested(pod)
        return {}

    def _of(self, namespace: str) -> list[Body]:
        return [
            quota
            for (where, _), quota in self._store.objects["resourcequotas"].items()
            if where == namespace
        ]

    def _used(self, namespace: str, keys: set[str]) -> Usage:
        total: Usage = {}
        for key in keys:
            plural, _, group = key.partition(".")
            for (where, _), body in list(self._store.objects[key].items()):
                if where != namespace:
                    continue
                for name, value in self._usage(plural, group, body).items():
                    total[name] = total.get(name, Fraction(0)) + value
        return total


def _counted_by(name: str, store: Store) -> set[str]:
    """The kinds of objects (by their key in the store) that a name of a quota counts."""
    if name.endswith(DEVICES):
        return {CLAIMS}
    if name.startswith("requests."):
        return {"pods", CLAIMS}
    return {name.removeprefix("count/")} & store.objects.keys()


def _told(names: list[str], of: dict[str, Any]) -> str:
    return ",".join(f"{name}={written(of.get(name, Fraction(0)))}" for name in names)
