"""What an operator aims goes where it may go and nowhere else, whatever names or answers say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy
from server.settings import Settings, SettingsError
from tests.services.certificates import server_certificate
from tests.services.http_peer import answers, drips, hangs, peer

LOCAL = Policy.of("127.0.0.0/8", allows_http=True)
"""As an installation that allows this machine itself: where the tests' servers are."""
CANARY = "canary-4f2a"


class Names:
    """A name service that answers what a test wants, one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self.answers:
            raise OSError("not known")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def refused(client: Outbound, url: str, **options: object) -> Code:
    with pytest.raises(OutboundFailed) as failed:
        await client.request("GET", url, **options)  # type: ignore[arg-type]
    return failed.value.code


@pytest.mark.spec("T-42")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "console.localhost",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "１２７.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[ff02::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "169.254.169.254",
        "169.254.169.254.",
        "2852039166",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "kubernetes",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "metadata.google.internal",
        "metadata",
        "user@example.org",
        "user:password@example.org",
        "example.org@127.0.0.1",
        "example.org\\@127.0.0.1",
        "127.0.0.1#@example.org",
        "127.0.0.1%00.example.org",
        "exa mple.org",
        "-.example.org",
        "",
    ],
)
async def test_no_spelling_of_an_internal_address_is_called(host: str) -> None:
    async with peer() as server:
        names = Names(["127.0.0.1"])
        client = Outbound(Policy(allows_http=True), resolve=names)
        code = await refused(client, f"http://{host}:{server.port}/")
        assert code in (Code.BAD_URL, Code.HOST_FORBIDDEN, Code.ADDRESS_FORBIDDEN)
        assert server.connections == 0


@pytest.mark.spec("T-41", "T-42")
@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
        ["100.64.0.1"],
        ["fd00:ec2::254"],
        ["0.0.0.0"],
    ],
)
async def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to(
    found: list[str],
) -> None:
    async with peer() as server:
        names = Names(found)
        client = Outbound(Policy(allows_http=True), resolve=names)
        code = await refused(client, f"http://hooks.example.org:{server.port}/")
        assert code is Code.ADDRESS_FORBIDDEN
        assert names.asked == ["hooks.example.org."]  # no search list completes it
        assert server.connections == 0


@pytest.mark.spec("T-41")
async def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked() -> None:
    async with peer(host="127.0.0.2") as good, peer(host="127.0.0.3", port=good.port) as other:
        names = Names(["127.0.0.2"], ["127.0.0.3"])
        policy = Policy.of("127.0.0.2", allows_http=True)
        client = Outbound(policy, resolve=names)
        url = f"http://hooks.example.org:{good.port}/in"
        assert (await client.request("POST", url, content=b"x")).status == 204
        assert good.received[0].headers["host"] == f"hooks.example.org:{good.port}"
        assert len(names.asked) == 1
        # The next request looks it up anew, and meets the other answer.
        assert await refused(client, url) is Code.ADDRESS_FORBIDDEN
        assert other.connections == 0


@pytest.mark.spec("T-41", "T-43")
async def test_a_redirect_to_a_forbidden_place_is_not_followed() -> None:
    async with peer(host="127.0.0.3") as inside, peer(host="127.0.0.2") as allowed:
        client = Outbound(Policy.of("127.0.0.2", allows_http=True))
        for place, code in (
            (inside.url, Code.ADDRESS_FORBIDDEN),
            ("http://169.254.169.254/latest/meta-data/", Code.ADDRESS_FORBIDDEN),
            ("http://localhost/", Code.HOST_FORBIDDEN),
            ("file:///etc/passwd", Code.BAD_URL),
            ("gopher://127.0.0.2/", Code.BAD_URL),
            (f"http://{allowed.host}:{allowed.port}@127.0.0.3/", Code.BAD_URL),
        ):
            allowed.behaviour = answers(302, location=place)
            assert (await client.request("GET", allowed.url)).status == 302
            assert await refused(client, allowed.url, limits=Limits(redirects=3)) is code
        assert inside.connections == 0


@pytest.mark.spec("T-41")
async def test_what_is_posted_follows_no_redirect_at_all() -> None:
    async with peer() as other, peer() as server:
        server.behaviour = answers(307, location=other.url)
        client = Outbound(LOCAL)
        with pytest.raises(OutboundFailed, match="on and on"):
            await client.request("POST", server.url, content=b"x", limits=Limits(redirects=3))
        assert other.connections == 0


@pytest.mark.spec("T-47")
async def test_no_secret_goes_along_to_another_origin() -> None:
    secrets = {
        "Authorization": f"Bearer {CANARY}",
        "Cookie": f"session={CANARY}",
        "X-Amz-Security-Token": CANARY,
        "PRIVATE-TOKEN": CANARY,
    }
    async with peer() as other, peer() as server:
        server.behaviour = answers(302, location=other.url, set_cookie=f"a={CANARY}")
        client = Outbound(LOCAL)
        await client.request("GET", server.url, headers=secrets, limits=Limits(redirects=1))
        assert server.received[0].headers["authorization"] == f"Bearer {CANARY}"
        assert CANARY not in repr(other.received[0])
        # Nor is a cookie kept that was given.
        await client.request("GET", server.url)
        assert "cookie" not in server.received[-1].headers


async def test_redirects_end_somewhere() -> None:
    async with peer() as server:
        server.behaviour = answers(302, location="/again")
        code = await refused(Outbound(LOCAL), server.url, limits=Limits(redirects=3))
        assert code is Code.TOO_MANY_REDIRECTS
        assert len(server.received) == 4


@pytest.mark.spec("T-44")
@pytest.mark.parametrize("behaviour", [hangs, drips])
async def test_a_peer_that_drips_or_hangs_is_given_up(behaviour: object) -> None:
    async with peer(behaviour) as server:  # type: ignore[arg-type]
        code = await refused(Outbound(LOCAL), server.url, limits=Limits(seconds=0.3))
        assert code is Code.TIMED_OUT


@pytest.mark.spec("T-44")
async def test_a_name_service_that_hangs_is_given_up() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    client = Outbound(LOCAL, resolve=never)
    code = await refused(client, "http://hooks.example.org/", limits=Limits(seconds=0.2))
    assert code is Code.TIMED_OUT


@pytest.mark.spec("T-44")
@pytest.mark.parametrize("declared", ["99999999", None])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(declared: str | None) -> None:
    async def endless(received: object, writer: object) -> None:
        length = f"content-length: {declared}\r\n" if declared else ""
        writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())  # type: ignore[attr-defined]
        while True:
            writer.write(b"x" * 65536)  # type: ignore[attr-defined]
            await writer.drain()  # type: ignore[attr-defined]

    async with peer(endless) as server:  # type: ignore[arg-type]
        assert await refused(Outbound(LOCAL), server.url) is Code.TOO_LARGE


@pytest.mark.spec("T-41")
async def test_a_failure_tells_nothing_of_what_came_back() -> None:
    async with peer(answers(500, CANARY.encode() * 10)) as server:
        with pytest.raises(OutboundFailed) as failed:
            await Outbound(LOCAL).request("GET", server.url, limits=Limits(answer_bytes=20))
        assert CANARY not in f"{failed.value!r} {failed.value}"
        answer = await Outbound(LOCAL).request("GET", server.url)
        assert answer.status == 500
        assert CANARY not in repr(answer)


async def test_plain_http_needs_to_be_allowed() -> None:
    async with peer() as server:
        client = Outbound(Policy.of("127.0.0.1"))
        assert await refused(client, server.url) is Code.HTTPS_REQUIRED
        assert server.connections == 0


@pytest.mark.spec("T-12")
async def test_the_certificate_must_be_the_names_own(tmp_path: Path) -> None:
    tls, authority = server_certificate(tmp_path, "hooks.example.org")
    names = Names(["127.0.0.1"])
    trusting = ssl.create_default_context(cafile=str(authority))
    async with peer(tls=tls) as server:
        good = Outbound(Policy.of("127.0.0.0/8"), tls=trusting, resolve=names)
        url = f"https://hooks.example.org:{server.port}/"
        assert (await good.request("POST", url, content=b"x")).status == 204
        other = f"https://other.example.org:{server.port}/"
        assert await refused(good, other) is Code.TLS_FAILED
        stranger = Outbound(Policy.of("127.0.0.0/8"), resolve=names)
        assert await refused(stranger, url) is Code.TLS_FAILED
        assert len(server.received) == 1


async def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    async with peer() as proxy, peer() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await Outbound(LOCAL).request("GET", server.url)
        assert len(server.received) == 1
        assert proxy.connections == 0


async def test_what_does_not_answer_has_a_code_of_its_own() -> None:
    client = Outbound(LOCAL, resolve=Names())
    assert await refused(client, "http://hooks.example.org/") is Code.NAME_NOT_FOUND
    async with peer() as server:
        gone = server.url
    assert await refused(client, gone) is Code.UNREACHABLE

    async def babbles(received: object, writer: object) -> None:
        writer.write(b"220 smtp.example.org ESMTP\r\n")  # type: ignore[attr-defined]

    async with peer(babbles) as server:  # type: ignore[arg-type]
        assert await refused(client, server.url) is Code.BAD_ANSWER


@pytest.mark.spec("T-42")
def test_a_number_is_no_name_even_before_it_is_looked_up() -> None:
    for host in ("2130706433", "0x7f.1", "0177.0.0.1", "example.0x10", "0"):
        with pytest.raises(OutboundFailed) as failed:
            Policy().require_host(host)
        assert failed.value.code is Code.BAD_URL


async def test_private_addresses_are_called_for_clusters_live_there() -> None:
    for host in ("10.0.0.1", "172.16.0.1", "192.168.1.1", "[fd12:3456::1]", "8.8.8.8"):
        Policy().require_host(host.strip("[]"))


def test_the_installation_may_allow_hosts_and_networks() -> None:
    settings = Settings.load(
        {"QUARTERMASTER_ALLOWED_ADDRESSES": "100.64.0.0/10, hooks.team.svc  fd00:ec2::254"}
    )
    policy = settings.outbound_policy
    for host in ("100.64.1.2", "hooks.team.svc", "fd00:ec2::254"):
        policy.require_host(host)
    for host in ("127.0.0.1", "other.team.svc", "fd00:ec2::253"):
        with pytest.raises(OutboundFailed):
            policy.require_host(host)
    for wrong in ("10.0.0.1/8", "https://hooks.example.org", "127.1", "*.example.org"):
        with pytest.raises(SettingsError, match="ALLOWED_ADDRESSES"):
            Settings.load({"QUARTERMASTER_ALLOWED_ADDRESSES": wrong})
