"""The bus when Redis or the network fails: it heals by itself, says when it is deaf, leaks none."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
import redis as blocking_redis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from telemetry import redis_bus
from telemetry.bus import Bus, Connected, Lost
from telemetry.redis_bus import RedisBus
from telemetry.samples import DeviceSample, NodeFacts, NodeSample, encode
from tests.services.proxy import Proxy
from tests.services.redis import RedisServer
from tests.telemetry.ear import Ear, listening
from tests.telemetry.reports import facts, sample


@pytest.fixture
def proxy(redis_server: RedisServer, proxy_to: Callable[[int], Proxy]) -> Proxy:
    return proxy_to(redis_server.port)


@pytest.fixture
async def bus(proxy: Proxy) -> AsyncIterator[Bus]:
    """A bus whose Redis is behind the proxy."""
    bus = RedisBus(f"redis://127.0.0.1:{proxy.port}/0")
    yield bus
    await bus.close()


@pytest.fixture
async def collector(redis_server: RedisServer) -> AsyncIterator[Bus]:
    """A bus that reaches Redis directly."""
    bus = RedisBus(redis_server.url)
    yield bus
    await bus.close()


async def is_heard(ear: Ear, collector: Bus, since: int, sequence: int) -> int:
    """Wait until a new sample arrives; the bus may lose some on the way there."""
    said = sample(sequence=sequence)
    heard = asyncio.create_task(ear.hears(said, since))
    while not heard.done():
        await collector.publish(said)
        await asyncio.wait([heard], timeout=0.1)
    return heard.result()


@pytest.mark.spec("F-11")
async def test_the_listener_is_live_again_after_redis_restarts_again_and_again(
    redis_server: RedisServer, collector: Bus
) -> None:
    async with listening(collector) as ear:
        heard = await ear.is_live()
        for sequence, end in enumerate([redis_server.kill, redis_server.stop] * 3, start=1):
            end()
            heard = await ear.is_deaf(heard)
            redis_server.start()
            heard = await ear.is_live(heard)
            heard = await is_heard(ear, collector, heard, sequence)


@pytest.mark.spec("F-11")
async def test_a_subscription_that_redis_cuts_is_told_and_made_anew_with_the_last_values(
    redis_server: RedisServer, collector: Bus
) -> None:
    async with Redis.from_url(redis_server.url) as admin, listening(collector) as ear:
        heard = await ear.is_live()
        await collector.publish(facts())
        heard = await ear.hears(facts(), heard)
        for _ in range(5):
            await admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            heard = await ear.is_deaf(heard)
            heard = await ear.hears(Connected(), heard)
            heard = await ear.hears(facts(), heard)
            heard = await ear.is_live(heard)


@pytest.mark.spec("F-11")
async def test_a_quiet_bus_is_not_taken_for_a_deaf_one(
    collector: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "SILENCE_LIMIT_SECONDS", 1.5)
    async with listening(collector) as ear:
        heard = await ear.is_live()
        # The silence itself is what is tried: its own heartbeat alone keeps the listener.
        await asyncio.sleep(4)
        await collector.publish(sample())
        await ear.hears(sample(), heard)
        assert Lost() not in ear.events


@pytest.mark.spec("F-12")
async def test_a_network_that_swallows_everything_is_noticed_and_healed(
    proxy: Proxy, bus: Bus, collector: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "SILENCE_LIMIT_SECONDS", 1.5)
    async with listening(bus) as ear:
        heard = await ear.is_live()
        proxy.hang()
        heard = await ear.is_deaf(heard)
        assert not await bus.publish(sample("unheard"))
        proxy.heal()
        async with asyncio.timeout(6):
            await is_heard(ear, collector, heard, 2)
    assert bus.dropped["publish"] >= 1


@pytest.mark.spec("F-12")
@pytest.mark.parametrize("fault", ["cut", "reset"])
async def test_a_connection_that_breaks_is_noticed_at_once(
    proxy: Proxy, bus: Bus, collector: Bus, fault: str
) -> None:
    async with listening(bus) as ear:
        heard = await ear.is_live()
        getattr(proxy, fault)()
        heard = await ear.is_deaf(heard)
        heard = await ear.is_live(heard)
        await is_heard(ear, collector, heard, 1)


@pytest.mark.spec("F-13")
async def test_a_loop_that_was_blocked_under_load_is_neither_cut_nor_deaf(
    redis_server: RedisServer, collector: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "SILENCE_LIMIT_SECONDS", 1.5)
    ticks = [
        [encode(sample(f"node-{node}", sequence)) for node in range(1000)] for sequence in range(8)
    ]
    with blocking_redis.Redis(port=redis_server.port) as publisher:
        async with listening(collector) as ear:
            heard = await ear.is_live()
            before = _pubsub_clients(publisher)
            # These calls block the listener's loop, as a busy process would, beyond the limit.
            for tick in ticks:
                with publisher.pipeline(transaction=False) as pipe:
                    for node, raw in enumerate(tick):
                        pipe.publish(f"qm:node:node-{node}:sample", raw)
                    pipe.execute()
                publisher.blpop(["nothing"], timeout=0.25)  # the rest of the tick
            assert _pubsub_clients(publisher) == before
            last = sample("node-999", 7)
            await ear.hears(lambda event: event == last, heard)
            assert Lost() not in ear.events
            assert len([e for e in ear.events if isinstance(e, NodeSample)]) == 8000
            assert _pubsub_clients(publisher) == before


def _pubsub_clients(client: blocking_redis.Redis) -> set[str]:
    return {each["id"] for each in client.client_list(_type="pubsub")}


@pytest.mark.spec("F-15")
async def test_a_message_that_takes_longer_than_a_wait_arrives_whole(
    proxy: Proxy, bus: Bus, collector: Bus
) -> None:
    large = sample(devices={f"GPU-{index}": DeviceSample() for index in range(1000)})
    async with listening(bus) as ear:
        heard = await ear.is_live()
        proxy.slow(bytes_per_second=len(encode(large)) / 2)
        assert await collector.publish(large)
        await ear.hears(large, heard)
        assert not bus.dropped["malformed"]


@pytest.mark.spec("F-14")
async def test_listeners_that_come_and_go_leave_no_connection(
    redis_server: RedisServer, collector: Bus
) -> None:
    await collector.publish(facts())
    async with Redis.from_url(redis_server.url) as admin:
        for cycle in range(500):
            async with aclosing(collector.listen()) as events:
                async for event in events:
                    if cycle % 2 or event == facts():  # some go before they are caught up
                        break
            if cycle % 100 == 99:
                assert await _others(admin) <= 3
        tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        assert not tasks


@pytest.mark.spec("F-14")
async def test_a_process_that_listens_and_publishes_has_three_connections_at_most(
    redis_server: RedisServer, collector: Bus
) -> None:
    async with Redis.from_url(redis_server.url) as admin, listening(collector) as ear:
        heard = await ear.is_live()
        for sequence in range(1, 20):
            await collector.publish(sample(sequence=sequence))
        await ear.hears(sample(sequence=19), heard)
        assert await _others(admin) <= 3


async def _others(admin: Redis) -> int:
    """How many connections the server has besides that of `admin`, once the closed are gone."""
    count = 99
    for _ in range(50):
        count = len(await admin.client_list()) - 1
        if count <= 3:
            break
        await asyncio.sleep(0.02)
    return count


@pytest.mark.spec("F-15", "T-50")
async def test_calls_cancelled_at_random_never_get_anothers_answer(
    proxy: Proxy, bus: Bus, collector: Bus
) -> None:
    nodes = [f"node-{index}" for index in range(20)]
    for node in nodes:
        assert await collector.publish(facts(node))
    proxy.slow(delay_seconds=0.002)
    chance = random.Random(15)
    answers = 0

    async def ask(node: str) -> None:
        nonlocal answers
        found = await bus.last(node, NodeFacts)
        assert found is not None
        assert found.node_id == node
        answers += 1

    async def say(node: str) -> None:
        await bus.publish(sample(node))

    for _ in range(100):
        calls = [
            asyncio.create_task(chance.choice([ask, say])(chance.choice(nodes))) for _ in range(10)
        ]
        await asyncio.sleep(chance.uniform(0, 0.015))
        for call in chance.sample(calls, 6):
            call.cancel()
        for result in await asyncio.gather(*calls, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError)
    assert answers > 100
    assert not bus.dropped["malformed"]
    for node in nodes:
        await ask(node)


@pytest.mark.spec("F-16")
async def test_a_listener_starts_without_redis_and_joins_once_it_is_there(
    redis_server: RedisServer, collector: Bus
) -> None:
    redis_server.stop()
    async with listening(collector) as ear:
        heard = await ear.is_deaf(await ear.is_deaf())
        assert not await collector.publish(sample())
        with pytest.raises(RedisConnectionError):
            await collector.ping()
        redis_server.start()
        heard = await ear.is_live(heard)
        await is_heard(ear, collector, heard, 1)
        await collector.ping()
    assert collector.dropped["publish"] >= 1


@pytest.mark.spec("F-16", "F-12")
async def test_a_redis_that_freezes_is_noticed_though_it_stays_connected(
    redis_server: RedisServer, collector: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "SILENCE_LIMIT_SECONDS", 1.5)
    async with listening(collector) as ear:
        heard = await ear.is_live()
        redis_server.freeze()
        heard = await ear.is_deaf(heard)
        redis_server.thaw()
        heard = await ear.is_live(heard)
        await is_heard(ear, collector, heard, 1)
