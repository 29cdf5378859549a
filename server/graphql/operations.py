"""Operations on one schema: from what a client sends to its results."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Hashable
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

import msgspec
import strawberry
from graphql import ExecutionResult, OperationType
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute_root_selection_set,
)

from server.graphql.documents import BadRequest, Document, Documents, NoOperation
from server.graphql.execution import GraphQLRequest
from server.graphql.known_documents import KnownDocuments
from server.metrics.process import GRAPHQL_OPERATIONS

MOST_VARIABLE_ERRORS = 10


class Operation:
    """One that may be run, once."""

    def __init__(
        self,
        schema: strawberry.Schema,
        document: Document,
        executor: Executor[object],
        asked: GraphQLRequest,
    ) -> None:
        self._schema = schema
        self._document = document
        self._executor = executor
        self._asked = asked
        self.kind = executor.operation.operation

    @property
    def key(self) -> Hashable:
        """The same for operations that ask the same."""
        variables = msgspec.json.encode(self._asked.variables or {}, order="sorted")
        return self._document, self._asked.operation_name, variables

    @property
    def is_shared(self) -> bool:
        """Whether its events are the same for all who ask the same and may see the same."""
        if self.kind is not OperationType.SUBSCRIPTION:
            return False
        return self._document.plan(self._schema, self._executor).is_shared

    async def result(self) -> ExecutionResult:
        """Of a query or mutation."""
        assert self.kind is not OperationType.SUBSCRIPTION
        run = execute_root_selection_set
        if self._document.uses > 1:  # a plan costs as much as some answers
            run = self._document.plan(self._schema, self._executor).execute
        result = run(self._executor)
        return result if isinstance(result, ExecutionResult) else await result

    async def events(self) -> AsyncIterable[Any]:
        """What a subscription's resolver tells.

        Raises: BadRequest where it refuses to begin.
        """
        stream = create_source_event_stream(self._executor)
        if inspect.isawaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            raise BadRequest(stream.errors or [])
        return stream

    def with_context(self, context: object) -> Operation:
        """The same in another context, of which nothing was asked yet."""
        executor = copy(self._executor)
        executor.context_value = context
        return Operation(self._schema, self._document, executor, self._asked)

    def as_of_now(self) -> Operation:
        """The same, whose context stays what it is now while this one's goes on."""
        return self.with_context(copy(self._executor.context_value))

    async def result_of(self, event: Any) -> ExecutionResult:
        """A subscription's answer to one event."""
        executor = self._executor.build_per_event_executor(event)
        result = self._document.plan(self._schema, executor).execute(executor)
        return result if isinstance(result, ExecutionResult) else await result

    async def results(self) -> AsyncGenerator[ExecutionResult, None]:
        """Of whatever it is; a query or mutation has one.

        Raises: BadRequest where a subscription's resolver refuses to begin.
        """
        if self.kind is not OperationType.SUBSCRIPTION:
            yield await self.result()
            return
        async with closed(await self.events()) as events:
            async for event in events:
                yield await self.result_of(event)


@asynccontextmanager
async def closed(events: AsyncIterable[Any]) -> AsyncIterator[AsyncIterable[Any]]:
    """The same, closed at once when the block ends, where it can be."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


class Operations:
    """What clients may ask of `schema`."""

    def __init__(self, schema: strawberry.Schema, known: KnownDocuments | None = None) -> None:
        self._schema = schema
        self._known = known or KnownDocuments()
        self._documents = Documents(schema._schema)

    def prepare(self, asked: GraphQLRequest, context: object) -> Operation:
        """Raises: BadRequest, NoOperation."""
        document = self._documents.read(self._known.text_of(asked))
        if document.operation(asked.operation_name) is None:
            named = "" if asked.operation_name is None else f" named {asked.operation_name!r}"
            raise NoOperation(f"The document has no operation{named}.")
        executor = Executor.build(
            self._schema._schema,
            document.node,
            context_value=context,
            raw_variable_values=asked.variables,
            operation_name=asked.operation_name,
            max_coercion_errors=MOST_VARIABLE_ERRORS,
        )
        if isinstance(executor, list):
            raise BadRequest(executor)
        GRAPHQL_OPERATIONS.labels(executor.operation.operation.value).inc()
        return Operation(self._schema, document, executor, asked)
