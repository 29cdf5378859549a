"""The whole product in a process of its own: installed, restarted, and with its servers failing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from websockets.exceptions import ConnectionClosed

from tests.services.operator import Frame, Operator
from tests.services.postgres import Postgres
from tests.services.product import Product, Storage
from tests.services.proxy import Proxy
from tests.services.redis import RedisServer

StartProduct = Callable[..., Product]
SignIn = Callable[[Product], Awaitable[Operator]]

INVENTORY = """{
  viewer { name roles group { name isDefault pool { name isDefault } } }
  pools { edges { node { id name isDefault devices { totalCount } } } }
  groups { edges { node { id name } } }
}"""
STATE = "subscription { clusterSnapshot { time nodesTotal nodesReady nodesStale } }"
COUNT = "{ devices { totalCount } }"
MANY = 300


@pytest.mark.spec("INST-1", "INST-2", "GROUP-1", "POOL-1")
async def test_the_installation_s_operator_has_every_device_by_the_default_pool(
    start_product: StartProduct, storage: Storage, operator_of: SignIn
) -> None:
    operator = await operator_of(start_product("4x4", **storage.environment))
    await operator.eventually(COUNT, lambda answer: answer["devices"]["totalCount"] == 16)
    inventory = await operator.ask(INVENTORY)
    assert set(inventory["viewer"]["roles"]) == {"OPERATOR", "DATA_SCIENTIST"}
    assert inventory["viewer"]["group"]["isDefault"]
    assert inventory["viewer"]["group"]["pool"]["isDefault"]
    (pool,) = inventory["pools"]["edges"]
    assert pool["node"]["isDefault"]
    assert pool["node"]["devices"]["totalCount"] == 16


@pytest.mark.spec("INST-3", "T-16")
async def test_starting_again_changes_nothing_and_shows_no_password(
    start_product: StartProduct, storage: Storage, operator_of: SignIn
) -> None:
    product = start_product("4x4", **storage.environment)
    operator = await operator_of(product)
    await operator.eventually(COUNT, lambda answer: answer["devices"]["totalCount"] == 16)
    before = await operator.ask(INVENTORY)
    product.restart()
    assert product.log.read_text().count(product.password) == 1
    assert await operator.ask(INVENTORY) == before  # the session too is still there
    assert (await operator.sign_in()).status_code == 200


@pytest.mark.spec("T-16", "T-45")
async def test_the_first_password_is_nowhere_in_the_data_folder(
    start_product: StartProduct, operator_of: SignIn
) -> None:
    product = start_product()
    await operator_of(product)
    product.stop()
    folder = product.folder / "data"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if product.password.encode() in path.read_bytes()]
    assert not folder.stat().st_mode & 0o077


@pytest.mark.spec("API-4", "API-5", "NODE-2", "F-11")
async def test_a_subscription_shows_a_lost_redis_as_stale_and_is_live_again_when_it_is_back(
    start_product: StartProduct, redis_server: RedisServer, operator_of: SignIn
) -> None:
    product = start_product("4x4", QUARTERMASTER_REDIS_URL=redis_server.url)
    operator = await operator_of(product)
    async with operator.subscribe(STATE) as state:
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)
        redis_server.kill()
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesStale"] == 4)
        redis_server.start()
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)


@pytest.mark.spec("API-4", "F-12")
async def test_a_network_that_swallows_everything_is_noticed_and_left(
    start_product: StartProduct,
    redis_server: RedisServer,
    proxy_to: Callable[[int], Proxy],
    operator_of: SignIn,
) -> None:
    proxy = proxy_to(redis_server.port)
    url = redis_server.url.replace(str(redis_server.port), str(proxy.port))
    operator = await operator_of(start_product("4x4", QUARTERMASTER_REDIS_URL=url))
    async with operator.subscribe(STATE) as state:
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)
        proxy.hang()
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesStale"] == 4)
        proxy.heal()
        await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)


@pytest.mark.spec("F-16")
async def test_the_product_starts_without_redis_and_joins_it_when_it_comes(
    start_product: StartProduct, redis_server: RedisServer, operator_of: SignIn
) -> None:
    redis_server.stop()
    operator = await operator_of(start_product("4x4", QUARTERMASTER_REDIS_URL=redis_server.url))
    assert (await operator.ask(COUNT))["devices"]["totalCount"] == 0
    redis_server.start()
    await operator.eventually(COUNT, lambda answer: answer["devices"]["totalCount"] == 16)


@pytest.mark.spec("F-30")
async def test_queries_answer_again_after_postgresql_was_restarted(
    start_product: StartProduct, postgres: Postgres, operator_of: SignIn
) -> None:
    url = await postgres.empty_database()
    operator = await operator_of(start_product("4x4", QUARTERMASTER_DATABASE_URL=url))
    await operator.eventually(COUNT, lambda answer: answer["devices"]["totalCount"] == 16)
    for _ in range(3):
        await asyncio.to_thread(postgres.restart)
        await operator.eventually(COUNT, lambda answer: answer["devices"]["totalCount"] == 16)


@pytest.mark.spec("API-4", "F-20")
async def test_after_a_crash_the_same_session_is_live_again(
    start_product: StartProduct, operator_of: SignIn
) -> None:
    product = start_product()
    operator = await operator_of(product)
    async with operator.subscribe(STATE) as state:
        before = await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)
        product.kill()
        with pytest.raises(ConnectionClosed):
            while True:
                await state.next()
    product.start()
    async with operator.subscribe(STATE) as state:
        after = await state.until(lambda frame: frame["clusterSnapshot"]["nodesReady"] == 4)
    assert after["clusterSnapshot"]["time"] > before["clusterSnapshot"]["time"]


@pytest.mark.spec("F-21")
async def test_a_stop_ends_open_subscriptions_with_a_code_that_clients_retry(
    start_product: StartProduct, operator_of: SignIn
) -> None:
    product = start_product()
    operator = await operator_of(product)
    async with operator.subscribe(STATE) as first, operator.subscribe(STATE) as second:
        await first.next()
        await second.next()
        await asyncio.to_thread(product.stop)
        assert await first.close_code() == 1012
        assert await second.close_code() == 1012
    assert "Traceback" not in product.log.read_text()
    assert "was destroyed" not in product.log.read_text()


UTILISATION = """{ pool(name: "Default") { history(metrics: [UTILISATION_PERCENT], points: 2000) {
  start bucketSeconds series { mean } } } }"""


@pytest.mark.spec("DEV-3", "F-40")
async def test_history_outlives_a_crash_but_for_its_last_second_or_two(
    start_product: StartProduct, storage: Storage, operator_of: SignIn
) -> None:
    product = start_product("4x4", **storage.environment)
    operator = await operator_of(product)

    def known(answer: Frame) -> dict[float, float]:
        """The means by the second at which their bucket begins."""
        history = answer["pool"]["history"]
        start = datetime.fromisoformat(history["start"]).timestamp()
        (series,) = history["series"]
        return {
            start + place * history["bucketSeconds"]: mean
            for place, mean in enumerate(series["mean"])
            if mean is not None
        }

    before = known(await operator.eventually(UTILISATION, lambda answer: len(known(answer)) > 5))
    product.kill()
    product.start()
    after = known(await operator.eventually(UTILISATION, lambda one: len(known(one)) > len(before)))
    # The buckets may lie elsewhere by then; nothing of before is missing within them.
    whole = {second: mean for second, mean in before.items() if second < max(before) - 2}
    assert whole.items() <= after.items()


@pytest.mark.spec("F-20", "F-21", "API-4")
async def test_hundreds_who_come_back_after_a_restart_are_all_live_again(
    start_product: StartProduct, operator_of: SignIn
) -> None:
    many = {"QUARTERMASTER_SOCKETS_PER_USER": "1000", "QUARTERMASTER_SOCKETS_PER_ADDRESS": "1000"}
    product = start_product("4x4", **many)
    operator = await operator_of(product)
    hints: list[str] = []

    async def watch() -> None:
        """As the dashboard does: comes back when it is told to, until it is live once more."""
        rounds = 0
        while rounds < 2:
            try:
                async with operator.subscribe(STATE) as state:
                    rounds += 1
                    assert "clusterSnapshot" in await state.next()
                    if rounds == 2:
                        return
                    live.release()
                    while True:
                        await state.next()
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                assert closed.rcvd.code in (1012, 1013)
                hints.append(closed.rcvd.reason)
                await asyncio.sleep(int(closed.rcvd.reason.removeprefix("retry-after-ms=")) / 1000)
            except OSError:  # nobody listens yet
                await asyncio.sleep(0.2)

    live = asyncio.Semaphore(0)
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        for _ in range(MANY):
            group.create_task(watch())
        for _ in range(MANY):
            await live.acquire()
        await asyncio.to_thread(product.restart)
    assert len(hints) >= MANY
    assert len(set(hints)) > MANY / 10
