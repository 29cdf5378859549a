"""A console that runs for tests: the real application under the real server, on a free port."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import uvloop
from starlette.applications import Starlette
from websockets.asyncio.client import connect

from domain.credentials import Credential, CredentialKind, Scope, TokenInUse
from domain.roles import Role
from domain.sessions import Viewer
from domain.sign_in import SignInRefused, TooManyAttempts
from server.app import create_app
from server.graphql.messages import SUBPROTOCOL
from server.security.cross_site import CLIENT_HEADER
from server.serve import Server, listen, server_for
from server.settings import Settings
from tests.server import small_schema

PASSWORD = "correct horse battery staple"
OPERATOR = frozenset({Role.OPERATOR, Role.DATA_SCIENTIST})
PLAIN = frozenset({Role.DATA_SCIENTIST})


@dataclass
class FakeAccounts:
    """The domain's promises about sessions and tokens, in memory."""

    sessions: dict[str, Viewer] = field(default_factory=dict)
    tokens: dict[str, Viewer] = field(default_factory=dict)
    attempts: list[tuple[str, str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def open(self, name: str = "ada", roles: frozenset[Role] = OPERATOR, user_id: int = 1) -> str:
        number = next(self.numbers)
        secret = f"secret-{number}"
        self.sessions[secret] = Viewer(
            user_id,
            name,
            None,
            roles,
            Credential(CredentialKind.SESSION, number),
            datetime.now(UTC) + timedelta(hours=1),
        )
        return secret

    async def find_session(self, secret: str) -> Viewer | None:
        return self.sessions.get(secret)

    async def find_token(self, secret: str, address: str) -> Viewer | int | None:
        return 17 if secret == "limited" else self.tokens.get(secret)

    def issue(self, name: str = "ada", scope: Scope = Scope.READ, user_id: int = 1) -> str:
        number = next(self.numbers)
        secret = f"token-{number}"
        self.tokens[secret] = Viewer(
            user_id,
            name,
            None,
            OPERATOR,
            Credential(CredentialKind.TOKEN, number),
            datetime.now(UTC) + timedelta(hours=1),
            TokenInUse(number, "script", scope),
        )
        return secret

    async def roles_by_credential(
        self, credentials: Collection[Credential]
    ) -> dict[Credential, frozenset[Role]]:
        known = [*self.sessions.values(), *self.tokens.values()]
        return {one.credential: one.roles for one in known if one.credential in credentials}

    async def sign_in(
        self, name: str, password: str, address: str, *, former_secret: str | None = None
    ) -> tuple[Viewer, str]:
        self.attempts.append((name, password, address))
        if name == "limited":
            raise TooManyAttempts(retry_after_seconds=17)
        if password != PASSWORD:
            raise SignInRefused
        if former_secret:
            self.sessions.pop(former_secret, None)
        secret = self.open(name)
        return self.sessions[secret], secret

    async def sign_out(self, secret: str) -> bool:
        self.sessions.pop(secret, None)
        return False

    async def sign_out_url(self, return_to: str) -> str | None:
        return None

    async def begin(
        self, redirect_uri: str, next: str, address: str, *, former_secret: str | None = None
    ) -> tuple[str, str]:
        return f"https://provider.example.org/?{urlencode({'redirect_uri': redirect_uri})}", "key"

    def lose_role(self, secret: str) -> None:
        self.sessions[secret] = replace(self.sessions[secret], roles=PLAIN)


@dataclass
class Console:
    settings: Settings
    app: Starlette
    accounts: FakeAccounts
    server: Server
    port: int
    ready: dict[str, bool]

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.authority}"

    def cookie(self, secret: str) -> str:
        return f"quartermaster_session={secret}"

    def client(self, secret: str | None = None, **headers: str) -> httpx.AsyncClient:
        """An HTTP client as the dashboard is one; without `secret`, one that is not signed in."""
        given = {CLIENT_HEADER: "tests", "Accept": "application/json", **headers}
        if secret is not None:
            given["Cookie"] = self.cookie(secret)
        return httpx.AsyncClient(base_url=self.origin, headers=given, timeout=20)

    def operator(self, **headers: str) -> httpx.AsyncClient:
        return self.client(self.accounts.open(), **headers)

    def connect(
        self,
        secret: str | None,
        *,
        origin: str | None = "own",
        subprotocol: str = SUBPROTOCOL,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> connect:
        given = dict(headers or {})
        if secret is not None:
            given["Cookie"] = self.cookie(secret)
        return connect(
            f"ws://{self.authority}/graphql",
            origin=self.origin if origin == "own" else origin,  # type: ignore[arg-type]
            subprotocols=[subprotocol],  # type: ignore[list-item]
            additional_headers=given,
            proxy=None,
            **{"compression": None, **options},
        )

    def raw_connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def exchange(self, request: bytes) -> bytes:
        """Sends bytes that no HTTP library would, and reads until the server closes."""
        with self.raw_connection() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def running_console(static: Path, *, public_url: str = "", **chosen: Any) -> Iterator[Console]:
    """In a thread and an event loop of its own, so that no test shares a loop with the server."""
    accounts = FakeAccounts()
    ready = {"database": True}

    async def database() -> bool:
        return ready["database"]

    settings = Settings(port=0, public_url=public_url, **chosen)
    app = create_app(
        settings,
        small_schema.schema,
        accounts,
        small_schema.Context,
        ready={"database": database},
        static=static,
    )
    listener = listen(settings)
    server = server_for(app)
    console = Console(settings, app, accounts, server, listener.getsockname()[1], ready)
    thread = threading.Thread(target=_run, args=(server, listener), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield console
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        assert not thread.is_alive()


def _run(server: Server, listener: socket.socket) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve([listener]))


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
