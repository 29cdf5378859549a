"""Any object by its global id (GraphQL Global Object Identification)."""

from __future__ import annotations

import strawberry

from domain.health_history import EventsWanted, read_events
from resolvers import audit, clusters, dvs, feature_store, sessions, tokens, webhooks
from resolvers.context import Info
from resolvers.health_events import is_visible
from resolvers.ids import parse_id


async def by_global_id(info: Info, id: strawberry.ID) -> object | None:
    """Null for an id that is none, or of an object that does not exist."""
    parsed = parse_id(id)
    if parsed is None:
        return None
    type_name, number = parsed
    if type_name == "HealthEvent":
        found = await read_events(EventsWanted(), 1, older_than=number + 1, newer_than=number - 1)
        return next((event for event in found if is_visible(info.context, event)), None)
    if type_name == "AuditEntry":
        return await audit.by_id(info, number)
    if type_name == "Webhook":
        return await webhooks.by_id(info, number)
    if type_name == "DvsTarget":
        return await dvs.by_id(info, number)
    if type_name == "FeatureStore":
        return await feature_store.by_id(info, number)
    if type_name == "RemoteCluster":
        return await clusters.by_id(info, number)
    if type_name == "ApiToken":
        return await tokens.by_id(info, number)
    if type_name == "Session":
        return await sessions.by_id(info, number)
    snapshot = info.context.snapshot
    tables = {
        "ClusterNode": snapshot.nodes,
        "Device": snapshot.devices,
        "DeviceType": snapshot.types,
        "Pool": snapshot.pools,
        "Group": snapshot.groups,
        "User": snapshot.users,
        "Job": snapshot.jobs,
    }
    rows = tables.get(type_name)
    return None if rows is None else rows.get(number)
