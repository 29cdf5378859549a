"""The claim controller: devices of claims whose pods have gone or are done are free again."""

from __future__ import annotations

from tests.services.apiserver.allocation import CLAIMS
from tests.services.apiserver.preparation import Request, User
from tests.services.apiserver.registry import Registry
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.scheduling import PROTECTION
from tests.services.apiserver.store import Store

SELF = Request(User("system:resourceclaim-controller", ("system:masters",)), "claim-controller")


def release(store: Store, registry: Registry, resource: Resource) -> None:
    """Free the devices of claims whose pods have gone or are done."""
    alive = {
        pod["metadata"]["uid"]
        for pod in store.objects["pods"].values()
        if pod["status"].get("phase") not in ("Succeeded", "Failed")
    }
    for claim in list(store.objects[CLAIMS].values()):
        status = claim.get("status") or {}
        reserved = status.get("reservedFor") or []
        kept = [consumer for consumer in reserved if consumer["uid"] in alive]
        if kept == reserved and not (claim["metadata"].get("deletionTimestamp") and not reserved):
            continue
        if kept:
            store.put(CLAIMS, {**claim, "status": {**status, "reservedFor": kept}})
            continue
        metadata = dict(claim["metadata"])
        metadata["finalizers"] = [f for f in metadata.get("finalizers") or [] if f != PROTECTION]
        if not metadata["finalizers"]:
            del metadata["finalizers"]
        left = registry.settle(resource, {**claim, "metadata": metadata, "status": {}})
        owned = any(o["kind"] == "Pod" for o in metadata.get("ownerReferences") or [])
        if owned and not metadata.get("deletionTimestamp"):
            name = left["metadata"]["name"]
            registry.delete(resource, metadata["namespace"], name, {}, SELF)
