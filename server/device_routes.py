"""How a terminal asks for a token: RFC 8628, with JSON in place of forms, which no route reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from domain.credentials import Scope
from domain.device_requests import (
    CODE_LENGTH,
    LIFETIME,
    Poll,
    TooManyRequests,
    begin_device,
    poll_device,
)
from domain.refusals import Refusal
from resolvers.ids import global_id
from server.refusals import Refused
from server.security.bodies import read_json_body
from server.security.hosts import Hosts
from server.security.requests import client_address

T = TypeVar("T")


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    scope: Scope
    host_name: Annotated[str, msgspec.Meta(max_length=253)]


class Code(msgspec.Struct, forbid_unknown_fields=True):
    device_code: Annotated[str, msgspec.Meta(max_length=100)]


class DeviceRoutes:
    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts

    async def begin(self, request: Request) -> Response:
        """POST /auth/device: the codes, or 429. No address holds the code for the person, who is to
        type what stands in the own terminal and not to follow a stranger's link."""
        wish = await _read(request, Wish)
        address = client_address(request.scope)
        try:
            begun = await begin_device(wish.scope, wish.host_name, address)
        except TooManyRequests as refused:
            raise Refused(
                429, "TOO_MANY_ATTEMPTS", refused.message(), {"Retry-After": "60"}
            ) from None
        half = CODE_LENGTH // 2
        return _answer(
            200,
            {
                "device_code": begun.device_code,
                "user_code": f"{begun.user_code[:half]}-{begun.user_code[half:]}",
                "verification_uri": f"{self.hosts.origin_of(request.scope)}/device",
                "expires_in": int(LIFETIME.total_seconds()),
                "interval": begun.interval_seconds,
            },
        )

    async def token(self, request: Request) -> Response:
        """POST /auth/device/token: the token once, or 400 and why not yet (RFC 8628, 3.5)."""
        given = await _read(request, Code)
        try:
            outcome = await poll_device(given.device_code, client_address(request.scope))
        except Refusal as refusal:  # too many tokens: the person sees why, in the terminal
            return _answer(400, {"error": "access_denied", "error_description": refusal.message()})
        if isinstance(outcome, Poll):
            return _answer(400, {"error": outcome.value})
        return _answer(
            200,
            {
                "access_token": outcome.secret,
                "token_type": "Bearer",
                "expires_in": int((outcome.expires_at - datetime.now(UTC)).total_seconds()),
                "scope": outcome.scope.value,
                "token_id": global_id("ApiToken", outcome.id),
                "name": outcome.name,
                "user": outcome.user,
            },
        )


async def _read(request: Request, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(await read_json_body(request), type=shape)
    except (msgspec.MsgspecError, RecursionError):
        names = ", ".join(shape.__annotations__)
        raise Refused(400, "BAD_REQUEST", f"Send JSON with these: {names}.") from None


def _answer(status: int, body: dict[str, object]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
