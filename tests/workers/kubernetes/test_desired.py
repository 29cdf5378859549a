"""Names that are valid for whatever people call things, expressions, and the order of changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.snapshot import DeviceRow, GroupRow, NodeRow, PoolRow, Snapshot
from workers.kubernetes.desired import Place, desired_state
from workers.kubernetes.names import object_name
from workers.kubernetes.objects import Body, Key
from workers.kubernetes.planning import Verb, foresee, make_plan
from workers.kubernetes.selectors import (
    LIMIT_BYTES,
    TooManyDevices,
    choose,
    chosen_by,
    may_choose_gpus,
)

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
THEN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.spec("ENF-1")
@given(st.lists(st.tuples(st.text(max_size=80), st.integers(1, 2**31)), max_size=20))
def test_names_are_valid_for_any_name_and_differ_wherever_the_ids_do(
    named: list[tuple[str, int]],
) -> None:
    names = {}
    for name, id in named:
        made = object_name("pool", name, id)
        assert len(made) <= 63 and LABEL.fullmatch(made), made
        assert names.setdefault(made, id) == id
        assert made == object_name("pool", name, id)


def uuid(number: int, *, same: bool = False) -> str:
    first = 0 if same else number
    return f"GPU-{first:08x}-0000-0000-0000-{number:012x}"


@pytest.mark.spec("ENF-1")
@pytest.mark.parametrize("count", [1, 200, 700])
def test_an_expression_chooses_the_pool_s_devices_and_no_others(count: int) -> None:
    every = [uuid(number) for number in range(count + 50)]
    expression = choose(every[:count], every)
    assert len(expression.encode()) <= LIMIT_BYTES
    chosen = chosen_by({"spec": {"selectors": [{"cel": {"expression": expression}}]}})
    assert chosen is not None
    assert [chosen.has(one) for one in every] == [True] * count + [False] * 50


@pytest.mark.spec("ENF-1")
@pytest.mark.parametrize(("count", "same"), [(1000, False), (300, True)])
def test_a_pool_too_large_for_an_expression_is_refused_and_never_cut(
    count: int, same: bool
) -> None:
    every = [uuid(number, same=same) for number in range(count)]
    with pytest.raises(TooManyDevices, match="divide the pool"):
        choose(every, every)


def test_another_s_class_counts_as_one_of_gpus_unless_it_plainly_wants_another_driver() -> None:
    def one(expression: str) -> Body:
        return {"spec": {"selectors": [{"cel": {"expression": expression}}]}}

    assert may_choose_gpus({"spec": {}})
    assert may_choose_gpus(one('device.driver == "gpu.nvidia.com"'))
    assert may_choose_gpus(one('device.driver == "nic.example" || true'))
    assert not may_choose_gpus(one('device.driver == "nic.example"'))


def snapshot(pools: dict[str, list[int]], groups: dict[str, str | None]) -> Snapshot:
    """Pools by name with the numbers of their devices; groups by name with their pool's."""
    node = NodeRow(**dict.fromkeys(NodeRow.__dataclass_fields__))  # type: ignore[arg-type]
    ids = {name: number for number, name in enumerate(pools, 1)}
    rows = {
        number: _device(number, ids[name]) for name, numbers in pools.items() for number in numbers
    }
    return Snapshot(
        {1: node},
        {},
        rows,
        {i: PoolRow(i, name, False, 1, THEN, 1) for name, i in ids.items()},
        {
            i: GroupRow(i, name, False, None if pool is None else ids[pool], THEN, 1)
            for i, (name, pool) in enumerate(groups.items(), 1)
        },
        {},
        {},
    )


def _device(number: int, pool_id: int) -> DeviceRow:
    values = dict.fromkeys(DeviceRow.__dataclass_fields__)
    values.update(id=number, uuid=uuid(number), node_id=1, type_id=1, pool_id=pool_id, index=0)
    return DeviceRow(**values)  # type: ignore[arg-type]


PUBLISHED = {uuid(number): Place("node", f"gpu-{number}", "node") for number in range(12)}
SPLITS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=12, max_size=12)
OWNERS = st.permutations([None, "a", "b", "c"])


def split(choice: list[str]) -> dict[str, list[int]]:
    return {name: [i for i, one in enumerate(choice) if one == name] for name in "abc"}


def claimable(there: dict[Key, Body]) -> dict[str, list[str]]:
    """By namespace, the devices that its quota lets it claim, as the cluster would decide."""
    found: dict[str, list[str]] = {}
    classes = {key[2]: chosen_by(body) for key, body in there.items() if key[0] == "DeviceClass"}
    bound = {key[1] for key in there if key[0] == "RoleBinding"}
    for namespace in bound:
        quota = there.get(("ResourceQuota", namespace, "quartermaster"))
        hard = {} if quota is None else quota["status"]["hard"]
        for name, chosen in classes.items():
            limit = hard.get(f"{name}.deviceclass.resource.k8s.io/devices")
            if chosen is not None and limit != "0":
                devices = [one for one in PUBLISHED if chosen.has(one)]
                found.setdefault(namespace, []).extend(devices)
    return found


@pytest.mark.spec("ENF-1")
@given(SPLITS, OWNERS, SPLITS, OWNERS)
def test_no_two_groups_may_claim_one_device_at_any_step_from_any_state_to_any_other(
    before: list[str], had: list[str | None], after: list[str], has: list[str | None]
) -> None:
    there: dict[Key, Body] = {}
    for choice, owners in ((before, had), (after, has)):
        groups = dict(zip(("one", "two", "three"), owners, strict=False))
        wanted = desired_state(snapshot(split(choice), groups), there, PUBLISHED, "here")
        while steps := make_plan(wanted, there, frozenset()).steps:
            for step in steps:
                if step.verb is Verb.DELETE:
                    there.pop(step.key)
                else:
                    there[step.key] = {**step.body, "status": step.body.get("spec", {})}
                claims = [one for devices in claimable(there).values() for one in devices]
                assert len(claims) == len(set(claims)), (step, claimable(there))
        assert not foresee(wanted, there, frozenset())
        own = {g: set(split(choice).get(p or "", ())) for g, p in groups.items()}
        assert {len(v) for v in own.values() if v} == {
            len(v) for v in claimable(there).values() if v
        }


@pytest.mark.spec("ENF-1")
def test_nothing_is_made_wider_while_a_quota_is_not_in_force() -> None:
    """Until the quota controller has taken it up a quota refuses nothing."""
    wanted = desired_state(snapshot(split(["a"] * 12), {"one": "a"}), {}, PUBLISHED, "here")
    there: dict[Key, Body] = {}
    while steps := make_plan(wanted, there, frozenset()).steps:
        assert {step.key[0] for step in steps} <= {"Namespace", "ResourceQuota"}
        there.update((step.key, {**step.body, "status": {}}) for step in steps)
    assert make_plan(wanted, there, frozenset()).is_waiting
    assert not any(kind in ("DeviceClass", "RoleBinding") for kind, _, _ in there)


@pytest.mark.spec("ENF-1")
def test_what_a_class_may_choose_that_another_made_counts_in_no_group_s_quota() -> None:
    key = ("DeviceClass", "", "gpu.nvidia.com")
    every = {"kind": "DeviceClass", "metadata": {"name": "gpu.nvidia.com"}, "spec": {}}
    wanted = desired_state(snapshot({"a": [1]}, {"one": "a"}), {key: every}, PUBLISHED, "here")
    (quota,) = [body for (kind, _, _), body in wanted.bodies.items() if kind == "ResourceQuota"]
    hard = quota["spec"]["hard"]
    assert hard["gpu.nvidia.com.deviceclass.resource.k8s.io/devices"] == "0"
    assert key not in wanted.bodies
