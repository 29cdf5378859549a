"""Every screen in both themes meets WCAG 2.2 AA, as far as axe can tell."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.services.chromium import Axe
from tests.web.conftest import Console
from tests.web.test_policy import SCREENS


@pytest.mark.spec("DASH-1", "NODE-1", "DEV-1")
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_screen(large_view: Console, axe: Axe, theme: str) -> None:
    page = large_view.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    found: dict[str, list[str]] = {}
    device = "/devices?health=CRITICAL"
    for path in (*SCREENS, "/nodes/h100-r14-02", "/?view=table", device):
        await large_view.open(path)
        await large_view.is_live()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        if path == device:
            await page.locator("#devices-row-0").click()
            await expect(page.get_by_test_id("device-pane")).to_be_visible()
        if violations := await axe(page):
            found[path] = violations
    assert found == {}


async def test_the_way_in_is_accessible_too(large_view: Console, axe: Axe) -> None:
    await large_view.page.context.clear_cookies()
    await large_view.open("/sign-in")
    await expect(large_view.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await axe(large_view.page) == []


async def test_the_page_reflows_on_a_narrow_screen(view: Console) -> None:
    page = view.page
    await page.set_viewport_size({"width": 320, "height": 640})
    popups = ("/pools?popup=create", "/pools?popup=move", "/groups?popup=create")
    popups += (
        "/webhooks?popup=create",
        "/clusters?popup=add",
        "/dvs?popup=create",
        "/account?popup=create",
    )
    popups += ("/users?popup=on-board", "/users?popup=delete&which=operator")
    screens = (
        "/",
        "/nodes",
        "/devices",
        "/jobs",
        "/pools?view=all",
        "/balance",
        "/audit",
        "/account",
        "/device",
    )
    for path in (*screens, *popups):
        await view.open(path)
        await view.is_live()
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0, path
        if path in popups:
            # What is fixed over the page does not make it wider: its own edge tells.
            dialog = page.locator("[role=dialog], [role=alertdialog]")
            await expect(dialog).to_be_visible()
            edge = await dialog.evaluate("dialog => dialog.getBoundingClientRect().right")
            assert edge <= 320, path
