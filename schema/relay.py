"""Global ids and connections, as Relay's specifications define them, on rows of the domain."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import strawberry

from resolvers import pages
from resolvers.context import Info
from resolvers.ids import global_id
from schema.fields import field

T = TypeVar("T")


def _id(root: Any, info: Info) -> strawberry.ID:
    return strawberry.ID(global_id(info.path.typename or "", root.id))


@strawberry.interface(
    description="An object with a global id (GraphQL Global Object Identification)."
)
class Node:
    id: strawberry.ID = field(_id)


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    page_info: PageInfo
    edges: list[Edge[T]]
    total_count: int = field(pages.total_count)


def connection(
    resolver: Callable[..., Any],
    *,
    filter: type | None = None,
    order_by: type | None = None,
    description: str | None = None,
) -> Any:
    """A field that answers with a page.

    `resolver(root, info, filter, order_by, slice)` gives a `resolvers.pages.Page`; the field gets
    the arguments of Relay's connections, with `filter` and `orderBy` of the given inputs.
    """

    def answer(
        root: Any,
        info: Info,
        filter: Any = None,
        order_by: Any = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        page = pages.Slice(first, after, last, before)
        return pages.counted(info.context, resolver(root, info, filter, order_by, page))

    async def answer_later(
        root: Any,
        info: Info,
        filter: Any = None,
        order_by: Any = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        page = pages.Slice(first, after, last, before)
        return await pages.counted(info.context, resolver(root, info, filter, order_by, page))

    function: Any = answer_later if inspect.iscoroutinefunction(resolver) else answer
    inputs = {"filter": filter, "order_by": order_by}
    signature = inspect.signature(function)
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.name not in inputs:
            parameters.append(parameter)
        elif inputs[parameter.name] is not None:
            kind: Any = inputs[parameter.name]
            parameters.append(parameter.replace(annotation=kind | None))
    function.__signature__ = signature.replace(
        parameters=parameters, return_annotation=inspect.Signature.empty
    )
    return field(function, description=description)
