"""The one shape in which an operation comes in, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from domain.sessions import Viewer

MakeContext: TypeAlias = Callable[[Viewer, str, str], object]
"""The context of one operation: who asks, the id under which accidents are logged, from where."""

EXECUTION_LIMIT_SECONDS = 30.0
"""Until a query's answer, or a subscription's first frame."""
TOO_SLOW = f"No answer within {EXECUTION_LIMIT_SECONDS:.0f} s; ask for less at once."


class GraphQLRequest(msgspec.Struct, rename="camel"):
    """The parameters of the GraphQL-over-HTTP specification; others are ignored, as it asks."""

    query: str | None = None
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
