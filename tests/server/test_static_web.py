"""The dashboard's files, and nothing else of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.conftest import STYLE_HASH
from tests.server.console import PASSWORD, Console, running_console

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/nodes/gpu-01.example.org",
        "/pools/My%20pool",
        "/pools/50%25",
        "/users/zo%C3%AB",
        "/devices/",
    ],
)
async def test_every_screen_is_the_one_page(console: Console, path: str) -> None:
    async with console.client(**PAGE) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "<title>Quartermaster" in answer.text
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/missing.js", "/assets/missing", "/auth/other", "/healthz/x", "/.env", "/nodes/.git/config"],
)
async def test_what_is_no_screen_is_not_found(console: Console, path: str) -> None:
    async with console.client(**PAGE) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_program_gets_no_page_for_an_unknown_path(console: Console) -> None:
    async with console.client() as client:
        assert (await client.get("/nodes")).status_code == 404


async def test_built_assets_are_compressed_and_kept_for_ever(console: Console) -> None:
    async with console.client() as client:
        answer = await client.get("/assets/index-4f2a.js")
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.text == "export const answer = 42;\n" * 200
        plain = await client.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == answer.text
        again = await client.get("/", headers=PAGE)
        unchanged = await client.get("/", headers={**PAGE, "If-None-Match": again.headers["etag"]})
        assert unchanged.status_code == 304
        assert (await client.head("/assets/index-4f2a.js")).text == ""


TRAVERSALS = [
    "/..%2f..%2fetc/passwd",
    "/..%2fsettings.py",
    "/../settings.py",
    "/assets/..%2f..%2fsettings.py",
    "/assets/%2e%2e/%2e%2e/settings.py",
    "/assets/..%5c..%5csettings.py",
    "/%5c..%5csettings.py",
    "/..%252f..%252fetc%252fpasswd",
    "/assets/%252e%252e/settings.py",
    "/%2fetc/passwd",
    "//etc/passwd",
    "//evil.example/",
    "/assets/link.txt",
    "/assets/index-4f2a.js%00.txt",
    "/assets/#/../../settings.py",
    "/csp.json",
    "/%5c%5cevil.example",
    "/nodes/..%2f..%2fsecret",
]


@pytest.mark.spec("T-43", "T-55")
@pytest.mark.parametrize("path", TRAVERSALS)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_no_path_leads_outside_and_none_redirects(console: Console, path: str, accept: str) -> None:
    answer = console.exchange(
        f"GET {path} HTTP/1.1\r\nHost: {console.authority}\r\nAccept: {accept}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    assert b"\r\nlocation:" not in answer.lower()
    assert b"secret" not in answer


@pytest.mark.spec("T-58")
async def test_a_range_header_costs_nothing(console: Console) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(4_000))
    async with console.client() as client:
        answer = await client.get("/assets/index-4f2a.js", headers={"Range": ranges})
        assert answer.status_code == 200
        assert "content-range" not in answer.headers
    megabyte = b"bytes=" + b"0-1," * 250_000
    answer = console.exchange(
        b"GET /assets/index-4f2a.js HTTP/1.1\r\nHost: "
        + console.authority.encode()
        + b"\r\nRange: "
        + megabyte
        + b"0-1\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))


STRICT = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{STYLE_HASH}'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


async def test_every_answer_says_what_a_browser_may_do_with_it(console: Console) -> None:
    async with console.operator(**PAGE) as client:
        for path in (
            "/",
            "/assets/index-4f2a.js",
            "/missing.js",
            "/graphql",
            "/healthz",
            "/auth/x",
        ):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"] == STRICT
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert "permissions-policy" in headers
            assert len(headers["x-request-id"]) == 16
            assert "server" not in headers
            assert "strict-transport-security" not in headers


@pytest.mark.spec("T-39")
async def test_graphiql_is_a_page_of_its_own_after_sign_in(console: Console) -> None:
    async with console.operator(**PAGE) as client:
        answer = await client.get("/graphiql")
        assert "<title>GraphiQL" in answer.text
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self' 'unsafe-inline'" in policy
        assert "frame-ancestors 'none'" in policy
        reflected = await client.get("/graphiql", params={"endpoint": "https://evil.example/x"})
        assert reflected.content == answer.content
        script = await client.get("/graphiql/graphiql-4f2a.js")
        assert script.status_code == 200
        assert script.headers["content-security-policy"] == STRICT


@pytest.mark.spec("T-40")
async def test_no_answer_of_the_api_is_stored(console: Console) -> None:
    async with console.operator() as client:
        for answer in (
            await client.post("/graphql", json={"query": "{ me }"}),
            await client.get("/graphql", params={"query": "{ me }"}),
            await client.post("/graphql", json={"query": "{"}),
            await client.get("/auth/session"),
            await client.post("/auth/sign-in", json={"name": "ada", "password": "no"}),
            await client.get("/readyz"),
        ):
            assert answer.headers["cache-control"] == "no-store"


async def test_under_https_the_cookie_is_host_bound_and_the_origin_is_the_public_one(
    tmp_path: Path,
) -> None:
    with running_console(tmp_path, public_url="https://gpus.example.org") as console:
        async with console.client(Host="gpus.example.org") as client:
            answer = await client.post("/auth/sign-in", json={"name": "ada", "password": PASSWORD})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-quartermaster_session=")
            assert "Secure" in cookie and "Domain" not in cookie
            assert "strict-transport-security" in answer.headers
            for origin, status in (
                ("https://gpus.example.org", 204),
                ("http://gpus.example.org", 403),
                ("https://example.org", 403),
            ):
                signed_out = await client.post("/auth/sign-out", headers={"Origin": origin})
                assert signed_out.status_code == status
            missing = await client.get("/", headers=PAGE)
            assert missing.status_code == 503
            assert "make web" in missing.text
