"""The bus on Redis: pub/sub, with last values kept as keys of the same name as their channel.

Channels: qm:node:<node id>:{sample,facts,processes}, qm:queue:<source>, qm:changes. A node's Redis
user may touch qm:node:<its id>:* and nothing else; a message that claims another node than its
channel is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import redis.asyncio as redis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from telemetry.bus import (
    KEPT_SECONDS,
    KINDS,
    Bus,
    CaughtUp,
    Change,
    Connected,
    Event,
    Lost,
    R,
    Report,
    Server,
)
from telemetry.samples import BadMessage, QueueReport, decode, encode

log = structlog.get_logger()

PREFIX = "qm:"
CHANGES = f"{PREFIX}changes"
SILENCE_LIMIT_SECONDS = 5.0
"""A listener that hears nothing for so long, not even its own heartbeat, is deaf."""
AT_ONCE = 32
"""Reports under way at once: a demo's nodes share one client, whose connections are few."""
_FAILURES = (RedisError, OSError, TimeoutError)


class RedisBus(Bus):
    """Publishes on one client, listens on another."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._commands = self._client(retries=1)  # one that the server closed is opened anew
        self._turn = asyncio.Semaphore(AT_ONCE)

    def _client(self, retries: int) -> redis.Redis:
        # No socket_timeout: with one, redis-py sends under asyncio.wait_for, which on Python 3.11
        # can swallow a cancellation. Every use here has a deadline of its own instead.
        return redis.Redis.from_url(
            self._url,
            socket_connect_timeout=2,
            socket_timeout=None,
            socket_keepalive=True,
            health_check_interval=0,
            retry=Retry(NoBackoff(), retries),
        )

    async def ping(self) -> None:
        async with asyncio.timeout(2):
            await self._commands.ping()

    async def server(self) -> Server:
        """By HELLO, which every user may send; INFO is for administrators."""
        async with asyncio.timeout(2):
            try:
                said: Any = await self._commands.execute_command("HELLO")  # type: ignore[no-untyped-call]
            except ResponseError:
                return Server("Redis", None)  # older than 6.0
        told = said if isinstance(said, dict) else dict(zip(said[::2], said[1::2], strict=True))
        texts = {_text(name): value for name, value in told.items() if isinstance(name, bytes)}
        kind, version = texts.get("server", b"redis"), texts.get("version")
        return Server(_text(kind).capitalize(), None if version is None else _text(version))

    async def publish(self, report: Report) -> bool:
        if isinstance(report, QueueReport):
            kind, channel = "queue", f"{PREFIX}queue:{report.source}"
        else:
            kind = KINDS[type(report)]
            channel = f"{PREFIX}node:{report.node_id}:{kind}"
        return await self._send(channel, [encode(report)], KEPT_SECONDS[type(report)])

    async def publish_change(self, *changes: Change) -> bool:
        return await self._send(CHANGES, [encode(change) for change in changes], None)

    async def _send(
        self, channel: str, payloads: Sequence[bytes], kept_seconds: int | None
    ) -> bool:
        try:
            async with (
                asyncio.timeout(2),
                self._turn,
                self._commands.pipeline(transaction=False) as pipe,
            ):
                for payload in payloads:
                    if kept_seconds is not None:
                        pipe.set(channel, payload, ex=kept_seconds)
                    pipe.publish(channel, payload)
                await pipe.execute()
        except _FAILURES as error:
            self.dropped["publish"] += 1
            if self.dropped["publish"] % 60 == 1:
                log.warning("bus.publish_failed", error=str(error), total=self.dropped["publish"])
            return False
        return True

    async def last(self, node_id: str, kind: type[R]) -> R | None:
        channel = f"{PREFIX}node:{node_id}:{KINDS[kind]}"
        async with asyncio.timeout(2):
            raw = await self._commands.get(channel)
        report = None if raw is None else self._decode(channel, raw)
        return report if isinstance(report, kind) else None

    async def listen(self) -> AsyncGenerator[Event, None]:
        backoff = 0.1
        is_lost = False
        while True:
            try:
                async with contextlib.aclosing(self._connection()) as events:
                    async for event in events:
                        if isinstance(event, CaughtUp):
                            backoff = 0.1
                            if is_lost:
                                log.info("bus.found_again")
                            is_lost = False
                        yield event
            except _FAILURES as error:
                if not is_lost:
                    log.warning("bus.lost", error=str(error) or type(error).__name__)
                is_lost = True
            _end_if_cancelled()
            yield Lost()
            # Full jitter, so that many replicas do not come back in step; at most 2 s, so that
            # the screen is live again soon after Redis is.
            await asyncio.sleep(random.uniform(0, backoff))  # noqa: S311
            backoff = min(backoff * 2, 2.0)

    async def _connection(self) -> AsyncGenerator[Event, None]:
        # No retries: a subscription that redis-py renews in silence would hide what was missed.
        client = self._client(retries=0)
        heartbeat_channel = f"{PREFIX}heartbeat:{uuid.uuid4().hex}"
        heartbeat = asyncio.create_task(self._beat(heartbeat_channel))
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            async with asyncio.timeout(5):
                await pubsub.psubscribe(f"{PREFIX}node:*", f"{PREFIX}queue:*")
                await pubsub.subscribe(CHANGES, heartbeat_channel)
            yield Connected()
            async for event in self._last_values():
                yield event
            yield CaughtUp()
            loop = asyncio.get_running_loop()
            silence = 0.0
            while True:
                asked_at = loop.time()
                message = await pubsub.get_message(timeout=1.0)
                _end_if_cancelled()
                if message is None:
                    # At most the wait counts: where our own loop was blocked, nobody was silent.
                    silence += min(loop.time() - asked_at, 1.0)
                    if silence > SILENCE_LIMIT_SECONDS:
                        raise TimeoutError(f"nothing heard for {SILENCE_LIMIT_SECONDS:.0f} s")
                    continue
                silence = 0.0
                channel = _text(message["channel"])
                if channel != heartbeat_channel:
                    live = self._decode(channel, message["data"])
                    if live is not None:
                        yield live
        finally:
            heartbeat.cancel()
            with contextlib.suppress(asyncio.CancelledError, *_FAILURES):
                await heartbeat
            for close in (pubsub.aclose, client.aclose):
                with contextlib.suppress(*_FAILURES):
                    async with asyncio.timeout(1):
                        await close()

    async def _beat(self, channel: str) -> None:
        """Publish as collectors do, so that a one-sided failure is noticed too."""
        while True:
            await self._send(channel, [b""], None)
            await asyncio.sleep(1)

    async def _last_values(self) -> AsyncIterator[Event]:
        for pattern in (f"{PREFIX}node:*", f"{PREFIX}queue:*"):
            async with asyncio.timeout(10):
                keys = [key async for key in self._commands.scan_iter(match=pattern, count=1000)]
            for start in range(0, len(keys), 500):
                chunk = keys[start : start + 500]
                async with asyncio.timeout(10):
                    values = await self._commands.mget(chunk)
                for key, raw in zip(chunk, values, strict=True):
                    event = None if raw is None else self._decode(_text(key), raw)
                    if event is not None:
                        yield event

    def _decode(self, channel: str, raw: object) -> Report | Change | None:
        """The message, or None (counted) for one that is not what its channel promises."""
        try:
            if not isinstance(raw, bytes):
                raise BadMessage("no bytes")
            if channel == CHANGES:
                return decode(raw, Change)
            _, area, name, *kind = channel.split(":")
            if area == "queue":
                queue = decode(raw, QueueReport)
                if queue.source != name:
                    raise BadMessage("another source than its channel's")
                return queue
            report: Any = decode(raw, _TYPES[kind[0]])
            if report.node_id != name:
                raise BadMessage("another node than its channel's")
        except (BadMessage, KeyError, ValueError, IndexError) as error:
            self.dropped["malformed"] += 1
            if self.dropped["malformed"] % 1000 == 1:
                log.warning("bus.message_dropped", channel=channel, error=str(error))
            return None
        told: Report = report
        return told

    async def close(self) -> None:
        with contextlib.suppress(*_FAILURES):
            await self._commands.aclose()


def _end_if_cancelled() -> None:
    """Raise a cancellation that was swallowed on the way: the task still counts it.

    On Python 3.11 asyncio.wait_for returns what came in the same instant.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _text(name: bytes) -> str:
    """The name of a key or channel; one that is no text is nobody's, and dropped as such."""
    return name.decode(errors="replace")


_TYPES = {name: kind for kind, name in KINDS.items()}
