"""Every rule of pools, groups, users and jobs, whatever several operators and nodes do at once.

A hypothesis state machine drives the API over real sockets. After each step, at rest, the tables
hold the rules, the API knows what the tables say, and the audit log replays to it. 500 steps; with
QM_NIGHTLY=1, 10,000 others each time.
"""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import structlog
import uvloop
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.rules.cluster import Cluster, Request, new_cluster, requests
from tests.rules.wishes import WISHES

IS_NIGHTLY = os.environ.get("QM_NIGHTLY") == "1"
SETTINGS = settings(
    max_examples=100 if IS_NIGHTLY else 5,
    stateful_step_count=50,
    # Not to explain: that runs everything again and again under a trace.
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=not IS_NIGHTLY,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SUCCESSES = (
    "Pool",
    "Group",
    "User",
    "PoolsDeleted",
    "GroupsDeleted",
    "UsersDeleted",
    "UsersOnBoarded",
)

log = structlog.get_logger()


@dataclass
class Course:
    """What runs of the machine have in common, and how they went."""

    runner: asyncio.Runner
    new_database: Callable[[], str]
    steps: int = 0
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_failure: str = ""
    """With all that led to it: what happens at once may not happen again."""


class OperatorsAtOnce(RuleBasedStateMachine):
    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course
        self.story: list[str] = []
        self.holds = True
        self.stack = AsyncExitStack()
        cluster = new_cluster(course.new_database())
        self.cluster: Cluster = course.runner.run(self.stack.enter_async_context(cluster))

    @rule(step=st.lists(requests, min_size=1, max_size=4))
    def at_once(self, step: list[Request]) -> None:
        self.story += [repr(request) for request in step] + [""]
        try:
            answers = self.course.runner.run(self.cluster.take(step))
        except BaseException:
            self.holds = False
            story = "\n".join([*self.story, traceback.format_exc()])
            self.course.first_failure = self.course.first_failure or story
            raise
        self.course.steps += 1
        self.course.answers.update((answer.action, answer.kind) for answer in answers)

    def teardown(self) -> None:
        async def finish() -> None:
            async with self.stack:
                if self.holds:
                    await self.cluster.finish()

        self.course.runner.run(finish())


@pytest.mark.spec(
    "POOL-1", "POOL-2", "POOL-3", "POOL-4", "POOL-5", "POOL-6", "POOL-7",
    "GROUP-1", "GROUP-2", "GROUP-3", "GROUP-4", "GROUP-5",
    "USER-3", "USER-5", "API-3", "AUDIT-1", "F-32", "T-15",
)  # fmt: skip
@pytest.mark.timeout(36_000 if IS_NIGHTLY else 600)
def test_whatever_operators_and_nodes_do_at_once_every_rule_holds(
    new_database: Callable[[], str], no_deadlock: None
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        course = Course(runner, new_database)
        begun = time.monotonic()
        try:
            run_state_machine_as_test(lambda: OperatorsAtOnce(course), settings=SETTINGS)
        except BaseException as failure:
            failure.add_note(course.first_failure)
            raise
        seconds = time.monotonic() - begun
    log.info("rules.held", steps=course.steps, steps_per_second=round(course.steps / seconds, 1))
    for (action, kind), times in sorted(course.answers.items()):
        log.info("rules.answered", action=action, kind=kind, times=times)
    done = {action for action, kind in course.answers if kind in SUCCESSES}
    assert done == {wish.action for wish in WISHES}, "each thing was done at least once"
