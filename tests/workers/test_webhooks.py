"""Changes of health reach each webhook: signed, in order, at least once, whatever breaks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.actors import Actor
from domain.audit import AuditEntry
from domain.health_log import NewHealthEvent, append_health_events
from domain.installation import Installed
from domain.inventory import record_node
from domain.secrets import Secret, open_vault
from domain.webhook_deliveries import last_event_id
from domain.webhooks import Webhook, create_webhook, edit_webhook
from outbound.client import Outbound
from outbound.policy import Policy
from outbound.standard_webhooks import signature
from telemetry.embedded_bus import EmbeddedBus
from tests.services.http_peer import Peer, Received, answers, hangs, peer
from tests.workers.fakes import FakeClock
from tests.workers.reporting import ReportingNode
from workers import webhooks
from workers.recorder import reported_node
from workers.webhooks import Origin, WebhookDeliveries, pause_seconds

KEY = b"thirty-two bytes that sign a lot"
SECRET = Secret("whsec_" + base64.b64encode(KEY).decode())
ADA = Actor.system("test")
ORIGIN = Origin("lab", "https://gpus.example.org")
XID = {"code": "XID", "level": "CRITICAL", "since": 1_795_500_000.0, "value": 79}


class World:
    """A node with one GPU whose health changes as told, and webhooks that are told of it."""

    def __init__(self, node_id: int, device_id: int) -> None:
        self.clock = FakeClock()
        self.node_id = node_id
        self.device_id = device_id
        self.numbers = itertools.count(1)

    async def happen(self, *levels: str, previous: str = "OK") -> None:
        for level in levels:
            reasons = [XID] if level == "CRITICAL" else []
            event = NewHealthEvent(
                datetime.fromtimestamp(self.clock.time(), UTC),
                self.node_id,
                self.device_id,
                level,
                previous,
                reasons,
            )
            await append_health_events([event])
            previous = level

    async def add(self, url: str, *, minimum_level: str = "WARNING") -> int:
        return await create_webhook(
            ADA, f"hook {next(self.numbers)}", url, SECRET, minimum_level, True, url_problem=None
        )

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """A controller's deliveries, as they start; they end as in a crash."""
        outbound = Outbound(Policy.of("127.0.0.1", allows_http=True))
        deliveries = WebhookDeliveries(EmbeddedBus(), outbound, ORIGIN, self.clock)
        task = asyncio.create_task(deliveries.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let time pass, a second at a time, until it is so."""
        async with asyncio.timeout(20):
            while not condition():
                await self.clock.advance(1)
                await asyncio.sleep(0.005)

    async def until_row(self, webhook_id: int, **wanted: object) -> Webhook:
        async with asyncio.timeout(20):
            while True:
                row = await Webhook.get(id=webhook_id)
                if all(getattr(row, name) == value for name, value in wanted.items()):
                    return row
                await self.clock.advance(1)
                await asyncio.sleep(0.005)


@pytest.fixture
async def world(installed: Installed) -> World:
    open_vault("the key of the tests, which is long enough")
    node = ReportingNode("node-1", "GPU-1")
    change = await record_node(reported_node(node.facts()), datetime.now(UTC))
    return World(change.node_id, change.device_ids[0])


def levels(receiver: Peer) -> list[str]:
    return [json.loads(one.body)["data"]["level"] for one in receiver.received]


def ids(receiver: Peer) -> list[str]:
    return [one.headers["webhook-id"] for one in receiver.received]


def test_signatures_are_those_of_standard_webhooks() -> None:
    """The vector of the specification's own libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


@pytest.mark.spec("DEV-2")
async def test_a_change_is_told_with_its_reasons_and_what_to_do(world: World) -> None:
    async with peer() as receiver, world.delivering():
        webhook_id = await world.add(f"{receiver.url}/in?key=1")
        await world.happen("CRITICAL")
        await world.until(lambda: receiver.received)
        await world.until_row(webhook_id, failure=None, attempts=0)
    (received,) = receiver.received
    assert (received.method, received.target) == ("POST", "/in?key=1")
    assert received.headers["content-type"] == "application/json"
    require_signed(received)
    told = json.loads(received.body)
    assert told["type"] == "health.changed"
    assert told["timestamp"].endswith("Z")
    data = told["data"]
    assert data["cluster"] == "lab"
    assert data["node"] == {"hostName": "node-1", "machineId": "machine-node-1"}
    assert data["device"] == {"uuid": "GPU-1", "index": 0, "product": "NVIDIA H100"}
    assert (data["level"], data["previousLevel"]) == ("CRITICAL", "OK")
    assert data["url"] == "https://gpus.example.org/devices/GPU-1"
    (reason,) = data["reasons"]
    assert (reason["code"], reason["value"]) == ("XID", 79)
    assert reason["title"] == "Xid 79, fell off the bus"
    assert any("power-cycle" in step for step in reason["remedy"])


def require_signed(received: Received) -> None:
    headers = received.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    digest = hmac.new(KEY, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


async def test_what_happened_before_it_was_made_is_not_told(world: World) -> None:
    await world.happen("CRITICAL")
    async with peer() as receiver, world.delivering():
        await world.add(receiver.url)
        await world.happen("WARNING", previous="CRITICAL")
        await world.until(lambda: receiver.received)
    assert levels(receiver) == ["WARNING"]


@pytest.mark.parametrize(
    ("minimum", "told"),
    [
        ("OK", ["WARNING", "OK", "UNKNOWN", "OK", "CRITICAL", "WARNING", "OK"]),
        ("WARNING", ["WARNING", "OK", "UNKNOWN", "OK", "CRITICAL", "WARNING", "OK"]),
        ("UNKNOWN", ["UNKNOWN", "OK", "CRITICAL", "WARNING"]),
        ("CRITICAL", ["CRITICAL", "WARNING"]),
    ],
)
async def test_a_level_is_told_when_it_is_reached_and_when_it_is_left(
    world: World, minimum: str, told: list[str]
) -> None:
    async with peer() as receiver, world.delivering():
        webhook_id = await world.add(receiver.url, minimum_level=minimum)
        await world.happen("WARNING", "OK", "UNKNOWN", "OK", "CRITICAL", "WARNING", "OK")
        await world.until_row(webhook_id, passed_event_id=await last_event_id())
    assert levels(receiver) == told


async def test_a_failed_message_is_sent_again_under_its_id_before_any_later_one(
    world: World,
) -> None:
    async with peer(answers(503)) as receiver, world.delivering():
        webhook_id = await world.add(receiver.url)
        await world.happen("WARNING", "CRITICAL")
        await world.until(lambda: len(receiver.received) >= 3)
        failing = await Webhook.get(id=webhook_id)
        assert failing.failure == "HTTP_503"
        assert failing.failing_since is not None
        receiver.behaviour = answers(204)
        await world.until(lambda: levels(receiver)[-1] == "CRITICAL")
        await world.until_row(webhook_id, failure=None, failing_since=None, attempts=0)
    tries = ids(receiver)
    assert len(set(tries)) == 2
    assert set(tries[:-1]) == {tries[0]}
    times = [int(one.headers["webhook-timestamp"]) for one in receiver.received]
    assert times[0] < times[-1]  # each try has a time of its own
    for received in receiver.received:
        require_signed(received)


def test_pauses_double_with_jitter_up_to_an_hour() -> None:
    for attempts in range(40):
        longest = min(3600.0, 5.0 * 2 ** min(attempts, 20))
        pauses = {pause_seconds(attempts) for _ in range(20)}
        assert all(longest / 2 <= pause <= longest for pause in pauses)
        assert len(pauses) > 1
    assert pause_seconds(0, 120) == 120
    assert pause_seconds(0, 10**9) == 3600


async def test_a_webhook_that_hangs_delays_no_other(world: World) -> None:
    async with peer(hangs) as stuck, peer() as well, world.delivering():
        stuck_id = await world.add(stuck.url)
        await world.add(well.url)
        await world.happen("CRITICAL")
        await world.until(lambda: stuck.received and len(well.received) == 1)
        await world.happen("OK", previous="CRITICAL")
        await world.until(lambda: len(well.received) == 2)
        assert (await Webhook.get(id=stuck_id)).attempts == 0  # it hangs to this moment
    assert levels(well) == ["CRITICAL", "OK"]
    assert len(stuck.received) == 1


async def test_a_restart_goes_on_where_it_was(world: World) -> None:
    async with peer() as receiver:
        webhook_id = await world.add(receiver.url)
        await world.happen("CRITICAL")
        async with world.delivering():
            await world.until(lambda: receiver.received)
            await world.until_row(webhook_id, attempts=0, failing_since=None)
            await world.until_row(webhook_id, passed_event_id=1)
        await world.happen("OK", previous="CRITICAL")
        async with world.delivering():
            await world.until(lambda: len(receiver.received) >= 2)
    assert levels(receiver) == ["CRITICAL", "OK"]


async def test_a_crash_after_the_answer_repeats_the_message_under_its_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*args: Any) -> None:
        raise RuntimeError("the process ends here")

    async with peer() as receiver:
        await world.add(receiver.url)
        await world.happen("CRITICAL")
        with monkeypatch.context() as broken:
            broken.setattr(webhooks, "note_delivery", crash)
            async with world.delivering():
                await world.until(lambda: receiver.received)
        before = len(receiver.received)
        async with world.delivering():
            await world.until(lambda: len(receiver.received) > before)
    assert len(set(ids(receiver))) == 1


async def test_what_fails_for_a_day_is_given_up_and_counted(world: World) -> None:
    async with peer(answers(500)) as receiver, world.delivering():
        webhook_id = await world.add(receiver.url)
        await world.happen("CRITICAL")
        await world.until(lambda: receiver.received)
        await world.until(lambda: len(receiver.received) > 2)
        world.clock.now += timedelta(hours=25).total_seconds()
        await world.until_row(webhook_id, missed=1)
        receiver.behaviour = answers(200)
        await world.happen("OK", previous="CRITICAL")
        await world.until(lambda: levels(receiver)[-1] == "OK")
    assert len(set(ids(receiver))) == 2


async def test_a_receiver_that_is_gone_for_good_is_told_no_more(world: World) -> None:
    async with peer(answers(410)) as receiver, world.delivering():
        webhook_id = await world.add(receiver.url)
        await world.happen("CRITICAL", "OK")
        await world.until_row(webhook_id, is_enabled=False, failure="HTTP_410")
        await world.clock.advance(10)
    assert len(receiver.received) == 1
    entry = await AuditEntry.get(action="webhook.disable")
    assert (entry.actor, entry.after) == ("system:controller", {"enabled": False})


async def test_one_that_is_enabled_again_is_told_of_what_happens_from_then_on(
    world: World,
) -> None:
    async with peer() as receiver, world.delivering():
        webhook_id = await world.add(receiver.url)
        await edit_webhook(ADA, webhook_id, 1, is_enabled=False)
        await world.happen("CRITICAL")
        await world.clock.advance(5)
        await edit_webhook(ADA, webhook_id, 2, is_enabled=True)
        await world.happen("OK", previous="CRITICAL")
        await world.until(lambda: receiver.received)
    assert levels(receiver) == ["OK"]


@pytest.mark.spec("T-41")
async def test_an_address_that_may_not_be_called_is_not_called_by_a_delivery_either(
    world: World,
) -> None:
    async with peer(host="127.0.0.2") as inside, peer() as receiver, world.delivering():
        receiver.behaviour = answers(302, location=inside.url)
        redirected = await world.add(receiver.url)
        direct = await world.add(inside.url)
        await world.happen("CRITICAL")
        await world.until_row(redirected, failure="HTTP_302")
        await world.until_row(direct, failure="ADDRESS_FORBIDDEN")
    assert inside.connections == 0


@pytest.mark.spec("T-45")
async def test_a_secret_of_another_key_is_said_to_be_unreadable(world: World) -> None:
    async with peer() as receiver, world.delivering():
        webhook_id = await world.add(receiver.url)
        open_vault("another key, which is long enough as well")
        await world.happen("CRITICAL")
        await world.until_row(webhook_id, failure="SECRET_UNREADABLE")
        await edit_webhook(ADA, webhook_id, 1, secret=SECRET)
        await world.until(lambda: receiver.received)
    require_signed(receiver.received[0])
