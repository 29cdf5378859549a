"""A TCP proxy that misbehaves on demand: it hangs, slows, cuts and resets what passes through it.

It runs on a thread with an event loop of its own, so that a test may block its own loop. Every
method returns when the change is in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

CHUNK_BYTES = 16 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST instead of FIN

T = TypeVar("T")


Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]
"""To the client, and to the server."""


@dataclass
class Trap:
    """Breaks the connection on which the bytes are sent, once."""

    sent: bytes
    is_passed: bool


class Proxy:
    """Passes bytes between its own port and a port or socket here, until told otherwise."""

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._trap: Trap | None = None
        self._pairs: set[Pair] = set()
        self._deaf: set[Pair] = set()
        """Whose next answer is not passed."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._delay_seconds = 0.0
        self._bytes_per_second: float | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self._server: asyncio.Server | None = None
        self.accept()

    @property
    def connections(self) -> int:
        """How many connections pass through it now."""
        return len(self._pairs)

    def hang(self) -> None:
        """Pass nothing more, either way, with every connection left open: no FIN, no RST."""
        self._call(self._flowing.clear)

    def slow(self, *, delay_seconds: float = 0.0, bytes_per_second: float | None = None) -> None:
        """Hold each chunk back by `delay_seconds`; pass at most `bytes_per_second` each way."""

        def change() -> None:
            self._delay_seconds = delay_seconds
            self._bytes_per_second = bytes_per_second

        self._call(change)

    def cut(self) -> None:
        """Close every connection in order (FIN); new ones are accepted."""
        self._call(self._close_all)

    def reset(self) -> None:
        """Break every connection (RST); new ones are accepted."""

        def break_all() -> None:
            for writer in (end for pair in self._pairs for end in pair):
                connection = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                writer.transport.abort()

        self._call(break_all)

    def break_at(self, sent: bytes, *, is_passed: bool) -> None:
        """Break the next connection on which a client sends these bytes within one chunk.

        `is_passed`: the server gets them, and it is its answer that the client does not get.
        """
        self._trap = Trap(sent, is_passed)

    def refuse(self) -> None:
        """Close every connection and refuse new ones, until `accept`."""
        assert self._server is not None, "The proxy refuses already."
        self._call(self._server.close)
        self._server = None
        self.cut()

    def accept(self) -> None:
        """Listen, on the same port as before."""
        assert self._server is None, "The proxy listens already."
        self._server = self._run(
            asyncio.start_server(self._connected, "127.0.0.1", self.port or None)
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def heal(self) -> None:
        """Pass everything at full speed again: what hung goes on where it stopped."""
        self.slow()
        self._call(self._flowing.set)
        if self._server is None:
            self.accept()

    def close(self) -> None:
        async def finish() -> None:
            if self._server is not None:
                self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self._run(finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connected(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            far, to_far = await self._reach()
        except OSError:
            to_near.transport.abort()
            return
        pair = (to_near, to_far)
        self._pairs.add(pair)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(near, to_far, pair))
                pumps.create_task(self._pump(far, to_near, pair))
        except* OSError:
            pass
        finally:
            self._pairs.discard(pair)
            self._deaf.discard(pair)
            for writer in pair:
                writer.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    def _is_trapped(self, chunk: bytes, pair: Pair, *, from_client: bool) -> bool:
        """Whether the chunk is to be held back, and its connection broken."""
        if pair in self._deaf:
            return True
        if self._trap is None or not from_client or self._trap.sent not in chunk:
            return False
        trap, self._trap = self._trap, None
        if trap.is_passed:
            self._deaf.add(pair)
        return not trap.is_passed

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: Pair
    ) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            if self._is_trapped(chunk, pair, from_client=writer is pair[1]):
                raise ConnectionAbortedError
            await asyncio.sleep(self._delay_seconds)
            if self._bytes_per_second is not None:
                await asyncio.sleep(len(chunk) / self._bytes_per_second)
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()
        await self._flowing.wait()  # a hung network does not deliver the FIN either
        if writer.can_write_eof():
            writer.write_eof()

    def _close_all(self) -> None:
        for writer in (end for pair in self._pairs for end in pair):
            writer.close()

    def _call(self, change: Callable[[], object]) -> None:
        async def apply() -> None:
            change()

        self._run(apply())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


@pytest.fixture
def proxy_to() -> Iterator[Callable[[int | Path], Proxy]]:
    """Puts a proxy in front of a port, or a Unix socket, of this machine."""
    with contextlib.ExitStack() as stack:

        def place(target: int | Path) -> Proxy:
            proxy = Proxy(target)
            stack.callback(proxy.close)
            return proxy

        yield place
