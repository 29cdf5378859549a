"""Signing in at a provider, as plain HTTP: there by one redirect, and back by one page.

The provider's redirect comes from another site, so a browser sends no SameSite=Strict cookie with
whatever that redirect leads to. Who has come back is therefore answered with a page of ours, which
goes on by itself: from there the session's cookie, Strict as ever, is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.refusals import Refusal
from domain.sign_in import NotOnBoard, TooManyAttempts
from domain.sign_in_elsewhere import (
    NoProvider,
    NotConfirmed,
    NotLetIn,
    NotTheSameBrowser,
    ProviderAway,
)
from domain.sign_in_redirects import LIFETIME
from server.accounts import Accounts
from server.next import safe_next
from server.security.cookies import RedirectCookie, SessionCookie
from server.security.hosts import Hosts
from server.security.requests import client_address, request_id

CALLBACK_PATH = "/auth/callback"
ANSWER_MAX_LENGTH = 16 * 1024
"""Of the query that the provider sends the browser back with."""
FAILURES: dict[type[Refusal], tuple[int, str]] = {
    NoProvider: (404, "no-provider"),
    ProviderAway: (503, "provider-away"),
    TooManyAttempts: (429, "too-many"),
    NotTheSameBrowser: (400, "not-this-browser"),
    NotConfirmed: (403, "not-confirmed"),
    NotLetIn: (403, "not-let-in"),
    NotOnBoard: (403, "not-on-board"),
}
"""The words for each are the sign-in page's (web/src/session/failures.ts)."""
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    "<title>Sign in · Quartermaster</title>"
    '<meta http-equiv="refresh" content="0;url={path}"></head>'
    '<body><p><a href="{path}">Go on</a></p></body></html>'
)

log = structlog.get_logger("server.auth")


class MethodsAnswer(msgspec.Struct):
    """`provider`: its name, where people sign in at one."""

    local: bool
    ldap: bool
    provider: str | None


class SignInElsewhereRoutes:
    def __init__(
        self, accounts: Accounts, session: SessionCookie, hosts: Hosts, public_url: str
    ) -> None:
        self.accounts = accounts
        self.session = session
        self.cookie = RedirectCookie(session.is_https, LIFETIME)
        self.hosts = hosts
        self.public_url = public_url.rstrip("/")

    async def methods(self, request: Request) -> Response:
        """GET /auth/methods: how people sign in here, as the sign-in page shows it to anybody."""
        found = await self.accounts.methods()
        answer = MethodsAnswer(found.is_local, found.is_by_directory, found.provider)
        return Response(msgspec.json.encode(answer), media_type="application/json")

    async def begin(self, request: Request) -> Response:
        """GET /auth/begin?next=/a/path: 303 to the provider, with a key for the way back."""
        next = safe_next(request.query_params.get("next", "/"))
        if not _is_begun_here(request):
            return RedirectResponse(f"/sign-in?{urlencode({'next': next})}", 303)
        try:
            url, key = await self.accounts.begin(
                self._redirect_uri(request),
                next,
                client_address(request.scope),
                former_secret=self.session.read(request.scope),
            )
        except (NoProvider, ProviderAway, TooManyAttempts) as refused:
            return self._failed(request, refused)
        return Response(
            status_code=303,
            headers={"location": url, "set-cookie": self.cookie.give(request.scope, key)},
        )

    async def callback(self, request: Request) -> Response:
        """GET /auth/callback: a page that goes on to where the browser wanted to, with the session;
        or a 4xx page that goes to the sign-in page, which says what was wrong."""
        key = self.cookie.read(request.scope)
        query = _query(request)
        try:
            if query is None:
                raise NotTheSameBrowser
            entered = await self.accounts.complete(key, query, client_address(request.scope))
        except tuple(FAILURES) as refused:
            response = self._failed(request, refused)
            response.headers.append("set-cookie", self.cookie.take(request.scope))
            return response
        log.info("sign_in.done", request_id=request_id(request.scope), name=entered.viewer.name)
        response = _page(200, entered.next)
        response.headers.append("set-cookie", self.cookie.take(request.scope))
        given = self.session.give(request.scope, entered.secret, entered.viewer.expires_at)
        response.headers.append("set-cookie", given)
        return response

    async def leave(self, request: Request) -> Response:
        """GET /auth/leave: 303 to where the browser signs out at the provider, which sends it back
        to the sign-in page; straight to that page where there is no such place."""
        url = None
        if _is_begun_here(request):
            url = await self.accounts.sign_out_url(f"{self._origin(request)}/sign-in")
        return RedirectResponse(url or "/sign-in", 303)

    def _origin(self, request: Request) -> str:
        return self.public_url or self.hosts.origin_of(request.scope)

    def _redirect_uri(self, request: Request) -> str:
        """As it is registered at the provider."""
        return self._origin(request) + CALLBACK_PATH

    @staticmethod
    def _failed(request: Request, refused: Refusal) -> Response:
        status, failure = FAILURES[type(refused)]
        identity = request_id(request.scope)
        why = {"step": getattr(refused, "step", None), "reason": getattr(refused, "reason", None)}
        log.info("sign_in.failed", request_id=identity, failure=failure, **why)
        response = _page(status, f"/sign-in?{urlencode({'failed': failure, 'request': identity})}")
        if isinstance(refused, TooManyAttempts):
            response.headers["retry-after"] = str(refused.retry_after_seconds)
        return response


def _page(status: int, path: str) -> Response:
    content = PAGE.format(path=escape(path))
    return Response(content, status_code=status, media_type="text/html")


def _is_begun_here(request: Request) -> bool:
    """A page of another site, or an image in it, begins nothing in a browser of ours."""
    site = request.headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") and (
        request.headers.get("sec-fetch-dest", "document") == "document"
    )


def _query(request: Request) -> Mapping[str, str] | None:
    """None where it is too long, or says a thing twice."""
    if len(request.scope["query_string"]) > ANSWER_MAX_LENGTH:
        return None
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    return query if len(query) == len(pairs) else None
