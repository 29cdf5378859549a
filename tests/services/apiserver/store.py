"""What etcd and the watch cache hold: objects, versions, and the events since the last compaction.

Objects are never changed in place, so that whoever has one may keep it; a list is a snapshot.
"""

from __future__ import annotations

import asyncio
import bisect
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
Key = tuple[str, str]
"""Namespace (empty for what belongs to none) and name."""


@dataclass(frozen=True, slots=True)
class Event:
    version: int
    kind: str  # ADDED, MODIFIED or DELETED
    body: Body
    before: Body | None


@dataclass
class Store:
    version: int = 1000
    objects: defaultdict[str, dict[Key, Body]] = field(default_factory=lambda: defaultdict(dict))
    events: defaultdict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    compacted: int = 0
    """Events up to this version are gone."""
    listeners: set[Callable[[str, Event], None]] = field(default_factory=set)
    changed: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    """By resource: set, and replaced, when there is a new event."""

    def get(self, resource: str, namespace: str, name: str) -> Body | None:
        return self.objects[resource].get((namespace, name))

    def put(self, resource: str, body: Body) -> Body:
        metadata = body["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        before = self.objects[resource].get(key)
        self.version += 1
        stored = {**body, "metadata": {**metadata, "resourceVersion": str(self.version)}}
        self.objects[resource][key] = stored
        self._tell(resource, "MODIFIED" if before else "ADDED", stored, before)
        return stored

    def remove(self, resource: str, namespace: str, name: str) -> Body:
        before = self.objects[resource].pop((namespace, name))
        self.version += 1
        metadata = {**before["metadata"], "resourceVersion": str(self.version)}
        removed = {**before, "metadata": metadata}
        self._tell(resource, "DELETED", removed, before)
        return removed

    def since(self, resource: str, version: int) -> list[Event]:
        events = self.events[resource]
        return events[bisect.bisect_right(events, version, key=lambda event: event.version) :]

    def compact(self) -> None:
        """Forget every event so far: whoever resumes from before now is told 410."""
        self.compacted = self.version
        self.events.clear()

    def _tell(self, resource: str, kind: str, body: Body, before: Body | None) -> None:
        event = Event(self.version, kind, body, before)
        self.events[resource].append(event)
        if waiting := self.changed.pop(resource, None):
            waiting.set()
        for listener in list(self.listeners):
            listener(resource, event)
