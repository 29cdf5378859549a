"""The same guard for libraries that block: a pool of urllib3's, for clients of Git and of S3.

A name is looked up and checked by the one function that checks all names, and the socket goes to
what was checked; TLS asks for the name. Redirects are not followed, since a client sends its
secrets along. All of it is used on a thread; `cut` may be called from elsewhere and ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed
from outbound.network import checked_addresses
from outbound.policy import parse


class GuardedPool(urllib3.PoolManager):
    """Of one conversation: made on the loop, used on one thread, ended by `cut`."""

    def __init__(self, outbound: Outbound, limits: Limits) -> None:
        super().__init__(
            headers={"User-Agent": "Quartermaster", "Accept-Encoding": "identity"},
            ssl_context=outbound.tls,
            retries=False,
        )
        guard = self._guard = _Guard(outbound, limits)
        pools: dict[str, Any] = {
            "http": partial(_HttpPool, guard),
            "https": partial(_HttpsPool, guard),
        }
        self.pool_classes_by_scheme = pools
        self.status: int | None = None
        """Of the last answer: libraries above tell it in words only."""

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **given: Any
    ) -> urllib3.BaseHTTPResponse:
        """Raises: OutboundFailed."""
        self._guard.outbound.policy.require_url(parse(url))
        given |= {
            "retries": False,
            "timeout": self._guard.seconds_left(),
            "decode_content": False,  # a small answer may be a large one, packed
        }
        try:
            answer = super().urlopen(method, url, redirect=False, **given)
        except urllib3.exceptions.HTTPError as error:
            raise OutboundFailed(self.code_of(error)) from None
        self.status = answer.status
        if answer.get_redirect_location():
            answer.close()
            raise OutboundFailed(Code.REDIRECTED)
        return answer

    def code_of(self, error: BaseException) -> Code:
        """What a failure of urllib3's, or of a library above it, comes from."""
        if self._guard.exceeded is not None:
            return self._guard.exceeded
        while error is not None:
            if isinstance(error, urllib3.exceptions.SSLError):
                return Code.TLS_FAILED
            if isinstance(error, urllib3.exceptions.TimeoutError):
                return Code.TIMED_OUT
            cause = error.__cause__ or error.__context__
            if cause is None:
                break
            error = cause
        return Code.BAD_ANSWER

    def cut(self) -> None:
        """From another thread: whatever it waits for ends now, and nothing more begins."""
        self._guard.cut()


class _Guard:
    """The limits of one conversation, and the sockets that it holds."""

    def __init__(self, outbound: Outbound, limits: Limits) -> None:
        self.outbound = outbound
        self.exceeded: Code | None = None
        self._loop = asyncio.get_running_loop()
        self._until = time.monotonic() + limits.seconds
        self._bytes_left = limits.answer_bytes
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def seconds_left(self) -> float:
        """Raises: OutboundFailed."""
        left = self._until - time.monotonic()
        if left <= 0:
            self.exceeded = Code.TIMED_OUT
        if self.exceeded is not None:
            raise OutboundFailed(self.exceeded)
        return left

    def connect(self, host: str, port: int) -> socket.socket:
        """Raises: OutboundFailed."""
        plain = host.lower().strip("[]").removesuffix(".")
        found = asyncio.run_coroutine_threadsafe(
            checked_addresses(self.outbound.policy, self.outbound.resolve, plain, port), self._loop
        )
        try:
            addresses = found.result(self.seconds_left())
        except TimeoutError:
            found.cancel()
            raise OutboundFailed(Code.TIMED_OUT) from None
        code = Code.NAME_NOT_FOUND
        for address in addresses:
            try:
                made = socket.create_connection((str(address), port), timeout=self.seconds_left())
            except TimeoutError:
                code = Code.TIMED_OUT
            except OSError:
                code = Code.UNREACHABLE
            else:
                self._hold(made)
                return made
        raise OutboundFailed(code)

    def count(self, size: int) -> None:
        """Raises: OutboundFailed, after more bytes than may be answered with."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            self.exceeded = Code.TOO_LARGE
            raise OutboundFailed(Code.TOO_LARGE)

    def cut(self) -> None:
        with self._lock:
            self.exceeded = self.exceeded or Code.TIMED_OUT
            for held in self._sockets:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)
                held.close()
            self._sockets.clear()

    def _hold(self, made: socket.socket) -> None:
        """By a second handle: TLS takes the first one over, and its handshake may wait for ever."""
        with self._lock:
            if self.exceeded is None:
                self._sockets.append(made.dup())
                return
        made.close()
        raise OutboundFailed(self.exceeded)


class _CountedFile:
    """What is read from a socket, counted wherever http.client or urllib3 read it."""

    def __init__(self, file: Any, count: Callable[[int], None]) -> None:
        self._file = file
        self._count = count

    def read(self, *given: Any) -> bytes:
        return self._counted(self._file.read(*given))

    def read1(self, *given: Any) -> bytes:
        return self._counted(self._file.read1(*given))

    def readline(self, *given: Any) -> bytes:
        return self._counted(self._file.readline(*given))

    def readinto(self, buffer: Any) -> int:
        size: int = self._file.readinto(buffer)
        self._count(size)
        return size

    def _counted(self, data: bytes) -> bytes:
        self._count(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _CountedResponse(http.client.HTTPResponse):
    def __init__(self, guard: _Guard, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fp: Any = _CountedFile(self.fp, guard.count)


class _HttpConnection(HTTPConnection):
    def __init__(self, guard: _Guard, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._guard = guard
        self.response_class: Any = partial(_CountedResponse, guard)

    def _new_conn(self) -> socket.socket:
        return self._guard.connect(self._dns_host, self.port)


class _HttpsConnection(HTTPSConnection):
    def __init__(self, guard: _Guard, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._guard = guard
        self.response_class: Any = partial(_CountedResponse, guard)

    def _new_conn(self) -> socket.socket:
        return self._guard.connect(self._dns_host, self.port)


class _HttpPool(HTTPConnectionPool):
    def __init__(self, guard: _Guard, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.ConnectionCls: Any = partial(_HttpConnection, guard)


class _HttpsPool(HTTPSConnectionPool):
    def __init__(self, guard: _Guard, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.ConnectionCls: Any = partial(_HttpsConnection, guard)
