"""Signing in at a provider, over a real socket: what browser begins it comes back, once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

import domain.sign_in_redirects
from domain.actors import Actor
from domain.authentication import activate, deactivate, read_authentication
from domain.database import execute, fetch
from domain.known_people import people_who_knocked
from domain.roles import Role
from domain.secrets import Secret
from domain.users import Newcomer, on_board
from identity.backend import BackendKind
from identity.settings import GitHubSettings, OidcSettings
from tests.server.console import running_console
from tests.services import github, openid
from tests.services.graph import Graph
from tests.services.openid import OpenId, open_id

SYSTEM = Actor.system("test")


@dataclass
class Entrance:
    """An installation whose people sign in at a provider; ada is its local operator."""

    graph: Graph
    provider: OpenId

    async def activate(self, **settings: Any) -> None:
        given = OidcSettings(issuer=self.provider.issuer, client_id=openid.CLIENT_ID, **settings)
        secrets = {"client_secret": Secret(openid.CLIENT_SECRET)}
        version = (await read_authentication()).version
        await activate(SYSTEM, version, given, secrets, self.provider.issuer)

    async def on_board(self, subject: str, name: str, *roles: Role) -> int:
        return (await on_board(SYSTEM, [Newcomer(name, None, roles, None, subject)]))[0].user_id

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.graph.url, timeout=20)

    async def sign_in(
        self, browser: httpx.AsyncClient, next: str = "/", **more: str
    ) -> httpx.Response:
        return await self.come_back(browser, await self.begin(browser, next), **more)

    async def begin(self, browser: httpx.AsyncClient, next: str = "/") -> str:
        """Where the provider is."""
        begun = await browser.get("/auth/begin", params={"next": next})
        assert begun.status_code == 303, begun.text
        return begun.headers["location"]

    async def come_back(self, browser: httpx.AsyncClient, url: str, **more: str) -> httpx.Response:
        return await browser.get("/auth/callback", params=self.provider.sign_in(url, **more))


@pytest.fixture
async def entrance(graph: Graph) -> AsyncIterator[Entrance]:
    async with open_id() as provider:
        entrance = Entrance(graph, provider)
        await entrance.activate()
        yield entrance


def leads_to(answer: httpx.Response) -> str:
    found = re.search(r'content="0;url=([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found[1])


def failure_of(answer: httpx.Response) -> str:
    path, _, rest = leads_to(answer).partition("?failed=")
    failure, _, request = rest.partition("&request=")
    assert path == "/sign-in"
    assert request == answer.headers["x-request-id"]
    return failure


async def who(browser: httpx.AsyncClient) -> str | None:
    answer = await browser.get("/auth/session")
    return answer.json()["name"] if answer.status_code == 200 else None


@pytest.mark.spec("USER-1", "USER-4")
async def test_who_is_known_there_knocks_is_on_boarded_and_comes_in(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        refused = await entrance.sign_in(browser)
        assert (refused.status_code, failure_of(refused)) == (403, "not-on-board")
        assert await who(browser) is None
        knocked = await people_who_knocked(BackendKind.OIDC, entrance.provider.issuer)
        assert [(person.subject, person.name) for person, _ in knocked] == [("subject-1", "grace")]
        await entrance.on_board("subject-1", "grace")
        entered = await entrance.sign_in(browser, "/nodes?q=h100")
        assert (entered.status_code, leads_to(entered)) == (200, "/nodes?q=h100")
        session = (await browser.get("/auth/session")).json()
        assert (session["name"], session["roles"]) == ("grace", ["OPERATOR"])


@pytest.mark.spec("T-1")
async def test_another_browser_cannot_take_an_answer_and_nobody_twice(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as mine, entrance.browser() as victims:
        answer = entrance.provider.sign_in(await entrance.begin(mine))
        stolen = await victims.get("/auth/callback", params=answer)
        assert (stolen.status_code, failure_of(stolen)) == (400, "not-this-browser")
        assert await who(victims) is None
        # Nor where the victim was about to sign in itself.
        await entrance.begin(victims)
        stolen = await victims.get("/auth/callback", params=answer)
        assert (stolen.status_code, failure_of(stolen)) == (403, "not-confirmed")
        assert await who(victims) is None
        assert entrance.provider.asked_for("/token") == 0

        cookie = {"Cookie": f"quartermaster_sign_in={mine.cookies['quartermaster_sign_in']}"}
        assert (await mine.get("/auth/callback", params=answer)).status_code == 200
        assert await who(mine) == "grace"
        again = await victims.get("/auth/callback", params=answer, headers=cookie)
        assert (again.status_code, failure_of(again)) == (400, "not-this-browser")


@pytest.mark.spec("T-1")
async def test_who_came_back_with_a_wrong_answer_cannot_try_another(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        answer = entrance.provider.sign_in(await entrance.begin(browser))
        cookie = {"Cookie": f"quartermaster_sign_in={browser.cookies['quartermaster_sign_in']}"}
        wrong = await browser.get("/auth/callback", params=answer | {"state": "wrong"})
        assert failure_of(wrong) == "not-confirmed"
        again = await browser.get("/auth/callback", params=answer, headers=cookie)
        assert (again.status_code, failure_of(again)) == (400, "not-this-browser")


@pytest.mark.spec("T-1")
async def test_an_answer_that_comes_too_late_is_refused(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        url = await entrance.begin(browser)
        rows = await fetch("SELECT id, begun_at FROM sign_in_redirect")
        await execute(
            "UPDATE sign_in_redirect SET begun_at = ? WHERE id = ?",
            rows[0]["begun_at"] - timedelta(minutes=11),
            rows[0]["id"],
        )
        assert failure_of(await entrance.come_back(browser, url)) == "not-this-browser"


@pytest.mark.spec("T-1")
async def test_a_code_that_was_asked_of_one_provider_is_not_sent_to_the_next(
    entrance: Entrance,
) -> None:
    async with entrance.browser() as browser:
        url = await entrance.begin(browser)
        await entrance.activate(scopes="openid")
        assert failure_of(await entrance.come_back(browser, url)) == "not-this-browser"
    assert entrance.provider.asked_for("/token") == 0


@pytest.mark.spec("T-18")
async def test_the_session_is_new_and_the_one_before_is_over(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser, entrance.browser() as other:
        await entrance.sign_in(browser)
        former = browser.cookies["quartermaster_session"]
        await entrance.sign_in(browser)
        assert browser.cookies["quartermaster_session"] != former
        other.cookies.set("quartermaster_session", former)
        assert await who(other) is None
        # One that was planted is not taken over.
        other.cookies.set("quartermaster_session", "planted")
        answer = await entrance.sign_in(other)
        assert "planted" not in str(answer.headers)
        other.cookies.clear()
        other.cookies.set("quartermaster_session", "planted" * 1000)  # fits into no table
        assert (await entrance.sign_in(other)).status_code == 200


@pytest.mark.spec("T-18", "T-1")
async def test_the_cookies_say_who_may_read_and_send_them(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        begun = await browser.get("/auth/begin")
        key = begun.headers["set-cookie"]
        assert key.endswith("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax")
        done = await entrance.come_back(browser, begun.headers["location"])
        taken, session = done.headers.get_list("set-cookie")
        assert "quartermaster_sign_in=; Max-Age=0" in taken
        assert session.startswith("quartermaster_session=")
        assert session.endswith("; Path=/; HttpOnly; SameSite=Strict")


@pytest.mark.spec("T-1", "T-20")
async def test_the_provider_sends_back_to_the_public_address_whatever_the_host(
    static: Path,
) -> None:
    with running_console(static, public_url="https://gpus.example.org") as console:
        async with console.client(Host="127.0.0.1") as browser:
            begun = await browser.get("/auth/begin")
    back = parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"]
    assert back == ["https://gpus.example.org/auth/callback"]
    cookie = begun.headers["set-cookie"]
    assert cookie.startswith("__Host-quartermaster_sign_in=key;")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")


@pytest.mark.spec("T-7", "T-8")
async def test_the_name_or_address_of_the_local_operator_opens_nothing(entrance: Entrance) -> None:
    entrance.provider.claims |= {"preferred_username": "ada", "email": "ada", "name": "ada"}
    async with entrance.browser() as browser:
        assert failure_of(await entrance.sign_in(browser)) == "not-on-board"
        assert await who(browser) is None
        await entrance.on_board("subject-1", "grace")
        await entrance.sign_in(browser)
        assert await who(browser) == "grace"


@pytest.mark.spec("T-19")
async def test_signing_in_leads_to_a_path_of_our_own_or_to_the_start(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        for asked, path in (
            ("//evil.example", "/"),
            ("/.//evil.example", "/"),
            ("%2f%2fevil.example", "/"),
            ("/devices?q=//a&sort=-name", "/devices?q=//a&sort=-name"),
        ):
            assert leads_to(await entrance.sign_in(browser, asked)) == path
        answer = await entrance.sign_in(browser, '/"><script>alert(1)</script>')
        assert "<script>" not in answer.text


@pytest.mark.spec("T-9")
async def test_who_is_not_in_the_required_group_does_not_even_knock(entrance: Entrance) -> None:
    await entrance.activate(required_group="operators")
    async with entrance.browser() as browser:
        answer = await entrance.sign_in(browser)
    assert (answer.status_code, failure_of(answer)) == (403, "not-let-in")
    assert await people_who_knocked(BackendKind.OIDC, entrance.provider.issuer) == []


@pytest.mark.spec("T-41", "T-56")
async def test_nothing_that_the_provider_says_gets_into_a_page_of_ours(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        state = entrance.provider.sign_in(await entrance.begin(browser))["state"]
        said = {"error": "<b>canary", "error_description": "canary", "error_uri": "http://canary"}
        answer = await browser.get("/auth/callback", params={"state": state, **said})
        assert (answer.status_code, failure_of(answer)) == (403, "not-confirmed")
        assert "canary" not in answer.text + str(answer.headers)


async def test_an_answer_that_says_a_thing_twice_is_refused(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        answer = entrance.provider.sign_in(await entrance.begin(browser))
        twice = [*answer.items(), ("state", "another")]
        assert (await browser.get("/auth/callback", params=twice)).status_code == 400


async def test_a_provider_that_is_away_is_said_to_be_and_why_is_in_the_log(
    entrance: Entrance,
) -> None:
    entrance.provider.metadata["issuer"] = "https://another.example.org"
    async with entrance.browser() as browser:
        with capture_logs() as lines:
            answer = await browser.get("/auth/begin")
    (line,) = [line for line in lines if line["event"] == "sign_in.failed"]
    assert (line["request_id"], line["step"]) == (answer.headers["x-request-id"], "discovery")
    assert "another issuer" in line["reason"]
    assert (answer.status_code, failure_of(answer)) == (503, "provider-away")
    assert "set-cookie" not in answer.headers


@pytest.mark.spec("T-13")
async def test_from_one_address_only_so_many_are_begun(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain.sign_in_redirects, "MOST_AT_ONCE", 3)
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        for _ in range(5):  # who comes in counts no more
            assert (await entrance.sign_in(browser)).status_code == 200
        for _ in range(3):
            await entrance.begin(browser)
        answer = await browser.get("/auth/begin")
        assert (answer.status_code, failure_of(answer)) == (429, "too-many")
        assert 590 <= int(answer.headers["retry-after"]) <= 600


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-site", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-origin", "sec-fetch-dest": "image"},
    ],
)
async def test_another_site_begins_nothing_here(
    entrance: Entrance, headers: dict[str, str]
) -> None:
    async with entrance.browser() as browser:
        answer = await browser.get("/auth/begin?next=/jobs", headers=headers)
    assert answer.headers["location"] == "/sign-in?next=%2Fjobs"
    assert await fetch("SELECT id FROM sign_in_redirect") == []


@pytest.mark.spec("CRED-1", "T-46")
async def test_anybody_may_know_how_to_sign_in_and_no_more(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        methods = await browser.get("/auth/methods")
        assert methods.json() == {"local": True, "ldap": False, "provider": "127.0.0.1"}
        await deactivate(SYSTEM, (await read_authentication()).version)
        methods = await browser.get("/auth/methods")
        assert methods.json() == {"local": True, "ldap": False, "provider": None}
        assert failure_of(await browser.get("/auth/begin")) == "no-provider"


@pytest.mark.spec("T-17")
async def test_without_the_provider_its_peoples_sessions_are_over(entrance: Entrance) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        await entrance.sign_in(browser)
        assert await who(browser) == "grace"
        await deactivate(SYSTEM, (await read_authentication()).version)
        assert await who(browser) is None


@pytest.mark.spec("T-45")
async def test_what_is_kept_meanwhile_tells_nothing(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await entrance.begin(browser)
        key = browser.cookies["quartermaster_sign_in"]
    (row,) = await fetch("SELECT key_hash, sealed FROM sign_in_redirect")
    assert key not in (row["key_hash"], row["sealed"])
    assert "verifier" not in row["sealed"]


@pytest.mark.spec("T-1", "T-9")
async def test_members_of_a_github_organisation_come_in_the_same_way(entrance: Entrance) -> None:
    async with github.github_service() as service:
        settings = GitHubSettings(
            client_id=github.CLIENT_ID,
            organisation=github.ORGANISATION,
            api_url=service.api_url,
            web_url=service.web_url,
        )
        secrets = {
            "client_secret": Secret(github.CLIENT_SECRET),
            "token": Secret(github.TOKEN),
        }
        version = (await read_authentication()).version
        await activate(SYSTEM, version, settings, secrets, service.web_url)
        await entrance.on_board("2", "grace")
        async with entrance.browser() as mine, entrance.browser() as victims:
            assert (await mine.get("/auth/methods")).json()["provider"] == "GitHub"
            answer = service.sign_in(await entrance.begin(mine), "grace")
            stolen = await victims.get("/auth/callback", params=answer)
            assert (stolen.status_code, await who(victims)) == (400, None)
            assert (await mine.get("/auth/callback", params=answer)).status_code == 200
            assert await who(mine) == "grace"
            outsider = service.sign_in(await entrance.begin(victims), "eve")
            refused = await victims.get("/auth/callback", params=outsider)
            assert failure_of(refused) == "not-let-in"


@pytest.mark.spec("T-18", "T-19")
async def test_who_signs_out_is_offered_to_sign_out_at_the_provider_too(entrance: Entrance) -> None:
    entrance.provider.metadata["end_session_endpoint"] = f"{entrance.provider.issuer}/end?x=1"
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        await entrance.sign_in(browser)
        out = await browser.post("/auth/sign-out", headers={"Quartermaster-Client": "tests"})
        assert (out.status_code, out.json()) == (200, {"elsewhere": "/auth/leave"})
        assert await who(browser) is None
        left = await browser.get("/auth/leave", params={"next": "https://evil.example"})
        assert left.status_code == 303
        url = urlsplit(left.headers["location"])
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{entrance.provider.issuer}/end"
        assert parse_qs(url.query) == {
            "x": ["1"],
            "client_id": [openid.CLIENT_ID],
            "post_logout_redirect_uri": [f"{entrance.graph.url}/sign-in"],
        }
        other = await browser.get("/auth/leave", headers={"Sec-Fetch-Site": "cross-site"})
        assert other.headers["location"] == "/sign-in"
        password = entrance.graph.password
        await browser.post(
            "/auth/sign-in",
            json={"name": "ada", "password": password},
            headers={"Quartermaster-Client": "tests"},
        )
        local = await browser.post("/auth/sign-out", headers={"Quartermaster-Client": "tests"})
        assert local.status_code == 204  # the local operator was never there


async def test_where_a_provider_has_no_place_to_sign_out_at_nobody_is_sent(
    entrance: Entrance,
) -> None:
    await entrance.on_board("subject-1", "grace")
    async with entrance.browser() as browser:
        await entrance.sign_in(browser)
        out = await browser.post("/auth/sign-out", headers={"Quartermaster-Client": "tests"})
        assert out.status_code == 204
        assert (await browser.get("/auth/leave")).headers["location"] == "/sign-in"
