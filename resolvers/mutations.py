"""How a mutation is carried out: one operation of the domain, then what it changed is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from graphql import GraphQLError

from domain.actors import Actor
from domain.commands import MAX_LENGTH
from domain.database import OutcomeUnknown, committed_changes, is_unavailable
from domain.names import is_printable_name
from domain.refusals import Refusal, Unknown
from resolvers.context import Info

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as an answer; as it is, it is an exception, which GraphQL would raise again."""

    refusal: Refusal


async def carry_out(
    info: Info, operate: Callable[[Actor], Awaitable[T]], command_id: str | None
) -> T | Refused:
    """The operation's result or refusal, after which the context's snapshot has what it changed.

    Raises: GraphQLError where the database is away, which says whether it may have been done.
    """
    if command_id is not None and not is_printable_name(command_id, MAX_LENGTH):
        raise GraphQLError(f"A commandId has 1 to {MAX_LENGTH} printable characters, as a UUID.")
    context = info.context
    with committed_changes() as committed:
        try:
            result = await operate(context.actor(command_id))
        except Refusal as refusal:
            await context.live.catch_up(committed.changes)  # it stands in the audit log
            return Refused(refusal)
        except Exception as error:
            if not is_unavailable(error):
                raise
            raise _lost(
                may_be_done=committed.is_done or isinstance(error, OutcomeUnknown)
            ) from error
    if not await context.live.catch_up(committed.changes, everything=committed.is_repeated):
        raise _lost(may_be_done=True)
    context.renew()
    return result


def found(kind: str, rows: Mapping[int, T], result: int | Refused) -> T | Refused:
    """The row of an operation's result.

    It may be gone before it is answered, and so may the right to see it, by somebody else's doing.
    """
    if isinstance(result, Refused):
        return result
    return rows[result] if result in rows else Refused(Unknown(kind, (result,)))


def _lost(*, may_be_done: bool) -> GraphQLError:
    if may_be_done:
        return GraphQLError(
            "The database was lost while saving: this may have been done or not. "
            "Send it again with the same commandId; it is not done twice.",
            extensions={"code": "OUTCOME_UNKNOWN"},
        )
    return GraphQLError(
        "The database does not answer, so nothing was changed. Try again in a moment.",
        extensions={"code": "DATABASE_UNAVAILABLE"},
    )
