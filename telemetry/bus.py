"""The bus between collectors, controller and API: what travels on it, and what it does for each.

On Redis (`telemetry.redis_bus`), or within one process (`telemetry.embedded_bus`). Reports are kept
as last values for a while, so that whoever begins to listen is current at once. Changes carry hints
only (which rows to read again): a forged one costs a read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from telemetry.samples import NodeFacts, NodeProcesses, NodeSample, QueueReport


class Change(msgspec.Struct, frozen=True, array_like=True):
    """Rows of `kind` (a table's name) were written: read these ids again; no ids means all."""

    kind: str
    ids: list[int] = []
    origin: str = ""
    """Of the listener that knows it already, where there is one."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The listener is subscribed; the last values of every node and source follow."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All last values have been told; what follows is live."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone: nothing is live until the next Connected."""


@dataclass(frozen=True, slots=True)
class Server:
    kind: str  # "Redis"
    version: str | None
    """Null where there is none, or it does not say."""


Report = NodeSample | NodeFacts | NodeProcesses | QueueReport
Event = Report | Change | Connected | CaughtUp | Lost
R = TypeVar("R", NodeSample, NodeFacts, NodeProcesses)

KINDS: dict[type, str] = {NodeSample: "sample", NodeFacts: "facts", NodeProcesses: "processes"}
"""Of a node's reports."""
KEPT_SECONDS: dict[type, int] = {
    NodeSample: 60,
    NodeFacts: 3600,
    NodeProcesses: 60,
    QueueReport: 60,
}


class Bus(ABC):
    """One process's access to the bus."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        """Messages not accepted, by reason; and `publish`, those that could not be sent."""

    @abstractmethod
    async def ping(self) -> None:
        """Raises: RedisError, OSError or TimeoutError when the bus does not answer within 2 s."""

    @abstractmethod
    async def server(self) -> Server:
        """What the bus runs on. Raises: as `ping`."""

    @abstractmethod
    async def publish(self, report: Report) -> bool:
        """Send a report and keep it as the last value; False (and counted) when the bus is away."""

    @abstractmethod
    async def publish_change(self, *changes: Change) -> bool:
        """Send hints, all in one go; False (and counted) when the bus is away."""

    @abstractmethod
    async def last(self, node_id: str, kind: type[R]) -> R | None:
        """What the node published last, if it is still kept.

        Raises: RedisError, OSError or TimeoutError when the bus does not answer within 2 s.
        """

    @abstractmethod
    def listen(self) -> AsyncGenerator[Event, None]:
        """Everything on the bus, for ever: heals by itself and says when it is deaf.

        After each Connected the last values come again, so whoever applies them is current.
        """

    @abstractmethod
    async def close(self) -> None: ...
