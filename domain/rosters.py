"""What the active backend last told of its people and groups, and when: a list is looked at page
by page, and one that cannot be read anew is better shown with its age than not at all."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from identity.backend import Backend, DirectoryGroup, Failed, Person

T = TypeVar("T")

FRESH_SECONDS = 60.0
KEPT = 32
"""Lists, of whatever search or group; the oldest goes."""
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Roster(Generic[T]):
    """`failure`: why it could not be read anew; then `items` are those of `read_at`, or none."""

    items: tuple[T, ...]
    read_at: datetime | None
    is_cut: bool = False
    failure: Failed | None = None


class Rosters:
    """Of one backend: whoever replaces it begins anew."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._kept: dict[Hashable, tuple[float, Roster[Any]]] = {}

    async def people(
        self, search: str | None = None, group: str | None = None, *, is_fresh: bool = False
    ) -> Roster[Person]:
        """By name. The directory is asked for a search only where its list is cut.

        Raises: NotListed.
        """
        if search is not None and group is None:
            everybody = await self.people(is_fresh=is_fresh)
            if not everybody.is_cut:
                return everybody

        async def read() -> Roster[Person]:
            people, after, is_cut = list[Person](), None, False
            while True:
                page = await self._backend.people(search, group, after)
                people += page.people
                after, is_cut = page.after, is_cut or page.is_cut
                if after is None or len(people) >= MOST:
                    is_cut = is_cut or after is not None
                    return Roster(tuple(people), datetime.now(UTC), is_cut)

        return await self._read(("people", search, group), read, is_fresh)

    async def groups(self, *, is_fresh: bool = False) -> Roster[DirectoryGroup]:
        """By name. Raises: NotListed."""

        async def read() -> Roster[DirectoryGroup]:
            return Roster(tuple(await self._backend.groups()), datetime.now(UTC))

        return await self._read("groups", read, is_fresh)

    async def _read(
        self, key: Hashable, read: Callable[[], Awaitable[Roster[T]]], is_fresh: bool
    ) -> Roster[T]:
        kept = self._kept.get(key)
        if kept is not None and not is_fresh and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        try:
            roster = await read()
        except Failed as failed:
            last = Roster[T]((), None) if kept is None else kept[1]
            return replace(last, failure=failed)
        self._kept.pop(key, None)
        self._kept[key] = (time.monotonic(), roster)
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
        return roster
