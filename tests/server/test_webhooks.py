"""The product as it is started posts a real change of health to a real receiver."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable

import pytest

from telemetry.redis_bus import RedisBus
from tests.server.console import until
from tests.services.http_peer import Peer, peer
from tests.services.operator import Operator
from tests.services.product import Product
from tests.services.redis import RedisServer
from tests.workers.reporting import ReportingNode

KEY = b"canary in every field of a secret"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CREATE = """mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { ... on Webhook { id } ... on Refusal { message } } }"""


async def tells(node: ReportingNode, receiver: Peer, level: str, **metrics: int) -> None:
    """Report, tick after tick, until the receiver has been told of the level."""

    def told() -> list[str]:
        messages = [json.loads(one.body)["data"] for one in receiver.received]
        return [one["level"] for one in messages if one["node"]["hostName"] == node.name]

    async def report() -> None:
        while True:
            await node.say(node.facts())
            await node.say(node.sample(**metrics))
            await asyncio.sleep(1)

    reporting = asyncio.create_task(report())
    try:
        await until(lambda: level in told(), seconds=60)
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)


@pytest.mark.spec("DEV-2", "T-45", "T-51", "T-16")
async def test_a_change_is_posted_and_again_after_a_restart_and_the_secret_is_in_no_file(
    start_product: Callable[..., Product],
    operator_of: Callable[[Product], Awaitable[Operator]],
    redis_server: RedisServer,
) -> None:
    async with peer() as receiver:
        product = start_product(
            "1x1",
            QUARTERMASTER_REDIS_URL=redis_server.url,
            QUARTERMASTER_ALLOWED_ADDRESSES="127.0.0.1",
            QUARTERMASTER_ALLOW_PLAIN_HTTP="yes",
            QUARTERMASTER_LOG_LEVEL="debug",
        )
        operator = await operator_of(product)
        path = "/in?key=canary-of-the-url"
        wish = {"name": "pager", "url": receiver.url + path, "secret": SECRET}
        made = await operator.ask(CREATE, input={**wish, "minimumLevel": "CRITICAL"})
        assert "id" in made["createWebhook"], made
        bus = RedisBus(redis_server.url)
        try:
            node = ReportingNode("broken", "GPU-1", bus=bus)
            await tells(node, receiver, "CRITICAL", xid=79)
            product.restart()
            await tells(node, receiver, "OK")
        finally:
            await bus.close()
        product.stop()
    data = product.folder / "data"
    key = data / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text().strip()) == 64
    log = product.log.read_text()
    assert "webhook.delivered" in log
    assert "canary-of-the-url" not in log
    for secret in (SECRET, SECRET.removeprefix("whsec_"), KEY.decode(), key.read_text()):
        assert secret not in log
        for file in data.rglob("*"):
            if file.is_file() and file != key:
                assert secret.encode() not in file.read_bytes(), file


@pytest.mark.spec("T-4", "T-16")
def test_a_key_that_was_emptied_stops_the_start(start_product: Callable[..., Product]) -> None:
    product = start_product("1x1")
    product.stop()
    (product.folder / "data" / "secret.key").write_text("")
    with pytest.raises(AssertionError, match="holds no key"):
        product.start()
