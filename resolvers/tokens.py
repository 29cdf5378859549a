"""API tokens: one's own, and for operators everybody's; never a secret but the once it is made."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

import domain.tokens
from domain.credentials import Scope
from domain.refusals import Unknown
from domain.snapshot import UserRow
from domain.tokens import DEFAULT_DAYS, TokenRow, token_by_id, tokens_by_user, tokens_of
from resolvers.context import Info
from resolvers.ids import global_id, numbers_or_nothing
from resolvers.mutations import Refused, carry_out


@dataclass
class CreateTokenInput:
    """`days`: until it expires; 90, or the most that is allowed, when left out."""

    name: str
    scope: Scope
    days: int | None = None
    command_id: str | None = None


@dataclass
class RevokeTokensInput:
    tokens: list[strawberry.ID]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenCreated:
    token: TokenRow
    secret: str | None


@dataclass(frozen=True, slots=True)
class TokensRevoked:
    ids: list[str]


async def of_user(root: UserRow, info: Info) -> list[TokenRow]:
    """Whoever sees a user sees their tokens: oneself, or an operator."""
    if not info.context.is_operator:
        return await tokens_of(root.id)
    return (await info.context.once("tokens", tokens_by_user)).get(root.id, [])


async def by_id(info: Info, number: int) -> TokenRow | None:
    token = await token_by_id(number)
    return token if token is not None and owner(token, info) is not None else None


def owner(root: TokenRow, info: Info) -> UserRow | None:
    return info.context.snapshot.users.get(root.user_id)


def scope(root: TokenRow) -> Scope:
    return Scope(root.scope)


def most_days(info: Info) -> int:
    return info.context.most_token_days


async def create_token(info: Info, input: CreateTokenInput) -> TokenCreated | Refused:
    most = info.context.most_token_days
    days = min(DEFAULT_DAYS, most) if input.days is None else input.days
    made = await carry_out(
        info,
        lambda actor: domain.tokens.create_token(
            actor, input.name, input.scope, days, most_days=most
        ),
        input.command_id,
    )
    if isinstance(made, Refused):
        return made
    token = await token_by_id(made.id)
    if token is None:
        return Refused(Unknown("token", (made.id,)))
    return TokenCreated(token, made.secret)


async def revoke_tokens(info: Info, input: RevokeTokensInput) -> TokensRevoked | Refused:
    tokens = numbers_or_nothing(input.tokens, "ApiToken")
    revoked = await carry_out(
        info, lambda actor: domain.tokens.revoke_tokens(actor, tokens), input.command_id
    )
    if isinstance(revoked, Refused):
        return revoked
    return TokensRevoked([global_id("ApiToken", number) for number in revoked])
