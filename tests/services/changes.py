"""The graph's mutations as plain calls, each answered with all that its result says."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
)

from tests.schema.everything import root, selection
from tests.services.graph import Graph

Answer = dict[str, Any]


async def change(graph: Graph, mutation: str, **given: Any) -> Answer:
    """Run a mutation; `__typename` of the answer tells a success from a refusal."""
    field = root("mutation").fields[mutation]
    (argument,) = field.args.values()
    answers = " ".join(f"... on {one.name} {_selection(one)}" for one in _union(field.type).types)
    document = (
        f"mutation ($input: {argument.type}) {{"
        f" {mutation}(input: $input) {{ __typename {answers} }} }}"
    )
    data = await graph.ask(document, input=given)
    answer: Answer = data[mutation]
    return answer


def _union(type_: GraphQLOutputType) -> GraphQLUnionType:
    named = get_named_type(type_)
    assert isinstance(named, GraphQLUnionType)
    return named


def _selection(answer: GraphQLObjectType) -> str | None:
    """Of an object only its own columns: what it leads to is asked for by a query of its own."""
    is_object = any(interface.name == "Node" for interface in answer.interfaces)
    return selection(answer, depth=1 if is_object else 3)


async def done(graph: Graph, mutation: str, **given: Any) -> Answer:
    """The same, where a refusal fails the test."""
    answer = await change(graph, mutation, **given)
    assert "message" not in answer, answer
    return answer


async def device_ids(graph: Graph) -> dict[str, str]:
    """Global ids by UUID."""
    data = await graph.ask("{ devices(first: 500) { edges { node { id uuid } } } }")
    return {each["node"]["uuid"]: each["node"]["id"] for each in data["devices"]["edges"]}


async def devices_by_pool(graph: Graph) -> dict[str, set[str]]:
    """The UUIDs in each pool, by the pool's name."""
    data = await graph.ask(
        "{ pools { edges { node { name devices(first: 500) { edges { node { uuid } } } } } } }"
    )
    return {
        pool["node"]["name"]: {each["node"]["uuid"] for each in pool["node"]["devices"]["edges"]}
        for pool in data["pools"]["edges"]
    }


async def named(graph: Graph, kind: str, name: str) -> Answer:
    """A pool, group or user by name, with its id and version."""
    data = await graph.ask(
        f"query ($name: String!) {{ it: {kind}(name: $name) {FIELDS[kind]} }}", name=name
    )
    found: Answer = data["it"]
    return found


FIELDS = {
    "pool": "{ id name version isDefault group { id name } deviceType { name } }",
    "group": "{ id name version pool { id name } users { edges { node { id name } } } }",
    "user": "{ id name version displayName roles group { id name } }",
}
