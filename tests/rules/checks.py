"""What holds at rest, whoever did what at once: the rules, and the audit log's word for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from domain.audit import DONE
from domain.audit_log import AuditRow
from domain.names import fold_name
from tests.rules.operators import SIGNED_OUT, Answer
from tests.rules.oracle import Oracle
from tests.rules.states import Job, State

SAID_OF_WHAT_IS_LOST = ("Unknown", "NotAllowed", "UsersOnBoarded")
"""Answers to what was done, where somebody has deleted it or taken the role away before the answer.

The last one then names nobody."""


def require_rules(state: State, uuids: Collection[str]) -> None:
    """Those that hold of any state. `uuids`: all devices."""
    pools, groups, users = state.pools.values(), state.groups.values(), state.users.values()
    placed = Counter(uuid for pool in pools for uuid in pool.devices)
    assert placed == Counter(list(uuids)), "each device is in exactly one pool"
    assert [pool.name for pool in pools if pool.is_default] == ["Default"]
    assert [group.is_default for group in groups].count(True) == 1
    assert all((pool.type is None) == pool.is_default for pool in pools)
    members = Counter(user for group in groups for user in group.users)
    assert set(members) <= set(state.users)
    assert all(count == 1 for count in members.values()), "a user is in at most one group"
    served = Counter(group.pool for group in groups if group.pool is not None)
    assert set(served) <= set(state.pools)
    assert all(count == 1 for count in served.values()), "a pool serves at most one group"
    assert state.operators, "somebody is an operator"
    for named in (pools, groups, users):
        assert max(Counter(fold_name(one.name) for one in named).values()) == 1


def require_one_type(state: State, types: Mapping[str, str]) -> None:
    """`types`: of each device, by its UUID."""
    for pool in state.pools.values():
        if not pool.is_default:
            assert {types[uuid] for uuid in pool.devices} <= {pool.type}, pool


def require_jobs_kept(
    jobs: Mapping[int, Job], before: Mapping[int, Job], state: State, *, are_reported: bool
) -> None:
    """Jobs are where their devices are, and whose they are; and operators change no more of them
    than whose they are. `are_reported`: something new was said of jobs since `before`.
    """
    owners = {fold_name(user.name): id for id, user in state.users.items()}
    for job in jobs.values():
        assert job.user == owners.get(fold_name(job.owner or "")), job
        assert job.pool is None or job.pool in state.pools, job
        if job.state == "RUNNING":
            pools = {state.pool_of[uuid] for uuid in job.devices}
            assert job.pool == (pools.pop() if len(pools) == 1 else None), job
    if not are_reported:
        assert {id: replace(job, user=None) for id, job in jobs.items()} == {
            id: replace(job, user=None) for id, job in before.items()
        }
        assert all(job.user in (None, jobs[id].user) for id, job in before.items())


def require_told(
    answers: Sequence[Answer],
    entries: Sequence[AuditRow],
    carried_out: Collection[tuple[int, str]],
    state: State,
) -> None:
    """What was answered is what the log says: nothing more was done, and all of it once.

    `carried_out`: commands that an earlier step has carried out.
    """
    told_done = Counter(
        (entry.actor_user_id, entry.action, entry.object_id)
        for entry in entries
        if entry.outcome == DONE and is_of_its_own_kind(entry)
    )
    answered_done: Counter[tuple[int | None, str, int | None]] = Counter()
    seen = set(carried_out)
    for answer in answers:
        if not answer.is_done or answer.to.command in seen:
            continue
        if answer.to.command is not None:
            seen.add(answer.to.command)
        answered_done.update((answer.user, answer.action, id) for id in answer.ids)
    not_seen = told_done - answered_done
    assert not answered_done - told_done, "everything that was done is in the log"
    lost = {(a.user, a.action) for a in answers if a.kind in SAID_OF_WHAT_IS_LOST}
    for actor, action, id in not_seen:
        # Done, and what was made or changed was gone, or hidden, before the answer was made.
        assert (actor, action) in lost, ("done, but refused", actor, action, id)
        kinds = {"pool": state.pools, "group": state.groups, "user": state.users}
        hidden = actor not in state.operators
        assert hidden or id not in kinds[action.partition(".")[0]], (actor, action, id)
    told_refused = {(e.actor_user_id, e.action, e.outcome) for e in entries if e.outcome != DONE}
    answered_refused = {
        (a.user, a.action, a.kind) for a in answers if not a.is_done and a.kind != SIGNED_OUT
    }
    assert told_refused <= answered_refused
    vague = {one for one in answered_refused if one[2] in SAID_OF_WHAT_IS_LOST}
    assert answered_refused - vague <= told_refused


def is_of_its_own_kind(entry: AuditRow) -> bool:
    """Whether it is of what the action is about, not of what changed along with it."""
    if entry.action == "pool.move_devices":
        return bool(entry.after) and "added" in entry.after
    return entry.action.partition(".")[0] == entry.object_kind


def require_as_foretold(answer: Answer, oracle: Oracle) -> None:
    """What came by itself was refused for a reason that there was, or done if there was none."""
    hindrances = oracle.hindrances(answer.to)
    assert answer.kind in hindrances if hindrances else answer.is_done, (answer, hindrances)


def require_versions_used_once(
    answers: Sequence[Answer], used: dict[tuple[str, str, int], object]
) -> None:
    """Of edits made from the same version, one is done: the others are stale."""
    for answer in answers:
        if not answer.is_done or "version" not in answer.to.input:
            continue
        key = (answer.action, answer.to.input["id"], answer.to.input["version"])
        mark = answer.to.command or object()
        assert used.setdefault(key, mark) == mark, ("two edits of one version", answer)


def require_done_once(answers: Sequence[Answer], commands: dict[tuple[int, str], Answer]) -> None:
    """The same command answers the same; another wish under its id is refused."""
    for answer in answers:
        command = answer.to.command
        if command is None or not answer.is_done:
            continue
        former = commands.setdefault(command, answer)
        assert (former.action, former.to.input) == (answer.action, answer.to.input)
        # Of people who were taken on board, some may have been deleted since.
        assert set(answer.ids) <= set(former.ids) or set(former.ids) <= set(answer.ids)
