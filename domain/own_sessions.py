"""Ending one's own sessions: one that was left open somewhere, or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from domain.credentials import ByToken
from domain.database import Change, execute, operation
from domain.refusals import Unknown
from domain.sessions import sessions_of


@operation("session.end", by_token=ByToken.NEVER)
async def end_sessions(change: Change, session_ids: Sequence[int]) -> tuple[int, ...]:
    """Raises: NotByToken; Unknown, also for another's."""
    mine = {session.id for session in await sessions_of(change.actor.user_id or 0)}
    wanted = tuple(sorted(set(session_ids)))
    change.tell("user", change.actor.user_id, change.actor.name, before={"sessions": len(wanted)})
    if unknown := set(wanted) - mine:
        raise Unknown("session", tuple(sorted(unknown)))
    await execute("DELETE FROM session WHERE id IN (?)", wanted)
    return wanted


@operation("session.end_all", by_token=ByToken.NEVER)
async def sign_out_everywhere(change: Change) -> tuple[int, ...]:
    """The session that asks ends too; tokens stay, which are of programs. Raises: NotByToken."""
    ended = tuple(session.id for session in await sessions_of(change.actor.user_id or 0))
    change.tell("user", change.actor.user_id, change.actor.name, before={"sessions": len(ended)})
    await execute("DELETE FROM session WHERE user_id = ?", change.actor.user_id)
    return ended
