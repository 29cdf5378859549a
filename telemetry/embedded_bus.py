"""The bus within one process, for a single machine: no server, and nothing to connect to.

A report passes the same codec as on Redis, once, so that what is out of bounds arrives no more than
there; listeners share what it gives. Who listens slowly misses older samples of a node, never a
change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Hashable
from dataclasses import dataclass, field
from typing import cast

from telemetry.bus import (
    KEPT_SECONDS,
    Bus,
    CaughtUp,
    Change,
    Connected,
    Event,
    R,
    Report,
    Server,
)
from telemetry.samples import BadMessage, QueueReport, decode, encode


@dataclass(slots=True)
class _Kept:
    report: Report
    until: float  # on the clock that only rises


@dataclass(slots=True, eq=False)
class _Ear:
    """What one listener has not been told yet, in order; the newest report of a node and kind."""

    waiting: dict[Hashable, Report | Change] = field(default_factory=dict)
    is_told: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, key: Hashable, event: Report | Change) -> None:
        self.waiting.pop(key, None)
        self.waiting[key] = event
        self.is_told.set()


class EmbeddedBus(Bus):
    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[Hashable, _Kept] = {}
        self._ears: set[_Ear] = set()

    async def ping(self) -> None:
        """It is always there."""

    async def server(self) -> Server:
        return Server("embedded", None)

    async def publish(self, report: Report) -> bool:
        try:
            heard = decode(encode(report), type(report))
        except BadMessage:
            self.dropped["malformed"] += 1
            return True
        key = _key(heard)
        self._kept[key] = _Kept(heard, time.monotonic() + KEPT_SECONDS[type(heard)])
        for ear in self._ears:
            ear.tell(key, heard)
        return True

    async def publish_change(self, *changes: Change) -> bool:
        for change in changes:
            for ear in self._ears:
                ear.tell(object(), change)  # each is news of its own
        return True

    async def last(self, node_id: str, kind: type[R]) -> R | None:
        self._forget()
        kept = self._kept.get((kind, node_id))
        return None if kept is None else cast("R", kept.report)

    async def listen(self) -> AsyncGenerator[Event, None]:
        ear = _Ear()
        self._ears.add(ear)
        try:
            yield Connected()
            self._forget()
            for kept in list(self._kept.values()):
                yield kept.report
            yield CaughtUp()
            while True:
                while ear.waiting:
                    yield ear.waiting.pop(next(iter(ear.waiting)))
                    # Whoever publishes and whoever else listens gets a turn within a burst.
                    await asyncio.sleep(0)
                ear.is_told.clear()
                await ear.is_told.wait()
        finally:
            self._ears.discard(ear)

    def _forget(self) -> None:
        now = time.monotonic()
        self._kept = {key: kept for key, kept in self._kept.items() if kept.until > now}

    async def close(self) -> None:
        """There is nothing to be closed."""


def _key(report: Report) -> tuple[type, str]:
    name = report.source if isinstance(report, QueueReport) else report.node_id
    return type(report), name
