"""Posts changes of health to the webhooks: at least once, in order for each, side by side.

What is delivered stands in the database, so a restart goes on where it was; a crash between the
answer and that note repeats a message, under its id.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from domain.refusals import Unknown
from domain.secrets import Unsealable
from domain.webhook_deliveries import (
    EventToTell,
    disable_unwanted,
    give_up,
    last_event_id,
    next_event,
    note_delivery,
    note_failure,
    pass_events,
)
from domain.webhooks import WebhookRow, enabled_webhooks, secret_of, webhook_by_id
from outbound.client import Outbound
from outbound.standard_webhooks import Outcome, post
from telemetry.advice import advise
from telemetry.bus import Bus, Change
from telemetry.health import SEVERITY, HealthLevel, recall
from workers.clock import Clock

log = structlog.get_logger()

LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 3600.0
GIVEN_UP_AFTER = timedelta(hours=24)
UNREADABLE = "SECRET_UNREADABLE"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends: told in each message."""

    cluster_name: str
    public_url: str = ""  # empty: messages have no links


class WebhookDeliveries:
    def __init__(self, bus: Bus, outbound: Outbound, origin: Origin, clock: Clock) -> None:
        self._bus = bus
        self._outbound = outbound
        self._origin = origin
        self._clock = clock
        self._under_way = set[int]()

    async def run(self) -> None:
        """Until cancelled; deliveries that are under way end with it."""
        async with asyncio.TaskGroup() as tasks:
            async for _ in self._clock.every(LOOK_SECONDS):
                await self._begin_due(tasks)

    async def _begin_due(self, tasks: asyncio.TaskGroup) -> None:
        busy = frozenset(self._under_way)  # of those that end meanwhile, the rows are of before
        webhooks = await enabled_webhooks()
        newest = await last_event_id() if webhooks else 0
        for webhook in webhooks:
            if webhook.id in busy or webhook.passed_event_id >= newest:
                continue
            if webhook.next_attempt_at is not None and webhook.next_attempt_at > self._now():
                continue
            self._under_way.add(webhook.id)
            tasks.create_task(self._own(webhook), name=f"webhook.{webhook.id}")

    async def _own(self, webhook: WebhookRow) -> None:
        """What breaks here is this webhook's alone, and is begun again a little later."""
        try:
            await self._tell(webhook)
        except Exception:
            log.exception("webhook.broke", webhook=webhook.id)
            await self._clock.sleep(FIRST_PAUSE_SECONDS)
        finally:
            self._under_way.discard(webhook.id)

    async def _tell(self, webhook: WebhookRow | None) -> None:
        """Event after event, until there is none or one fails."""
        while webhook is not None and webhook.is_enabled:
            newest = await last_event_id()
            event = await next_event(webhook.passed_event_id, levels_from(webhook.minimum_level))
            if event is None:
                await pass_events(webhook.id, newest)
                return
            if webhook.attempts and self._now() - event.time > GIVEN_UP_AFTER:
                log.error("webhook.gave_up", webhook=webhook.id, event_id=event.id)
                await give_up(webhook.id, event.id)
            elif not await self._try(webhook, event):
                return
            webhook = await webhook_by_id(webhook.id)

    async def _try(self, webhook: WebhookRow, event: EventToTell) -> bool:
        """Whether to go on with the next event."""
        outcome = await self._post(webhook, event)
        if outcome is None:
            return False
        if outcome.failure is None:
            await note_delivery(webhook.id, event.id)
            log.info("webhook.delivered", webhook=webhook.id, event_id=event.id)
        elif outcome.is_unwanted:
            log.warning("webhook.unwanted", webhook=webhook.id)
            await _disable(webhook.id)
        else:
            wait = pause_seconds(webhook.attempts, outcome.retry_after_seconds)
            log.warning(
                "webhook.failed",
                webhook=webhook.id,
                event_id=event.id,
                failure=outcome.failure,
                attempts=webhook.attempts + 1,
                again_in_seconds=round(wait, 1),
            )
            again_at = self._now() + timedelta(seconds=wait)
            await note_failure(webhook.id, outcome.failure, again_at)
        await self._bus.publish_change(Change("webhook", [webhook.id]))
        return outcome.failure is None

    async def _post(self, webhook: WebhookRow, event: EventToTell) -> Outcome | None:
        """None: the webhook is gone."""
        try:
            secret = await secret_of(webhook.id)
        except Unsealable:
            return Outcome(UNREADABLE)
        if secret is None:
            return None
        return await post(
            self._outbound,
            webhook.url,
            secret,
            message_id(webhook.id, event.id),
            message(event, self._origin),
            at=self._clock.time(),
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.time(), UTC)


async def _disable(webhook_id: int) -> None:
    try:
        await disable_unwanted(webhook_id)
    except Unknown:
        log.info("webhook.gone", webhook=webhook_id)


def message_id(webhook_id: int, event_id: int) -> str:
    """The same at each try."""
    return f"msg_health_{webhook_id}_{event_id}"


def message(event: EventToTell, origin: Origin) -> bytes:
    reasons = []
    for kept in event.reasons:
        reason = recall(kept)
        advice = advise(reason)
        reasons.append(
            {
                "code": reason.code.value,
                "level": reason.level.value,
                "value": reason.value,
                "since": _moment(datetime.fromtimestamp(reason.since, UTC)),
                "title": advice.title,
                "detail": advice.detail,
                "remedy": list(advice.remedy),
                "source": advice.source,
            }
        )
    device = None
    if event.device_uuid is not None:
        device = {
            "uuid": event.device_uuid,
            "index": event.device_index,
            "product": event.product,
        }
    page = f"/devices/{event.device_uuid}" if device else f"/nodes/{event.host_name}"
    return msgspec.json.encode(
        {
            "type": "health.changed",
            "timestamp": _moment(event.time),
            "data": {
                "cluster": origin.cluster_name,
                "node": {"hostName": event.host_name, "machineId": event.machine_id},
                "device": device,
                "level": event.level,
                "previousLevel": event.previous_level,
                "reasons": reasons,
                "url": f"{origin.public_url}{page}" if origin.public_url else None,
            },
        }
    )


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def levels_from(minimum: str) -> list[str]:
    """The levels that are no milder; a change from one of them is told as well as one to it."""
    least = SEVERITY[HealthLevel(minimum)]
    return [level.value for level in HealthLevel if SEVERITY[level] >= least]


def pause_seconds(attempts: int, retry_after: int | None = None) -> float:
    """Doubling with jitter, an hour at most; not before the receiver says."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts, 20))
    asked = min(retry_after or 0, LONGEST_PAUSE_SECONDS)
    return max(random.uniform(longest / 2, longest), asked)  # noqa: S311 (jitter)
