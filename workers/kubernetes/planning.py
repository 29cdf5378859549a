"""From what is there to what ought to be, in an order that is safe at every step. Pure.

First everything becomes narrower, then wider: at no moment may two groups claim one device, or
anyone claim what no quota counts. A plan is the first phase that has something to do; when that is
done, the next is planned from what is there then.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from workers.kubernetes.desired import Desired, Target
from workers.kubernetes.objects import (
    ADOPTED,
    APPLIED,
    BINDINGS,
    CLASSES,
    GROUP,
    NAMESPACES,
    NODES,
    POOL,
    QUOTAS,
    Body,
    Key,
    Kind,
    Objects,
    digest,
    is_in_place,
    is_ours,
    labels_of,
)
from workers.kubernetes.optional import OPTIONAL
from workers.kubernetes.quantities import count_of, quantity
from workers.kubernetes.selectors import choose, chosen_by

KINDS: Mapping[str, Kind] = {
    k.kind: k for k in (NAMESPACES, CLASSES, QUOTAS, BINDINGS, NODES, *OPTIONAL)
}


class Verb(enum.Enum):
    APPLY = "apply"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    verb: Verb
    key: Key
    body: Body
    why: str
    target: Target | None = None

    @property
    def kind(self) -> Kind:
        """In the version that the object is in."""
        kind = KINDS[self.key[0]]
        return replace(kind, api=self.body.get("apiVersion") or kind.api)


Phase = Callable[[Desired, Objects], list[Step]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one phase. `is_waiting`: none, but the cluster has not come round yet."""

    steps: tuple[Step, ...] = ()
    is_waiting: bool = False


def make_plan(
    desired: Desired, actual: Objects, busy: frozenset[str], done: frozenset[Key] = frozenset()
) -> Plan:
    """`busy`: the namespaces with pods or claims in them. `done`: what was tried, and needs time.

    While something cannot be made narrower, nothing is made wider.
    """
    for narrow in (_narrow_classes, _make_namespaces, _narrow_quotas, _narrow_bindings):
        if steps := narrow(desired, actual):
            left = tuple(step for step in steps if step.key not in done)
            return Plan(left, is_waiting=not left)
    if not _are_quotas_in_force(desired, actual):
        return Plan(is_waiting=True)
    wider: list[Phase] = [
        *(partial(_apply, kind) for kind in (CLASSES, QUOTAS, BINDINGS, NODES, *OPTIONAL)),
        _remove_optional,
        _release_nodes,
        partial(_drain, busy),
    ]
    for widen in wider:
        steps = [step for step in widen(desired, actual) if step.key not in done]
        if steps:
            return Plan(tuple(steps))
    return Plan()


def foresee(desired: Desired, actual: Objects, busy: frozenset[str]) -> list[Step]:
    """All that would be done, phase by phase, if all of it succeeded."""
    there, steps = dict(actual), list[Step]()
    deleted = set[Key]()
    while phase := make_plan(desired, there, busy, frozenset(deleted)).steps:
        for step in phase:
            if step.verb is Verb.DELETE:
                there.pop(step.key, None)
                deleted.add(step.key)
            else:
                there[step.key] = {**step.body, "status": step.body.get("spec", {})}
        steps += phase
    return steps


def _narrow_classes(desired: Desired, actual: Objects) -> list[Step]:
    """Take from each class what it ought not to choose; those of pools that are gone go."""
    steps = []
    for key, body in _own(CLASSES, desired, actual):
        if key not in desired.bodies:
            steps.append(Step(Verb.DELETE, key, body, "its pool is gone"))
            continue
        chosen = chosen_by(body)
        wanted = desired.devices[key]
        if chosen is not None and chosen.is_within(wanted):
            continue
        kept = {uuid for uuid in wanted if chosen is not None and chosen.has(uuid)}
        if kept == wanted:
            steps.append(_step(key, desired, "devices have left its pool"))
            continue
        narrow = _with_spec(
            desired.bodies[key],
            {
                **desired.bodies[key]["spec"],
                "selectors": [{"cel": {"expression": choose(kept, desired.all_devices)}}],
            },
        )
        why = "devices have left its pool, before others come"
        steps.append(Step(Verb.APPLY, key, narrow, why, desired.targets.get(key)))
    return steps


def _make_namespaces(desired: Desired, actual: Objects) -> list[Step]:
    return _apply(NAMESPACES, desired, actual)


def _narrow_quotas(desired: Desired, actual: Objects) -> list[Step]:
    """What is allowed too much, or not counted at all yet, such as a class that is to come."""
    steps = []
    for key, body in _wanted(QUOTAS, desired):
        there = actual.get(key)
        hard = {} if there is None else (there.get("spec") or {}).get("hard") or {}
        wanted = body["spec"]["hard"]
        least = {name: _least(wanted[name], hard.get(name)) for name in wanted}
        if there is not None and all(hard.get(name) == value for name, value in least.items()):
            continue
        why = "there is no quota" if there is None else "it allows too much"
        narrow = body if least == wanted else _with_spec(body, {"hard": least})
        steps.append(Step(Verb.APPLY, key, narrow, why, desired.targets.get(key)))
    return steps


def _least(wanted: str, there: str | None) -> str:
    """A quota that is not as we write one counts as none."""
    limit = count_of(there)
    return wanted if limit is None else quantity(min(count_of(wanted) or 0, limit))


def _narrow_bindings(desired: Desired, actual: Objects) -> list[Step]:
    """Whoever has left a group; a role that is not the wanted one can only be taken away."""
    steps = []
    for key, body in _wanted(BINDINGS, desired):
        there = actual.get(key)
        if there is None:
            continue
        if there.get("roleRef") != body["roleRef"]:
            steps.append(Step(Verb.DELETE, key, there, "it gives another role"))
            continue
        subjects = there.get("subjects") or []
        kept = [one for one in body["subjects"] if one in subjects]
        if len(kept) < len(subjects):
            narrow = {**body, "subjects": kept}
            why = "people have left the group"
            step = _step(key, desired, why) if kept == body["subjects"] else None
            steps.append(
                step or Step(Verb.APPLY, key, _digested(narrow), why, desired.targets.get(key))
            )
    return steps


def _are_quotas_in_force(desired: Desired, actual: Objects) -> bool:
    """A quota refuses nothing until the cluster's own controller has taken it up."""
    for key, _ in _wanted(QUOTAS, desired):
        there = actual[key]
        in_force = (there.get("status") or {}).get("hard") or {}
        if not is_in_place((there.get("spec") or {}).get("hard") or {}, in_force):
            return False
    return True


def _apply(kind: Kind, desired: Desired, actual: Objects) -> list[Step]:
    steps = []
    for key, body in _wanted(kind, desired):
        there = actual.get(key)
        if there is None:
            steps.append(_step(key, desired, "it is not there"))
        elif not is_in_place(body, there):
            steps.append(_step(key, desired, "it differs"))
    return steps


def _release_nodes(desired: Desired, actual: Objects) -> list[Step]:
    """What we own of a node is let go; what somebody else wants of it stays."""
    return [
        Step(
            Verb.APPLY,
            key,
            {"apiVersion": NODES.api, "kind": NODES.kind, "metadata": {"name": key[2]}},
            "it is in service again",
        )
        for key, _ in _own(NODES, desired, actual)
        if key not in desired.bodies
    ]


def _remove_optional(desired: Desired, actual: Objects) -> list[Step]:
    return [
        Step(Verb.DELETE, key, body, "it is no longer wanted")
        for kind in reversed(OPTIONAL)
        for key, body in _own(kind, desired, actual)
        if key not in desired.bodies
    ]


def _drain(busy: frozenset[str], desired: Desired, actual: Objects) -> list[Step]:
    """Of groups that are gone: first nobody may come in, and when it is empty it is deleted.

    A namespace that was adopted stays, without what is ours.
    """
    steps = []
    for key, body in _own(NAMESPACES, desired, actual):
        if key in desired.bodies or body["metadata"].get("deletionTimestamp"):
            continue
        name = key[2]
        binding = (BINDINGS.kind, name, "quartermaster")
        quota = (QUOTAS.kind, name, "quartermaster")
        if binding in actual:
            steps.append(Step(Verb.DELETE, binding, actual[binding], "its group is gone"))
        elif (shut := _shut(actual.get(quota))) is not None:
            steps.append(Step(Verb.APPLY, quota, shut, "its group is gone"))
        elif ADOPTED in labels_of(body):
            if quota in actual:
                steps.append(Step(Verb.DELETE, quota, actual[quota], "its group is gone"))
            bare = {"apiVersion": "v1", "kind": NAMESPACES.kind, "metadata": {"name": name}}
            steps.append(Step(Verb.APPLY, key, bare, "its group is gone"))
        elif name not in busy:
            steps.append(Step(Verb.DELETE, key, body, "its group is gone, and it is empty"))
    return steps


def _shut(quota: Body | None) -> Body | None:
    """The quota with nothing allowed; None where that is so."""
    if quota is None:
        return None
    hard = (quota.get("spec") or {}).get("hard") or {}
    if all(value == "0" for value in hard.values()):
        return None
    metadata = quota["metadata"]
    return {
        "apiVersion": QUOTAS.api,
        "kind": QUOTAS.kind,
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": metadata["labels"],
        },
        "spec": {"hard": dict.fromkeys(hard, "0")},
    }


def _own(kind: Kind, desired: Desired, actual: Objects) -> list[tuple[Key, Body]]:
    mark = {CLASSES.kind: POOL, NAMESPACES.kind: GROUP}.get(kind.kind)
    return [
        (key, body)
        for key, body in actual.items()
        if key[0] == kind.kind
        and is_ours(body, desired.installation)
        and (mark is None or mark in labels_of(body))
    ]


def _wanted(kind: Kind, desired: Desired) -> list[tuple[Key, Body]]:
    return [(key, body) for key, body in desired.bodies.items() if key[0] == kind.kind]


def _step(key: Key, desired: Desired, why: str) -> Step:
    return Step(Verb.APPLY, key, desired.bodies[key], why, desired.targets.get(key))


def _with_spec(body: Body, spec: Body) -> Body:
    return _digested({**body, "spec": spec})


def _digested(body: Body) -> Body:
    """With a digest of its own: what is on the way to something else is no drift."""
    bare = {name: value for name, value in body["metadata"].items() if name != "annotations"}
    body = {**body, "metadata": bare}
    return {**body, "metadata": {**bare, "annotations": {APPLIED: digest(body)}}}
