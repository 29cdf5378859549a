"""What the browser shows while the server is away, and that it heals without a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.services.product import Product
from tests.services.redis import RedisServer
from tests.web.conftest import Console


@pytest.mark.spec("F-26", "F-19", "API-4", "NODE-2")
async def test_a_killed_server_is_shown_as_stale_and_a_new_one_is_live_by_itself(
    console: Console,
) -> None:
    page = console.page
    devices = page.get_by_test_id("tile-Devices")
    await expect(devices).to_contain_text("16")
    await page.evaluate("window.isTheSamePage = true")
    console.product.kill()
    await expect(page.get_by_test_id("stale")).to_contain_text("What is shown is not live")
    await expect(page.get_by_test_id("live")).to_contain_text("Stale")
    await expect(devices).to_contain_text("16")  # old data stays
    console.product.start()
    await expect(page.get_by_test_id("stale")).to_have_count(0)
    await console.is_live()
    assert await page.evaluate("window.isTheSamePage")


@pytest.mark.spec("F-26", "F-11", "API-4", "NODE-2")
async def test_a_killed_redis_is_shown_as_stale_and_a_new_one_is_live_by_itself(
    page: Page, start_product: Callable[..., Product], redis_server: RedisServer
) -> None:
    console = Console(page, start_product(QUARTERMASTER_REDIS_URL=redis_server.url))
    await console.open()
    await console.sign_in()
    ready = page.get_by_test_id("reading-Nodes ready")
    await expect(ready).to_contain_text("4 / 4")
    await page.evaluate("window.isTheSamePage = true")
    redis_server.kill()
    await expect(page.get_by_test_id("live")).to_contain_text("Stale")
    await expect(page.get_by_test_id("stale")).to_contain_text("The server hears no node")
    await expect(page.get_by_test_id("tile-Computing")).to_contain_text("n/a")
    redis_server.start()
    await console.is_live()
    await expect(ready).to_contain_text("4 / 4")
    assert await page.evaluate("window.isTheSamePage")


@pytest.mark.spec("F-26")
async def test_a_page_without_network_says_so_and_is_current_again_after(console: Console) -> None:
    page = console.page
    await page.context.set_offline(True)
    # An open socket outlives this switch in Chromium: the server is frozen too.
    console.product.freeze()
    await expect(page.get_by_test_id("live")).to_contain_text("Stale")
    console.product.thaw()
    await page.context.set_offline(False)
    await console.is_live()


async def test_paused_numbers_stand_still_and_say_since_when(view: Console) -> None:
    page = view.page
    power = page.get_by_test_id("reading-GPU power")
    await page.get_by_role("button", name="Pause: hold the numbers still").click()
    await expect(page.get_by_text("Paused since")).to_be_visible()
    held = await power.inner_text()
    await page.get_by_role("button", name="Go on", exact=True).click()
    await expect(power).not_to_have_text(held)
