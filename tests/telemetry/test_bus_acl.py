"""The Redis users of docs/redis-acl.md, as that file says: enough for their work and no more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis as blocking_redis
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from telemetry.bus import Bus, CaughtUp, Change, Connected
from telemetry.redis_bus import RedisBus
from telemetry.samples import NodeFacts, NodeId, NodeProcesses, NodeSample, QueueReport, encode
from tests.services.redis import RedisServer
from tests.telemetry.ear import listening
from tests.telemetry.reports import START, facts, sample

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "redis-acl.md"
NODE, OTHER, PASSWORD = "0123456789abcdef0123456789abcdef", "f" * 32, "correct-horse"
PROCESSES = NodeProcesses(
    node_id=NodeId(NODE), boot_id="boot-1", time=START, devices=[], processes=[]
)
QUEUE = QueueReport(source="slurm", time=START, jobs=[])


@pytest.fixture
def guarded(redis_server: RedisServer) -> Iterator[RedisServer]:
    """A Redis that was set up by every line of the document, in its order."""
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert [line.split()[2] for line in lines] == [
        "collector-NODE_ID",
        "api",
        "controller",
        "proto-max-bulk-len",
        "default",
    ]
    with blocking_redis.Redis(port=redis_server.port) as admin:
        for line in lines:
            words = line.replace("NODE_ID", NODE).replace("PASSWORD", PASSWORD).split()
            admin.execute_command(*words)
    yield redis_server


def url(server: RedisServer, user: str) -> str:
    return server.url.replace("://", f"://{user}:{PASSWORD}@")


@pytest.fixture
async def collector(guarded: RedisServer) -> AsyncIterator[Bus]:
    bus = RedisBus(url(guarded, f"collector-{NODE}"))
    yield bus
    await bus.close()


@pytest.fixture
async def api(guarded: RedisServer) -> AsyncIterator[Bus]:
    bus = RedisBus(url(guarded, "api"))
    yield bus
    await bus.close()


@pytest.fixture
async def controller(guarded: RedisServer) -> AsyncIterator[Bus]:
    bus = RedisBus(url(guarded, "controller"))
    yield bus
    await bus.close()


@pytest.fixture
async def stolen(guarded: RedisServer) -> AsyncIterator[Redis]:
    """The connection of someone who found a collector's password on its node."""
    async with Redis.from_url(url(guarded, f"collector-{NODE}")) as client:
        yield client


@pytest.mark.spec("T-49")
async def test_each_user_can_do_its_work(collector: Bus, api: Bus, controller: Bus) -> None:
    await collector.ping()
    reports = [sample(NODE), facts(NODE), PROCESSES]
    async with listening(api) as ear, listening(controller) as other_ear:
        live = [await each.is_live() for each in (ear, other_ear)]
        for report in reports:
            assert await collector.publish(report)
        assert await controller.publish(QUEUE)
        assert await controller.publish_change(Change("device", [1]))
        assert await api.publish_change(Change("pool", [2]))
        for wanted in [*reports, QUEUE, Change("device", [1]), Change("pool", [2])]:
            await ear.hears(wanted, live[0])
            await other_ear.hears(wanted, live[1])
    assert await collector.last(NODE, NodeFacts) == facts(NODE)
    assert await api.last(NODE, NodeSample) == sample(NODE)
    async with listening(api) as later:
        await later.is_live()
        assert (later.events[0], later.events[-1]) == (Connected(), CaughtUp())
        assert len(later.events) == 2 + len([*reports, QUEUE])
    assert not collector.dropped
    assert not api.dropped
    assert not controller.dropped


@pytest.mark.spec("T-49")
async def test_a_collector_cannot_speak_for_another_node_or_source(
    collector: Bus, api: Bus
) -> None:
    assert not await collector.publish(sample(OTHER))
    assert not await collector.publish(facts(OTHER))
    assert not await collector.publish(QUEUE)
    assert not await collector.publish_change(Change("pool"))
    assert await api.last(OTHER, NodeSample) is None
    assert collector.dropped["publish"] == 4


@pytest.mark.spec("T-49")
@pytest.mark.parametrize(
    "command",
    [
        ("SET", f"qm:node:{OTHER}:sample", "x"),
        ("SET", f"qm:node:{NODE}:more", "x"),
        ("SET", "qm:queue:slurm", "x"),
        ("SET", "anything", "x"),
        ("GET", f"qm:node:{OTHER}:facts"),
        ("PUBLISH", f"qm:node:{OTHER}:sample", "x"),
        ("PUBLISH", f"qm:node:{NODE}:more", "x"),
        ("PUBLISH", "qm:changes", "x"),
        ("PUBLISH", "qm:heartbeat:1", "x"),
        ("SUBSCRIBE", "qm:changes"),
        ("PSUBSCRIBE", "*"),
        ("DEL", f"qm:node:{NODE}:sample"),
        ("SCAN", "0"),
        ("KEYS", "*"),
        ("FLUSHALL",),
        ("EVAL", "return 1", "0"),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("CLIENT", "LIST"),
        ("CLIENT", "KILL", "TYPE", "pubsub"),
    ],
    ids=" ".join,
)
async def test_a_stolen_password_of_a_node_opens_nothing_else(
    stolen: Redis, command: tuple[str, ...]
) -> None:
    assert await stolen.set(f"qm:node:{NODE}:sample", encode(sample(NODE)))
    with pytest.raises(NoPermissionError):
        await stolen.execute_command(*command)


@pytest.mark.spec("T-49")
async def test_the_api_can_write_no_key_and_manage_nothing(guarded: RedisServer) -> None:
    async with Redis.from_url(url(guarded, "api")) as client:
        for command in (("SET", f"qm:node:{NODE}:sample", "x"), ("FLUSHALL",), ("ACL", "LIST")):
            with pytest.raises(NoPermissionError):
                await client.execute_command(*command)


@pytest.mark.spec("T-49")
async def test_nobody_gets_in_without_a_name(guarded: RedisServer) -> None:
    async with Redis.from_url(guarded.url) as client:
        with pytest.raises(AuthenticationError):
            await client.get("anything")


@pytest.mark.spec("T-49")
async def test_a_huge_value_is_not_taken(stolen: Redis) -> None:
    with pytest.raises((ResponseError, ConnectionError, blocking_redis.ConnectionError)):
        await stolen.set(f"qm:node:{NODE}:sample", b"x" * (9 * 2**20))


@pytest.mark.spec("LIC-2")
async def test_the_api_may_ask_what_the_server_is(api: Bus) -> None:
    server = await api.server()
    assert server.kind in ("Redis", "Valkey")
    assert server.version is not None
