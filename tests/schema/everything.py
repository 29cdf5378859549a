"""Documents that ask for everything that can be reached from a root field, made from the schema."""

from __future__ import annotations

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

from schema.query import schema as strawberry_schema
from server.graphql.limits import exceeded

SCHEMA: GraphQLSchema = strawberry_schema._schema
DEPTH = 5
"""Levels of objects: edges and nodes of a connection are two of them."""


def root(kind: str) -> GraphQLObjectType:
    found = {
        "query": SCHEMA.query_type,
        "mutation": SCHEMA.mutation_type,
        "subscription": SCHEMA.subscription_type,
    }[kind]
    assert found is not None
    return found


def selection(type_: GraphQLOutputType, depth: int = DEPTH) -> str | None:
    """All fields of a type that need no argument; None for one that has none at this depth."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if depth == 0:
        return None
    if isinstance(named, GraphQLUnionType):
        parts = [f"... on {one.name} {selection(one, depth)}" for one in named.types]
        return "{ __typename " + " ".join(parts) + " }"
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    fields = ["__typename"]
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        inner = selection(field.type, depth - 1)
        if inner is not None:
            fields.append(f"{name} {inner}".strip())
    return "{ " + " ".join(fields) + " }"


def document(kind: str, name: str, arguments: str = "") -> str:
    """All that is reached from a root field, as deep as the limits let it be."""
    field: GraphQLField = root(kind).fields[name]
    for depth in range(DEPTH, 0, -1):
        asked = f"{kind} {{ {name}{arguments} {selection(field.type, depth)} }}"
        if exceeded(parse(asked)) is None:
            return asked
    raise AssertionError(f"{name} cannot be asked for within the limits")


def some_input(type_: GraphQLInputType, ids: dict[str, str]) -> str:
    """A literal of the type; an id is that of the object that the field's name tells of."""
    if isinstance(type_, GraphQLNonNull):
        return some_input(type_.of_type, ids)
    if isinstance(type_, GraphQLList):
        return f"[{some_input(type_.of_type, ids)}]"
    if isinstance(type_, GraphQLInputObjectType) and _is_one_of(type_):
        name, only = next(iter(type_.fields.items()))
        return f"{{{name}: {some_input(only.type, ids)}}}"
    if isinstance(type_, GraphQLInputObjectType):
        fields = [
            f"{name}: {_id(name, type_, ids) or some_input(field.type, ids)}"
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull)
        ]
        return "{" + ", ".join(fields) + "}"
    if is_enum_type(type_):
        return next(iter(type_.values))
    return {"String": '"someone"', "Int": "1", "Boolean": "false", "Float": "1.0"}[type_.name]


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    """As Strawberry has it: graphql-core itself is not told."""
    return bool(type_.extensions["strawberry-definition"].is_one_of)


def _id(name: str, of: GraphQLInputObjectType, ids: dict[str, str]) -> str | None:
    type_ = of.fields[name].type
    if get_named_type(type_).name != "ID":
        return None
    kind = of.name if name == "id" else name
    found = next(id for key, id in ids.items() if key in kind.casefold())
    return f'["{found}"]' if isinstance(_nullable(type_), GraphQLList) else f'"{found}"'


def _nullable(type_: GraphQLInputType) -> GraphQLInputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
