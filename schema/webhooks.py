"""Webhooks: where changes of health are posted. A secret goes in, and never comes out."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.webhooks import WebhookRow
from resolvers import webhooks
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime
from telemetry.health import HealthLevel

strawberry.enum(webhooks.DeliveryState)
CreateWebhookInput = strawberry.input(webhooks.CreateWebhookInput)
EditWebhookInput = strawberry.input(webhooks.EditWebhookInput)
DeleteWebhooksInput = strawberry.input(webhooks.DeleteWebhooksInput)
TestWebhookInput = strawberry.input(webhooks.TestWebhookInput)


@strawberry.type(description="Where changes of health are posted, as Standard Webhooks 1.0 says.")
class Webhook(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, WebhookRow)

    name: str
    url: str
    minimum_level: HealthLevel = field(
        webhooks.minimum_level,
        description="The mildest level that is told of, when it is reached and when it is left.",
    )
    is_enabled: bool
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")
    state: webhooks.DeliveryState = field(webhooks.state)
    failure: str | None = field(webhooks.failure, description="Why the last try failed.")
    failing_since: DateTime | None
    attempts: int = strawberry.field(description="Failed tries of the message that is next.")
    attempted_at: DateTime | None
    delivered_at: DateTime | None
    next_attempt_at: DateTime | None
    missed: int = strawberry.field(description="Messages given up after a day of tries.")


@strawberry.type
class WebhooksDeleted:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, webhooks.WebhooksDeleted)

    ids: list[strawberry.ID]


@strawberry.type(description="A message of the type `webhook.test` was sent, and what came of it.")
class WebhookTested:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, webhooks.WebhookTested)

    is_delivered: bool
    status: int | None = strawberry.field(description="Of HTTP; null where there was no answer.")
    failure: str | None
    seconds: float
