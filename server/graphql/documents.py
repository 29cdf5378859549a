"""Documents as clients send them: parsed, held against the limits and validated, once each.

A client sends the same few documents all day, and these three steps cost several times what a small
answer does. Only good documents of modest length are kept, and no more than some.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    visit,
)
from graphql.execution import Executor
from strawberry.schema.schema import validate_document

from server.graphql.limits import MAX_COMMENTS, MAX_TOKENS, exceeded, nested_too_deeply
from server.graphql.plans import Plan

MOST = 200
LONGEST = 20_000
"""Characters; the dashboard's and GraphiQL's documents are shorter."""
MOST_PLANS = 16


class NoOperation(Exception):
    """There is no document, or no such operation in it."""


class BadRequest(Exception):
    """What keeps an operation from being run at all."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(str(errors[0]))
        self.errors = list(errors)


class Document:
    """A document that is valid, with the plans that its operations have got."""

    def __init__(self, node: DocumentNode) -> None:
        self.node = node
        self.uses = 0
        self._plans: OrderedDict[object, Plan] = OrderedDict()
        self._conditions = _conditions(node)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one of that name, or the only one; None where there is no such."""
        return get_operation_ast(self.node, name)

    def plan(self, schema: strawberry.Schema, executor: Executor[object]) -> Plan:
        """The plan of the executor's operation, for what its directives leave out this time."""
        name = executor.operation.name
        values = executor.variable_values.coerced
        key = (name and name.value, *(values.get(condition) for condition in self._conditions))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(schema, executor)
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return plan


def _conditions(node: DocumentNode) -> list[str]:
    """The variables that decide what is left out."""
    names: dict[str, None] = {}

    class Finder(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: object) -> None:
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names[argument.value.name.value] = None

    visit(node, Finder())
    return list(names)


class Documents:
    """The latest `MOST` documents by their text; of one schema, for what is valid depends on it."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, Document] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        return text in self._known

    def read(self, text: str) -> Document:
        """Raises: BadRequest where the document is no good, or costs too much."""
        document = self._known.get(text)
        if document is None:
            document = Document(self._check(text))
            self._keep(text, document)
        else:
            self._known.move_to_end(text)
        document.uses += 1
        return document

    def _check(self, text: str) -> DocumentNode:
        try:
            node = parse(text, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_COMMENTS)
            error = exceeded(node)
            rules = tuple(specified_rules)
            errors = [error] if error else validate_document(self._schema, node, rules)
        except GraphQLError as syntax_error:
            errors = [syntax_error]
        except RecursionError:
            errors = [nested_too_deeply()]
        if errors:
            raise BadRequest(errors)
        return node

    def _keep(self, text: str, document: Document) -> None:
        if len(text) > LONGEST:
            return
        self._known[text] = document
        if len(self._known) > MOST:
            self._known.popitem(last=False)
