"""The cluster as it is known at this moment: one watch for each kind of object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from workers.clock import Clock
from workers.kubernetes.connection import Connection
from workers.kubernetes.objects import (
    BINDINGS,
    CLAIMS,
    CLASSES,
    MANAGED_BY,
    MANAGER,
    NAMESPACES,
    NODES,
    PODS,
    QUOTAS,
    SLICES,
    Body,
    Key,
    Kind,
    annotations_of,
    is_ours,
    labels_of,
)
from workers.kubernetes.reading import (
    devices_of,
    node_facts,
    project_claim,
    project_pod,
    project_slice,
)
from workers.kubernetes.watching import Timing, Watched

OURS = {"labelSelector": f"{MANAGED_BY}={MANAGER}"}


class Cluster:
    """`changed`: called for what may need to be put right; `moved`: for what jobs are made of."""

    def __init__(
        self,
        connection: Connection,
        installation: str,
        changed: Callable[[], None],
        moved: Callable[[], None],
        clock: Clock,
        timing: Timing,
        served: Iterable[Kind] = (),
    ) -> None:
        own = partial(_project, installation)

        def both() -> None:
            changed()
            moved()

        self.namespaces = Watched(connection, NAMESPACES, own, changed, clock, timing)
        self.classes = Watched(connection, CLASSES, whole, changed, clock, timing)
        self.quotas = Watched(connection, QUOTAS, whole, changed, clock, timing, OURS)
        self.bindings = Watched(connection, BINDINGS, whole, changed, clock, timing, OURS)
        self.nodes = Watched(connection, NODES, own, both, clock, timing)
        self.slices = Watched(connection, SLICES, project_slice, both, clock, timing)
        self.claims = Watched(connection, CLAIMS, project_claim, both, clock, timing)
        self.served = tuple(served)
        self.optional = [
            Watched(connection, kind, whole, changed, clock, timing, OURS) for kind in served
        ]
        self.pods = Watched(connection, PODS, project_pod, both, clock, timing)

    def __iter__(self) -> Iterator[Watched]:
        yield from (self.namespaces, self.classes, self.quotas, self.bindings)
        yield from self.optional
        yield from (self.nodes, self.slices, self.claims, self.pods)

    def watch_of(self, kind: str) -> Watched:
        return next(one for one in self if one.kind.kind == kind)

    @property
    def is_listed(self) -> bool:
        return all(one.is_listed for one in self)

    @property
    def trouble(self) -> str | None:
        """Why what is known may be old."""
        return next((said for one in self if (said := one.trouble) is not None), None)

    def objects(self) -> dict[Key, Body]:
        """Those that are compared with what ought to be there."""
        fixed = (self.namespaces, self.classes, self.quotas, self.bindings, self.nodes)
        watches = (*fixed, *self.optional)
        return {key: body for one in watches for key, body in one.objects.items()}

    def devices(self) -> dict[tuple[str, str], tuple[str, str]]:
        return devices_of(self.slices.objects.values())

    def busy_namespaces(self) -> frozenset[str]:
        return frozenset(
            namespace for one in (self.pods, self.claims) for _, namespace, _ in one.objects
        )


def whole(body: Body) -> Body:
    return body


def _project(installation: str, body: Body) -> Body:
    """Nodes and namespaces are many, and mostly others': of these, that they are there."""
    metadata = body["metadata"]
    facts = {"facts": node_facts(body)} if body["kind"] == NODES.kind else {}
    kept: Body = {"name": metadata["name"], "uid": metadata.get("uid")}
    if annotations := annotations_of(body):
        ours = {n: v for n, v in annotations.items() if n.startswith("quartermaster.dev/")}
        kept["annotations"] = ours
    if labels := labels_of(body):
        kept["labels"] = {
            n: v for n, v in labels.items() if n.startswith("quartermaster.dev/") or n == MANAGED_BY
        }
    if "deletionTimestamp" in metadata:
        kept["deletionTimestamp"] = metadata["deletionTimestamp"]
    if not is_ours(body, installation):
        return {"kind": body["kind"], "metadata": kept, **facts}
    kept["managedFields"] = metadata.get("managedFields")
    spec = body.get("spec") or {}
    if body["kind"] == NODES.kind:
        return {
            "kind": body["kind"],
            "metadata": _without_heartbeats(kept),
            "spec": {"unschedulable": spec.get("unschedulable", False)},
            "apiVersion": "v1",
            **facts,
        }
    return {"kind": body["kind"], "apiVersion": "v1", "metadata": kept}


def _without_heartbeats(metadata: Body) -> Body:
    entries = metadata.get("managedFields") or []
    kept = [entry for entry in entries if entry.get("subresource") != "status"]
    return {**metadata, "managedFields": kept}
