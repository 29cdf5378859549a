"""The server's life on its thread, and what a test can have happen to it.

It has an event loop of its own, so that a test may block its own. Every method that a test calls
returns when the change is in force.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from tests.services.apiserver.requests import Requests
from tests.services.apiserver.resources import DEVICE_TAINT_RULES, kueue
from tests.services.apiserver.state import State
from tests.services.apiserver.store import Store

T = TypeVar("T")


class ApiServer(State):
    def __init__(self, tls: ssl.SSLContext, **settings: Any) -> None:
        """`settings`: the fields of `State`."""
        self.port = 0
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="apiserver", daemon=True
        )
        self._thread.start()
        self._call(lambda: State.__init__(self, **settings))
        self.start()

    # What a test commands

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._run(self._listen())

    def stop(self) -> None:
        """Refuse connections, and break those that are open; the store is kept."""
        self._run(self._close())

    def lose_store(self) -> None:
        """As after a restore from nothing: no objects, and versions that begin again."""

        def lose() -> None:
            self.empty_store()
            if self._tasks:
                self._tasks.pop().cancel()
                self._tasks.append(self._loop.create_task(self.controllers.run()))

        self._call(lose)

    def drop_watches(self) -> None:
        """End every watch in the middle of its stream, without a last chunk."""

        def drop() -> None:
            for response, task in list(self.open_watches.items()):
                if (transport := response._req.transport) is not None:  # type: ignore[union-attr]
                    transport.abort()
                task.cancel()

        self._call(drop)

    def go_silent(self) -> None:
        """Keep every connection open and send nothing more; accept new ones, and answer nothing."""

        def fall_silent() -> None:
            self.is_silent = True
            self.silences += 1

        self._call(fall_silent)

    def speak_again(self) -> None:
        """Answer new requests; what was asked in the silence stays unanswered."""
        self._call(lambda: setattr(self, "is_silent", False))

    def compact(self) -> None:
        """Forget all events: a resume from before now is answered 410, as an ERROR event."""
        self._call(self.store.compact)

    def rotate_token(self, old: str, new: str) -> None:
        """From now on only the new token is known."""
        self._call(lambda: self.tokens.update({new: self.tokens.pop(old)}))

    def has_kueue(self, *versions: str) -> None:
        """With the custom resources of Kueue in these versions, or without them."""

        def change() -> None:
            self.resources = [r for r in self.resources if not r.is_custom]
            for version in versions:
                self.resources += kueue(version)
            self.by_key.update({r.key: r for r in self.resources})

        self._call(change)

    def has_device_taints(self, is_on: bool) -> None:
        def change() -> None:
            self.resources = [r for r in self.resources if r.plural != "devicetaintrules"]
            self.resources += DEVICE_TAINT_RULES if is_on else ()

        self._call(change)

    def do(self, work: Callable[[Store], T]) -> T:
        """Do something with the store, between two requests."""
        return self._call(lambda: work(self.store))

    @property
    def watches(self) -> int:
        return len(self.open_watches)

    def counted(self) -> Counter[tuple[str, str]]:
        """How often each (verb, path) was asked."""
        return Counter((asked.verb, asked.path) for asked in self.asked)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Its life

    async def _listen(self) -> None:
        application = web.Application(client_max_size=3 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", Requests(self).answer)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=self._tls, reuse_address=True
        )
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks = [self._loop.create_task(self.controllers.run())]

    async def _close(self) -> None:
        if self._runner is None:
            return
        for task in [*self._tasks, *self.open_watches.values()]:
            task.cancel()
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()
        self._runner = None
        self._tasks = []

    def _call(self, change: Callable[[], T]) -> T:
        async def apply() -> T:
            return change()

        return self._run(apply())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)
