"""Remote clusters are contacted over and over, each by itself, and what came of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from domain import cluster_trials
from domain.actors import Actor
from domain.cluster_contacts import (
    HISTORY,
    ClusterRow,
    ClusterState,
    all_clusters,
    contacts_by_cluster,
    note_contact,
)
from domain.clusters import remove_clusters, save_edit, save_new
from domain.installation import Installed
from domain.secrets import Secret, open_vault
from outbound.client import Limits
from outbound.policy import Policy
from remote import link
from remote.cluster import Failed, Reading, Step
from remote.settings import SlurmSettings
from telemetry.embedded_bus import EmbeddedBus
from tests.services import slurmrestd
from tests.services.http_peer import Peer, answers, hangs, peer
from tests.services.slurmrestd import Slurmrestd
from tests.workers.fakes import FakeClock
from workers.cluster_watch import (
    EVERY_SECONDS,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    ClusterWatch,
    pause_seconds,
)

ADA = Actor.system("test")
SECRETS = {"token": Secret(slurmrestd.TOKEN)}
POLICY = Policy.of("127.0.0.1", allows_http=True)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.bus = EmbeddedBus()

    async def add(self, server: Peer, name: str = "hpc") -> int:
        return await save_new(ADA, name, SlurmSettings(server.url, slurmrestd.USER), SECRETS)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        watch = ClusterWatch(self.bus, POLICY, self.clock)
        task = asyncio.create_task(watch.run())
        try:
            await self.rest(len(await all_clusters()))
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rest(self, clusters: int) -> None:
        """Until the watch, and the task of each of so many clusters, waits for time to pass."""
        async with asyncio.timeout(20):
            while len(self.clock.awaited) < clusters + 1:
                await asyncio.sleep(0.005)

    async def pass_time(self, seconds: int, *, clusters: int = 1) -> None:
        for _ in range(seconds):
            await self.clock.advance(1)
            await self.rest(clusters)


@pytest.fixture
async def world(installed: Installed) -> World:
    open_vault("the key of the tests, which is long enough")
    return World()


async def the_cluster() -> ClusterRow:
    (cluster,) = await all_clusters()
    return cluster


async def states() -> list[str]:
    """Of the one cluster, from the oldest on."""
    (contacts,) = (await contacts_by_cluster()).values()
    return [contact.state.value for contact in reversed(contacts)]


def test_a_cluster_that_is_away_or_back_is_shown_so_within_a_minute() -> None:
    worst = EVERY_SECONDS + 2 * cluster_trials.CONTACT_SECONDS + FIRST_PAUSE_SECONDS
    assert worst < 60
    assert LONGEST_PAUSE_SECONDS + cluster_trials.CONTACT_SECONDS < 60
    for failures in range(1, 100):
        assert 0 < pause_seconds(failures) <= LONGEST_PAUSE_SECONDS


@pytest.mark.spec("MC-5", "MC-1")
async def test_one_that_stops_answering_is_shown_so_with_its_last_figures_and_comes_back(
    world: World,
) -> None:
    async with peer(Slurmrestd()) as server, world.watching():
        await world.add(server)
        await world.pass_time(2)
        well = await the_cluster()
        assert (well.state, well.failure) == (ClusterState.CONNECTED, None)
        assert well.reading is not None
        assert well.reading.nodes == 5
        server.behaviour = answers(503)
        await world.pass_time(35)
        away = await the_cluster()
        assert away.state is ClusterState.UNREACHABLE
        assert away.failure == "It answered with status 503."
        assert away.reading is not None
        assert away.reading.nodes == 5
        assert away.contacted_at < away.since <= away.tried_at
        server.behaviour = Slurmrestd()
        await world.pass_time(45)
        assert (await the_cluster()).state is ClusterState.CONNECTED
    assert await states() == ["CONNECTED", "UNREACHABLE", "CONNECTED"]


@pytest.mark.spec("MC-5")
async def test_a_single_failed_try_is_no_news(world: World) -> None:
    """A packet gets lost: the next try, a few seconds later, decides."""
    async with peer(Slurmrestd()) as server, world.watching():
        await world.add(server)
        await world.pass_time(1)
        server.behaviour = answers(503)
        while (await the_cluster()).failure is None:
            await world.pass_time(1)
        server.behaviour = Slurmrestd()
        await world.pass_time(10)
    assert (await the_cluster()).failure is None
    assert await states() == ["CONNECTED"]


@pytest.mark.spec("MC-5")
async def test_one_that_accepts_and_never_answers_slows_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_trials, "CONTACT_SECONDS", 600.0)
    monkeypatch.setattr(link, "LIMITS", Limits(seconds=600.0))
    async with (
        peer(Slurmrestd()) as server,
        peer(hangs) as silent,
        world.watching(),
    ):
        await world.add(silent, "silent")
        await world.add(server, "well")
        # The silent one's task waits for its answer all the while, and never rests.
        before = 0
        for _ in range(3):
            await world.pass_time(11)
            assert len(server.received) > before
            before = len(server.received)
        assert silent.connections == 1
        by_name = {cluster.name: cluster for cluster in await all_clusters()}
    assert by_name["well"].state is ClusterState.CONNECTED
    assert (by_name["well"].reading is None, by_name["silent"].reading) == (False, None)


@pytest.mark.spec("MC-5")
async def test_one_that_never_answers_becomes_unreachable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_trials, "CONTACT_SECONDS", 0.05)
    async with peer(hangs) as silent, world.watching():
        await world.add(silent)
        await world.pass_time(10)
        cluster = await the_cluster()
    assert cluster.state is ClusterState.UNREACHABLE
    assert cluster.failure is not None
    assert "did not answer within" in cluster.failure


@pytest.mark.spec("MC-3", "MC-4")
async def test_an_edited_cluster_is_contacted_as_it_is_now_and_a_removed_one_no_more(
    world: World,
) -> None:
    async with peer(Slurmrestd()) as old, peer(Slurmrestd()) as new, world.watching():
        number = await world.add(old)
        await world.pass_time(1)
        settings = SlurmSettings(new.url, slurmrestd.USER)
        await save_edit(ADA, number, 1, None, settings, SECRETS)
        await world.pass_time(1)
        before = len(old.received)
        await world.pass_time(25)
        assert len(old.received) == before
        assert len(new.received) > 3
        await remove_clusters(ADA, [number])
        await world.pass_time(1, clusters=0)
        before = len(new.received)
        await world.pass_time(25, clusters=0)
        assert len(new.received) == before


async def test_the_history_of_contact_is_bounded(world: World) -> None:
    async with peer(Slurmrestd()) as server:
        number = await world.add(server)
    reading = Reading(
        version="x", nodes=0, capacity=(), jobs_active=0, jobs_waiting=0, latency_seconds=0.1
    )
    at = (await the_cluster()).created_at
    for _ in range(HISTORY):
        await note_contact(number, 1, Failed(Step.TLS, "no"), at)
        await note_contact(number, 1, reading, at)
    assert len(await states()) == HISTORY
    assert not await note_contact(number, 2, reading, at)  # of settings that are not kept
