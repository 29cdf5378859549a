"""What another site could make a browser send is refused."""

from __future__ import annotations

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from server.security.cross_site import CLIENT_HEADER
from tests.server.console import PASSWORD, Console
from tests.server.small_schema import calls

MUTATION = b'{"query": "mutation { change }"}'


def browser(console: Console, **headers: str) -> httpx.AsyncClient:
    """A signed-in browser on some other page: the cookie goes along, our own header does not."""
    cookie = console.cookie(console.accounts.open())
    return httpx.AsyncClient(base_url=console.origin, headers={"Cookie": cookie, **headers})


@pytest.mark.spec("T-37")
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "application/json; charset=utf-16",
        "text/plain; application/json",
        None,
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/auth/sign-in"])
async def test_only_json_bodies_are_taken(
    console: Console, content_type: str | None, path: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    async with console.operator() as client:
        answer = await client.post(path, content=MUTATION, headers=headers)
        assert answer.status_code == 415
    assert not calls["change"] and not console.accounts.attempts


@pytest.mark.spec("T-37")
async def test_a_signed_in_request_without_our_header_is_refused_and_told_why(
    console: Console,
) -> None:
    async with browser(console) as client:
        for answer in (
            await client.post(
                "/graphql", content=MUTATION, headers={"Content-Type": "application/json"}
            ),
            await client.get("/graphql", params={"query": "{ me }"}),
            await client.post("/auth/sign-out"),
            await client.post("/auth/sign-in", json={"name": "ada", "password": PASSWORD}),
        ):
            assert answer.status_code == 403
            assert CLIENT_HEADER in answer.text
    assert not calls["change"] and not calls["me"] and not console.accounts.attempts


@pytest.mark.spec("T-38")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE", "MKCOL"])
@pytest.mark.parametrize("path", ["/auth/sign-out", "/graphql", "/", "/anything", "/healthz"])
async def test_the_guard_knows_no_method_that_it_lets_through_but_the_safe_ones(
    console: Console, method: str, path: str
) -> None:
    async with browser(console) as client:
        answer = await client.request(method, path)
        assert answer.status_code == 403
        assert "CLIENT_HEADER_MISSING" in answer.text


@pytest.mark.spec("T-38")
async def test_no_preflight_is_granted(console: Console) -> None:
    async with browser(console) as client:
        for path in ("/graphql", "/auth/sign-in"):
            answer = await client.options(
                path,
                headers={
                    "Origin": "https://evil.example",
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": CLIENT_HEADER,
                },
            )
            assert answer.status_code >= 400
            assert not any(name.startswith("access-control") for name in answer.headers)


def foreign_origins(console: Console) -> list[str]:
    return [
        "https://evil.example",
        "null",
        f"http://127.0.0.1.evil.example:{console.port}",
        f"http://notebook.127.0.0.1:{console.port}",
        f"http://localhost:{console.port}",
        f"http://127.0.0.1:{console.port + 1}",
        "http://127.0.0.1",
        f"https://127.0.0.1:{console.port}",
        f"{console.origin}/",
        f"{console.origin} https://evil.example",
        "",
    ]


@pytest.mark.spec("T-29", "T-30", "T-31")
async def test_a_websocket_from_another_origin_is_refused_before_it_is_accepted(
    console: Console,
) -> None:
    secret = console.accounts.open()
    for origin in [*foreign_origins(console), None]:
        with pytest.raises(InvalidStatus) as refused:
            await console.connect(secret, origin=origin)
        assert refused.value.response.status_code == 403, origin
    with pytest.raises(InvalidStatus):
        await console.connect(
            secret, origin=None, headers={"Sec-Fetch-Site": "same-origin", "X-Origin": "own"}
        )
    async with console.connect(secret):
        pass


@pytest.mark.spec("T-30", "T-31", "T-37")
async def test_a_request_from_another_origin_is_refused_even_with_our_header(
    console: Console,
) -> None:
    async with console.operator() as client:
        for origin in foreign_origins(console):
            answer = await client.post(
                "/graphql", json={"query": "{ me }"}, headers={"Origin": origin}
            )
            assert answer.status_code == 403, origin
        answer = await client.post(
            "/graphql", json={"query": "{ me }"}, headers={"Origin": console.origin}
        )
        assert answer.status_code == 200


@pytest.mark.spec("T-26", "T-29")
async def test_forwarded_headers_do_not_change_what_our_origin_is(console: Console) -> None:
    with pytest.raises(InvalidStatus):
        await console.connect(
            console.accounts.open(),
            origin="https://evil.example",
            headers={
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Proto": "https",
                "Forwarded": "host=evil.example;proto=https",
            },
        )
