"""A schema with the edge's limits, and the one shape in which an operation comes in."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import strawberry

from domain.sessions import Viewer
from server.graphql.known_documents import Documents, KnownDocuments
from server.graphql.limits import DocumentLimits

MakeContext: TypeAlias = Callable[[Viewer, str, str], object]
"""The context of one operation: who asks, the id under which accidents are logged, from where."""

EXECUTION_LIMIT_SECONDS = 30.0
"""Until a query's answer, or a subscription's first frame."""
TOO_SLOW = f"No answer within {EXECUTION_LIMIT_SECONDS:.0f} s; ask for less at once."


class GraphQLRequest(msgspec.Struct, rename="camel"):
    """The parameters of the GraphQL-over-HTTP specification; others are ignored, as it asks."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


def limited(schema: strawberry.Schema) -> strawberry.Schema:
    """The same schema with the limits on documents before all else; the given one stays."""
    # Strawberry logs every refused document with its text and a traceback; masking.py logs what
    # matters, with an id.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)
    guarded = copy.copy(schema)
    documents = Documents()
    guarded.extensions = (lambda: KnownDocuments(documents), DocumentLimits, *schema.extensions)
    return guarded
