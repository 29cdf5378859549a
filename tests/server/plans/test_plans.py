"""A plan answers each document as graphql-core does: data, the order of keys, errors and paths."""

from __future__ import annotations

import inspect
import json
from typing import Any

import msgspec
import pytest
from graphql import ExecutionResult, parse, validate
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
    map_source_to_response_event,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from server.graphql.documents import Document
from tests.server.plans import zoo
from tests.server.plans.generated import SCHEMA, documents, variables

Variables = dict[str, Any]


def executor_of(document: Document, given_variables: Variables) -> Executor[Any]:
    executor = Executor.build(
        SCHEMA, document.node, context_value="context", raw_variable_values=given_variables
    )
    assert isinstance(executor, Executor), executor
    return executor


def shown(result: ExecutionResult) -> tuple[str, list[str]]:
    """Data as JSON, whose keys have an order; errors in any, for what runs at once has none."""
    errors = [json.dumps(error.formatted, sort_keys=True) for error in result.errors or ()]
    return msgspec.json.encode(result.data).decode(), sorted(errors)


async def answered(
    document: Document, given_variables: Variables, *, planned: bool
) -> tuple[str, list[str]]:
    executor = executor_of(document, given_variables)
    run = document.plan(zoo.schema, executor).execute if planned else execute_root_selection_set
    result = run(executor)
    return shown(result if isinstance(result, ExecutionResult) else await result)


def checked(text: str) -> Document:
    node = parse(text)
    assert not validate(SCHEMA, node), validate(SCHEMA, node)
    return Document(node)


@settings(max_examples=300, deadline=None)
@given(documents(), st.lists(variables, min_size=1, max_size=3))
async def test_every_query_is_answered_as_graphql_core_answers_it(
    text: str, given_variables: list[Variables]
) -> None:
    document = checked(text)
    for values in given_variables:  # the same plan for all of them
        expected = await answered(document, values, planned=False)
        assert await answered(document, values, planned=True) == expected


@settings(max_examples=100, deadline=None)
@given(documents("subscription"), variables)
async def test_every_event_is_answered_as_graphql_core_answers_it(
    text: str, values: Variables
) -> None:
    document = checked(text)

    async def frames(planned: bool) -> list[tuple[str, list[str]]]:
        executor = executor_of(document, values)
        execute = (
            document.plan(zoo.schema, executor).execute if planned else execute_subscription_event
        )
        begun = create_source_event_stream(executor)
        stream = await begun if inspect.isawaitable(begun) else begun
        if isinstance(stream, ExecutionResult):
            return [shown(stream)]
        return [
            shown(result)
            async for result in map_source_to_response_event(executor, stream, execute)
        ]

    assert await frames(planned=True) == await frames(planned=False)


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { queryType { name fields { name } } } tree { name } }",
        '{ tree { name } __type(name: "Leaf") { kind name } }',
        "{ tree { named { ... on Leaf { whole } ... on Tree { depth } __typename name } } }",
        "{ tree { leaf { nullWhereNoneMayBe } } leaf { name } }",
        "{ maybeTree { leaf { nullWhereNoneMayBe late } } leaf { name } }",
        "{ maybeTree { lateLeaf { broken } leaf { late } } }",
        "{ maybeTree { leaf { lateAndBroken late } lateItems { late broken } } }",
        "{ tree { sparseLeaves { refused lateAndRefused name } strangers { name } noList } }",
        "{ tree { tooLarge notFinite unreal leaf { tooLarge notANumber rawMood } } }",
        "{ tree { herd { name whole real flag mood maybeMood when key __typename } } }",
        "{ tree { herd { name late } sickHerd { name whole } a: sickHerd { real maybeText } } }",
        "{ tree { pairs { size left { name } right { whole refused } } } }",
        "{ tree { pairs { left { broken } } } maybeTree { pairs { right { broken late } } } }",
        "{ tree { oddTexts oddNumbers iterable grid } }",
        "{ leaf { path a: path } tree { leaf { path } } }",
    ],
)
async def test_what_is_seldom_asked_is_answered_alike(text: str) -> None:
    document = checked(text)
    assert await answered(document, {}, planned=True) == await answered(document, {}, planned=False)


async def test_the_fields_of_a_mutation_run_one_after_the_other() -> None:
    document = checked(
        'mutation { b: say(text: "one") { name } a: sayNow(text: "two") { broken }'
        ' c: say(text: "three") { late } }'
    )
    for planned in (False, True):
        zoo.said.clear()
        data, errors = await answered(document, {}, planned=planned)
        assert zoo.said == ["one", "two", "three"]
        assert list(json.loads(data)) == ["b", "a", "c"]
        assert json.loads(data)["a"] is None
        assert len(errors) == 1


async def test_a_plan_serves_other_variables_and_other_choices_of_what_is_left_out() -> None:
    document = checked(
        "query ($with: Boolean!, $text: String!) {"
        " leaf { name @include(if: $with) echo(text: $text) late @skip(if: $with) } }"
    )
    for given_with in (True, False, True):
        values = {"with": given_with, "text": str(given_with)}
        expected = await answered(document, values, planned=False)
        assert await answered(document, values, planned=True) == expected
        assert ("name" in json.loads(expected[0])["leaf"]) is given_with
