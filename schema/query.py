"""The root fields of queries and subscriptions, and the schema made of all root fields."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry
from strawberry.schema.config import StrawberryConfig

import resolvers.about
import resolvers.audit
import resolvers.authentication
import resolvers.candidates
import resolvers.cluster
import resolvers.clusters
import resolvers.device_requests
import resolvers.devices
import resolvers.directory_groups
import resolvers.dvs
import resolvers.feature_store
import resolvers.groups
import resolvers.health_events
import resolvers.jobs
import resolvers.licence
import resolvers.node_lookup
import resolvers.nodes
import resolvers.pools
import resolvers.telemetry
import resolvers.tokens
import resolvers.users
import resolvers.webhooks
from schema import refusals
from schema.about import About
from schema.audit import AuditEntry, AuditFilter
from schema.authentication import Authentication
from schema.candidates import OnBoarding
from schema.cluster import Cluster
from schema.clusters import RemoteCluster, RemoteClusterFilter, RemoteClusterOrder
from schema.connections import devices_of, jobs_of, users_of
from schema.devices import Device, DeviceChanges, DeviceType
from schema.directory_groups import DirectoryGroups, DirectoryMembers
from schema.dvs import DvsChanges, DvsTarget
from schema.feature_store import FeatureStore
from schema.fields import field, shared_subscription, subscription
from schema.groups import Group, GroupChanges, GroupFilter, GroupOrder
from schema.health import HealthEvent, HealthEventFilter, HealthEvents
from schema.jobs import Job, JobChanges
from schema.licence import Licence
from schema.mutation import Mutation, WaitingDeviceResult
from schema.nodes import ClusterNode, ClusterNodeFilter, ClusterNodeOrder, NodeChanges
from schema.pools import Pool, PoolChanges, PoolFilter, PoolOrder
from schema.relay import Connection, Node, connection
from schema.scalars import SCALARS
from schema.telemetry import DeviceTelemetry, FleetFrame
from schema.users import User, UserChanges
from schema.webhooks import Webhook


@strawberry.type
class Query:
    viewer: User | None = field(resolvers.users.viewer, description="Who is signed in.")
    cluster: Cluster = field(resolvers.cluster.cluster)
    node: Node | None = field(
        resolvers.node_lookup.by_global_id,
        description="Any object by its global id; null for one that does not exist.",
    )
    cluster_node: ClusterNode | None = field(resolvers.nodes.by_host_name)
    device: Device | None = field(resolvers.devices.by_uuid)
    pool: Pool | None = field(resolvers.pools.by_name)
    group: Group | None = field(resolvers.groups.by_name)
    user: User | None = field(resolvers.users.by_name)
    nodes: Connection[ClusterNode] = connection(
        resolvers.nodes.list_nodes, filter=ClusterNodeFilter, order_by=ClusterNodeOrder
    )
    devices: Connection[Device] = devices_of(resolvers.devices.all_devices)
    device_types: list[DeviceType] = field(resolvers.devices.device_types)
    pools: Connection[Pool] = connection(
        resolvers.pools.list_pools, filter=PoolFilter, order_by=PoolOrder
    )
    groups: Connection[Group] = connection(
        resolvers.groups.list_groups, filter=GroupFilter, order_by=GroupOrder
    )
    users: Connection[User] = users_of(resolvers.users.all_users)
    jobs: Connection[Job] = jobs_of(resolvers.jobs.all_active, resolvers.jobs.was_any)
    health_events: Connection[HealthEvent] = connection(
        resolvers.health_events.list_events,
        filter=HealthEventFilter,
        description="The log of health changes, newest first.",
    )
    audit_entries: Connection[AuditEntry] = connection(
        resolvers.audit.list_entries,
        filter=AuditFilter,
        description="The audit log, newest first; for operators, empty for others.",
    )
    on_boarding: OnBoarding | None = field(
        resolvers.candidates.on_boarding,
        description="Who may be taken on board; for operators, null for others.",
    )
    directory_groups: DirectoryGroups | None = field(
        resolvers.directory_groups.list_groups,
        description="Groups of the active directory; for operators, null for others.",
    )
    directory_members: DirectoryMembers | None = field(
        resolvers.directory_groups.list_members,
        description="Who is in a group of the directory; for operators, null for others.",
    )
    authentication: Authentication | None = field(
        resolvers.authentication.authentication,
        description="How people sign in; for operators, null for others.",
    )
    most_token_days: int = field(
        resolvers.tokens.most_days, description="How long a new token may live."
    )
    waiting_device: WaitingDeviceResult | None = field(
        resolvers.device_requests.waiting,
        description="The terminal that shows this code and asks for a token of one's own.",
    )
    about: About = field(
        resolvers.about.about, description="What runs here; the details are for operators."
    )
    licence: Licence = field(resolvers.licence.licence)
    remote_clusters: Connection[RemoteCluster] = connection(
        resolvers.clusters.list_clusters,
        filter=RemoteClusterFilter,
        order_by=RemoteClusterOrder,
        description="Clusters that jobs can be sent to; for operators, empty for others.",
    )
    webhooks: list[Webhook] | None = field(
        resolvers.webhooks.list_webhooks,
        description="Where changes of health are posted; for operators, empty for others.",
    )
    dvs_targets: list[DvsTarget] | None = field(
        resolvers.dvs.list_targets,
        description="Where versions of data are kept; for operators, empty for others.",
    )
    feature_store: FeatureStore | None = field(
        resolvers.feature_store.feature_store, description="For operators, null for others."
    )


@strawberry.type
class Subscription:
    cluster_snapshot: AsyncGenerator[Cluster, None] = shared_subscription(
        resolvers.cluster.cluster_snapshot, description="The cluster, once per tick (1 s)."
    )
    fleet_telemetry: AsyncGenerator[FleetFrame, None] = shared_subscription(
        resolvers.telemetry.fleet_telemetry,
        description="Telemetry of many devices in columns, once per tick. Made for programs.",
    )
    device_telemetry: AsyncGenerator[list[DeviceTelemetry], None] = shared_subscription(
        resolvers.telemetry.telemetry_of_devices,
        description="Telemetry of devices as objects, once per tick. Made for few devices.",
    )
    node_changes: AsyncGenerator[NodeChanges, None] = shared_subscription(
        resolvers.nodes.node_changes,
        description="All nodes first, then each one that changes.",
    )
    device_changes: AsyncGenerator[DeviceChanges, None] = shared_subscription(
        resolvers.devices.device_changes,
        description=(
            "All devices first, then each one that changes: place, pool, holder or health, "
            "not telemetry."
        ),
    )
    job_changes: AsyncGenerator[JobChanges, None] = shared_subscription(
        resolvers.jobs.job_changes,
        description="All active jobs first, then each that changes.",
    )
    pool_changes: AsyncGenerator[PoolChanges, None] = shared_subscription(
        resolvers.pools.pool_changes,
        description="All pools first, then each that changes: name, group, devices.",
    )
    group_changes: AsyncGenerator[GroupChanges, None] = shared_subscription(
        resolvers.groups.group_changes,
        description="All groups first, then each that changes: name, pool, users.",
    )
    remote_cluster_changes: AsyncGenerator[list[RemoteCluster], None] = subscription(
        resolvers.clusters.cluster_changes,
        description=(
            "All remote clusters, and all again whenever one is changed or contacted; "
            "for operators, empty for others."
        ),
    )
    webhook_changes: AsyncGenerator[list[Webhook], None] = subscription(
        resolvers.webhooks.webhook_changes,
        description=(
            "All webhooks, and all again whenever one is changed, delivered to or fails; "
            "for operators, empty for others."
        ),
    )
    dvs_changes: AsyncGenerator[DvsChanges, None] = subscription(
        resolvers.dvs.dvs_changes,
        description=(
            "All DVS targets and running checks, and all again whenever one changes; "
            "for operators, empty for others."
        ),
    )
    feature_store_changes: AsyncGenerator[FeatureStore | None, None] = subscription(
        resolvers.feature_store.feature_store_changes,
        description="The Feature Store, and again whenever it changes; for operators.",
    )
    user_changes: AsyncGenerator[UserChanges, None] = shared_subscription(
        resolvers.users.user_changes,
        description="All users first, then each that changes: name, roles, group.",
    )
    about_changes: AsyncGenerator[About, None] = shared_subscription(
        resolvers.about.about_changes, description="What runs here, looked at anew every 5 s."
    )
    licence_changes: AsyncGenerator[Licence, None] = shared_subscription(
        resolvers.licence.licence_changes,
        description="The licence, and again whenever it is replaced or what it says changes.",
    )
    health_events: AsyncGenerator[HealthEvents, None] = subscription(
        resolvers.health_events.health_events,
        description="The latest health events first, then each new one.",
    )
    audit_changes: AsyncGenerator[list[AuditEntry], None] = subscription(
        resolvers.audit.audit_changes,
        description=(
            "The newest entry of the audit log first, then those that are written; one may come "
            "twice. For operators; empty for others."
        ),
    )


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=refusals.ALL,
    config=StrawberryConfig(scalar_map=SCALARS),
)
