"""What stands in the answer for a value, by its type: "value completion" of the specification.

Each completer takes (value, run, place) and gives what msgspec can encode, or Waiting. The common
case comes first in each; graphql-core decides every other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import UndefinedType

from schema.scalars import MAXIMUM
from server.graphql.plans.run import Place, Run, Waiting, is_awaitable, path_of, settle

if TYPE_CHECKING:
    from server.graphql.plans.field import PlannedField
    from server.graphql.plans.plan import Plan

Completer: TypeAlias = Callable[[Any, Run, Place], Any]

WHOLE_NUMBERS = {"Int": range(-(2**31), 2**31), "Bytes": range(-MAXIMUM, MAXIMUM + 1)}
"""The scalars that give whole numbers as they are, and which of them they take."""
PLAIN = frozenset({str, int, float, bool, datetime})
"""Classes of values that can be coerced at once: there already, and no exceptions."""


def completer(type_: GraphQLOutputType, field: PlannedField, plan: Plan) -> Completer:
    if isinstance(type_, GraphQLNonNull):
        return _non_null(type_, field, plan)
    if isinstance(type_, GraphQLList):
        return _list(type_, field, plan)
    if is_leaf_type(type_):
        return _leaf(type_)
    if is_abstract_type(type_):
        return _abstract(type_, field, plan)
    assert isinstance(type_, GraphQLObjectType)
    return _object(type_, field, plan)


def is_nothing(value: Any) -> bool:
    """Whether the value is null. Raises it where a resolver returned an exception."""
    if isinstance(value, Exception):
        raise value
    return value is None or value is Undefined


def names_of(type_: GraphQLEnumType) -> dict[int, str]:
    """The names of an enum's values by the ids of its members, which are there for good."""
    return {id(member): type_.coerce_output_value(member) for member in _members(type_)}


def _members(type_: GraphQLEnumType) -> Iterable[Any]:
    return getattr(type_, "wrapped_cls", ())


def _leave(
    type_: GraphQLOutputType, field: PlannedField, value: Any, run: Run, place: Place
) -> Any:
    """Let graphql-core complete a value."""
    executor = run.executor
    info = field.info(executor, place)
    done = executor.complete_value(type_, field.details, info, path_of(place), value, None)
    if not is_awaitable(done, executor):
        return done

    async def awaited() -> Any:
        return await done

    return run.later(awaited(), done)


def _non_null(type_: GraphQLNonNull[Any], field: PlannedField, plan: Plan) -> Completer:
    inner = completer(type_.of_type, field, plan)

    def complete(value: Any, run: Run, place: Place) -> Any:
        done = inner(value, run, place)
        if done is None:
            raise TypeError(
                f"Cannot return null for non-nullable field {field.parent}.{field.name}."
            )
        return done

    return complete


def _leaf(type_: GraphQLLeafType) -> Completer:
    def complete(value: Any, run: Run, place: Place) -> Any:
        return None if is_nothing(value) else run.executor.complete_leaf_value(type_, value)

    return complete


def _object(type_: GraphQLObjectType, field: PlannedField, plan: Plan) -> Completer:
    selection = plan.selection(type_, field.details)
    definition = type_.extensions.get("strawberry-definition")
    # A type's own `is_type_of` asks for the value's class; Strawberry's asks for casts as well.
    goes_by_class = type_.is_type_of is None or getattr(definition, "is_type_of", None) is not None
    known: set[type] = set()

    def complete(value: Any, run: Run, place: Place) -> Any:
        if value.__class__ in known:
            return selection.select(value, run, place)
        if is_nothing(value):
            return None
        if type_.is_type_of is not None:
            is_one = type_.is_type_of(value, field.info(run.executor, place))
            if is_awaitable(is_one, run.executor) or not is_one:
                return _leave(type_, field, value, run, place)
        if goes_by_class:
            known.add(value.__class__)
        return selection.select(value, run, place)

    return complete


def _abstract(type_: Any, field: PlannedField, plan: Plan) -> Completer:
    completers: dict[str, Completer] = {}

    def complete(value: Any, run: Run, place: Place) -> Any:
        if is_nothing(value):
            return None
        executor = run.executor
        info = field.info(executor, place)
        name = (type_.resolve_type or executor.type_resolver)(value, info, type_)
        if is_awaitable(name, executor):
            return _leave(type_, field, value, run, place)
        found = executor.ensure_valid_runtime_type(name, type_, field.details, info, value)
        if found.name not in completers:
            completers[found.name] = _object(found, field, plan)
        return completers[found.name](value, run, place)

    return complete


def _list(type_: GraphQLList[Any], field: PlannedField, plan: Plan) -> Completer:
    inner = completer(type_.of_type, field, plan)
    ready_list = ready_list_of(type_.of_type)
    item: Any = type_.of_type
    item = item.of_type if isinstance(item, GraphQLNonNull) else item
    selection = plan.selection(item, field.details) if isinstance(item, GraphQLObjectType) else None

    def complete(value: Any, run: Run, place: Place) -> Any:
        if value.__class__ is not list and value.__class__ is not tuple:
            if selection is not None and hasattr(value, "column"):
                rows = selection.rows(value, run, place)
                if rows is not None:
                    return rows
            if is_nothing(value):
                return None
            if isinstance(value, (str, bytes, dict)) or not isinstance(value, Iterable):
                return _leave(type_, field, value, run, place)
            value = list(value)
        if (ready := ready_list(value)) is not None:
            return ready
        done: list[Any] = []
        for index, item in enumerate(value):
            try:
                part = complete_item(item, run, (place, index, None))
            except Exception as error:
                run.executor.handle_field_error(
                    error, type_.of_type, field.details, path_of((place, index, None))
                )
                part = None
            done.append(part)
        if any(part.__class__ is Waiting for part in done):
            return run.later(settle(done))
        return done

    def complete_item(item: Any, run: Run, place: Place) -> Any:
        if is_awaitable(item, run.executor):
            return run.later(awaited_item(item, run, place), item)
        part = inner(item, run, place)
        if part.__class__ is Waiting:
            return run.later(guarded_item(part, run, place))
        return part

    async def awaited_item(item: Any, run: Run, place: Place) -> Any:
        try:
            part = inner(await item, run, place)
            return await part.work if part.__class__ is Waiting else part
        except Exception as error:
            run.executor.handle_field_error(error, type_.of_type, field.details, path_of(place))

    async def guarded_item(part: Waiting, run: Run, place: Place) -> Any:
        try:
            return await part.work
        except Exception as error:
            run.executor.handle_field_error(error, type_.of_type, field.details, path_of(place))

    return complete


def ready_list_of(type_: GraphQLOutputType) -> Callable[[Any], list[Any] | None]:
    """A whole list as it stands in the answer, or null where its items have to be looked at.

    For columns of numbers, texts, names and moments, which are long.
    """
    nullable = not isinstance(type_, GraphQLNonNull)
    named: Any = type_ if nullable else type_.of_type  # type: ignore[union-attr]
    if isinstance(named, GraphQLEnumType):
        names = names_of(named)
        return lambda values: _all_known([*map(names.get, map(id, values))])
    if not is_leaf_type(named):
        return lambda values: None
    nulls = {NoneType} if nullable else set()
    if named.name in WHOLE_NUMBERS:
        return partial(_whole_numbers, WHOLE_NUMBERS[named.name], frozenset({int} | nulls))
    if named.name == "Float":
        return partial(_numbers, frozenset({float, int} | nulls))
    kind = {"String": str, "ID": str, "Boolean": bool}.get(named.name)
    if kind is None:
        return partial(_coerced, named, PLAIN | nulls)
    return partial(_as_they_are, frozenset({kind} | nulls))


def _all_known(names: list[str | None]) -> list[str] | None:
    return None if None in names else names  # type: ignore[return-value]


def _as_they_are(allowed: frozenset[type], values: Any) -> list[Any] | None:
    is_plain = values.__class__ is list and allowed.issuperset(map(type, values))
    return values if is_plain else None


def _numbers(allowed: frozenset[type], values: Any) -> list[Any] | None:
    if values.__class__ is not list:
        return None
    kinds = set(map(type, values))
    if not kinds <= allowed:
        return None
    known = filter(None, values) if NoneType in kinds else values
    if not math.isfinite(sum(known)):
        return None  # one that is not finite makes the sum so too
    if int in kinds:
        return [float(value) if value.__class__ is int else value for value in values]
    found: list[Any] = values
    return found


def _whole_numbers(taken: range, allowed: frozenset[type], values: Any) -> list[Any] | None:
    if _as_they_are(allowed, values) is None:
        return None
    numbers = [*filter(None, values)]
    if numbers and not (min(numbers) in taken and max(numbers) in taken):
        return None
    found: list[Any] = values
    return found


def _coerced(type_: GraphQLLeafType, allowed: frozenset[type], values: Any) -> list[Any] | None:
    if not allowed.issuperset(map(type, values)):
        return None
    coerce = type_.coerce_output_value
    try:
        if None in values:
            found = [None if value is None else coerce(value) for value in values]
        else:
            found = [*map(coerce, values)]
    except Exception:  # whichever it was is found out, and told, one by one
        return None
    made_nothing = UndefinedType in map(type, found) or found.count(None) != values.count(None)
    return None if made_nothing else found
