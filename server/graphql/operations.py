"""Operations on one schema: from what a client sends to its results."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator

import strawberry
from graphql import ExecutionResult, OperationType
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute_root_selection_set,
    map_source_to_response_event,
)

from server.graphql.documents import BadRequest, Document, Documents
from server.graphql.execution import GraphQLRequest

MOST_VARIABLE_ERRORS = 10


class NoOperation(Exception):
    """The document has none, or none of that name."""

    def __init__(self, name: str | None) -> None:
        named = "" if name is None else f" named {name!r}"
        super().__init__(f"The document has no operation{named}.")


class Operation:
    """One that may be run, once."""

    def __init__(
        self, schema: strawberry.Schema, document: Document, executor: Executor[object]
    ) -> None:
        self._schema = schema
        self._document = document
        self._executor = executor
        self.kind = executor.operation.operation

    async def result(self) -> ExecutionResult:
        """Of a query or mutation."""
        assert self.kind is not OperationType.SUBSCRIPTION
        run = execute_root_selection_set
        if self._document.uses > 1:  # a plan costs as much as some answers
            run = self._document.plan(self._schema, self._executor).execute
        result = run(self._executor)
        return result if isinstance(result, ExecutionResult) else await result

    async def results(self) -> AsyncGenerator[ExecutionResult, None]:
        """Of whatever it is; a query or mutation has one.

        Raises: BadRequest where the resolver refuses to begin a subscription.
        """
        if self.kind is not OperationType.SUBSCRIPTION:
            yield await self.result()
            return
        execute = self._document.plan(self._schema, self._executor).execute
        stream = create_source_event_stream(self._executor)
        if inspect.isawaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            raise BadRequest(stream.errors or [])
        events = map_source_to_response_event(self._executor, stream, execute)
        try:
            async for result in events:
                yield result
        finally:
            await events.aclose()


class Operations:
    """What clients may ask of `schema`."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._documents = Documents(schema._schema)

    def prepare(self, asked: GraphQLRequest, context: object) -> Operation:
        """Raises: BadRequest, NoOperation."""
        document = self._documents.read(asked.query)
        if document.operation(asked.operation_name) is None:
            raise NoOperation(asked.operation_name)
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
        return Operation(self._schema, document, executor)
