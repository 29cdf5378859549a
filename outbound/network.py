"""Connecting: the name is looked up once, checked, and the connection goes to what was checked.

A name that answers differently the next time (DNS rebinding) is of no use then. TLS still asks for
the name's certificate, and the Host header bears the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import TypeAlias

import httpcore
import httpx

from outbound.failures import Code, OutboundFailed
from outbound.policy import Address, Policy, as_address

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host and port. Raises: OSError."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def checked_addresses(
    policy: Policy, resolve: Resolve, host: str, port: int
) -> list[Address]:
    """Where the host may be connected to. One address that is refused refuses all: an honest name
    has none. Raises: OutboundFailed."""
    policy.require_host(host)
    literal = as_address(host)
    if literal is not None:
        return [literal]
    # With the dot no search list completes it: a.b is never a.b.svc.cluster.local.
    name = host if host in policy.allowed_hosts else f"{host}."
    try:
        found = await resolve(name, port)
    except (OSError, UnicodeError):
        raise OutboundFailed(Code.NAME_NOT_FOUND) from None
    addresses = [ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]
    for address in addresses:
        policy.require_address(host, address)
    if not addresses:
        raise OutboundFailed(Code.NAME_NOT_FOUND)
    return addresses


class CheckedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, policy: Policy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises: OutboundFailed, and what httpcore raises when nothing accepts."""
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        plain = host.lower().removesuffix(".")
        for address in await checked_addresses(self._policy, self._resolve, plain, port):
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or OutboundFailed(Code.NAME_NOT_FOUND)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise OutboundFailed(Code.HOST_FORBIDDEN)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """For whatever takes an httpx transport; each hop of a redirect passes here too."""

    def __init__(self, policy: Policy, tls: ssl.SSLContext, resolve: Resolve) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._policy = policy
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(policy, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._policy.require_url(request.url)
        return await super().handle_async_request(request)
