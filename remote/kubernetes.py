"""Kubernetes: nodes, the GPUs that they offer, and the pods that hold or wait for some.

GPUs are told by ResourceSlices (resource.k8s.io, Dynamic Resource Allocation) where a node has some
of NVIDIA's driver, and else by the device plugin: capacity `nvidia.com/gpu`, whose product is the
label `nvidia.com/gpu.product` of GPU Feature Discovery. A job is a pod that asks for GPUs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from remote.cluster import Capacity, Failed, Reading, Step
from remote.kubernetes_objects import (
    Node,
    Page,
    Pod,
    ResourceClaim,
    ResourceSlice,
    SliceSpec,
    Version,
)
from remote.link import Link, Missing

RIGHTS = "nodes, pods, resourceslices and resourceclaims to be listed in all namespaces"
DRIVER = "gpu.nvidia.com"
PRODUCT = "nvidia.com/gpu.product"
RESOURCE_VERSIONS = ("v1", "v1beta2", "v1beta1")
PAGE = 500
MOST_PAGES = 200
LIVING_PODS = "fieldSelector=status.phase!%3DSucceeded%2Cstatus.phase!%3DFailed"

T = TypeVar("T")
DeviceName: TypeAlias = tuple[str, str, str]
"""Driver, pool and device: as a claim names what it has got."""


class Kubernetes:
    def __init__(self, link: Link) -> None:
        self._link = link

    async def read(self) -> Reading:
        """Raises: Failed."""
        try:
            version = await self._link.get("/version", Version)
            nodes = await self._all("/api/v1/nodes", Node)
            pods = await self._all("/api/v1/pods", Pod, LIVING_PODS)
        except Missing:
            raise Failed(Step.VERSION, "There is no API of Kubernetes at this URL.") from None
        slices, claims = await self._dynamic()
        asking = [pod for pod in pods if pod.gpus or pod.spec.resource_claims]
        assert self._link.latency_seconds is not None
        return Reading(
            version=f"Kubernetes {version.git_version}",
            nodes=len(nodes),
            capacity=capacity(nodes, pods, slices, claims),
            jobs_active=sum(1 for pod in asking if pod.spec.node_name),
            jobs_waiting=sum(1 for pod in asking if not pod.spec.node_name),
            latency_seconds=self._link.latency_seconds,
            certificate_expires_at=self._link.certificate_expires_at,
        )

    async def _dynamic(self) -> tuple[list[ResourceSlice], list[ResourceClaim]]:
        """Nothing where the cluster has no Dynamic Resource Allocation."""
        for version in RESOURCE_VERSIONS:
            group = f"/apis/resource.k8s.io/{version}"
            try:
                slices = await self._all(f"{group}/resourceslices", ResourceSlice)
                return slices, await self._all(f"{group}/resourceclaims", ResourceClaim)
            except Missing:
                continue
        return [], []

    async def _all(self, path: str, kind: type[T], query: str = "") -> list[T]:
        """All pages of a list. Raises: Failed, Missing."""
        items, after = list[T](), ""
        page_of: Any = Page
        for _ in range(MOST_PAGES):
            asked = "&".join(filter(None, (f"limit={PAGE}", query, after)))
            page: Page[T] = await self._link.get(f"{path}?{asked}", page_of[kind])
            items += page.items
            if not page.metadata.next:
                return items
            after = f"continue={quote(page.metadata.next, safe='')}"
        raise Failed(Step.ANSWER, f"It lists more than {PAGE * MOST_PAGES:,} objects of one kind.")


def capacity(
    nodes: Iterable[Node],
    pods: Iterable[Pod],
    slices: Iterable[ResourceSlice],
    claims: Iterable[ResourceClaim],
) -> tuple[Capacity, ...]:
    """By product. Devices of a node that takes no pods are there, but not free."""
    total, free = Counter[str](), Counter[str]()
    sliced = _current(slices)
    told_by_slices = {spec.node_name for spec in sliced}
    held = _held(claims)
    requested = Counter[str]()
    for pod in pods:
        requested[pod.spec.node_name] += pod.gpus
    usable = set[str]()
    for node in nodes:
        name = node.metadata.name
        if node.is_usable:
            usable.add(name)
        if node.gpus and name not in told_by_slices:
            product = node.metadata.labels.get(PRODUCT, "GPU of unknown type")
            total[product] += node.gpus
            free[product] += max(0, node.gpus - requested[name]) if name in usable else 0
    for spec in sliced:
        for device in spec.devices:
            if device.is_partition:
                continue
            product = device.told("productName") or "GPU of unknown type"
            total[product] += 1
            is_held = (spec.driver, spec.pool.name, device.name) in held
            free[product] += spec.node_name in usable and not is_held
    return tuple(Capacity(product, total[product], free[product]) for product in sorted(total))


def _current(slices: Iterable[ResourceSlice]) -> list[SliceSpec]:
    """Of each pool the newest generation: older slices are about to go."""
    gpus = [one.spec for one in slices if one.spec.driver == DRIVER]
    newest = dict[str, int]()
    for spec in gpus:
        newest[spec.pool.name] = max(spec.pool.generation, newest.get(spec.pool.name, 0))
    return [spec for spec in gpus if spec.pool.generation == newest[spec.pool.name]]


def _held(claims: Iterable[ResourceClaim]) -> set[DeviceName]:
    """Administrators' access holds nothing."""
    return {
        (got.driver, got.pool, got.device)
        for claim in claims
        if claim.status.allocation is not None
        for got in claim.status.allocation.devices.results
        if not got.admin_access
    }
