"""Signing in at a provider of another site, in a browser: there, back, and on to where one was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from domain.actors import Actor
from domain.authentication import activate, read_authentication
from domain.roles import Role
from domain.secrets import Secret
from domain.users import Newcomer, on_board
from identity.settings import OidcSettings
from tests.services.certified_openid import certified_provider
from tests.services.chromium import Axe
from tests.services.graph import Graph
from tests.services.openid import CLIENT_ID, CLIENT_SECRET

SYSTEM = Actor.system("test")
SUBJECT = "7"


@dataclass
class Way:
    """The console is localhost to the browser, and the provider 127.0.0.1: two sites."""

    page: Page
    url: str
    password: str
    """The local operator's, who is ada."""

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def begin(self) -> None:
        await self.page.get_by_role("button", name="Sign in with 127.0.0.1").click()

    async def sign_in(self) -> None:
        """By the provider's own pages; it remembers who was there before."""
        await self.begin()
        await self.page.get_by_placeholder("Enter any login").fill(SUBJECT)
        await self.page.get_by_placeholder("and password").fill("any")
        await self.page.get_by_role("button", name="Sign-in").click()
        await self.page.get_by_role("button", name="Continue").click()


@pytest.fixture
async def way(page: Page, graph: Graph, tmp_path: Path) -> AsyncIterator[Way]:
    url = graph.url.replace("127.0.0.1", "localhost")
    with certified_provider(tmp_path, f"{url}/auth/callback") as issuer:
        settings = OidcSettings(issuer=issuer, client_id=CLIENT_ID, scopes="openid profile groups")
        version = (await read_authentication()).version
        secrets = {"client_secret": Secret(CLIENT_SECRET)}
        await activate(SYSTEM, version, settings, secrets, issuer)
        yield Way(page, url, graph.password)


async def on_board_grace() -> None:
    await on_board(SYSTEM, [Newcomer("grace", None, (Role.OPERATOR,), None, SUBJECT)])


@pytest.mark.spec("CRED-1", "T-18", "T-19")
async def test_signing_in_elsewhere_leads_back_to_the_screen_that_was_asked_for(way: Way) -> None:
    await on_board_grace()
    await way.open("/nodes?q=h100")
    await way.sign_in()
    await expect(way.page).to_have_url(f"{way.url}/nodes?q=h100")
    await expect(way.page.get_by_role("button", name="grace")).to_be_visible()
    cookies = {each["name"]: each for each in await way.page.context.cookies(way.url)}
    assert set(cookies) == {"quartermaster_session"}
    assert cookies["quartermaster_session"]["sameSite"] == "Strict"
    assert cookies["quartermaster_session"]["httpOnly"]


async def test_a_page_that_only_a_strict_cookie_opens_is_open_right_after(way: Way) -> None:
    """The server itself asks for the session there, before any script of ours runs."""
    await on_board_grace()
    await way.open("/graphiql")
    await expect(way.page).to_have_url(re.compile("/sign-in"))
    await way.sign_in()
    await expect(way.page).to_have_url(f"{way.url}/graphiql")
    # Neither the code nor the way there is left in the history.
    await way.page.go_back()
    assert "/auth/" not in way.page.url


@pytest.mark.spec("USER-1")
async def test_who_is_not_on_board_reads_so_and_how_to_be_found_in_the_log(way: Way) -> None:
    await way.open("/")
    await way.sign_in()
    alert = way.page.get_by_role("alert")
    await expect(alert).to_contain_text("You are known, but not on board yet")
    await expect(alert).to_contain_text(re.compile(r"Request [0-9a-f]{16}"))
    await expect(alert).to_be_focused()
    await expect(way.page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_way_in_with_its_button_is_accessible(way: Way, axe: Axe, theme: str) -> None:
    await way.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await way.open("/sign-in?failed=not-let-in")
    await expect(way.page.get_by_role("button", name="Sign in with 127.0.0.1")).to_be_visible()
    await expect(way.page.get_by_role("alert")).to_contain_text("ask an operator")
    assert await axe(way.page) == []


async def test_words_of_others_are_not_shown_as_ours(way: Way) -> None:
    await way.open("/sign-in?failed=Call%20us&request=at%20555-1234")
    await expect(way.page.get_by_role("button", name="Sign in with 127.0.0.1")).to_be_focused()
    await expect(way.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.spec("T-18")
async def test_who_signs_out_here_can_sign_out_at_the_provider_too(way: Way, axe: Axe) -> None:
    await on_board_grace()
    await way.open("/devices")
    await way.sign_in()
    await way.page.get_by_role("button", name="grace").click()
    await way.page.get_by_role("menuitem", name="Sign out").click()
    told = way.page.get_by_role("status").filter(has_text="may still be signed in at 127.0.0.1")
    await expect(told).to_be_visible()
    assert await axe(way.page) == []
    await way.page.get_by_role("button", name="Sign out there too").click()
    await way.page.get_by_role("button", name="Yes, sign me out").click()
    await expect(way.page).to_have_url(f"{way.url}/sign-in")
    await way.begin()  # and the provider asks who it is, as it does of a stranger
    await expect(way.page.get_by_placeholder("Enter any login")).to_be_visible()


@pytest.mark.spec("T-33", "T-18")
async def test_when_another_person_signs_in_nothing_of_the_former_is_left(way: Way) -> None:
    """The browser's other page is of the person before: its session is over, and it goes."""
    await on_board_grace()
    await way.open("/devices")
    await way.page.get_by_label("Name", exact=True).fill("ada")
    await way.page.get_by_label("Password").fill(way.password)
    await way.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(way.page.get_by_role("button", name="ada")).to_be_visible()
    other = await way.page.context.new_page()
    await Way(other, way.url, way.password).open("/sign-in")
    await Way(other, way.url, way.password).sign_in()
    await expect(other.get_by_role("button", name="grace")).to_be_visible()
    await expect(way.page.get_by_role("button", name="ada")).to_have_count(0)
