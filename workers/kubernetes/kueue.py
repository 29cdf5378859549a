"""Kueue's objects for a group that has a pool: jobs that do not fit now are queued by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workers.kubernetes.objects import (
    CLUSTER_QUEUES,
    FLAVORS,
    LOCAL_QUEUES,
    MANAGED_BY,
    MANAGER,
    Body,
    Kind,
    made,
)
from workers.kubernetes.quantities import quantity

QUEUE_NAME = "quartermaster"
WITHOUT_LIMIT = {"cpu": "1M", "memory": "1Ei", "ephemeral-storage": "1Ei"}
"""Kueue admits no job that asks for a resource which its queue does not cover."""


def queues_of(
    kinds: Mapping[str, Kind],
    installation: str,
    namespace: str,
    device_class: str,
    resource: str,
    size: int,
    marks: Mapping[str, str],
) -> Iterator[Body]:
    """A flavor of the pool, the group's queue of its size, and the door to that in its namespace.

    Both are named as the pool and the group are; nothing where the cluster has no Kueue.
    """
    if FLAVORS.kind not in kinds:
        return
    marks = {**marks, MANAGED_BY: MANAGER}
    yield made(kinds[FLAVORS.kind], device_class, installation, marks, spec={})
    amounts = {resource: quantity(size), **WITHOUT_LIMIT}
    quotas = [{"name": name, "nominalQuota": amount} for name, amount in amounts.items()]
    group = {
        "coveredResources": list(amounts),
        "flavors": [{"name": device_class, "resources": quotas}],
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    spec = {"namespaceSelector": selector, "resourceGroups": [group]}
    yield made(kinds[CLUSTER_QUEUES.kind], namespace, installation, marks, spec=spec)
    yield made(
        kinds[LOCAL_QUEUES.kind],
        QUEUE_NAME,
        installation,
        marks,
        namespace=namespace,
        spec={"clusterQueue": namespace},
    )
