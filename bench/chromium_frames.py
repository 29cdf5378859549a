"""Which frames a Chromium presented and which it dropped, as its own compositor tells in a trace.

A `PipelineReporter` is the life of one frame from its begin to the screen, and says how it ended
(Perfetto's protos/perfetto/trace/track_event/chrome_frame_reporter.proto). A frame has two of them
where the compositor went on without the main thread, whose part came too late for it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser

CATEGORY = "disabled-by-default-devtools.timeline.frame"
PRESENTED = {"STATE_PRESENTED_ALL", "STATE_PRESENTED_PARTIAL"}
DROPPED = "STATE_DROPPED"


@dataclass
class Frames:
    """Of those that had something new to show; filled in when the trace ends."""

    presented: int = 0
    late: int = 0
    """Presented without what the main thread had for it, which came with a later one."""
    dropped: int = 0
    _states: defaultdict[tuple[Any, ...], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def take(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["name"] == "PipelineReporter" and event["ph"] == "b":
                frame = event["args"]["frame_reporter"]
                source = frame["layer_tree_host_id"], frame["frame_source"]
                key = event["pid"], *source, frame["frame_sequence"]
                self._states[key].add(frame["state"])

    def count(self) -> None:
        for states in self._states.values():
            if states & PRESENTED:
                self.presented += 1
                self.late += DROPPED in states
            else:
                self.dropped += DROPPED in states


@asynccontextmanager
async def traced(browser: Browser) -> AsyncIterator[Frames]:
    """The frames of all pages for as long as the block lasts."""
    session, ended = await browser.new_browser_cdp_session(), asyncio.Event()
    frames, lost = Frames(), []

    def over(told: dict[str, Any]) -> None:
        lost.append(told["dataLossOccurred"])
        ended.set()

    session.on("Tracing.dataCollected", lambda told: frames.take(told["value"]))
    session.on("Tracing.tracingComplete", over)
    config = {"recordMode": "recordUntilFull", "includedCategories": [CATEGORY]}
    await session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    yield frames
    await session.send("Tracing.end")
    await ended.wait()
    await session.detach()
    assert lost == [False], "the trace is not whole"
    frames.count()
