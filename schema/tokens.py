"""API tokens and sign-in sessions: by what one is known here. No type has a field for a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.credentials import Scope
from domain.device_requests import DeviceRow
from domain.sessions import SessionRow
from domain.tokens import TokenRow
from resolvers import device_requests, sessions, tokens
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.users import User

strawberry.enum(
    Scope, name="TokenScope", description="READ changes nothing; MANAGE changes what its user may."
)
CreateTokenInput = strawberry.input(tokens.CreateTokenInput)
RevokeTokensInput = strawberry.input(tokens.RevokeTokensInput)
EndSessionsInput = strawberry.input(sessions.EndSessionsInput)
SignOutEverywhereInput = strawberry.input(sessions.SignOutEverywhereInput)
AnswerDeviceInput = strawberry.input(device_requests.AnswerDeviceInput)


@strawberry.type(description="By which a program is a user, as far as its scope goes.")
class ApiToken(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, TokenRow)

    name: str
    scope: Scope = field(tokens.scope)
    user: Annotated[User, strawberry.lazy("schema.users")] | None = field(tokens.owner)
    created_at: DateTime
    expires_at: DateTime
    last_used_at: DateTime | None = strawberry.field(description="To the minute.")
    last_used_from: str | None = strawberry.field(description="The address.")


@strawberry.type(description="A browser that is signed in; seen only by who signed in there.")
class Session(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, SessionRow)

    created_at: DateTime
    last_used_at: DateTime = strawberry.field(description="To the minute.")
    expires_at: DateTime = strawberry.field(description="At the latest; sooner when not used.")
    address: str | None
    is_current: bool = field(sessions.is_current, description="Whether it asks this.")


@strawberry.type
class TokenCreated:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, tokens.TokenCreated)

    token: ApiToken
    secret: str | None = strawberry.field(
        description="Shown this once; null where the same command was carried out before."
    )


@strawberry.type
class TokensRevoked:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, tokens.TokensRevoked)

    ids: list[strawberry.ID]


@strawberry.type
class SessionsEnded:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sessions.SessionsEnded)

    ids: list[strawberry.ID]


@strawberry.type(description="A terminal that asks for a token (RFC 8628).")
class WaitingDevice:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, DeviceRow)

    user_code: str
    scope: Scope = field(device_requests.scope)
    host_name: str = strawberry.field(description="As the terminal says itself.")
    address: str
    created_at: DateTime
    expires_at: DateTime


@strawberry.type
class DeviceAnswered:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, device_requests.DeviceAnswered)

    is_allowed: bool
