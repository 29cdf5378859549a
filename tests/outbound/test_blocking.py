"""Libraries that block get no further than the one guarded client does."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from outbound.blocking import GuardedPool
from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy
from sources.threads import on_thread
from tests.services.certificates import server_certificate
from tests.services.http_peer import answers, drips, hangs, peer

LOOPBACK = "127.0.0.1"
LOCAL = Policy.of("127.0.0.0/8", allows_http=True)
USUAL = Limits()


def server_url(port: int) -> str:
    return f"https://{LOOPBACK}:{port}"


def asking(pool: GuardedPool, url: str) -> Callable[[], bytes]:
    return lambda: pool.request("GET", url, preload_content=False).read()


async def answered(outbound: Outbound, url: str, limits: Limits = USUAL) -> bytes:
    pool = GuardedPool(outbound, limits)
    return await on_thread(asking(pool, url), limits.seconds, pool.cut)


async def refused(outbound: Outbound, url: str, limits: Limits = USUAL) -> Code:
    with pytest.raises(OutboundFailed) as failed:
        await answered(outbound, url, limits)
    return failed.value.code


@pytest.mark.spec("T-42")
@pytest.mark.parametrize(
    "host",
    [
        "127.1", "2130706433", "0x7f.1", "017700000001", "0", "[::1]", "[::ffff:127.0.0.1]",
        "localhost", "127.0.0.1.", "169.254.169.254", "100.100.100.200", "kubernetes.default.svc",
        "user@example.org", "example.org@127.0.0.1", "127.0.0.1#@example.org", "[fe80::1%25lo]",
    ],
)  # fmt: skip
async def test_no_spelling_of_an_internal_address_is_called(host: str) -> None:
    async with peer() as server:
        outbound = Outbound(Policy(allows_http=True))
        code = await refused(outbound, f"http://{host}:{server.port}")
        assert code in (Code.BAD_URL, Code.HOST_FORBIDDEN, Code.ADDRESS_FORBIDDEN)
        assert server.connections == 0


@pytest.mark.spec("T-41")
async def test_a_name_is_connected_to_where_it_was_checked_and_asked_for_by_tls(
    tmp_path: Path,
) -> None:
    context, authority = server_certificate(tmp_path, "s3.example.org")
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with peer(answers(200, b"well"), tls=context) as server:
        tls = ssl.create_default_context(cafile=str(authority))
        outbound = Outbound(LOCAL, tls=tls, resolve=resolve)
        url = f"https://s3.example.org:{server.port}"
        assert await answered(outbound, url) == b"well"
        assert server.received[0].headers["host"] == f"s3.example.org:{server.port}"
        assert asked == ["s3.example.org."]
        assert await refused(outbound, url) is Code.ADDRESS_FORBIDDEN  # it was looked up anew
        asked.clear()
        other = f"https://other.example.org:{server.port}"
        assert await refused(outbound, other) is Code.TLS_FAILED
        asked.clear()
        assert await refused(Outbound(LOCAL, resolve=resolve), url) is Code.TLS_FAILED


@pytest.mark.spec("T-41", "T-44")
@pytest.mark.parametrize("behaviour", [hangs, drips])
async def test_a_peer_that_hangs_or_drips_holds_no_thread(behaviour: object) -> None:
    async with peer(behaviour) as server:  # type: ignore[arg-type]
        pool = GuardedPool(Outbound(LOCAL), Limits(seconds=0.3))
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            try:
                asking(pool, server.url)()
            finally:
                loop.call_soon_threadsafe(ended.set)

        with pytest.raises((TimeoutError, OutboundFailed)):
            await on_thread(work, 0.3, pool.cut)
        async with asyncio.timeout(10):
            await ended.wait()


async def test_one_that_accepts_and_never_begins_tls_holds_no_thread() -> None:
    async with asyncio.timeout(10):
        silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        limits = Limits(seconds=0.3)
        with pytest.raises((TimeoutError, OutboundFailed)):
            await answered(Outbound(LOCAL), server_url(port), limits)
        silent.close()


@pytest.mark.spec("T-44")
async def test_an_answer_has_its_limit_also_where_it_is_packed() -> None:
    limits = Limits(answer_bytes=10_000)
    async with peer(answers(200, b"x" * 20_000)) as server:
        assert await refused(Outbound(LOCAL), server.url, limits) is Code.TOO_LARGE
    packed = gzip.compress(b"x" * 1_000_000)
    async with peer(answers(200, packed, content_encoding="gzip")) as server:
        assert await answered(Outbound(LOCAL), server.url, limits) == packed


async def test_an_address_that_nobody_listens_at_is_unreachable() -> None:
    assert await refused(Outbound(LOCAL), server_url(1)) is Code.UNREACHABLE
