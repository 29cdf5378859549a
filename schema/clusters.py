"""Remote clusters that jobs can be sent to. A secret goes in, and never comes out."""

from __future__ import annotations

from typing import Any

import strawberry

import remote.cluster
from domain.cluster_contacts import ClusterRow, ClusterState, Contact
from remote.cluster import ClusterKind, Step
from resolvers import clusters
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime

strawberry.enum(ClusterKind, name="RemoteClusterKind")
strawberry.enum(ClusterState, name="RemoteClusterState")
strawberry.enum(Step, name="ContactStep", description="The steps of contacting, in their order.")
strawberry.enum(clusters.ClusterOrderField, name="RemoteClusterOrderField")
KubernetesInput = strawberry.input(clusters.KubernetesInput)
SlurmInput = strawberry.input(clusters.SlurmInput)
QuartermasterInput = strawberry.input(clusters.QuartermasterInput)
ClusterLinkInput = strawberry.input(
    clusters.ClusterLinkInput, name="RemoteClusterLinkInput", one_of=True
)
AddRemoteClusterInput = strawberry.input(clusters.AddRemoteClusterInput)
EditRemoteClusterInput = strawberry.input(clusters.EditRemoteClusterInput)
RemoveRemoteClustersInput = strawberry.input(clusters.RemoveRemoteClustersInput)
CheckRemoteClusterInput = strawberry.input(clusters.CheckRemoteClusterInput)
RemoteClusterFilter = strawberry.input(clusters.ClusterFilter, name="RemoteClusterFilter")
RemoteClusterOrder = strawberry.input(clusters.ClusterOrder, name="RemoteClusterOrder")


@strawberry.type(description="The devices of one type in a remote cluster.")
class RemoteCapacity:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, remote.cluster.Capacity)

    product: str = strawberry.field(description="As that cluster names it.")
    total: int
    free: int = strawberry.field(description="On usable nodes, and held by nothing.")


@strawberry.type(description="A change of a remote cluster's state.")
class RemoteContact:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, Contact)

    time: DateTime
    state: ClusterState
    step: Step | None = strawberry.field(description="At which contacting it failed.")
    reason: str | None


@strawberry.type(
    description=(
        "A cluster that jobs can be sent to. Its figures are those of the last contact, which is "
        "long ago where it is unreachable."
    )
)
class RemoteCluster(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, ClusterRow)

    name: str
    kind: ClusterKind
    url: str | None = field(clusters.url)
    ca_certificate: str | None = field(
        clusters.ca_certificate,
        description="PEM of the authority; null: those that the system trusts.",
    )
    user_name: str | None = field(clusters.user_name, description="Slurm's; null for others.")
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")
    state: ClusterState
    since: DateTime = strawberry.field(description="When the state began.")
    failed_step: Step | None = strawberry.field(description="Of the last try, where it failed.")
    failure: str | None
    tried_at: DateTime
    contacted_at: DateTime = strawberry.field(description="The last contact that did not fail.")
    runs: str | None = field(clusters.runs, description="What runs there, and its version.")
    nodes: int | None = field(clusters.nodes)
    capacity: list[RemoteCapacity] = field(clusters.capacity, description="By type of device.")
    devices_total: int | None = field(clusters.devices_total)
    devices_free: int | None = field(clusters.devices_free)
    jobs_active: int | None = field(clusters.jobs_active, description="Whoever sent them.")
    jobs_waiting: int | None = field(clusters.jobs_waiting)
    jobs_sent: int = strawberry.field(description="Active jobs that were sent there from here.")
    latency_seconds: float | None = field(
        clusters.latency_seconds, description="Of the first request, with its connection."
    )
    certificate_expires_at: DateTime | None = field(
        clusters.certificate_expires_at, description="Of the server; null without TLS."
    )
    certificate_ends_soon: bool = field(
        clusters.certificate_ends_soon, description="In less than 30 days."
    )
    history: list[RemoteContact] = field(
        clusters.history, description="The last changes of state, the newest first."
    )


@strawberry.type
class RemoteClustersRemoved:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, clusters.RemoteClustersRemoved)

    ids: list[strawberry.ID]
