"""The tools of the tests do what the tests rely on."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

import pytest
from playwright.async_api import Page
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests import requirements
from tests.services.chromium import Axe
from tests.services.proxy import Proxy
from tests.services.redis import RedisServer


async def test_redis_comes_back_at_the_same_address_after_a_crash(
    redis_server: RedisServer,
) -> None:
    async with Redis.from_url(redis_server.url) as client:
        assert await client.set("key", "value")
        redis_server.kill()
        with pytest.raises(RedisConnectionError):
            await client.get("key")
        redis_server.start()
        assert await client.get("key") is None


async def test_a_hung_proxy_keeps_connections_open_and_delivers_once_healed(
    redis_server: RedisServer, proxy_to: Callable[[int], Proxy]
) -> None:
    proxy = proxy_to(redis_server.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _ping(reader, writer) == b"+PONG\r\n"
    proxy.hang()
    writer.write(b"PING\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.2)
    proxy.heal()
    assert await reader.readline() == b"+PONG\r\n"
    writer.close()


async def test_a_cut_ends_a_connection_and_a_reset_breaks_it(
    redis_server: RedisServer, proxy_to: Callable[[int], Proxy]
) -> None:
    proxy = proxy_to(redis_server.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _ping(reader, writer)
    proxy.cut()
    assert await reader.read() == b""
    writer.close()

    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _ping(reader, writer)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_a_proxy_refuses_until_it_accepts_again_on_the_same_port(
    redis_server: RedisServer, proxy_to: Callable[[int], Proxy]
) -> None:
    proxy = proxy_to(redis_server.port)
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", proxy.port)
    proxy.accept()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _ping(reader, writer) == b"+PONG\r\n"
    writer.close()


def test_a_slow_proxy_holds_each_chunk_back(
    redis_server: RedisServer, proxy_to: Callable[[int], Proxy]
) -> None:
    proxy = proxy_to(redis_server.port)
    proxy.slow(delay_seconds=0.1)
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        start = time.monotonic()
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"
        assert time.monotonic() - start >= 0.2  # a lower bound: once there, once back


async def test_the_browser_draws_runs_scripts_and_reports_their_errors(
    page: Page, problems: list[str]
) -> None:
    await page.set_content("<h1>Pools</h1><canvas></canvas><script>nothing.here</script>")
    assert await page.inner_text("h1") == "Pools"
    assert await page.evaluate("document.querySelector('canvas').getContext('2d') !== null")
    assert [problem for problem in problems if "nothing is not defined" in problem]


async def test_axe_names_what_a_reader_cannot_use(page: Page, axe: Axe) -> None:
    await page.set_content("<html lang='en'><title>t</title><img src='data:,'></html>")
    assert await axe(page) == ["image-alt: img"]


@pytest.mark.skipif(
    not requirements.SHARED.is_dir(), reason="no folder shared/ beside this checkout"
)
def test_the_committed_requirements_are_those_of_the_documents() -> None:
    assert requirements.committed() == requirements.from_shared()


async def _ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"PING\r\n")
    return await asyncio.wait_for(reader.readline(), 5)
