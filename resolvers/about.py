"""What runs here: this process, the parts that it stands on, and the licence."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from domain.components import Component
from domain.database import is_unavailable
from domain.licence import Standing, cluster_id
from resolvers.components import CollectorVersion, collectors, examine
from resolvers.context import Info
from resolvers.licence import standing
from resolvers.live import Live

AGAIN_AFTER_TICKS = 5
LIBRARIES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "tortoise-orm", "redis")
"""Those by whose version one tells whether a known fault is in this one."""


@dataclass(frozen=True, slots=True)
class Library:
    name: str
    version: str


class About:
    """At one moment; each part is looked at when it is asked for."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.version = live.version
        self.time = live.time
        self.started_at = live.started_at
        self.commit = live.commit
        self.python = platform.python_version()

    @property
    def licence(self) -> Standing:
        return standing(self._live)


def about(info: Info) -> About:
    return About(info.context.live)


async def about_changes(info: Info) -> AsyncIterator[About | None]:
    """Looked at anew every 5 s, and at once when the licence is another."""
    live = info.context.live
    told_at, told_licence = -AGAIN_AFTER_TICKS, live.snapshot.licence
    async for tick in live.ticks():
        info.context.renew()
        if tick - told_at < AGAIN_AFTER_TICKS and live.snapshot.licence == told_licence:
            yield None
            continue
        told_at, told_licence = tick, live.snapshot.licence
        yield About(live)


async def components(root: About, info: Info) -> list[Component]:
    """Looked at once, however often one operation asks."""
    live = info.context.live

    def look() -> Coroutine[Any, Any, list[Component]]:
        return examine(live.bus, live.snapshot, live.is_stale, root.licence, version=live.version)

    return await info.context.once("components", look)


def collector_versions(root: About, info: Info) -> list[CollectorVersion]:
    live = info.context.live
    return collectors(live.snapshot, live.is_stale)


def libraries(root: About, info: Info) -> list[Library]:
    return _libraries()


@cache
def _libraries() -> list[Library]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(Library(name, version(name)))
        except PackageNotFoundError:
            continue
    return found


async def own_cluster_id(root: About, info: Info) -> str | None:
    """Null while the database is away: the rest of the screen says so."""
    try:
        return await cluster_id()
    except Exception as error:
        if not is_unavailable(error):
            raise
        return None
