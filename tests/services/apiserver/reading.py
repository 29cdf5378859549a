"""Lists in pages, and watches: what a client sees of the store, and when."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import msgspec
from aiohttp import web

from tests.services.apiserver.answers import shown
from tests.services.apiserver.paths import Target
from tests.services.apiserver.refusals import Refused, bad_request, gone, invalid
from tests.services.apiserver.resources import Resource
from tests.services.apiserver.selectors import Test, by_fields, by_labels
from tests.services.apiserver.state import State
from tests.services.apiserver.store import Body, Event

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
DEFAULT_WATCH_SECONDS = 1800.0


class Reading:
    def __init__(self, state: State) -> None:
        self._state = state

    def list(self, target: Target, query: dict[str, str]) -> Body:
        resource = target.resource
        version = self._state.store.version
        given = query.get("resourceVersion", "")
        if given not in ("", "0"):
            if not given.isdigit():
                raise invalid("ListOptions", "", "", [("resourceVersion", "Invalid value")])
            if int(given) > version:
                raise Refused(
                    504,
                    "Timeout",
                    f"Too large resource version: {given}, current: {version}",
                    {
                        "causes": [
                            {
                                "reason": "ResourceVersionTooLarge",
                                "message": "Too large resource version",
                            }
                        ],
                        "retryAfterSeconds": 1,
                    },
                    {"Retry-After": "1"},
                )
            if (
                query.get("resourceVersionMatch") == "Exact"
                and int(given) <= self._state.store.compacted
            ):
                raise gone("The provided resourceVersion is no longer available")
        offset = 0
        token = query.get("continue", "")
        if token:
            start = _read_continue(token)
            version, offset, snapshot = start["v"], start["o"], start["s"]
            if version <= self._state.store.compacted or snapshot not in self._state.snapshots:
                raise gone(
                    "The provided continue parameter is too old to display a consistent list "
                    "result. You can start a new list without the continue parameter."
                )
            items = self._state.snapshots[snapshot][1]
        else:
            items = self.selected(target, query)
            snapshot = ""
        limit = int(query.get("limit") or 0)
        metadata: Body = {"resourceVersion": str(version)}
        if limit and offset + limit < len(items):
            if not snapshot:
                snapshot = f"{version}-{len(self._state.snapshots)}"
                self._state.snapshots[snapshot] = (version, items)
            metadata["continue"] = _continue(version, offset + limit, snapshot)
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                metadata["remainingItemCount"] = len(items) - offset - limit
            items = items[offset : offset + limit]
        else:
            items = items[offset:]
            self._state.snapshots.pop(snapshot, None)
        return {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": [shown(body, resource) for body in items],
        }

    def selected(self, target: Target, query: dict[str, str]) -> list[Body]:
        matches = self._test(target, query)
        objects = self._state.store.objects[target.resource.key]
        return [body for _, body in sorted(objects.items()) if matches(body)]

    def _test(self, target: Target, query: dict[str, str]) -> Test:
        tests: list[Test] = []
        if target.namespace:
            tests.append(lambda body: body["metadata"].get("namespace") == target.namespace)
        if labels := query.get("labelSelector"):
            tests.append(by_labels(labels))
        if fields := query.get("fieldSelector"):
            tests.append(by_fields(fields, target.resource.plural))
        return lambda body: all(test(body) for test in tests)

    async def watch(
        self, request: web.Request, target: Target, query: dict[str, str]
    ) -> web.StreamResponse:
        faults = self._state.faults
        if faults.gone_at_connect and faults.path in request.path:
            faults.gone_at_connect -= 1
            raise gone("too old resource version: as told")
        given = query.get("resourceVersion", "")
        if given and not given.isdigit():
            raise invalid("ListOptions", "", "", [("resourceVersion", "Invalid value")])
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        task = asyncio.current_task()
        assert task is not None
        self._state.open_watches[response] = task
        try:
            seconds = float(query.get("timeoutSeconds") or DEFAULT_WATCH_SECONDS)
            async with asyncio.timeout(seconds):
                await self._stream(response, request.path, target, query)
        except TimeoutError:
            pass  # the end that the client asked for
        finally:
            self._state.open_watches.pop(response, None)
        if self._state.is_silent:
            await asyncio.Event().wait()
        await response.write_eof()
        return response

    async def _stream(
        self, response: web.StreamResponse, path: str, target: Target, query: dict[str, str]
    ) -> None:
        resource, store = target.resource, self._state.store
        matches = self._test(target, query)
        given = int(query.get("resourceVersion") or 0)
        has_bookmarks = query.get("allowWatchBookmarks") in ("true", "True", "1")
        sends_initial = query.get("sendInitialEvents") in ("true", "True", "1")
        if self._state.faults.gone_in_stream and self._state.faults.path in path:
            self._state.faults.gone_in_stream -= 1
            return await _send_gone(response, "too old resource version: as told")
        if self._state.faults.bad_lines and self._state.faults.path in path:
            self._state.faults.bad_lines -= 1
            await response.write(b"{no json\n")
        if given and given < store.compacted and not sends_initial:
            return await _send_gone(
                response, f"too old resource version: {given} ({store.compacted})"
            )
        silences = self._state.silences
        seen = given or store.version
        if not given or sends_initial:
            seen = store.version
            lines = [_line("ADDED", shown(body, resource)) for body in self.selected(target, query)]
            if sends_initial and has_bookmarks:
                lines.append(_bookmark(resource, seen, is_initial_end=True))
            await response.write(b"".join(lines))
        told_at = time.monotonic()
        while True:
            if silences != self._state.silences:
                await asyncio.Event().wait()
            waiting = store.changed[resource.key]
            events = store.since(resource.key, seen)
            if events:
                seen = events[-1].version
                lines = [
                    line
                    for event in events
                    if not self._is_dropped(path)
                    and (line := _event_line(event, matches, resource)) is not None
                ]
                if lines and silences == self._state.silences:
                    await response.write(b"".join(lines))
                continue
            pause = self._state.bookmark_seconds - (time.monotonic() - told_at)
            if pause <= 0:
                told_at = time.monotonic()
                # A client from the future (the store was lost) hears nothing, as of the real one.
                if has_bookmarks and seen <= store.version:
                    await response.write(_bookmark(resource, store.version))
                continue
            try:
                async with asyncio.timeout(pause):
                    await waiting.wait()
            except TimeoutError:
                if response._req is not None and response._req.transport is None:
                    return None

    def _is_dropped(self, path: str) -> bool:
        if self._state.faults.drop_events and self._state.faults.path in path:
            self._state.faults.drop_events -= 1
            return True
        return False


def _line(kind: str, body: Body) -> bytes:
    return msgspec.json.encode({"type": kind, "object": body}) + b"\n"


def _event_line(event: Event, matches: Test, resource: Resource) -> bytes | None:
    """For a watch that selects, an object that leaves the selection is deleted."""
    fits_now = event.kind != "DELETED" and matches(event.body)
    fitted = event.before is not None and matches(event.before)
    if not fits_now and not fitted:
        return None
    kind = "DELETED" if not fits_now else "MODIFIED" if fitted else "ADDED"
    body = event.body
    if not fits_now and event.kind != "DELETED" and event.before is not None:
        version = event.body["metadata"]["resourceVersion"]
        body = {
            **event.before,
            "metadata": {**event.before["metadata"], "resourceVersion": version},
        }
    return _line(kind, shown(body, resource))


def _bookmark(resource: Resource, version: int, *, is_initial_end: bool = False) -> bytes:
    metadata: Body = {"resourceVersion": str(version), "creationTimestamp": None}
    if is_initial_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    body = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return _line("BOOKMARK", body)


async def _send_gone(response: web.StreamResponse, message: str) -> None:
    await response.write(_line("ERROR", gone(message).status()))


def _continue(version: int, offset: int, snapshot: str) -> str:
    raw = msgspec.json.encode({"v": version, "o": offset, "s": snapshot})
    return base64.urlsafe_b64encode(raw).decode()


def _read_continue(token: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(token))
    except ValueError as why:
        raise bad_request("continue key is not valid") from why
