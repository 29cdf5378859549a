"""Behind a reverse proxy: its word counts where it was named as trusted, and nobody else's does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from server.settings import Settings, SettingsError
from tests.server.console import PASSWORD, Console, running_console

CLIENT = "203.0.113.9"
TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": CLIENT}


@pytest.fixture(scope="module")
def proxied_console(static: Path) -> Iterator[Console]:
    """This machine is a proxy of ours, as are all of a network."""
    with running_console(static, trusted_proxies="127.0.0.1, 10.0.0.0/8,2001:db8::/32") as console:
        yield console


@pytest.fixture
def proxied(proxied_console: Console) -> Console:
    proxied_console.accounts.attempts.clear()
    return proxied_console


async def address_of(console: Console, *forwarded: str) -> str:
    """Which address an attempt to sign in counts for."""
    async with console.client() as client:
        headers = [*client.headers.multi_items(), *(("X-Forwarded-For", one) for one in forwarded)]
        body = {"name": "ada", "password": "no"}
        answer = await client.post("/auth/sign-in", json=body, headers=headers)
    assert answer.status_code == 401
    return console.accounts.attempts[-1][2]


@pytest.mark.spec("T-13", "T-26")
@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ([CLIENT], CLIENT),
        ([f"1.2.3.4, {CLIENT}"], CLIENT),
        ([f"1.2.3.4, {CLIENT},10.0.0.7 , 10.1.2.3"], CLIENT),
        (["1.2.3.4", CLIENT, "10.0.0.7"], CLIENT),
        ([f"{CLIENT}:4711"], CLIENT),
        (["1.2.3.4, 2001:DB9::1"], "2001:db9::1"),
        (["1.2.3.4, [2001:db9::1]:4711,2001:db8::7"], "2001:db9::1"),
        ([f"::ffff:{CLIENT}"], CLIENT),
        (["::ffff:10.0.0.7"], "10.0.0.7"),
        (["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
        (["1.2.3.4, unknown, 10.0.0.7"], "10.0.0.7"),
        (["1.2.3.4, unknown"], "127.0.0.1"),
        (["1.2.3.4,"], "127.0.0.1"),
        ([f"{CLIENT}, {'x' * 3000}"], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
async def test_the_last_who_is_no_proxy_of_ours_is_who_it_counts_for(
    proxied: Console, forwarded: list[str], expected: str
) -> None:
    assert await address_of(proxied, *forwarded) == expected


@pytest.mark.spec("T-13", "T-26")
async def test_a_peer_that_is_no_proxy_of_ours_speaks_for_itself_alone(static: Path) -> None:
    with running_console(static, trusted_proxies="10.0.0.0/8") as console:
        assert await address_of(console, CLIENT) == "127.0.0.1"
        async with console.client(**TLS) as client:
            who = {"name": "ada", "password": PASSWORD}
            answer = await client.post("/auth/sign-in", json=who)
        assert "Secure" not in answer.headers["set-cookie"]
        with pytest.raises(InvalidStatus):
            own = f"https://{console.authority}"
            await console.connect(console.accounts.open(), origin=own, headers=TLS)


async def test_a_peer_of_a_socket_for_both_families_is_known_by_its_ipv4_address(
    static: Path,
) -> None:
    with running_console(static, host="::", trusted_proxies="10.0.0.0/8") as console:
        assert await address_of(console, CLIENT) == "127.0.0.1"


@pytest.mark.spec("T-29", "T-30")
async def test_what_came_by_tls_gets_a_secure_cookie_and_has_a_secure_origin(
    proxied: Console,
) -> None:
    async with proxied.client(**TLS) as client:
        who = {"name": "ada", "password": PASSWORD}
        cookie = (await client.post("/auth/sign-in", json=who)).headers["set-cookie"]
        assert cookie.startswith("__Host-quartermaster_session=")
        assert "; Secure" in cookie
        client.headers["Cookie"] = cookie.partition(";")[0]
        secure, plain = f"https://{proxied.authority}", proxied.origin
        for origin, status in ((secure, 200), (plain, 403)):
            query = {"query": "{ me }"}
            answer = await client.post("/graphql", json=query, headers={"Origin": origin})
            assert answer.status_code == status
        headers = {**TLS, "Cookie": client.headers["Cookie"]}
        async with proxied.connect(None, origin=secure, headers=headers):
            pass
        with pytest.raises(InvalidStatus):
            await proxied.connect(None, origin=plain, headers=headers)
        # A cookie without Secure, which a network neighbour can plant, opens nothing there.
        client.headers["Cookie"] = proxied.cookie(proxied.accounts.open())
        assert (await client.get("/auth/session")).status_code == 401
        out = await client.post("/auth/sign-out")
        assert out.headers["set-cookie"].startswith("__Host-quartermaster_session=;")


@pytest.mark.parametrize("said", ["http", "https, http", "ftp", ""])
async def test_other_words_for_the_scheme_make_nothing_secure(proxied: Console, said: str) -> None:
    async with proxied.client(**{"X-Forwarded-Proto": said}) as client:
        who = {"name": "ada", "password": PASSWORD}
        answer = await client.post("/auth/sign-in", json=who)
    assert answer.headers["set-cookie"].startswith("quartermaster_session=")


async def test_a_public_url_of_https_stays_secure_whatever_a_proxy_says(static: Path) -> None:
    url = "https://gpus.example.org"
    with running_console(static, public_url=url, trusted_proxies="127.0.0.1") as console:
        async with console.client(**{"X-Forwarded-Proto": "http"}) as client:
            who = {"name": "ada", "password": PASSWORD}
            answer = await client.post("/auth/sign-in", json=who)
        assert answer.headers["set-cookie"].startswith("__Host-quartermaster_session=")


@pytest.mark.parametrize("written", ["*", "proxy.example.org", "10.0.0.1/8", "0.0.0.0/0", "::/0"])
def test_proxies_are_addresses_and_never_everybody(written: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        Settings.load({"QUARTERMASTER_TRUSTED_PROXIES": written})
