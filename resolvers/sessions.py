"""Sign-in sessions: one's own, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

import domain.own_sessions
from domain.credentials import Credential, CredentialKind
from domain.sessions import SessionRow, sessions_of
from domain.snapshot import UserRow
from resolvers.context import AudienceContext, Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.mutations import Refused, carry_out


@dataclass
class EndSessionsInput:
    sessions: list[strawberry.ID]
    command_id: str | None = None


@dataclass
class SignOutEverywhereInput:
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    ids: list[str]


async def of_user(root: UserRow, info: Info) -> list[SessionRow] | None:
    """What is made for many knows no viewer, so nobody is told there."""
    if isinstance(info.context, AudienceContext) or info.context.viewer.user_id != root.id:
        return None
    return await sessions_of(root.id)


async def by_id(info: Info, number: int) -> SessionRow | None:
    mine = await sessions_of(info.context.viewer.user_id)
    return next((session for session in mine if session.id == number), None)


def is_current(root: SessionRow, info: Info) -> bool:
    return info.context.viewer.credential == Credential(CredentialKind.SESSION, root.id)


async def end_sessions(info: Info, input: EndSessionsInput) -> SessionsEnded | Refused:
    sessions = numbers_or_nothing(input.sessions, "Session")
    ended = await carry_out(
        info, lambda actor: domain.own_sessions.end_sessions(actor, sessions), input.command_id
    )
    return _ended(ended)


async def sign_out_everywhere(info: Info, input: SignOutEverywhereInput) -> SessionsEnded | Refused:
    return _ended(await carry_out(info, domain.own_sessions.sign_out_everywhere, input.command_id))


def _ended(ended: tuple[int, ...] | Refused) -> SessionsEnded | Refused:
    if isinstance(ended, Refused):
        return ended
    return SessionsEnded([global_id("Session", number) for number in ended])
