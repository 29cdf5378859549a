"""The schema is committed, and does not break its clients unawares."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, find_breaking_changes

from schema.query import schema

FOLDER = Path(__file__).parents[2] / "schema"
COMMITTED = (FOLDER / "schema.graphql").read_text()
RELEASED = build_schema((FOLDER / "released.graphql").read_text())
DECLARED = {
    line
    for line in (FOLDER / "breaking-changes.txt").read_text().splitlines()
    if line and not line.startswith("#")
}


def breaking(after: GraphQLSchema) -> set[str]:
    return {change.description for change in find_breaking_changes(RELEASED, after)}


@pytest.mark.spec("API-6")
def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert schema.as_str().strip() == COMMITTED.strip(), (
        "Run `quartermaster schema > schema/schema.graphql` and read the difference."
    )


@pytest.mark.spec("API-6")
def test_a_change_that_breaks_clients_is_declared() -> None:
    assert breaking(build_schema(COMMITTED)) == DECLARED, (
        "Each breaking change since the last release stands in schema/breaking-changes.txt, "
        "and nothing else does."
    )


@pytest.mark.spec("API-6")
def test_a_field_that_goes_away_is_seen_as_breaking() -> None:
    without = COMMITTED.replace("  nodesStale: Int!\n", "", 1)
    assert without != COMMITTED
    assert any("nodesStale" in change for change in breaking(build_schema(without)))
