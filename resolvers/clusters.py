"""Remote clusters, for operators: their list and state, and adding, editing and removing them.

This cluster is resolvers/cluster.py.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import strawberry

from domain.cluster_contacts import (
    ClusterRow,
    ClusterState,
    Contact,
    all_clusters,
    cluster_by_id,
    contacts_by_cluster,
)
from domain.cluster_trials import Entered, Kubeconfig, add_cluster, check_cluster, edit_cluster
from domain.clusters import KIND, remove_clusters
from domain.refusals import Unknown
from domain.secrets import Secret
from outbound.policy import Policy
from remote.cluster import Capacity, ClusterKind
from remote.settings import (
    TOKEN,
    KubernetesSettings,
    QuartermasterSettings,
    Settings,
    SlurmSettings,
)
from resolvers.context import Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.mutations import Refused, carry_out
from resolvers.pages import OrderDirection, Page, Slice, Value, allows, contains, paginate

WARNED_BEFORE = timedelta(days=30)
"""A certificate that ends sooner is told of."""


class ClusterOrderField(enum.Enum):
    NAME = "NAME"
    KIND = "KIND"
    STATE = "STATE"
    CONTACTED_AT = "CONTACTED_AT"
    FREE_DEVICES = "FREE_DEVICES"


@dataclass
class ClusterOrder:
    field: ClusterOrderField = ClusterOrderField.NAME
    direction: OrderDirection = OrderDirection.ASC


@dataclass
class ClusterFilter:
    search: str | None = None
    kinds: list[ClusterKind] | None = None
    states: list[ClusterState] | None = None


@dataclass
class KubernetesInput:
    """Either a `kubeconfig`, or `url` and `token`. A `token` left out: what is kept stays."""

    kubeconfig: str | None = None
    url: str | None = None
    ca_certificate: str | None = None
    token: str | None = None


@dataclass
class SlurmInput:
    """Of slurmrestd; `token` is a JWT of that user. Left out: the one that is kept stays."""

    url: str
    user_name: str
    token: str | None = None
    ca_certificate: str | None = None


@dataclass
class QuartermasterInput:
    """`token`: of one of its operators, to read. Left out: the one that is kept stays."""

    url: str
    token: str | None = None
    ca_certificate: str | None = None


@dataclass
class ClusterLinkInput:
    """Exactly one of them: the cluster's type, and what it needs."""

    kubernetes: KubernetesInput | None = strawberry.UNSET
    slurm: SlurmInput | None = strawberry.UNSET
    quartermaster: QuartermasterInput | None = strawberry.UNSET


@dataclass
class AddRemoteClusterInput:
    name: str
    link: ClusterLinkInput
    command_id: str | None = None


@dataclass
class EditRemoteClusterInput:
    """What is left out stays."""

    id: strawberry.ID
    version: int
    name: str | None = None
    link: ClusterLinkInput | None = None
    command_id: str | None = None


@dataclass
class RemoveRemoteClustersInput:
    clusters: list[strawberry.ID]
    command_id: str | None = None


@dataclass
class CheckRemoteClusterInput:
    id: strawberry.ID


@dataclass(frozen=True, slots=True)
class RemoteClustersRemoved:
    ids: list[str]


async def list_clusters(
    root: None,
    info: Info,
    filter: ClusterFilter | None,
    order_by: ClusterOrder | None,
    wanted: Slice,
) -> Page[ClusterRow]:
    rows = await all_clusters() if info.context.is_operator else []
    order = order_by or ClusterOrder()
    if filter is not None:
        rows = [
            row
            for row in rows
            if contains(filter.search, row.name, url(row))
            and allows(filter.kinds, row.kind)
            and allows(filter.states, row.state)
        ]
    return paginate(
        rows,
        wanted,
        order=order.field.value,
        direction=order.direction,
        value=lambda row: _order_value(row, order.field),
    )


async def cluster_changes(info: Info) -> AsyncIterator[list[ClusterRow]]:
    """All of them, and again whenever one is changed or contacted."""
    async with aclosing(info.context.live.feed.listen(KIND)) as feed:
        async for _ in feed:
            info.context.renew()
            yield await all_clusters() if info.context.is_operator else []


async def by_id(info: Info, number: int) -> ClusterRow | None:
    return await cluster_by_id(number) if info.context.is_operator else None


async def history(root: ClusterRow, info: Info) -> list[Contact]:
    contacts = await info.context.once("contacts of clusters", contacts_by_cluster)
    return contacts.get(root.id, [])


def url(root: ClusterRow) -> str | None:
    return None if root.settings is None else root.settings.url


def ca_certificate(root: ClusterRow) -> str | None:
    return None if root.settings is None else root.settings.ca_certificate


def user_name(root: ClusterRow) -> str | None:
    return root.settings.user_name if isinstance(root.settings, SlurmSettings) else None


def runs(root: ClusterRow) -> str | None:
    return None if root.reading is None else root.reading.version


def nodes(root: ClusterRow) -> int | None:
    return None if root.reading is None else root.reading.nodes


def capacity(root: ClusterRow) -> list[Capacity]:
    return [] if root.reading is None else list(root.reading.capacity)


def devices_total(root: ClusterRow) -> int | None:
    return None if root.reading is None else sum(one.total for one in root.reading.capacity)


def devices_free(root: ClusterRow) -> int | None:
    return None if root.reading is None else sum(one.free for one in root.reading.capacity)


def jobs_active(root: ClusterRow) -> int | None:
    return None if root.reading is None else root.reading.jobs_active


def jobs_waiting(root: ClusterRow) -> int | None:
    return None if root.reading is None else root.reading.jobs_waiting


def latency_seconds(root: ClusterRow) -> float | None:
    return None if root.reading is None else root.reading.latency_seconds


def certificate_expires_at(root: ClusterRow) -> datetime | None:
    return None if root.reading is None else root.reading.certificate_expires_at


def certificate_ends_soon(root: ClusterRow) -> bool:
    ends = certificate_expires_at(root)
    return ends is not None and ends - root.tried_at < WARNED_BEFORE


async def add_remote_cluster(info: Info, input: AddRemoteClusterInput) -> ClusterRow | Refused:
    added = await carry_out(
        info,
        lambda actor: add_cluster(actor, input.name, _wish(input.link), _policy(info)),
        input.command_id,
    )
    return await _row(added)


async def edit_remote_cluster(info: Info, input: EditRemoteClusterInput) -> ClusterRow | Refused:
    (number,) = numbers_or_nothing([input.id], "RemoteCluster")
    wish = None if input.link is None else _wish(input.link)
    edited = await carry_out(
        info,
        lambda actor: edit_cluster(actor, number, input.version, input.name, wish, _policy(info)),
        input.command_id,
    )
    return await _row(edited)


async def remove_remote_clusters(
    info: Info, input: RemoveRemoteClustersInput
) -> RemoteClustersRemoved | Refused:
    numbers = numbers_or_nothing(input.clusters, "RemoteCluster")
    removed = await carry_out(info, lambda actor: remove_clusters(actor, numbers), input.command_id)
    if isinstance(removed, Refused):
        return removed
    return RemoteClustersRemoved([global_id("RemoteCluster", number) for number in removed])


async def check_remote_cluster(info: Info, input: CheckRemoteClusterInput) -> ClusterRow | Refused:
    (number,) = numbers_or_nothing([input.id], "RemoteCluster")
    checked = await carry_out(info, lambda actor: check_cluster(actor, number, _policy(info)), None)
    if not isinstance(checked, Refused):
        await info.context.live.catch_up([(KIND, [checked])])
    return await _row(checked)


def _wish(link: ClusterLinkInput) -> Kubeconfig | Entered:
    if link.kubernetes:
        given = link.kubernetes
        if given.kubeconfig:
            return Kubeconfig(Secret(given.kubeconfig))
        return _entered(
            KubernetesSettings(_tidy(given.url), _pem(given.ca_certificate)), given.token
        )
    if link.slurm:
        of = link.slurm
        settings = SlurmSettings(_tidy(of.url), of.user_name.strip(), _pem(of.ca_certificate))
        return _entered(settings, of.token)
    assert link.quartermaster, "the schema lets exactly one through"
    other = link.quartermaster
    return _entered(
        QuartermasterSettings(_tidy(other.url), _pem(other.ca_certificate)), other.token
    )


def _entered(settings: Settings, token: str | None) -> Entered:
    token = (token or "").strip()
    return Entered(settings, {TOKEN: Secret(token)} if token else {})


def _tidy(url: str | None) -> str:
    return (url or "").strip().rstrip("/")


def _pem(text: str | None) -> str | None:
    return (text or "").strip() or None


def _policy(info: Info) -> Policy:
    outbound = info.context.outbound
    assert outbound is not None, "mutations are carried out for a viewer"
    return outbound.policy


def _order_value(row: ClusterRow, field: ClusterOrderField) -> Value:
    match field:
        case ClusterOrderField.NAME:
            return row.name.casefold()
        case ClusterOrderField.KIND:
            return row.kind.value
        case ClusterOrderField.STATE:
            return row.state.value
        case ClusterOrderField.CONTACTED_AT:
            return row.contacted_at.timestamp()
        case ClusterOrderField.FREE_DEVICES:
            return devices_free(row)


async def _row(result: int | Refused) -> ClusterRow | Refused:
    if isinstance(result, Refused):
        return result
    return await cluster_by_id(result) or Refused(Unknown(KIND, (result,)))
