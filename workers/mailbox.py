"""Reports that wait to be written: the newest of each kind and node, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from telemetry.samples import NodeFacts, NodeProcesses, QueueReport

Report = NodeFacts | NodeProcesses | QueueReport


class Mailbox:
    """Unwritten reports in the order in which their first came; bounded by the number of nodes."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[type, str], Report] = {}
        self._filled = asyncio.Event()

    def put(self, report: Report) -> None:
        """Take a report in place of an older one of its kind and node."""
        self._waiting[_key(report)] = report
        self._filled.set()

    def put_back(self, report: Report) -> None:
        """Return one that could not be written, unless a newer one has come meanwhile."""
        self._waiting.setdefault(_key(report), report)
        self._filled.set()

    async def reports(self) -> AsyncIterator[Report]:
        """Take them out, for ever. Facts go before what refers to the devices that they name."""
        while True:
            while self._waiting:
                key = next((k for k in self._waiting if k[0] is NodeFacts), None)
                yield self._waiting.pop(key or next(iter(self._waiting)))
            self._filled.clear()
            await self._filled.wait()

    @staticmethod
    def name_of(report: Report) -> str:
        """Kind and origin, for people."""
        kind, origin = _key(report)
        return f"{kind.__name__} of {origin}"

    def __len__(self) -> int:
        return len(self._waiting)


def _key(report: Report) -> tuple[type, str]:
    name = report.source if isinstance(report, QueueReport) else report.node_id
    return type(report), name
