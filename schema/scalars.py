"""Scalars that GraphQL does not have: sizes above 32 bits and moments in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

MAXIMUM = 2**53
"""JSON numbers are exact up to here (RFC 8259, section 6)."""


def _to_bytes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -MAXIMUM <= value <= MAXIMUM:
        raise GraphQLError(f"Bytes is a whole number up to 2^53, not {value!r}.")
    return value


@lru_cache(maxsize=8192)
def _to_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_datetime(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise GraphQLError(f"DateTime is ISO 8601, not {value!r}.") from None
    if moment.tzinfo is None:
        raise GraphQLError("DateTime needs an offset: end it with Z for UTC.")
    return moment.astimezone(UTC)


Bytes = NewType("Bytes", int)
DateTime = NewType("DateTime", datetime)

_DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A moment in UTC, ISO 8601 with a trailing Z.",
    serialize=_to_text,
    parse_value=_to_datetime,
)

SCALARS: dict[object, ScalarDefinition] = {
    Bytes: strawberry.scalar(
        name="Bytes",
        description="Size in bytes: a JSON number, exact up to 2^53.",
        serialize=_to_bytes,
        parse_value=_to_bytes,
    ),
    DateTime: _DATE_TIME,
    datetime: _DATE_TIME,  # as resolvers' inputs, which know no scalars, have it
}
