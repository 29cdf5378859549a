"""One execution of a plan: its executor, its resolvers' calls, and what it still waits for."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import GeneratorType
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import GraphQLError
from graphql.execution import Executor
from graphql.pyutils import Path, gather_with_cancel

if TYPE_CHECKING:
    from server.graphql.plans.field import PlannedField

Place: TypeAlias = tuple["Place | None", str | int, str | None]
"""Where a value stands in the answer: the place around it, its key, the name of the type around.

What graphql-core's `Path` is, as a plain tuple: it is made for every object, and read on errors.
"""


def path_of(place: Place) -> Path:
    around, key, typename = place
    return Path(None if around is None else path_of(around), key, typename)


class Waiting:
    """A part of the answer that is not there yet; `work` gives it."""

    __slots__ = ("source", "work")

    def __init__(self, work: Coroutine[Any, Any, Any], source: Any) -> None:
        self.work = work
        self.source = source

    def close(self) -> None:
        """Give up what was never begun, and say so to nobody."""
        self.work.close()
        close = getattr(self.source, "close", None)
        if close is not None:
            close()


class Calls(dict["PlannedField", Callable[..., Any]]):
    """The resolvers with their arguments of this execution, which are the same for all objects."""

    def __init__(self, executor: Executor[Any]) -> None:
        super().__init__()
        self._executor = executor

    def __missing__(self, field: PlannedField) -> Callable[..., Any]:
        call = self[field] = field.bind(self._executor)
        return call


class Run:
    __slots__ = ("_waits", "calls", "executor")

    def __init__(self, executor: Executor[Any]) -> None:
        self.executor = executor
        self.calls = Calls(executor)
        self._waits: list[Waiting] = []

    def later(self, work: Coroutine[Any, Any, Any], source: Any = None) -> Waiting:
        waiting = Waiting(work, source)
        self._waits.append(waiting)
        return waiting

    def close(self) -> None:
        """Forget the parts that nobody waited for, because what is around them failed."""
        for waiting in self._waits:
            waiting.close()

    def failed(self, error: GraphQLError) -> None:
        """The whole answer is null."""
        self.executor.collected_errors.add(error, None)


_calm: set[type] = set()
"""Classes whose values are there at once."""


def is_awaitable(value: Any, executor: Executor[Any]) -> bool:
    """As graphql-core says, which is asked once for each class."""
    kind = value.__class__
    if kind in _calm:
        return False
    if executor.is_awaitable(value):
        return True
    if kind is not GeneratorType:  # of which some are coroutines
        _calm.add(kind)
    return False


async def settle(answer: Any) -> Any:
    """The same dict or list once all that it waits for is there; all of it is waited for at once.

    Raises: what the first part that fails raises; the others are cancelled.
    """
    items = answer.items() if isinstance(answer, dict) else enumerate(answer)
    missing = [(key, part.work) for key, part in items if part.__class__ is Waiting]
    if len(missing) == 1:
        ((key, work),) = missing
        answer[key] = await work
        return answer
    parts = await gather_with_cancel(*(work for _, work in missing))
    for (key, _), part in zip(missing, parts, strict=True):
        answer[key] = part
    return answer
