"""Who may pass to a route: nobody without a session or a token, but on routes that say OPEN."""

from __future__ import annotations

import enum

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.roles import Role
from domain.sessions import Viewer
from server.accounts import Accounts
from server.refusals import Refused
from server.security.bearer import bearer_of, guessed_too_often, no_such_token
from server.security.cookies import SessionCookie
from server.security.cross_site import comes_from_program
from server.security.requests import client_address


class Access(enum.Enum):
    OPEN = enum.auto()
    """For whoever asks; tests/server hold the written list of these routes."""
    SIGNED_IN = enum.auto()
    """For who is signed in or bears a token; what each may see and do is decided behind it."""
    OPERATOR = enum.auto()
    """For a signed-in operator; others are refused before anything is read or parsed."""
    OPERATOR_PAGE = enum.auto()
    """As OPERATOR, for a page: who is not signed in is led to the sign-in page."""


def sign_in_first() -> Refused:
    return Refused(401, "SIGN_IN_REQUIRED", "Sign in first: POST /auth/sign-in.")


def operators_only() -> Refused:
    return Refused(
        403, "OPERATOR_REQUIRED", "This needs the role OPERATOR; ask an operator to give it to you."
    )


def viewer_or_nobody(scope: Scope) -> Viewer | None:
    """None on a WebSocket of a program, which has yet to say its token."""
    viewer: Viewer | None = scope.get("quartermaster.viewer")
    return viewer


def viewer_of(scope: Scope) -> Viewer:
    """Who is signed in or bears a token, on a route over HTTP that is not OPEN."""
    viewer: Viewer = scope["quartermaster.viewer"]
    return viewer


class Guard:
    """Stands before one route's application, for HTTP and WebSocket."""

    def __init__(
        self, app: ASGIApp, access: Access, accounts: Accounts, cookie: SessionCookie
    ) -> None:
        self.app = app
        self.access = access
        self.accounts = accounts
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.access is not Access.OPEN:
            viewer = await self._find_viewer(scope)
            if viewer is None and self.access is Access.OPERATOR_PAGE:
                # A fixed target: nothing of the request decides where a redirect leads.
                await RedirectResponse("/sign-in?next=/graphiql", 303)(scope, receive, send)
                return
            if viewer is None and self.access is Access.SIGNED_IN and comes_from_program(scope):
                await self.app(scope, receive, send)
                return
            if viewer is None:
                raise sign_in_first()
            if self.access is not Access.SIGNED_IN and Role.OPERATOR not in viewer.roles:
                raise operators_only()
            scope["quartermaster.viewer"] = viewer
        await self.app(scope, receive, send)

    async def _find_viewer(self, scope: Scope) -> Viewer | None:
        """By the token, where one is borne, and by that alone; else by the cookie.

        Raises: Refused.
        """
        token = bearer_of(scope)
        if token is not None:
            return await find_bearer(self.accounts, token, client_address(scope))
        secret = self.cookie.read(scope)
        return await self.accounts.find_session(secret) if secret else None


async def find_bearer(accounts: Accounts, token: str, address: str) -> Viewer:
    """Raises: Refused (401, 429)."""
    found = await accounts.find_token(token, address)
    if found is None:
        raise no_such_token()
    if isinstance(found, int):
        raise guessed_too_often(found)
    return found
