"""Kinds of objects that a cluster may serve or not: taints of single devices, and Kueue's."""

from __future__ import annotations

from dataclasses import replace

import structlog
from kubernetes_asyncio.client.exceptions import ApiException

from workers.kubernetes.connection import Connection
from workers.kubernetes.objects import (
    CLUSTER_QUEUES,
    FLAVORS,
    LOCAL_QUEUES,
    TAINT_RULES,
    Kind,
)

log = structlog.get_logger()

OPTIONAL = (TAINT_RULES, FLAVORS, CLUSTER_QUEUES, LOCAL_QUEUES)


async def served_by(connection: Connection) -> tuple[Kind, ...]:
    """Those that this cluster serves, in the version that it prefers, and that we may read."""
    versions = dict[str, set[str]]()
    preferred = dict[str, str]()
    found = []
    for kind in OPTIONAL:
        group = kind.api.partition("/")[0]
        if group not in versions:
            try:
                told = await connection.get(f"/apis/{group}")
            except ApiException as error:
                if error.status != 404:
                    raise
                told = {}
            versions[group] = {one["version"] for one in told.get("versions") or []}
            preferred[group] = (told.get("preferredVersion") or {}).get("version", "")
        if not versions[group]:
            continue
        version = kind.api.partition("/")[2]
        if version not in versions[group]:
            version = preferred[group]
        kind = replace(kind, api=f"{group}/{version}")
        try:
            await connection.get(kind.path(), limit="1")
        except ApiException as error:
            if error.status == 403:
                log.warning("kubernetes.optional_forbidden", kind=kind.plural)
            elif error.status != 404:
                raise
        else:
            found.append(kind)
    if not all(kind.kind in {one.kind for one in found} for kind in OPTIONAL[1:]):
        found = [kind for kind in found if kind.kind == TAINT_RULES.kind]
    return tuple(found)
