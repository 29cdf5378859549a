"""What ought to be in the cluster: from the inventory to objects. Pure; nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.snapshot import DeviceRow, GroupRow, PoolRow, Snapshot
from workers.kubernetes import objects
from workers.kubernetes.kueue import queues_of
from workers.kubernetes.names import identity, object_name
from workers.kubernetes.objects import (
    ADOPT,
    ADOPTED,
    BINDINGS,
    CLASSES,
    DEVICE,
    DRIVER,
    GROUP,
    INSTALLATION,
    MANAGED_BY,
    MANAGER,
    NAMESPACES,
    NODES,
    POOL,
    QUOTAS,
    TAINT_RULES,
    Body,
    Key,
    Kind,
    Objects,
    is_ours,
    key_of,
    labels_of,
    made,
)
from workers.kubernetes.quantities import quantity
from workers.kubernetes.selectors import NOTHING, TooManyDevices, choose, may_choose_gpus

ROLE = "edit"
"""The ClusterRole of a group's people in their namespace: the one the chart lets us hand out."""
QUOTA_NAME = BINDING_NAME = "quartermaster"
RESOURCE_PREFIX = "pool.quartermaster.dev/"
TAINT = "quartermaster.dev/out-of-service"


@dataclass(frozen=True, slots=True)
class Place:
    """Of a GPU: what its driver calls it, and the node that it is in."""

    pool: str
    device: str
    node: str


Target = tuple[str, int]
""" "pool" or "group", and its id: whose state tells of an object."""


@dataclass(frozen=True)
class Desired:
    """The objects by key, whom each is for, and what cannot be enforced and why."""

    installation: str
    bodies: Mapping[Key, Body]
    targets: Mapping[Key, Target]
    reasons: Mapping[Target, str]
    devices: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    """The UUIDs that each device class ought to choose."""
    all_devices: frozenset[str] = frozenset()
    """Of the whole cluster."""


@dataclass
class _Making:
    """The desired state while it is made."""

    installation: str
    actual: Objects
    bodies: dict[Key, Body] = field(default_factory=dict)
    targets: dict[Key, Target] = field(default_factory=dict)
    reasons: dict[Target, str] = field(default_factory=dict)
    devices: dict[Key, frozenset[str]] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """Those that only some clusters serve."""
    own_names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """By kind, mark and identity: what was made before keeps its name, to which work refers."""

    def __post_init__(self) -> None:
        for (kind, _, name), body in self.actual.items():
            mark = {CLASSES.kind: POOL, NAMESPACES.kind: GROUP}.get(kind)
            if mark is not None and is_ours(body, self.installation):
                self.own_names[kind, mark, labels_of(body).get(mark, "")] = name

    def add(self, body: Body, target: Target | None = None) -> Key:
        key = key_of(body)
        self.bodies[key] = body
        if target is not None:
            self.targets[key] = target
        return key


def desired_state(
    snapshot: Snapshot,
    actual: Objects,
    published: Mapping[str, Place],
    installation: str,
    served: Iterable[Kind] = (),
) -> Desired:
    """`actual`: what is there, for the names that were given before and what is not ours.

    `published`: the UUIDs of the GPUs that the cluster knows, and where each is.
    `served`: what the cluster has of the kinds that not all have.
    """
    making = _Making(installation, actual, kinds={one.kind: one for one in served})
    classes = {
        pool.id: _device_class(making, snapshot, pool, published)
        for pool in snapshot.pools.values()
    }
    foreign = [
        body
        for (kind, _, _), body in actual.items()
        if kind == CLASSES.kind and not is_ours(body, installation) and may_choose_gpus(body)
    ]
    for group in snapshot.groups.values():
        _group(making, snapshot, group, classes, foreign)
    _cordons(making, snapshot)
    _taints(making, snapshot, published)
    return Desired(
        installation,
        making.bodies,
        making.targets,
        making.reasons,
        making.devices,
        frozenset(published),
    )


def _device_class(
    making: _Making, snapshot: Snapshot, pool: PoolRow, published: Mapping[str, Place]
) -> str:
    """Of what is in service: a device that is out of it is given to nobody new."""
    target = ("pool", pool.id)
    name = _name(making, CLASSES.kind, POOL, "pool", pool)
    devices = snapshot.devices_of_pool.get(pool.id, [])
    unknown = [device for device in devices if device.uuid not in published]
    wanted = {
        device.uuid
        for device in devices
        if device.uuid in published and not _is_out_of_service(snapshot, device)
    }
    if unknown:
        making.reasons[target] = _not_published(snapshot, unknown, len(devices))
    try:
        expression = choose(wanted, published.keys())
    except TooManyDevices as error:
        making.reasons[target] = str(error)
        expression, wanted = NOTHING, set()
    body = made(
        CLASSES,
        name,
        making.installation,
        {POOL: identity(pool.id, pool.created_at), MANAGED_BY: MANAGER},
        spec={
            "selectors": [{"cel": {"expression": expression}}],
            "extendedResourceName": RESOURCE_PREFIX + name,
        },
    )
    if _is_foreign(making, key_of(body)):
        making.reasons[target] = f"A device class {name} is there that is not Quartermaster's."
    else:
        making.devices[making.add(body, target)] = frozenset(wanted)
    return name


def _group(
    making: _Making,
    snapshot: Snapshot,
    group: GroupRow,
    classes: Mapping[int, str],
    foreign: Iterable[Body],
) -> None:
    target = ("group", group.id)
    marks = {GROUP: identity(group.id, group.created_at)}
    adopted = _adopted(making, group)
    name = adopted or _name(making, NAMESPACES.kind, GROUP, "group", group)
    namespace = made(
        NAMESPACES,
        name,
        making.installation,
        {**marks, **({ADOPTED: "yes"} if adopted else {MANAGED_BY: MANAGER})},
    )
    if _is_foreign(making, key_of(namespace)) and not adopted:
        making.reasons[target] = (
            f"The namespace {name} is there and is not Quartermaster's. To give it to this group: "
            f"kubectl annotate namespace {name} '{ADOPT}={group.name}'"
        )
        return
    making.add(namespace, target)
    hard = dict.fromkeys((key for one in foreign for key in _counted_as(one)), "0")
    for pool_id, device_class in classes.items():
        is_own = pool_id == group.pool_id
        size = len(snapshot.devices_of_pool.get(pool_id, ())) if is_own else 0
        resource = RESOURCE_PREFIX + device_class
        hard |= dict.fromkeys(quota_keys(device_class, resource, is_own=is_own), quantity(size))
    marks = {**marks, MANAGED_BY: MANAGER}
    quota = made(
        QUOTAS, QUOTA_NAME, making.installation, marks, namespace=name, spec={"hard": hard}
    )
    making.add(quota, target)
    users = sorted(
        user.name
        for user in snapshot.users_of_group.get(group.id, ())
        if user.left_directory_at is None
    )
    binding = made(
        BINDINGS,
        BINDING_NAME,
        making.installation,
        marks,
        namespace=name,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE},
        subjects=[subject(user) for user in users],
    )
    making.add(binding, target)
    if group.pool_id is not None and group.pool_id in classes:
        own = classes[group.pool_id]
        size = len(snapshot.devices_of_pool.get(group.pool_id, ()))
        for body in queues_of(
            making.kinds, making.installation, name, own, RESOURCE_PREFIX + own, size, marks
        ):
            making.add(body, target)


def quota_keys(device_class: str, resource: str | None, *, is_own: bool) -> tuple[str, ...]:
    """The names under which a quota counts the ways to ask for a class: claims, and a pod's limits.

    The claims that are made for pods' limits count as claims. So a pod may ask for devices of its
    own group's pool that are not free yet, and waits; one that asks for others' is refused at once.
    """
    claims = f"{device_class}.deviceclass.resource.k8s.io/devices"
    implicit = f"requests.deviceclass.resource.kubernetes.io/{device_class}"
    explicit = (f"requests.{resource}",) if resource else ()
    return (claims,) if is_own else (claims, implicit, *explicit)


def _counted_as(foreign: Body) -> tuple[str, ...]:
    resource = (foreign.get("spec") or {}).get("extendedResourceName")
    return quota_keys(foreign["metadata"]["name"], resource, is_own=False)


def subject(user: str) -> Body:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}


def _cordons(making: _Making, snapshot: Snapshot) -> None:
    """A node that is out of service gets no new pods of whatever kind."""
    there = {name for kind, _, name in making.actual if kind == NODES.kind}
    for node in snapshot.nodes.values():
        name = node.kubernetes_node or node.host_name
        if node.cordoned_at is not None and name in there:
            marks = {objects.NODE: identity(node.id, node.first_seen_at)}
            making.add(made(NODES, name, making.installation, marks, spec={"unschedulable": True}))


def _taints(making: _Making, snapshot: Snapshot, published: Mapping[str, Place]) -> None:
    """A device that is out of service is given to nobody, by whatever class they ask for it."""
    if TAINT_RULES.kind not in making.kinds:
        return
    for device in snapshot.devices.values():
        if device.uuid in published and _is_out_of_service(snapshot, device):
            place = published[device.uuid]
            where = {"driver": DRIVER, "pool": place.pool, "device": place.device}
            taint = {"key": TAINT, "value": "yes", "effect": "NoSchedule"}
            body = made(
                making.kinds[TAINT_RULES.kind],
                object_name("device", device.uuid, device.id),
                making.installation,
                {DEVICE: identity(device.id, device.first_seen_at), MANAGED_BY: MANAGER},
                spec={"deviceSelector": where, "taint": taint},
            )
            making.add(body, ("pool", device.pool_id))


def _is_out_of_service(snapshot: Snapshot, device: DeviceRow) -> bool:
    node = snapshot.nodes.get(device.node_id)
    return device.cordoned_at is not None or (node is not None and node.cordoned_at is not None)


def _not_published(snapshot: Snapshot, unknown: list[DeviceRow], total: int) -> str:
    nodes = sorted({snapshot.nodes[d.node_id].host_name for d in unknown})
    where = ", ".join(nodes[:3]) + (" and others" if len(nodes) > 3 else "")
    some = "None of its GPUs is" if len(unknown) == total else f"{len(unknown)} of {total} are not"
    return (
        f"{some} published in the cluster by NVIDIA's driver for dynamic resource allocation "
        f"({where})."
    )


def _name(making: _Making, kind: str, mark: str, word: str, row: PoolRow | GroupRow) -> str:
    """The name that it has had from the beginning, whatever it is called now."""
    known = making.own_names.get((kind, mark, identity(row.id, row.created_at)))
    return known or object_name(word, row.name, row.id)


def _adopted(making: _Making, group: GroupRow) -> str | None:
    for (kind, _, name), body in making.actual.items():
        if kind != NAMESPACES.kind:
            continue
        given = objects.annotations_of(body).get(ADOPT)
        if given is None or given.casefold() != group.name.casefold():
            continue
        labels = labels_of(body)
        if labels.get(MANAGED_BY) != MANAGER and labels.get(INSTALLATION) in (
            None,
            making.installation,
        ):
            return name
    return None


def _is_foreign(making: _Making, key: Key) -> bool:
    body = making.actual.get(key)
    return body is not None and not is_ours(body, making.installation)
