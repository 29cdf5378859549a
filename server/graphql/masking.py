"""Errors as clients may see them: accidents are an id, which the log explains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError

from server.graphql.limits import nested_too_deeply
from server.metrics.process import GRAPHQL_ERRORS

log = structlog.get_logger("server.graphql")


def formatted(errors: Iterable[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """What goes over the wire; accidents are logged with `request_id` and masked."""
    shown = [_shown(error, request_id) for error in errors]
    for error in shown:
        is_internal = (error.extensions or {}).get("code") == "INTERNAL"
        GRAPHQL_ERRORS.labels("internal" if is_internal else "refused").inc()
    return [dict(error.formatted) for error in shown]


def answer_of(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """The payload of one result of an operation that ran."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = formatted(result.errors, request_id)
    return answer


def accident(error: BaseException, request_id: str) -> list[dict[str, Any]]:
    """The same for an exception that no GraphQL error wraps."""
    return formatted([GraphQLError(str(error), original_error=_as_exception(error))], request_id)


def _shown(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return error
    if error.path is None and error.nodes is not None:
        return error  # a literal or variable that a scalar's parser refused
    if isinstance(cause, RecursionError) and error.path is None:
        return nested_too_deeply()
    log.error("resolver.failed", request_id=request_id, path=error.path, exc_info=cause)
    return GraphQLError(
        f"Something failed inside; request {request_id}.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )


def _as_exception(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError(str(error))
