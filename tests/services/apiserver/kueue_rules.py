"""The rules that Kueue's own definitions put on its objects (apis/kueue/v1beta2 in its source)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
Cause = tuple[str, str]

GROUPS, FLAVORS = 16, 64


def cluster_queue(body: Body) -> Iterator[Cause]:
    spec = body.get("spec") or {}
    groups = spec.get("resourceGroups") or []
    has_cohort = bool(spec.get("cohortName") or spec.get("cohort"))
    if len(groups) > GROUPS:
        yield "spec.resourceGroups", f"Too many: {len(groups)}: must have at most {GROUPS} items"
    for index, group in enumerate(groups):
        at = f"spec.resourceGroups[{index}]"
        covered, flavors = group.get("coveredResources") or [], group.get("flavors") or []
        if not covered:
            yield f"{at}.coveredResources", "Invalid value: should have at least 1 items"
        if not 1 <= len(flavors) <= FLAVORS:
            yield f"{at}.flavors", f"Invalid value: should have 1 to {FLAVORS} items"
        for number, flavor in enumerate(flavors):
            resources = flavor.get("resources") or []
            if len(resources) != len(covered):
                yield (
                    at,
                    "Invalid value: flavors must have the same number of resources as the "
                    "coveredResources",
                )
            if not has_cohort and any("borrowingLimit" in one for one in resources):
                place = f"{at}.flavors[{number}].resources"
                yield place, "Invalid value: borrowingLimit must be nil when cohort is empty"


def multi_kueue_cluster(body: Body) -> Iterator[Cause]:
    spec = body.get("spec") or {}
    source = spec.get("clusterSource") if "clusterSource" in spec else spec
    chosen = [name for name in ("kubeConfig", "clusterProfileRef") if (source or {}).get(name)]
    if len(chosen) != 1:
        yield (
            "spec.clusterSource",
            "Invalid value: exactly one of the fields in [kubeConfig clusterProfileRef] must be "
            "set",
        )
