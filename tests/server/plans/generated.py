"""Valid documents over the zoo's schema, as hypothesis draws them."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.server.plans.zoo import schema

SCHEMA = schema._schema
MOST_LEVELS = 4

VARIABLES = ["$yes: Boolean!", "$no: Boolean!", "$times: Int! = 2", "$wish: Wish"]
ARGUMENTS = {
    "times": ["times: 2", "times: $times", ""],
    "wish": ['wish: {text: "a", inner: [1, 2]}', "wish: $wish", "wish: null", ""],
    "text": ['text: "given"', ""],
    "count": ["count: 0", "count: 3", ""],
    "number": ["number: 4", ""],
    "wishes": ["wishes: [{mood: WILD}, {times: 3}]", "wishes: {}", ""],
}
DIRECTIVES = ["", "", "", "@include(if: $yes)", "@skip(if: $yes)", "@include(if: $no)"]


def root(operation: str) -> GraphQLObjectType:
    found = {"query": SCHEMA.query_type, "mutation": SCHEMA.mutation_type}.get(operation)
    root_type = found or SCHEMA.subscription_type
    assert root_type is not None
    return root_type


@st.composite
def documents(draw: st.DrawFn, operation: str = "query") -> str:
    """One operation, with fragments, aliases, arguments, directives and variables."""
    names = iter(range(10_000))
    fragments: list[str] = []

    def selection_set(type_: Any, levels: int) -> str:
        count = draw(st.integers(1, 4))
        return "{ " + " ".join(selection(type_, levels) for _ in range(count)) + " }"

    def selection(type_: Any, levels: int) -> str:
        kind = draw(st.sampled_from(["field", "field", "field", "inline", "spread"]))
        if kind == "field" or levels <= 0:
            return field(type_, levels)
        condition = draw(st.sampled_from(conditions(type_)))
        inner = selection_set(condition, levels - 1)
        directive = draw(st.sampled_from(DIRECTIVES))
        if kind == "inline":
            on = draw(st.sampled_from([f"on {condition.name}", ""])) if condition is type_ else ""
            on = on or (f"on {condition.name}" if condition is not type_ else "")
            return f"... {on} {directive} {inner}"
        name = f"F{next(names)}"
        fragments.append(f"fragment {name} on {condition.name} {inner}")
        return f"...{name} {directive}"

    def field(type_: Any, levels: int) -> str:
        # Aliases are new each, so that no two fields of different arguments are to be merged.
        alias = f"a{next(names)}: "
        if isinstance(type_, GraphQLUnionType):
            return alias + "__typename"
        fields = {
            name: one
            for name, one in type_.fields.items()
            if levels > 0 or is_leaf_type(get_named_type(one.type))
        }
        name = draw(st.sampled_from([*sorted(fields), "__typename"]))
        if name == "__typename":
            return alias + name
        given = [
            draw(st.sampled_from(ARGUMENTS[each] if name != "wished" else ARGUMENTS[each][:1]))
            for each in sorted(fields[name].args)
        ]
        arguments = ", ".join(filter(None, given))
        arguments = f"({arguments})" if arguments else ""
        directive = draw(st.sampled_from(DIRECTIVES))
        named = get_named_type(fields[name].type)
        inner = "" if is_leaf_type(named) else selection_set(named, levels - 1)
        return f"{alias}{name}{arguments} {directive} {inner}"

    def plain(type_: GraphQLObjectType) -> str:
        """Fields without aliases, so that some of them are to be merged."""
        named = ["__typename", "tree { name leaf { name } }", "tree { name leaf { whole } }"]
        return " ".join(draw(st.lists(st.sampled_from(named), max_size=3)))

    if operation == "query":
        body = selection_set(root(operation), MOST_LEVELS)
        body = body[:-1] + plain(root(operation)) + " }"
    else:  # a subscription has one root field
        name = draw(st.sampled_from(["trees", "leaves"]))
        type_ = get_named_type(root(operation).fields[name].type)
        body = f"{{ {name} {selection_set(type_, MOST_LEVELS - 1)} }}"
    text = " ".join([body, *fragments])
    used = " ".join(one for one in VARIABLES if one.partition(":")[0] in text)
    return f"{operation} Q{f'({used})' if used else ''} {text}"


def conditions(type_: Any) -> list[Any]:
    """The types that a fragment in `type_` may be on."""
    if isinstance(type_, GraphQLObjectType):
        return [type_, *type_.interfaces]
    assert isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType))
    return [type_, *SCHEMA.get_possible_types(type_)]


variables = st.fixed_dictionaries(
    {"yes": st.just(True), "no": st.just(False)},
    optional={
        "times": st.sampled_from([0, 3]),
        "wish": st.sampled_from([None, {}, {"text": "v", "mood": "CALM"}]),
    },
)
