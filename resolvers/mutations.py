"""How a mutation is carried out: one operation of the domain, then what it changed is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from graphql import GraphQLError

from domain.actors import Actor
from domain.commands import MAX_LENGTH
from domain.database import OutcomeUnknown, committed_changes, is_unavailable
from domain.names import is_printable_name
from domain.refusals import Refusal
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
    try:
        with committed_changes() as changes:
            result = await operate(context.actor(command_id))
    except Refusal as refusal:
        return Refused(refusal)
    except OutcomeUnknown:
        raise GraphQLError(
            "The database was lost while saving: this may have been done or not. "
            "Send it again with the same commandId; it is not done twice.",
            extensions={"code": "OUTCOME_UNKNOWN"},
        ) from None
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise GraphQLError(
            "The database does not answer, so nothing was changed. Try again in a moment.",
            extensions={"code": "DATABASE_UNAVAILABLE"},
        ) from error
    await context.live.catch_up(changes)
    context.renew()
    return result
