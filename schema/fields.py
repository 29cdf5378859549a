"""Fields that a resolver answers: the annotation gives the GraphQL type, the resolver the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from resolvers.context import Info

IS_SHARED = "is_shared"


def field(resolver: Callable[..., Any], description: str | None = None) -> Any:
    """A field answered by `resolver(root, info, ...)`.

    Resolvers return rows of the domain, which the annotated type describes: so the checker can't
    compare the two, the schema's tests do.
    """
    return strawberry.field(resolver=resolver, description=description)


def for_operators(resolver: Callable[..., Any] | None = None) -> Any:
    """A field that is null for others: a column, or what `resolver(root, info)` says."""

    def answer(root: Any, info: Info) -> Any:
        if not info.context.is_operator:
            return None
        return getattr(root, info.python_name) if resolver is None else resolver(root, info)

    return strawberry.field(resolver=answer, description="For operators; null for others.")


def subscription(resolver: Callable[..., Any], description: str | None = None) -> Any:
    """A root field of the subscription type, answered by an async generator."""
    return strawberry.subscription(resolver=resolver, description=description)


def shared_subscription(resolver: Callable[..., Any], description: str | None = None) -> Any:
    """The same, where each event is the state of now: anyone may join at any of them.

    What is asked alike is made once for all of an audience. An event for those who have seen none
    before may differ: `event.for_newcomer()`, where it has that. An event None is no frame: it has
    those found who may see something else by now.
    """
    return strawberry.subscription(
        resolver=resolver, description=description, metadata={IS_SHARED: True}
    )
