"""What a GraphQL document may cost before anything of it runs; each refusal names its limit.

Tokens are counted while parsing, the rest before validation, whose own rules are dear on hostile
documents. The caps are several times what the dashboard's and GraphiQL's documents need.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

MAX_TOKENS = 4_000
MAX_COMMENTS = 500
MAX_OPERATIONS = 20
MAX_DEPTH = 20
MAX_SELECTIONS = 2_000
MAX_ROOT_FIELDS = 20
MAX_ALIASES = 100
MAX_DIRECTIVES = 50


@dataclass(slots=True)
class Cost:
    """What one definition selects, its fragments written out."""

    depth: int = 0
    selections: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0


@dataclass(slots=True)
class Accountant:
    """Costs each fragment once: a chain that doubles at each step stays cheap to refuse."""

    fragments: dict[str, FragmentDefinitionNode]
    known: dict[str, Cost] = field(default_factory=dict)

    def cost(self, selection_set: SelectionSetNode | None) -> Cost:
        total = Cost()
        for selection in selection_set.selections if selection_set else ():
            total.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                inner = self.cost(selection.selection_set)
                total.depth = max(total.depth, inner.depth + 1)
                total.root_fields += 1
                total.aliases += selection.alias is not None
            else:
                inner = self.fragment(selection)
                total.depth = max(total.depth, inner.depth)
                total.root_fields += inner.root_fields
            total.selections += inner.selections + 1
            total.aliases += inner.aliases
            total.directives += inner.directives
        return total

    def fragment(self, selection: SelectionNode) -> Cost:
        if isinstance(selection, InlineFragmentNode):
            return self.cost(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)
        name = selection.name.value
        if name not in self.known:
            self.known[name] = Cost()  # of a cycle; validation refuses it
            definition = self.fragments.get(name)
            if definition is not None:
                self.known[name] = self.cost(definition.selection_set)
        return self.known[name]


def exceeded(document: DocumentNode) -> GraphQLError | None:
    """The first limit that `document` is over."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) > MAX_OPERATIONS:
        return over("operations", len(operations), MAX_OPERATIONS)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    accountant = Accountant(fragments)
    try:
        costs = [accountant.cost(operation.selection_set) for operation in operations]
        # Fragments that no operation uses are validated too.
        costs += [accountant.cost(fragment.selection_set) for fragment in fragments.values()]
    except RecursionError:
        return nested_too_deeply()
    for cost in costs:
        for name, found, limit in (
            ("levels of depth", cost.depth, MAX_DEPTH),
            ("selections", cost.selections, MAX_SELECTIONS),
            ("aliases", cost.aliases, MAX_ALIASES),
            ("directives", cost.directives, MAX_DIRECTIVES),
        ):
            if found > limit:
                return over(name, found, limit)
    for operation in costs[: len(operations)]:
        if operation.root_fields > MAX_ROOT_FIELDS:
            return over("root fields", operation.root_fields, MAX_ROOT_FIELDS)
    return None


def over(name: str, found: int, limit: int) -> GraphQLError:
    shown = f"{found:,}" if found < 1_000_000 else "over a million"
    return GraphQLError(
        f"The document has {shown} {name}; {limit:,} are allowed. Ask for less at once.",
        extensions={"code": "DOCUMENT_LIMIT", "limit": limit},
    )


def nested_too_deeply() -> GraphQLError:
    return GraphQLError(
        f"The document is nested too deeply; {MAX_DEPTH} levels are allowed.",
        extensions={"code": "DOCUMENT_LIMIT", "limit": MAX_DEPTH},
    )
