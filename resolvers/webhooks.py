"""Webhooks, for operators: their list and state, changes of them, and tests."""

from __future__ import annotations

import enum
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import strawberry

import domain.webhooks
from domain.refusals import Unknown
from domain.secrets import Secret, Unsealable
from domain.webhooks import (
    WebhookRow,
    all_webhooks,
    begin_test,
    secret_of,
    webhook_by_id,
)
from outbound import standard_webhooks
from outbound.failures import OutboundFailed
from outbound.policy import parse
from outbound.standard_webhooks import explain, post
from resolvers.context import Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.mutations import Refused, carry_out
from telemetry.health import HealthLevel


class DeliveryState(enum.Enum):
    NOTHING_YET = "NOTHING_YET"
    DELIVERED = "DELIVERED"
    FAILING = "FAILING"


@dataclass
class CreateWebhookInput:
    name: str
    url: str
    secret: str
    minimum_level: HealthLevel
    is_enabled: bool = True
    command_id: str | None = None


@dataclass
class EditWebhookInput:
    """What is left out stays, the secret too."""

    id: strawberry.ID
    version: int
    name: str | None = None
    url: str | None = None
    secret: str | None = None
    minimum_level: HealthLevel | None = None
    is_enabled: bool | None = None
    command_id: str | None = None


@dataclass
class DeleteWebhooksInput:
    webhooks: list[strawberry.ID]
    command_id: str | None = None


@dataclass
class TestWebhookInput:
    __test__ = False  # no test of pytest's

    id: strawberry.ID


@dataclass(frozen=True, slots=True)
class WebhooksDeleted:
    ids: list[str]


@dataclass(frozen=True, slots=True)
class WebhookTested:
    is_delivered: bool
    status: int | None
    failure: str | None
    seconds: float


async def list_webhooks(info: Info) -> list[WebhookRow]:
    return await all_webhooks() if info.context.is_operator else []


async def webhook_changes(info: Info) -> AsyncIterator[list[WebhookRow]]:
    """All of them, and again whenever one is changed, delivered to, or fails."""
    async with aclosing(info.context.live.feed.listen("webhook")) as feed:
        async for _ in feed:
            info.context.renew()
            yield await list_webhooks(info)


async def by_id(info: Info, number: int) -> WebhookRow | None:
    return await webhook_by_id(number) if info.context.is_operator else None


def minimum_level(root: WebhookRow) -> HealthLevel:
    return HealthLevel(root.minimum_level)


def state(root: WebhookRow) -> DeliveryState:
    if root.failure is not None:
        return DeliveryState.FAILING
    return DeliveryState.NOTHING_YET if root.delivered_at is None else DeliveryState.DELIVERED


def failure(root: WebhookRow) -> str | None:
    if root.failure == "SECRET_UNREADABLE":
        return "The secret cannot be read with the installation's key; enter it again."
    return None if root.failure is None else explain(root.failure)


async def create_webhook(info: Info, input: CreateWebhookInput) -> WebhookRow | Refused:
    made = await carry_out(
        info,
        lambda actor: domain.webhooks.create_webhook(
            actor,
            input.name,
            input.url,
            Secret(input.secret),
            input.minimum_level.value,
            input.is_enabled,
            url_problem=_problem(info, input.url),
        ),
        input.command_id,
    )
    return await _row(made)


async def edit_webhook(info: Info, input: EditWebhookInput) -> WebhookRow | Refused:
    (webhook,) = numbers_or_nothing([input.id], "Webhook")
    edited = await carry_out(
        info,
        lambda actor: domain.webhooks.edit_webhook(
            actor,
            webhook,
            input.version,
            name=input.name,
            url=input.url,
            secret=Secret(input.secret) if input.secret else None,
            minimum_level=None if input.minimum_level is None else input.minimum_level.value,
            is_enabled=input.is_enabled,
            url_problem=None if input.url is None else _problem(info, input.url),
        ),
        input.command_id,
    )
    return await _row(edited)


async def delete_webhooks(info: Info, input: DeleteWebhooksInput) -> WebhooksDeleted | Refused:
    webhooks = numbers_or_nothing(input.webhooks, "Webhook")
    deleted = await carry_out(
        info, lambda actor: domain.webhooks.delete_webhooks(actor, webhooks), input.command_id
    )
    if isinstance(deleted, Refused):
        return deleted
    return WebhooksDeleted([global_id("Webhook", number) for number in deleted])


async def test_webhook(info: Info, input: TestWebhookInput) -> WebhookTested | Refused:
    """Allowed and audited by the domain first; then one message is posted, outside of it."""
    (number,) = numbers_or_nothing([input.id], "Webhook")
    allowed = await carry_out(info, lambda actor: begin_test(actor, number), None)
    if isinstance(allowed, Refused):
        return allowed
    webhook = await webhook_by_id(allowed)
    try:
        secret = await secret_of(allowed)
    except Unsealable:
        return WebhookTested(False, None, "The secret cannot be read; enter it again.", 0.0)
    if webhook is None or secret is None:
        return Refused(Unknown("webhook", (allowed,)))
    outbound = info.context.outbound
    assert outbound is not None, "mutations are carried out for a viewer"
    begun, at = time.perf_counter(), time.time()
    outcome = await post(
        outbound,
        webhook.url,
        secret,
        f"msg_test_{allowed}_{info.context.request_id}",
        _test_message(info, at),
        at=at,
        limits=standard_webhooks.WATCHED_LIMITS,
    )
    seconds = round(time.perf_counter() - begun, 3)
    failed = None if outcome.failure is None else explain(outcome.failure)
    return WebhookTested(outcome.failure is None, outcome.status, failed, seconds)


def _test_message(info: Info, at: float) -> bytes:
    return msgspec.json.encode(
        {
            "type": "webhook.test",
            "timestamp": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
            "data": {
                "cluster": info.context.live.cluster_name,
                "message": f"{info.context.viewer.name} tests this webhook.",
            },
        }
    )


def _problem(info: Info, url: str) -> str | None:
    """Why the URL may not be called; its address is looked at again whenever it is."""
    outbound = info.context.outbound
    assert outbound is not None, "mutations are carried out for a viewer"
    try:
        outbound.policy.require_url(parse(url))
    except OutboundFailed as failed:
        return failed.code.value
    return None


async def _row(result: int | Refused) -> WebhookRow | Refused:
    if isinstance(result, Refused):
        return result
    return await webhook_by_id(result) or Refused(Unknown("webhook", (result,)))
