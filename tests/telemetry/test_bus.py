"""The bus, embedded and on a real Redis: what is published is heard, and nothing forged is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from telemetry.bus import Bus, CaughtUp, Change, Connected
from telemetry.embedded_bus import EmbeddedBus
from telemetry.redis_bus import RedisBus
from telemetry.samples import (
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
    QueueReport,
    encode,
)
from tests.services.redis import RedisServer
from tests.telemetry.ear import Ear, listening
from tests.telemetry.reports import START, facts, sample

PROCESSES = NodeProcesses(
    node_id=NodeId("node-1"), boot_id="boot-1", time=START, devices=[], processes=[]
)
QUEUE = QueueReport(source="demo", time=START, jobs=[])
REPORTS = [sample(), facts(), PROCESSES, QUEUE]


@pytest.fixture(params=["embedded", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    is_real = request.param == "redis"
    bus = RedisBus(request.getfixturevalue("redis_server").url) if is_real else EmbeddedBus()
    yield bus
    await bus.close()


@pytest.fixture
async def redis_bus(redis_server: RedisServer) -> AsyncIterator[Bus]:
    bus = RedisBus(redis_server.url)
    yield bus
    await bus.close()


@pytest.fixture
async def intruder(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """Someone who can write to Redis what they like."""
    async with Redis.from_url(redis_server.url) as client:
        yield client


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: type(report).__name__)
async def test_what_is_published_is_heard(
    bus: Bus, report: NodeSample | NodeFacts | NodeProcesses | QueueReport
) -> None:
    async with listening(bus) as ear:
        live = await ear.is_live()
        assert await bus.publish(report)
        await ear.hears(report, live)
    assert not bus.dropped


async def test_who_comes_later_gets_the_last_values_before_it_is_caught_up(bus: Bus) -> None:
    for report in (sample(sequence=1), sample(sequence=2), sample("node-2"), *REPORTS[1:]):
        assert await bus.publish(report)
    async with listening(bus) as ear:
        await ear.is_live()
        assert ear.events[0] == Connected()
        assert ear.events[-1] == CaughtUp()
        told = ear.events[1:-1]
        assert len(told) == 5
        assert all(r in told for r in (sample(sequence=2), sample("node-2"), *REPORTS[1:]))


async def test_the_last_word_of_a_node_can_be_asked_for(bus: Bus) -> None:
    assert await bus.last("node-1", NodeFacts) is None
    await bus.publish(facts(host_name="before"))
    await bus.publish(facts(host_name="after"))
    assert await bus.last("node-1", NodeFacts) == facts(host_name="after")
    assert await bus.last("node-1", NodeSample) is None
    assert await bus.last("node-2", NodeFacts) is None


async def test_a_change_is_told_once_and_not_kept(bus: Bus) -> None:
    async with listening(bus) as ear:
        live = await ear.is_live()
        assert await bus.publish_change(Change("pool", [1, 2]))
        await ear.hears(Change("pool", [1, 2]), live)
    async with listening(bus) as later:
        await later.is_live()
        assert later.events == [Connected(), CaughtUp()]


async def test_all_who_listen_hear_the_same(bus: Bus) -> None:
    async with listening(bus) as one, listening(bus) as another:
        await one.is_live()
        await another.is_live()
        await bus.publish(sample())
        await one.hears(sample())
        await another.hears(sample())


@pytest.mark.spec("T-49", "F-15")
@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        pytest.param("qm:node:liar:sample", encode(sample()), id="another node's sample"),
        pytest.param("qm:node:liar:facts", encode(facts()), id="another node's facts"),
        pytest.param("qm:node:liar:processes", encode(PROCESSES), id="another node's processes"),
        pytest.param("qm:queue:liar", encode(QUEUE), id="another source's queue"),
        pytest.param("qm:node:node-1:facts", encode(sample()), id="of another kind"),
        pytest.param("qm:node:node-1:secret", encode(sample()), id="of no kind"),
        pytest.param("qm:node:node-1", encode(sample()), id="without a kind"),
        pytest.param(b"qm:node:\xff:sample", encode(sample()), id="channel that is no text"),
        pytest.param("qm:node:node-1:sample", b"", id="nothing"),
        pytest.param("qm:node:node-1:sample", b"cos\nsystem\n(S'id'\ntR.", id="a pickle"),
        pytest.param(
            "qm:node:node-1:sample", encode(sample(interval_seconds=1e9)), id="never stale"
        ),
    ],
)
async def test_what_is_forged_is_dropped_and_counted_kept_or_live(
    redis_bus: Bus, intruder: Redis, channel: str | bytes, payload: bytes
) -> None:
    await intruder.set(channel, payload)
    async with listening(redis_bus) as ear:
        live = await ear.is_live()
        assert redis_bus.dropped == {"malformed": 1}
        await intruder.publish(channel, payload)
        assert await redis_bus.publish(sample("honest"))
        await ear.hears(sample("honest"), live)
        assert redis_bus.dropped == {"malformed": 2}
        assert ear.events == [Connected(), CaughtUp(), sample("honest")]


@pytest.mark.spec("T-49")
async def test_a_forged_last_value_is_no_answer(redis_bus: Bus, intruder: Redis) -> None:
    await intruder.set("qm:node:node-1:sample", encode(sample("node-2")))
    assert await redis_bus.last("node-1", NodeSample) is None
    assert redis_bus.dropped == {"malformed": 1}


@pytest.mark.spec("T-49")
async def test_keys_that_are_no_strings_and_strange_changes_do_not_deafen(
    redis_bus: Bus, intruder: Redis
) -> None:
    await intruder.hset("qm:node:node-1:sample", "a", "b")
    async with listening(redis_bus) as ear:
        live = await ear.is_live()
        await intruder.publish("qm:changes", b"\xff")
        await intruder.publish("qm:changes", encode(Change("no such table", [-1])))
        await ear.hears(Change("no such table", [-1]), live)
    assert redis_bus.dropped == {"malformed": 1}


@pytest.mark.spec("F-21")
async def test_a_listener_that_is_cancelled_as_messages_arrive_ends(bus: Bus) -> None:
    for steps in range(60):
        ear = Ear()
        listener = asyncio.create_task(ear.listen_to(bus))
        await ear.is_live()
        said = asyncio.create_task(bus.publish(sample()))
        for _ in range(steps):  # wherever the message is on its way
            await asyncio.sleep(0)
        listener.cancel()
        await asyncio.wait([listener], timeout=5)
        assert listener.cancelled()
        await said


@pytest.mark.spec("F-21")
async def test_a_report_that_is_cancelled_on_its_way_ends(bus: Bus) -> None:
    await bus.publish(sample())
    for steps in range(30):
        saying = asyncio.create_task(bus.publish(sample()))
        for _ in range(steps):
            await asyncio.sleep(0)
        is_under_way = saying.cancel()
        await asyncio.wait([saying])
        assert saying.cancelled() == is_under_way


async def test_many_nodes_that_report_in_the_same_instant_are_all_heard(bus: Bus) -> None:
    sent = await asyncio.gather(*(bus.publish(sample(sequence=n)) for n in range(300)))
    assert all(sent)
    assert not bus.dropped
