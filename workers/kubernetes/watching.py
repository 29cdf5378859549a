"""One kind of object, as the cluster has it: listed once, then watched, and never believed idle.

A watch may go silent with its connection open, end for no reason, or come from too long ago (410):
then it is begun again, or everything is listed again and what has vanished meanwhile is found by
comparing. Even a watch that is well is checked against a list now and then: servers lose events.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import structlog
from aiohttp import ClientResponse
from kubernetes_asyncio.client.exceptions import ApiException

from workers.clock import Clock
from workers.kubernetes.connection import (
    ANSWER_SECONDS,
    UNREACHABLE,
    Connection,
    CredentialsReplaced,
)
from workers.kubernetes.objects import Body, Key, Kind

log = structlog.get_logger()

PAGE = 500
LINE_LIMIT_BYTES = 8 * 2**20
"""etcd takes 1.5 MiB; nothing larger is a line of a real server."""


@dataclass(frozen=True, slots=True)
class Timing:
    silence_seconds: float = 70.0
    """A server sends a bookmark each minute: who is silent for longer is not there any more."""
    watch_seconds: tuple[float, float] = (300.0, 600.0)
    """The server ends a watch after so long, at random, so that not all come back at once."""
    resync_seconds: float = 600.0
    patience_seconds: float = 5.0
    answer_seconds: float = ANSWER_SECONDS
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0


Project = Callable[[Body], Body | None]
"""What is kept of an object; None: it is of no interest."""


class Expired(Exception):
    """The server does not know any more what has happened since the version that was asked for."""


@dataclass
class Watched:
    """The objects of one kind, by key, and how current they are."""

    connection: Connection
    kind: Kind
    project: Project
    changed: Callable[[], None]
    clock: Clock
    timing: Timing = field(default_factory=Timing)
    selector: Mapping[str, str] = field(default_factory=dict)
    objects: dict[Key, Body] = field(default_factory=dict)
    is_listed: bool = False
    heard_at: float = float("-inf")
    error: str | None = None
    lists: int = 0
    missed: int = 0
    """Differences that a list showed and no event had told, while the watch seemed well."""

    def __post_init__(self) -> None:
        self._versions: dict[Key, tuple[str, int]] = {}  # uid and version of what is kept
        self._version = ""
        self._listed_at = float("-inf")

    @property
    def trouble(self) -> str | None:
        """Why what is known may be old; a moment without a watch is normal."""
        silent = self.clock.monotonic() - self.heard_at
        if self.error is not None and silent > self.timing.patience_seconds:
            return f"{self.kind.plural}: {self.error}"
        if self.is_listed and silent > self.timing.silence_seconds * 1.2:
            return f"{self.kind.plural}: nothing was heard for {silent:.0f} s"
        return None

    async def run(self) -> None:
        """Until cancelled, or until new credentials need a new connection."""
        pause = self.timing.first_pause_seconds
        is_well = False
        while True:
            begun = self.clock.monotonic()
            try:
                if not self._version or self._is_due():
                    await self.list(was_watching=is_well)
                await self._watch()
                is_well = True
            except Expired:
                self._version, is_well = "", False
            except CredentialsReplaced:
                raise
            except (*UNREACHABLE, ValueError) as error:
                is_well = False
                self.error = describe(error)
                log.warning("kubernetes.watch", kind=self.kind.plural, error=self.error)
            if is_well or self.clock.monotonic() - begun > self.timing.longest_pause_seconds:
                pause = self.timing.first_pause_seconds
            await self.clock.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (jitter)
            if not is_well:
                pause = min(pause * 2, self.timing.longest_pause_seconds)

    def put(self, body: Body) -> None:
        """What a write of ours was answered with, before the watch tells of it."""
        self._put(self._typed(body))

    def forget(self, key: Key) -> None:
        self.objects.pop(key, None)
        self._versions.pop(key, None)

    def _is_due(self) -> bool:
        return self.clock.monotonic() - self._listed_at >= self.timing.resync_seconds

    async def list(self, *, was_watching: bool = False) -> None:
        """A consistent one: it never shows an older state than was seen before."""
        found: dict[Key, Body] = {}
        position, version = "", ""
        while True:
            query = {"limit": str(PAGE), **self.selector}
            if position:
                query["continue"] = position
            try:
                page = await self.connection.get(self.kind.path(), **query)
            except ApiException as error:
                if error.status == 410:
                    raise Expired from error
                raise
            for item in page["items"]:
                body = self._typed(item)
                found[self._key(body)] = body
            metadata = page["metadata"]
            version = metadata["resourceVersion"]
            position = metadata.get("continue") or ""
            if not position:
                break
        before = {key: self._versions[key] for key in self._versions}
        self._versions.clear()
        kept, self.objects = self.objects, {}
        for body in found.values():
            self._put(body, tells=False)
        if was_watching:
            keys = self._versions.keys() | before.keys()
            self.missed += sum(self._versions.get(key) != before.get(key) for key in keys)
        self._version, self._listed_at, self.is_listed = version, self.clock.monotonic(), True
        self.lists += 1
        self._heard()
        if kept != self.objects or self.lists == 1:
            self.changed()

    async def _watch(self) -> None:
        """From where the list, or the watch before, has ended. Raises: Expired."""
        seconds = random.uniform(*self.timing.watch_seconds)  # noqa: S311 (jitter)
        until_resync = self._listed_at + self.timing.resync_seconds - self.clock.monotonic()
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(max(1, int(min(seconds, max(until_resync, 1.0))))),
            **self.selector,
        }
        try:
            async with self.connection.stream(self.kind.path(), query) as response:
                self._heard()
                async for line in lines(response, self.timing.silence_seconds):
                    self._heard()
                    self._hear(msgspec.json.decode(line))
        except ApiException as error:
            if error.status == 410:
                raise Expired from error
            raise

    def _hear(self, event: Body) -> None:
        body = event["object"]
        match event["type"]:
            case "ADDED" | "MODIFIED":
                self._put(self._typed(body))
            case "DELETED":
                key = self._key(body)
                known = self._versions.get(key)
                if known is None or known[0] == body["metadata"].get("uid"):
                    self.forget(key)
                    self.changed()
            case "BOOKMARK":
                pass
            case "ERROR":
                if body.get("code") == 410:
                    raise Expired
                raise ApiException(status=body.get("code") or 500, reason=body.get("message"))
            case _:
                return
        version = (body.get("metadata") or {}).get("resourceVersion")
        self._version = version or self._version

    def _put(self, body: Body, *, tells: bool = True) -> None:
        """Unless a later version of it is known: an answer may overtake the event of a change."""
        key = self._key(body)
        metadata = body["metadata"]
        version = (metadata.get("uid") or "", _number(metadata.get("resourceVersion")))
        known = self._versions.get(key)
        if known is not None and known[0] == version[0] and version[1] < known[1]:
            return
        kept = self.project(body)
        before = self.objects.get(key)
        if kept is None:
            self.forget(key)
        else:
            self._versions[key] = version
            self.objects[key] = kept
        if tells and kept != before:
            self.changed()

    def _typed(self, body: Body) -> Body:
        """The items of a list do not say what they are."""
        return {"kind": self.kind.kind, "apiVersion": self.kind.api, **body}

    def _key(self, body: Body) -> Key:
        metadata = body["metadata"]
        return self.kind.kind, metadata.get("namespace") or "", metadata["name"]

    def _heard(self) -> None:
        self.heard_at = self.clock.monotonic()
        self.error = None


async def lines(response: ClientResponse, silence_seconds: float) -> AsyncIterator[bytes]:
    """The lines of an answer, each as long as it may be; too long a silence is a TimeoutError."""
    rest = bytearray()
    while True:
        async with asyncio.timeout(silence_seconds):
            piece = await response.content.readany()
        if not piece:
            return
        rest += piece
        if b"\n" in piece:
            *whole, last = rest.split(b"\n")
            rest = bytearray(last)
            for line in whole:
                if line:
                    yield bytes(line)
        elif len(rest) > LINE_LIMIT_BYTES:
            raise ValueError("a line of a watch has no end")


def describe(error: BaseException) -> str:
    """In words, without what a credential could be in."""
    if isinstance(error, ApiException):
        return f"HTTP {error.status}: {error.reason}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"[:300]


def _number(version: str | None) -> int:
    """Versions of one kind are numbers that only grow (Kubernetes 1.35, KEP-5504)."""
    return int(version) if version is not None and version.isdecimal() else 0
