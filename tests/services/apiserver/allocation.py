"""Which free devices suit a claim: classes' and requests' selectors, taints, what others hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.services.apiserver.cel import chooses
from tests.services.apiserver.store import Body, Store

CLAIMS = "resourceclaims.resource.k8s.io"
CLASSES = "deviceclasses.resource.k8s.io"
SLICES = "resourceslices.resource.k8s.io"
TAINT_RULES = "devicetaintrules.resource.k8s.io"

DeviceKey = tuple[str, str, str]
"""Driver, pool and device."""


@dataclass(frozen=True)
class Candidate:
    key: DeviceKey
    node: str
    device: Body
    taints: list[Body]


class Allocator:
    """Of one moment: what is free is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._candidates = list(self._all())
        self._taken = {key for claim in store.objects[CLAIMS].values() for key in held(claim)}

    def _all(self) -> Iterator[Candidate]:
        rules = [rule["spec"] for rule in self._store.objects[TAINT_RULES].values()]
        for piece in self._store.objects[SLICES].values():
            spec = piece["spec"]
            for device in spec.get("devices") or []:
                key = (spec["driver"], spec["pool"]["name"], device["name"])
                taints = [*(device.get("taints") or [])]
                taints += [rule["taint"] for rule in rules if _is_tainted_by(rule, key)]
                yield Candidate(key, spec.get("nodeName", ""), device, taints)

    def choose(
        self,
        claims: list[Body],
        node: str,
    ) -> list[tuple[Body, list[Body]]] | None:
        """(claim, results) for each claim that has none yet; None: not on this node."""
        candidates, taken = self._candidates, set(self._taken)
        chosen = []
        for claim in claims:
            if own := held(claim):
                at = {c.node for c in candidates if c.key in own}
                if at != {node}:
                    return None
                continue
            results: list[Body] = []
            for request in (claim["spec"].get("devices") or {}).get("requests") or []:
                choices = (
                    [request["exactly"]] if "exactly" in request else request["firstAvailable"]
                )
                for choice in choices:
                    free = [c for c in candidates if self._fits(c, node, choice, taken)]
                    wanted = (
                        len(free)
                        if choice.get("allocationMode") == "All"
                        else int(choice.get("count") or 1)
                    )
                    if wanted and len(free) >= wanted:
                        break
                else:
                    return None
                name = request["name"]
                if "exactly" not in request:
                    name += f"/{choice['name']}"
                for candidate in free[:wanted]:
                    taken.add(candidate.key)
                    driver, pool, device = candidate.key
                    results.append(
                        {"request": name, "driver": driver, "pool": pool, "device": device}
                    )
            chosen.append((claim, results))
        return chosen

    def _fits(self, candidate: Candidate, node: str, wanted: Body, taken: set[DeviceKey]) -> bool:
        if candidate.node != node or candidate.key in taken:
            return False
        device_class = self._store.get(CLASSES, "", wanted["deviceClassName"])
        if device_class is None:
            return False
        tolerations = wanted.get("tolerations") or []
        if any(
            taint["effect"] in ("NoSchedule", "NoExecute") and not is_tolerated(taint, tolerations)
            for taint in candidate.taints
        ):
            return False
        selectors = [
            *(device_class["spec"].get("selectors") or []),
            *(wanted.get("selectors") or []),
        ]
        driver = candidate.key[0]
        return all(
            chooses(selector["cel"]["expression"], driver, candidate.device)
            for selector in selectors
        )


def held(claim: Body) -> set[DeviceKey]:
    allocation = (claim.get("status") or {}).get("allocation") or {}
    results: list[Any] = (allocation.get("devices") or {}).get("results") or []
    return {(result["driver"], result["pool"], result["device"]) for result in results}


def _is_tainted_by(rule: Body, key: DeviceKey) -> bool:
    selector = rule.get("deviceSelector")
    if selector is None:
        return False
    return all(
        selector.get(name) in (None, value)
        for name, value in zip(("driver", "pool", "device"), key, strict=True)
    )


def is_tolerated(taint: Body, tolerations: list[Body]) -> bool:
    for toleration in tolerations:
        if toleration.get("effect") not in (None, "", taint["effect"]):
            continue
        if toleration.get("operator", "Equal") == "Exists":
            if toleration.get("key") in (None, "", taint["key"]):
                return True
        elif toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (
            taint.get("value") or ""
        ):
            return True
    return False
