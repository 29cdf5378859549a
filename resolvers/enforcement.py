"""Whether the Kubernetes cluster does what the screens say of a pool or a group."""

from __future__ import annotations

from domain.snapshot import EnforcementRow, EnforcementState, GroupRow, PoolRow
from resolvers.context import Info


def of_pool(root: PoolRow, info: Info) -> EnforcementRow:
    return _of(info, "pool", root.id)


def of_group(root: GroupRow, info: Info) -> EnforcementRow:
    return _of(info, "group", root.id)


def _of(info: Info, kind: str, id: int) -> EnforcementRow:
    known = info.context.snapshot.enforcement.get((kind, id))
    return known or EnforcementRow(kind, id, EnforcementState.NONE, None, None, None)
