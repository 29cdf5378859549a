"""Your account, and the page where a terminal's code is typed, by hand in a browser."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, expect

from domain.database import execute
from tests.services.changes import done
from tests.services.chromium import Axe
from tests.services.graph import TLS
from tests.services.terminal import Terminal
from tests.web.lab import Lab


def row(lab: Lab, name: str) -> Locator:
    return lab.page.get_by_role("row").filter(has_text=name)


async def photograph(lab: Lab, name: str) -> None:
    """In dark and light, into the folder that is asked for, for people to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        for scheme in ("dark", "light"):
            await lab.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
            await lab.page.screenshot(path=f"{folder}/{name}-{scheme}.png")


@pytest.mark.spec("TOKEN-1")
async def test_a_token_is_made_used_seen_and_revoked_by_hand(lab: Lab, axe: Axe) -> None:
    page = lab.page
    await page.get_by_role("button", name="ada").click()
    await page.get_by_role("menuitem", name="Your account").click()
    await expect(page.get_by_text("No token yet")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("button", name="Create token").click()
    await lab.dialog.get_by_label("Name", exact=True).fill("nightly report")
    await photograph(lab, "create")
    assert await axe(page) == []
    await lab.dialog.get_by_role("button", name="Create token").click()
    secret = await page.get_by_test_id("secret").inner_text()
    assert secret.startswith("qm_")
    await photograph(lab, "secret")
    assert await axe(page) == []
    await page.keyboard.press("Escape")  # it would be gone for good
    await expect(lab.dialog).to_be_visible()
    await lab.dialog.get_by_text("Python", exact=True).click()
    await expect(lab.dialog.get_by_label("Example with python")).to_contain_text("httpx.post")
    await lab.dialog.get_by_role("button", name="Done").click()
    await expect(row(lab, "nightly report")).to_contain_text("never")
    assert secret not in await page.content()
    async with httpx.AsyncClient(base_url=lab.graph.url, verify=TLS) as program:
        headers = {"Authorization": f"Bearer {secret}"}
        body = {"query": "{ viewer { name } }"}
        assert (await program.post("/graphql", json=body, headers=headers)).status_code == 200
        await execute("UPDATE api_token SET expires_at = ?", datetime.now(UTC) + timedelta(days=3))
        await lab.open("/account")
        await expect(row(lab, "nightly report")).to_contain_text("ago from 127.0.0.1")
        await expect(page.get_by_text("expires within a week")).to_be_visible()
        await photograph(lab, "account")
        assert await axe(page) == []
        await page.get_by_role("button", name="Revoke nightly report").click()
        assert await axe(page) == []
        await lab.dialog.get_by_role("button", name="Revoke token").click()
        await expect(page.get_by_text("No token yet")).to_be_visible()
        assert (await program.post("/graphql", json=body, headers=headers)).status_code == 401


@pytest.mark.spec("TOKEN-1", "API-3")
async def test_a_name_that_is_taken_stands_at_its_field(lab: Lab, axe: Axe) -> None:
    await done(lab.graph, "createToken", name="report", scope="READ")
    await lab.open("/account?popup=create")
    await lab.dialog.get_by_label("Name", exact=True).fill("Report")
    await lab.dialog.get_by_role("button", name="Create token").click()
    await expect(lab.page.get_by_test_id("refusal")).to_contain_text("is taken")
    await expect(lab.dialog.get_by_label("Name", exact=True)).to_have_value("Report")
    assert await axe(lab.page) == []


@pytest.mark.spec("T-18")
async def test_another_browser_is_signed_out_and_then_all_are(lab: Lab, axe: Axe) -> None:
    page = lab.page
    await lab.open("/account")
    sessions = page.get_by_role("region", name="Signed in").get_by_role("row")
    await expect(sessions).to_have_count(3)  # the head, the graph's client, this browser
    await page.get_by_role("button", name="End the session").click()
    assert await axe(page) == []
    await lab.dialog.get_by_role("button", name="End session").click()
    await expect(sessions).to_have_count(2)
    assert (await lab.graph.http.get("/auth/session")).status_code == 401
    await page.get_by_role("button", name="Sign out everywhere").click()
    await lab.dialog.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


@pytest.mark.spec("TOKEN-1")
async def test_operators_see_and_end_the_tokens_of_a_user(lab: Lab, axe: Axe) -> None:
    page = lab.page
    made = await done(
        lab.graph, "onBoardUsers", users=[{"name": "eve", "roles": ["DATA_SCIENTIST"]}]
    )
    async with lab.graph.signed_in("eve", made["users"][0]["password"]) as hers:
        await done(hers, "createToken", name="her script", scope="MANAGE")
    await lab.open("/users")
    box = page.get_by_role("checkbox", name="Choose eve", exact=True)
    await page.locator("label", has=box).click()
    await page.get_by_role("button", name="Tokens").click()
    await expect(row(lab, "her script")).to_contain_text("Read and manage")
    await photograph(lab, "of-user")
    assert await axe(page) == []
    await lab.dialog.get_by_role("button", name="Revoke her script").click()
    await lab.dialog.get_by_role("button", name="Revoke token").click()
    await expect(lab.dialog).to_contain_text("eve has no token")


@pytest.mark.spec("TOKEN-1")
async def test_a_terminal_is_logged_in_by_its_code(lab: Lab, axe: Axe, tmp_path: Path) -> None:
    page, terminal = lab.page, Terminal(tmp_path / "config")
    command = await terminal.start("login", lab.graph.url)
    code = await command.code()
    await lab.open("/device")
    await expect(page.get_by_text("Type no code that somebody sent you")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("textbox", name="Code").fill("BBBB-BBBB")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("No terminal shows this code")
    assert await axe(page) == []
    await page.get_by_role("textbox", name="Code").fill(code.lower().replace("-", ""))
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("127.0.0.1")).to_be_visible()
    await expect(page.get_by_role("button", name="Refuse")).to_be_focused()
    await photograph(lab, "device")
    assert await axe(page) == []
    await page.get_by_role("button", name="Yes, log it in").click()
    await expect(page.get_by_text("is logged in as ada")).to_be_visible()
    assert await axe(page) == []
    assert await command.end() == 0, command.said
    status, said = await terminal.run("query", "{ viewer { name } }")
    assert (status, '"ada"' in said) == (0, True)


@pytest.mark.spec("TOKEN-1")
async def test_a_terminal_that_is_refused_hears_so(lab: Lab, tmp_path: Path) -> None:
    command = await Terminal(tmp_path / "config").start("login", lab.graph.url, "--manage")
    await lab.open("/device")
    await lab.page.get_by_role("textbox", name="Code").fill(await command.code())
    await lab.page.get_by_role("button", name="Continue").click()
    await expect(lab.page.get_by_text("read and manage")).to_be_visible()
    await lab.page.get_by_role("button", name="Refuse").click()
    await expect(lab.page.get_by_text("It gets no token.")).to_be_visible()
    assert await command.end() == 1
    assert "It was refused." in command.said
