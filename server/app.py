"""The web application: its routes, who may use each, and what stands before them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from resolvers.live import Live
from server.accounts import Accounts
from server.admission import Admission, Gate
from server.audit_export import export_audit
from server.auth import LEAVE_PATH, SignInRoutes
from server.device_routes import DeviceRoutes
from server.graphql.event_stream import EventStreams
from server.graphql.execution import MakeContext
from server.graphql.http import GraphQLOverHTTP
from server.graphql.known_documents import (
    MANIFEST,
    DocumentsUnreadable,
    KnownDocuments,
    read_documents,
)
from server.graphql.live_sockets import OPERATIONS_FOR_EACH_SOCKET, LiveSockets
from server.graphql.operations import Operations
from server.graphql.shared_streams import SharedStreams
from server.graphql.websocket import GraphQLOverWebSocket
from server.health import Check, HealthRoutes
from server.loop_lag import LoopLag
from server.metrics.route import MetricsRoute
from server.refusals import GRAPHQL_PATH, Refused
from server.security.access import Access, Guard
from server.security.cookies import SessionCookie
from server.security.cross_site import CrossSiteGuard
from server.security.headers import GRAPHIQL_PATH, SecurityHeaders, read_style_hashes
from server.security.hosts import HostGuard, Hosts
from server.security.proxies import ProxyHeaders
from server.security.requests import Requests
from server.security.scraping import ScrapeGuard
from server.settings import Settings, SettingsError
from server.sign_in_elsewhere import SignInElsewhereRoutes
from server.static_web import Page, StaticWeb

STATIC = Path(__file__).parent / "static"


def create_app(
    settings: Settings,
    schema: strawberry.Schema,
    accounts: Accounts,
    make_context: MakeContext,
    *,
    ready: Mapping[str, Check],
    live: Live | None = None,
    static: Path = STATIC,
) -> Starlette:
    """The application. Database and bus are opened by who calls; `ready` asks after them.

    `live`: the cluster that /metrics tells of, beside the process itself.
    `app.state` has `sockets` (LiveSockets), `loop_lag` (LoopLag) and `gate` (Gate).
    """
    hosts = Hosts.of(settings)
    cookie = SessionCookie(settings.is_https)
    sockets = LiveSockets(
        accounts,
        settings.sockets_per_user,
        settings.sockets_per_address,
        settings.sockets_per_user * OPERATIONS_FOR_EACH_SOCKET,
    )
    loop_lag, gate = LoopLag(), Gate()
    admission = Middleware(Admission, gate=gate)
    operations, streams = Operations(schema, _known_documents(settings, static)), SharedStreams()
    events = EventStreams(operations, make_context, sockets, streams)
    over_http = GraphQLOverHTTP(operations, make_context, events)
    sign_in = SignInRoutes(accounts, cookie, sockets)
    elsewhere = SignInElsewhereRoutes(accounts, cookie, hosts, settings.public_url)
    devices = DeviceRoutes(hosts)
    health = HealthRoutes(ready)
    scraped = MetricsRoute(live, sockets, loop_lag)
    web = StaticWeb(static)

    def route(
        path: str,
        endpoint: ASGIApp | Callable[[Request], Any],
        access: Access,
        methods: Collection[str] | None = None,
        before: Sequence[Middleware] = (),
    ) -> Route:
        guard = Middleware(Guard, access=access, accounts=accounts, cookie=cookie)
        return Route(path, endpoint, methods=methods, middleware=[*before, guard])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        watchers = [asyncio.create_task(sockets.watch()), asyncio.create_task(loop_lag.watch())]
        try:
            yield
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    app = Starlette(
        lifespan=lifespan,
        routes=[
            route("/healthz", health.healthz, Access.OPEN),
            route("/readyz", health.readyz, Access.OPEN),
            route("/auth/sign-in", sign_in.sign_in, Access.OPEN, ["POST"]),
            route("/auth/sign-out", sign_in.sign_out, Access.OPEN, ["POST"]),
            route("/auth/session", sign_in.session, Access.OPEN),
            route("/auth/methods", elsewhere.methods, Access.OPEN, ["GET"]),
            route("/auth/begin", elsewhere.begin, Access.OPEN, ["GET"]),
            route("/auth/callback", elsewhere.callback, Access.OPEN, ["GET"]),
            route(LEAVE_PATH, elsewhere.leave, Access.OPEN, ["GET"]),
            route("/auth/device", devices.begin, Access.OPEN, ["POST"]),
            route("/auth/device/token", devices.token, Access.OPEN, ["POST"]),
            route(GRAPHQL_PATH, over_http, Access.SIGNED_IN, before=[admission]),
            WebSocketRoute(
                GRAPHQL_PATH,
                GraphQLOverWebSocket(operations, make_context, sockets, streams, accounts),
                middleware=[
                    admission,
                    Middleware(Guard, access=Access.SIGNED_IN, accounts=accounts, cookie=cookie),
                ],
            ),
            route("/audit.jsonl", export_audit, Access.OPERATOR, ["GET"]),
            Route(
                "/metrics",
                scraped.metrics,
                methods=["GET"],
                middleware=[
                    Middleware(
                        ScrapeGuard,
                        token=settings.metrics_token,
                        accounts=accounts,
                        cookie=cookie,
                    )
                ],
            ),
            route(GRAPHIQL_PATH, Page(web, "/graphiql/index.html"), Access.OPERATOR_PAGE),
            route(GRAPHIQL_PATH + "/{file:path}", web, Access.OPERATOR),
            route("/{path:path}", web, Access.OPEN),
        ],
        middleware=[
            Middleware(ProxyHeaders, trusted=settings.trusted_networks),
            Middleware(
                SecurityHeaders,
                style_hashes=read_style_hashes(static),
                is_https=settings.is_https,
            ),
            Middleware(Requests),
            Middleware(HostGuard, hosts=hosts),
            Middleware(CrossSiteGuard, hosts=hosts),
        ],
        exception_handlers={HTTPException: _refuse},
    )
    # A redirect would carry the Host header into a Location.
    app.router.redirect_slashes = False
    app.state.sockets = sockets
    app.state.loop_lag = loop_lag
    app.state.gate = gate
    return app


def _known_documents(settings: Settings, static: Path) -> KnownDocuments:
    """The dashboard's, and those of the operator. Raises: SettingsError."""
    places = [static / MANIFEST] if (static / MANIFEST).exists() else []
    if settings.persisted_documents_path:
        places.append(Path(settings.persisted_documents_path))
    try:
        texts = list(read_documents(*places))
    except DocumentsUnreadable as error:
        raise SettingsError(f"{error} (QUARTERMASTER_PERSISTED_DOCUMENTS_PATH)") from None
    return KnownDocuments(texts, only=settings.persisted_documents == "only")


async def _refuse(request: Request, error: Exception) -> Response:
    """The router's own refusals (no such path, no such method), in our shape."""
    if not isinstance(error, HTTPException):
        raise error
    raise Refused(error.status_code, "REFUSED", error.detail + ".", error.headers)
