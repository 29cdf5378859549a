"""A plan: one operation of a document, for one choice of what its directives leave out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, OperationType
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails, collect_fields

from server.graphql.plans.field import PlannedField
from server.graphql.plans.generation import selecting
from server.graphql.plans.run import Place, Run, Waiting
from server.graphql.plans.table import Table


class Selection:
    """What a document asks of objects of one type at one place; compiled when the first comes."""

    def __init__(self, plan: Plan, type_: GraphQLObjectType, details: list[FieldDetails]) -> None:
        self._plan = plan
        self._type = type_
        self._details = details
        self._table: Table | None = None
        self.select: Callable[[Any, Run, Place | None], Any] = self._compile

    def _compile(self, root: Any, run: Run, place: Place | None) -> Any:
        self.select = selecting(self._fields(run))
        return self.select(root, run, place)

    def rows(self, values: Any, run: Run, place: Place) -> list[Any] | None:
        """The objects of `values`, column by column; null where they have to be taken singly.

        `values.column(name)` is the attribute of all of them.
        """
        if self._table is None:
            self._table = Table(self._fields(run))
        return self._table.rows(values, run, place)

    def _fields(self, run: Run) -> list[PlannedField]:
        collected = run.executor.collect_subfields(self._type, self._details)
        return [
            PlannedField(self._plan, self._type, key, details)
            for key, details in collected.grouped_field_set.items()
        ]


class Plan:
    def __init__(self, schema: strawberry.Schema, executor: Executor[Any]) -> None:
        """A plan for executors whose operation and directives are those of `executor`."""
        self.strawberry = schema
        self.schema = executor.schema
        kind = executor.operation.operation
        self._is_mutation = kind is OperationType.MUTATION
        root = self.schema.get_root_type(kind)
        assert root is not None, "The document is valid."
        collected = collect_fields(
            self.schema, executor.fragments, executor.variable_values, root, executor.operation
        )
        is_event = kind is OperationType.SUBSCRIPTION
        fields = [
            PlannedField(self, root, key, details, is_event=is_event)
            for key, details in collected.grouped_field_set.items()
        ]
        self.is_shared = is_event and all(field.is_shared for field in fields)
        groups = [[field] for field in fields] if self._is_mutation else [fields]
        self._roots = [selecting(group) for group in groups]

    def selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        return Selection(self, type_, details)

    def execute(self, executor: Executor[Any]) -> ExecutionResult | Awaitable[ExecutionResult]:
        """As graphql-core's `execute_root_selection_set`, and `execute_subscription_event`."""
        run = Run(executor)
        if self._is_mutation:
            return self._serially(run)
        try:
            data = self._roots[0](executor.root_value, run, None)
        except GraphQLError as error:
            run.failed(error)
            data = None
        if data.__class__ is Waiting:
            return self._later(data, run)
        run.close()
        return _response(run, data)

    async def _later(self, data: Waiting, run: Run) -> ExecutionResult:
        answer: Any = None
        try:
            answer = await data.work
        except GraphQLError as error:
            run.failed(error)
        finally:
            run.close()
        return _response(run, answer)

    async def _serially(self, run: Run) -> ExecutionResult:
        """A mutation's fields, each after the one before."""
        answer: dict[str, Any] | None = {}
        try:
            for select in self._roots:
                part = select(run.executor.root_value, run, None)
                answer |= await part.work if part.__class__ is Waiting else part
        except GraphQLError as error:
            run.failed(error)
            answer = None
        finally:
            run.close()
        return _response(run, answer)


def _response(run: Run, data: Any) -> ExecutionResult:
    return ExecutionResult(data, run.executor.collected_errors.errors or None)
