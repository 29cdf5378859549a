"""Signing in and out, as plain HTTP: one attempt a request, and GraphQL stays closed until then."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from domain.sessions import Viewer
from domain.sign_in import DirectoryAway, NotOnBoard, SignInRefused, TooManyAttempts
from server.accounts import Accounts
from server.graphql.live_sockets import LiveSockets
from server.refusals import Refused
from server.security.access import sign_in_first
from server.security.bodies import read_json_body
from server.security.cookies import SessionCookie
from server.security.requests import client_address, request_id

LEAVE_PATH = "/auth/leave"

log = structlog.get_logger("server.auth")


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=120)]
    password: Annotated[str, msgspec.Meta(max_length=1024)]


class SignedIn(msgspec.Struct, rename="camel"):
    name: str
    display_name: str | None
    roles: list[str]


class SignInRoutes:
    def __init__(self, accounts: Accounts, cookie: SessionCookie, sockets: LiveSockets) -> None:
        self.accounts = accounts
        self.cookie = cookie
        self.sockets = sockets

    async def sign_in(self, request: Request) -> Response:
        """POST /auth/sign-in: 200 and the cookie, 401, 403 for who is not on board, 503
        where the directory is away, or 429 with Retry-After."""
        try:
            given = msgspec.json.decode(await read_json_body(request), type=Credentials)
        except (msgspec.MsgspecError, RecursionError):
            raise Refused(
                400, "BAD_REQUEST", 'Send {"name": ..., "password": ...} as JSON, one attempt each.'
            ) from None
        address = client_address(request.scope)
        try:
            viewer, secret = await self.accounts.sign_in(
                given.name, given.password, address, former_secret=self.cookie.read(request.scope)
            )
        except SignInRefused:
            self._log(request, "sign_in.refused", given.name, address)
            raise Refused(401, "SIGN_IN_FAILED", "The name or the password is wrong.") from None
        except NotOnBoard as refused:
            self._log(request, "sign_in.not_on_board", given.name, address)
            raise Refused(403, "NOT_ON_BOARD", refused.message()) from None
        except DirectoryAway as refused:
            self._log(request, "sign_in.directory_away", given.name, address)
            raise Refused(503, "DIRECTORY_AWAY", refused.message()) from None
        except TooManyAttempts as refused:
            self._log(request, "sign_in.limited", given.name, address)
            raise Refused(
                429,
                "TOO_MANY_ATTEMPTS",
                f"Too many failed attempts; try again in {refused.retry_after_seconds} s.",
                {"Retry-After": str(refused.retry_after_seconds)},
            ) from None
        self._log(request, "sign_in.done", viewer.name, address)
        response = _signed_in(viewer)
        response.headers["set-cookie"] = self.cookie.give(request.scope, secret, viewer.expires_at)
        return response

    async def sign_out(self, request: Request) -> Response:
        """POST /auth/sign-out: 204, and the session's sockets are closed; 200 for who had come in
        at a provider, with the path that ends the session there, where the provider has that."""
        was_elsewhere = False
        if secret := self.cookie.read(request.scope):
            viewer = await self.accounts.find_session(secret)
            was_elsewhere = await self.accounts.sign_out(secret)
            if viewer is not None:
                self.sockets.end_credential(viewer.credential)
        headers = {"set-cookie": self.cookie.take(request.scope)}
        if was_elsewhere and await self.accounts.sign_out_url("/") is not None:
            content = msgspec.json.encode({"elsewhere": LEAVE_PATH})
            return Response(content, headers=headers, media_type="application/json")
        return Response(status_code=204, headers=headers)

    async def session(self, request: Request) -> Response:
        """GET /auth/session: who is signed in, or 401."""
        secret = self.cookie.read(request.scope)
        viewer = await self.accounts.find_session(secret) if secret else None
        if viewer is None:
            raise sign_in_first()
        return _signed_in(viewer)

    @staticmethod
    def _log(request: Request, event: str, name: str, address: str) -> None:
        log.info(event, request_id=request_id(request.scope), name=name, address=address)


def _signed_in(viewer: Viewer) -> Response:
    answer = SignedIn(viewer.name, viewer.display_name, sorted(role.value for role in viewer.roles))
    return Response(msgspec.json.encode(answer), media_type="application/json")
