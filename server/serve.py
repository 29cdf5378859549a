"""Runs the application under uvicorn, with the choices that the edge relies on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from server.protocols import AbortableHttpProtocol, AbortableWebSocketProtocol
from server.security.bodies import BODY_LIMIT_BYTES
from server.settings import Settings, SettingsError

STOP_SECONDS = 5
BACKLOG = 2048
UNSENT_BYTES = 16 * 1024
"""As much as the kernel takes of what it cannot send yet (TCP_NOTSENT_LOWAT of tcp(7)): it would
take megabytes, minutes of a slow client's stream, which nothing newer could overtake."""


class Server(uvicorn.Server):
    """Says when it is ready; stops on SIGINT and SIGTERM without raising them again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled: list[signal.Signals] = []
        # Elsewhere than on the main thread (tests) there are no signals to handle.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, self.handle_exit, name, None)
                handled.append(name)
        try:
            yield
        finally:
            for name in handled:
                loop.remove_signal_handler(name)


def listen(settings: Settings) -> socket.socket:
    """The listening socket; port 0 takes a free one.

    Raises: SettingsError, when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's algorithm on: 40 ms for each answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Choose another with QUARTERMASTER_PORT."
        ) from error
    return listener


def server_for(app: ASGIApp, ready: Callable[[], None] = lambda: None) -> Server:
    """`await server_for(app).serve([listen(settings)])` runs until a signal or `should_exit`.

    `ready` is called once requests are answered.
    """
    return Server(
        uvicorn.Config(
            app,
            http=AbortableHttpProtocol,
            loop="uvloop",
            ws=AbortableWebSocketProtocol,
            ws_max_size=BODY_LIMIT_BYTES,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            # Per-socket compression of a frame costs more than all else together; the protocol
            # class offers one that is shared.
            ws_per_message_deflate=False,
            # What a request says of its own origin is for server/security/proxies.py to judge.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            lifespan="on",
            timeout_graceful_shutdown=STOP_SECONDS,
        ),
        ready,
    )
