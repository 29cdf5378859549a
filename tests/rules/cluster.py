"""One installation under test: what is sent to it at once, and what is known of it from outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from domain.audit_log import EntriesWanted, all_entries, read_entries
from domain.database import close_database, fetch, open_database
from domain.devices import type_name
from domain.installation import install
from telemetry.bus import Change
from telemetry.embedded_bus import EmbeddedBus
from tests.rules import checks
from tests.rules.operators import Answer, Operators, Sending
from tests.rules.oracle import Oracle
from tests.rules.replay import Replay
from tests.rules.reports import FIRST, NodeLists, NodeRuns, Report, Runs, reports
from tests.rules.states import (
    QUESTION,
    Job,
    State,
    active_jobs,
    answered,
    in_the_tables,
    jobs_known_to_the_api,
    known_to_the_api,
)
from tests.rules.wishes import (
    CreateGroup,
    CreatePool,
    Device,
    Newcomer,
    OnBoardUsers,
    Sight,
    Wish,
    mostly,
    wishes,
)
from tests.services.graph import Graph, running_graph

KNOWN_WITHIN_SECONDS = 3.0
SESSIONS = ("user.sign_in", "user.sign_out")


@dataclass(frozen=True)
class Sent:
    """A wish as it is sent: by whom, how late within its step, under which id, how often."""

    wish: Wish
    by: int = 0
    late_ms: int = 0
    command: int | None = None
    is_sent_twice: bool = False


@dataclass(frozen=True)
class Again:
    """A command of this or an earlier step, sent again as it was."""

    back: int


Request = Sent | Again | Report

sent = st.builds(
    Sent,
    wishes,
    st.sampled_from([0, 1, 2, 3, 0, 1, 2, 3, -1]),
    st.sampled_from([0, 0, 0, 1, 4]),
    mostly(st.none(), st.integers(0, 50)),
    st.sampled_from([False, False, False, True]),
)
requests: SearchStrategy[Request] = mostly(
    sent, st.builds(Again, st.integers(1, 6)), reports, reports
)


BEGINNING: tuple[Sequence[Request], ...] = (
    FIRST,
    [Sent(CreatePool("one", (0, 1)))],
    [Sent(CreatePool("two", (0, 1)))],
    [Sent(OnBoardUsers((Newcomer("bob", ("OPERATOR",)), Newcomer("cleo"), Newcomer("dan"))))],
    [Sent(CreateGroup("red", (0,), 0)), NodeRuns("a", (Runs("1", "cleo", frozenset({"GPU-0"})),))],
)
"""So that every rule is near: pools with and without a group, a job, two operators, free users."""


class Cluster:
    def __init__(self, graph: Graph, password: str, state: State) -> None:
        (ada,) = state.users
        self.graph = graph
        self.operators = Operators(graph.url, {ada: (state.users[ada].name, password)})
        self.state = state
        self.jobs: Mapping[int, Job] = {}
        self.gone: dict[str, list[int]] = {"Pool": [], "Group": [], "User": []}
        self.replay = Replay()
        self.last_entry = 0
        self.sent: list[Sending] = []
        self.commands: dict[tuple[int, str], Answer] = {}
        self.versions: dict[tuple[str, str, int], object] = {}

    async def take(self, step: Sequence[Request]) -> list[Answer]:
        """Everything of the step at once; then, at rest, all of the checks."""
        sight = Sight(self.state, await self._devices(), self.gone)
        sendings = [one for request in step for one in self._sendings(request, sight)]
        for sending in sendings:  # at rest: whoever is deleted in this step could not any more
            await self.operators.sign_in(sending.user)
        reports = [one for one in step if not isinstance(one, (Sent, Again))]
        carried_out = set(self.commands)
        async with asyncio.TaskGroup() as tasks:
            answering = [tasks.create_task(self.operators.send(one)) for one in sendings]
            for report in reports:
                tasks.create_task(self._report(report))
        answers = [task.result() for task in answering]
        if len(answers) == 1 and not reports and answers[0].to.command not in carried_out:
            checks.require_as_foretold(answers[0], Oracle(sight, self.jobs))
        await self._check(
            answers,
            carried_out,
            are_jobs_reported=any(not isinstance(report, NodeLists) for report in reports),
        )
        return answers

    def _sendings(self, request: Request, sight: Sight) -> Iterator[Sending]:
        match request:
            case Sent(wish):
                input = wish.input(sight)
                if request.command is not None:
                    input["commandId"] = f"command {request.command}"
                user = self.operators.choose(sight.state, request.by)
                sending = Sending(user, wish.document, input, wish.action, request.late_ms)
                if sending.command is not None:
                    self.sent.append(sending)
                yield from [sending] * (2 if request.is_sent_twice else 1)
            case Again(back) if len(self.sent) >= back:
                sending = replace(self.sent[-back], late_ms=0)
                if sending.user in self.operators.passwords:
                    yield sending

    async def _report(self, report: Report) -> None:
        for kind, ids in (await report.write()).items():
            if ids:
                assert await self.graph.bus.publish_change(Change(kind, list(ids)))

    async def _devices(self) -> dict[int, Device]:
        busy = {uuid for job in self.jobs.values() for uuid in job.devices}
        rows = await fetch(
            "SELECT d.id, d.uuid, t.product, t.mig_profile FROM device d"
            " JOIN device_type t ON t.id = d.type_id"
        )
        return {
            id: Device(uuid, type_name(product, mig_profile), uuid in busy)
            for id, uuid, product, mig_profile in rows
        }

    async def _check(
        self,
        answers: Sequence[Answer],
        carried_out: set[tuple[int, str]],
        *,
        are_jobs_reported: bool,
    ) -> None:
        former, self.state = self.state, await in_the_tables()
        former_jobs, self.jobs = self.jobs, await active_jobs()
        types = {device.uuid: device.type for device in (await self._devices()).values()}
        checks.require_rules(self.state, types)
        checks.require_one_type(self.state, types)
        checks.require_jobs_kept(self.jobs, former_jobs, self.state, are_reported=are_jobs_reported)
        wanted = EntriesWanted()
        entries = await read_entries(wanted, 1000, newer_than=self.last_entry, oldest_first=True)
        self.last_entry = max((entry.id for entry in entries), default=self.last_entry)
        self.replay.apply(entries)
        assert self.replay.state(types) == self.state, "the audit log replays to the state"
        changes = [one for one in entries if one.actor_user_id and one.action not in SESSIONS]
        checks.require_told(answers, changes, carried_out, self.state)
        checks.require_versions_used_once(answers, self.versions)
        checks.require_done_once(answers, self.commands)
        await self._require_known()
        self._notice_gone(former)

    async def _require_known(self) -> None:
        """The API comes to know by itself what the tables say."""
        live = self.graph.live
        deadline = time.monotonic() + KNOWN_WITHIN_SECONDS
        while (
            known_to_the_api(live.snapshot) != self.state
            or jobs_known_to_the_api(live.snapshot) != self.jobs
        ):
            assert time.monotonic() < deadline, "the API knows what the tables say"
            await live.reread()
            await asyncio.sleep(0.002)

    def _notice_gone(self, former: State) -> None:
        for user in set(former.users) - set(self.state.users):
            self.operators.forget(user)
        self.gone["Pool"] += sorted(set(former.pools) - set(self.state.pools))
        self.gone["Group"] += sorted(set(former.groups) - set(self.state.groups))
        self.gone["User"] += sorted(set(former.users) - set(self.state.users))

    async def finish(self) -> None:
        """What the API answers, and what the whole log says, is the state as well."""
        viewer = self.operators.choose(self.state, 0)
        await self.operators.sign_in(viewer)
        data: dict[str, Any] = await self.operators.ask(viewer, QUESTION)
        assert answered(data) == self.state
        replay = Replay()
        replay.apply([entry async for entry in all_entries(EntriesWanted())])
        assert replay.state(self.state.pool_of) == self.state


@asynccontextmanager
async def new_cluster(url: str) -> AsyncIterator[Cluster]:
    """On an empty database, after its beginning."""
    await open_database(url, migrate=False)
    bus = EmbeddedBus()
    try:
        installed = await install("ada", cluster_name="lab")
        assert installed.password is not None
        async with running_graph(bus, installed.password) as graph:
            cluster = Cluster(graph, installed.password, await in_the_tables())
            try:
                for step in BEGINNING:
                    await cluster.take(step)
                yield cluster
            finally:
                await cluster.operators.close()
    finally:
        await bus.close()
        await close_database()
