"""The Python function that answers one selection of one type, written and compiled.

Into the source go only names of this schema's attributes and, as literals, the answer's keys, which
are names by GraphQL's grammar: nothing else of what a client wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLEnumType, is_leaf_type
from graphql.execution import Executor

from server.graphql.plans.completion import PLAIN, WHOLE_NUMBERS, names_of
from server.graphql.plans.field import PlannedField
from server.graphql.plans.run import Waiting, settle

IS_READY = {
    "String": "{v}.__class__ is str",
    "ID": "{v}.__class__ is str",
    "Boolean": "{v} is True or {v} is False",
    "Float": "{v}.__class__ is float and {v} - {v} == 0",
    **{
        name: f"{{v}}.__class__ is int and {taken.start} <= {{v}} < {taken.stop}"
        for name, taken in WHOLE_NUMBERS.items()
    },
}
"""When a value can stand in the answer as it is; for the others there is completion.py."""


def selecting(fields: Sequence[PlannedField]) -> Callable[..., Any]:
    """The function (root, run, place) -> dict, or Waiting."""
    names: dict[str, Any] = {
        "Waiting": Waiting,
        "settle": settle,
        "PLAIN": PLAIN,
        "leaf": Executor.complete_leaf_value,
    }
    lines = ["def select(root, run, place):"]
    if any(field.column is None and not field.is_event for field in fields):
        lines.append(" calls = run.calls")
    can_wait: list[str] = []
    for number, field in enumerate(fields):
        variable = f"v{number}"
        if field.name == "__typename":
            lines.append(f" {variable} = {field.parent.name!r}")
            continue
        names |= {
            f"field{number}": field,
            f"finish{number}": field.finish,
            f"fail{number}": field.fail,
            f"types{number}": field.named_type,
        }
        here = f"(place, {field.key!r}, {field.parent.name!r})"
        if not field.is_ours:
            lines.append(f" {variable} = field{number}.leave(root, run, {here})")
            can_wait.append(variable)
            continue
        lines.append(" try:")
        lines.append(f"  {variable} = {_value(field, number)}")
        lines += _finishing(field, variable, number, here)
        lines.append(" except Exception as error:")
        lines.append(f"  {variable} = fail{number}(error, run, {here})")
        can_wait.append(variable)
        if isinstance(field.named_type, GraphQLEnumType):
            names[f"names{number}"] = names_of(field.named_type).get
    pairs = ", ".join(f"{field.key!r}: v{number}" for number, field in enumerate(fields))
    lines.append(f" answer = {{{pairs}}}")
    if can_wait:
        test = " or ".join(f"{variable}.__class__ is Waiting" for variable in can_wait)
        lines.append(f" if {test}:")
        lines.append("  return run.later(settle(answer))")
    lines.append(" return answer")
    exec(compile("\n".join(lines), "<plan>", "exec"), names)  # noqa: S102 -- see above
    select: Callable[..., Any] = names["select"]
    return select


def _value(field: PlannedField, number: int) -> str:
    if field.is_event:
        return "root"
    if field.column is not None:
        return f"root.{field.column}"
    call = f"calls[field{number}]"
    root = field.root_parameter
    if field.strawberry is not None and field.strawberry.base_resolver is None:
        return f"{call}(root)"
    if root is None:
        return f"{call}()"
    return f"{call}(root)" if root == "self" else f"{call}({root}=root)"


def _finishing(field: PlannedField, variable: str, number: int, here: str) -> list[str]:
    finish = f"{variable} = finish{number}({variable}, run, {here})"
    named = field.named_type
    if isinstance(named, GraphQLEnumType):
        return [
            f"  name = names{number}(id({variable}))",
            "  if name is not None:",
            f"   {variable} = name",
            "  else:",
            f"   {finish}",
        ]
    if not is_leaf_type(named):
        return [f"  {finish}"]
    if named.name not in IS_READY:
        return [
            f"  if {variable}.__class__ in PLAIN:",
            f"   {variable} = leaf(types{number}, {variable})",
            "  else:",
            f"   {finish}",
        ]
    test = IS_READY[named.name].format(v=variable)
    if field.is_nullable:
        test = f"{variable} is None or {test}"
    return [f"  if not ({test}):", f"   {finish}"]
