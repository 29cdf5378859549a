"""Relay pages over a list: filtered and ordered here, with cursors that carry the order.

A cursor holds the order's field and direction, the value and the id of its row, so that paging goes
on where it was even when rows came or went; one made for another order is refused.
"""

from __future__ import annotations

import base64
import binascii
import enum
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from graphql import GraphQLError

DEFAULT_PAGE = 50
MAXIMUM_PAGE = 500
MOST_ROWS = 50_000
"""Of all pages of one answer together: five times the devices of a large cluster."""


class OrderDirection(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


class Identified(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Identified)
Value = str | int | float | None
BY_VALUE, BY_ID = itemgetter(0), itemgetter(1)


@dataclass(frozen=True, slots=True)
class Slice:
    """The paging arguments of a connection, as Relay's specification names them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


class Edge(Generic[T]):
    """A row of a page, and its place: of the cursor nothing is made until it is asked for."""

    __slots__ = ("_order", "_value", "node")

    def __init__(self, node: T, order: str, value: Value) -> None:
        self.node = node
        self._order = order
        self._value = value

    @property
    def cursor(self) -> str:
        return write_cursor(Cursor(self._order, self._value, self.node.id))


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    edges: list[Edge[T]]
    has_previous: bool
    has_next: bool
    count: Callable[[], int | Awaitable[int]]
    """Called when `totalCount` is selected."""

    @property
    def page_info(self) -> PageInfo:
        edges = self.edges
        start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
        return PageInfo(self.has_next, self.has_previous, start, end)


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A place in an ordered list."""

    order: str
    value: Value
    id: int


def paginate(
    rows: Iterable[T],
    wanted: Slice,
    *,
    order: str,
    direction: OrderDirection,
    value: Callable[[T], Value],
) -> Page[T]:
    """One page of `rows` in the order of `value`; unknown values come last, ids break ties.

    Raises: GraphQLError for page sizes out of bounds, both directions at once, or a bad cursor.
    """
    size, backwards = page_size(wanted)
    descending = direction is OrderDirection.DESC
    name = f"{order}:{direction.value}"
    valued = [(value(row), row.id, row) for row in rows]
    known = [each for each in valued if each[0] is not None]
    unknown = [each for each in valued if each[0] is None]
    unknown.sort(key=BY_ID)
    # Ids differ: what is compared is never the row. Of equal values, sorting keeps the order.
    if descending:
        known.sort(key=BY_ID)
        known.sort(key=BY_VALUE, reverse=True)
    else:
        known.sort()
    ordered = known + unknown

    def is_beyond(position: tuple[Value, int, T], cursor: Cursor) -> bool:
        at, number, _ = position
        if at == cursor.value:
            return number > cursor.id
        if at is None or cursor.value is None:
            return at is None
        try:
            return at < cursor.value if descending else at > cursor.value  # type: ignore[operator]
        except TypeError:
            raise _bad_cursor() from None

    start, stop = 0, len(ordered)
    if wanted.after is not None:
        after = read_cursor(wanted.after, name)
        start = next((i for i, p in enumerate(ordered) if is_beyond(p, after)), stop)
    if wanted.before is not None:
        before = read_cursor(wanted.before, name)
        stop = next(
            (i for i, p in enumerate(ordered) if p[1] == before.id or is_beyond(p, before)),
            stop,
        )
    stop = max(start, stop)
    low, high = (max(start, stop - size), stop) if backwards else (start, min(stop, start + size))
    edges = [Edge(row, name, at) for at, _, row in ordered[low:high]]
    return Page(edges, low > 0, high < len(ordered), lambda: len(ordered))


async def log_page(
    order: str,
    wanted: Slice,
    read: Callable[..., Awaitable[list[T]]],
    count: Callable[[], Awaitable[int]],
) -> Page[T]:
    """One page of a log, newest first, whose order is that of the ids.

    `read(limit, older_than=, newer_than=, oldest_first=)` gives rows between two ids.
    """
    size, backwards = page_size(wanted)
    rows = await read(
        size + 1,
        older_than=None if wanted.after is None else read_cursor(wanted.after, order).id,
        newer_than=None if wanted.before is None else read_cursor(wanted.before, order).id,
        oldest_first=backwards,
    )
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    edges = [Edge(row, order, None) for row in rows]
    has_previous = more if backwards else wanted.after is not None
    has_next = wanted.before is not None if backwards else more
    return Page(edges, has_previous, has_next, count)


class Counting(Protocol):
    """The context of one answer."""

    rows_so_far: int


AnyPage = TypeVar("AnyPage", bound="Page[Any] | Awaitable[Page[Any]]")


def counted(context: Counting, page: AnyPage) -> AnyPage:
    """The same page, unless the answer becomes too large with it.

    Raises: GraphQLError. What a document may ask for multiplies with each level, so it is the rows
    that are counted and not what the document says.
    """
    if not isinstance(page, Page):
        return _counted_later(context, page)  # type: ignore[return-value]
    context.rows_so_far += len(page.edges)
    if context.rows_so_far > MOST_ROWS:
        raise GraphQLError(
            f"The answer has more than {MOST_ROWS:,} rows on its pages, which is the most. "
            "Ask for smaller pages, or for less on each level.",
            extensions={"code": "ANSWER_LIMIT", "limit": MOST_ROWS},
        )
    return page


async def _counted_later(context: Counting, page: Awaitable[Page[Any]]) -> Page[Any]:
    return counted(context, await page)


def total_count(root: Page[Any]) -> int | Awaitable[int]:
    return root.count()


def page_size(wanted: Slice) -> tuple[int, bool]:
    """How many rows, and whether they are counted from the end.

    Raises: GraphQLError for a size out of bounds or both directions at once.
    """
    if wanted.first is not None and wanted.last is not None:
        raise GraphQLError("Give `first` or `last`, not both.")
    size = wanted.last if wanted.last is not None else wanted.first
    if size is None:
        return DEFAULT_PAGE, wanted.before is not None
    if not 0 <= size <= MAXIMUM_PAGE:
        raise GraphQLError(f"A page holds 0 to {MAXIMUM_PAGE} items; {size} were asked for.")
    return size, wanted.last is not None


def write_cursor(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, order: str) -> Cursor:
    """Raises: GraphQLError for what is no cursor, or one of another order."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.msgpack.decode(raw, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise _bad_cursor() from None
    if cursor.order != order:
        raise GraphQLError("This cursor belongs to a list in another order: start without it.")
    return cursor


def _bad_cursor() -> GraphQLError:
    return GraphQLError("This is no cursor of this list: take `cursor` or `pageInfo` of a page.")


def contains(text: str | None, *fields: str | None) -> bool:
    """Whether `text` (None: no search) is part of one of the fields, whatever the case."""
    if not text:
        return True
    folded = text.casefold()
    return any(field is not None and folded in field.casefold() for field in fields)


def allows(wanted: Sequence[Any] | frozenset[Any] | None, value: Any) -> bool:
    """Whether a filter (None: no filter) lets `value` through."""
    return wanted is None or value in wanted
