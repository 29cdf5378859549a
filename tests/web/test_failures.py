"""What fails in the page stays where it failed, and says what it is."""

from __future__ import annotations

import pytest
from playwright.async_api import Request, expect

from tests.web.conftest import Console

STRANGE_LANGUAGE = """Object.defineProperty(
  navigator, "language", { value: "en-US@posix", configurable: true })"""


@pytest.mark.spec("DEV-1")
async def test_charts_are_drawn_in_a_browser_whose_language_has_no_name(view: Console) -> None:
    page = view.page
    await page.add_init_script(STRANGE_LANGUAGE)
    await view.open("/devices")
    await page.locator("#devices-row-0").click()
    charts = page.get_by_test_id("device-pane").get_by_test_id("charts")
    await expect(charts.locator("canvas")).to_have_count(4)


async def test_charts_that_fail_leave_the_device_and_the_list_beside_it(view: Console) -> None:
    page = view.page
    await view.open("/devices")
    await page.evaluate("window.isTheSamePage = true")
    await page.evaluate("(HTMLCanvasElement.prototype.getContext = null, 0)")
    await page.locator("#devices-row-0").click()
    pane = page.get_by_test_id("device-pane")
    await expect(pane).to_contain_text("Charts could not be shown")
    await expect(pane.get_by_test_id("holder")).to_be_visible()
    await view.is_live()
    assert await page.evaluate("window.isTheSamePage")


async def test_a_screen_that_fails_leaves_the_way_to_the_others(view: Console) -> None:
    page = view.page
    await page.route(
        "**/assets/JobList-*.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body="export function JobList() { throw new Error('odd browser') }",
        ),
    )
    await page.evaluate("window.isTheSamePage = true")
    rail = page.get_by_role("navigation")
    await rail.get_by_role("link", name="Jobs").click()
    await expect(page.get_by_role("alert")).to_contain_text("odd browser")
    await view.is_live()
    await rail.get_by_role("link", name="Nodes").click()
    await view.shows("Nodes")
    assert await page.evaluate("window.isTheSamePage")


async def test_a_screen_that_is_first_wanted_while_the_server_is_away_is_there(
    console: Console,
) -> None:
    page = console.page
    under_way: set[Request] = set()
    come: list[str] = []
    page.on("request", lambda request: under_way.add(request))

    def are_screens_there(request: Request) -> bool:
        under_way.discard(request)
        come.append(request.url)
        return any("/assets/About-" in url for url in come) and not under_way

    async with page.expect_event("requestfinished", are_screens_there):
        await page.reload()
    await page.evaluate("window.isTheSamePage = true")
    console.product.kill()
    await expect(page.get_by_test_id("live")).to_contain_text("Stale")
    await page.get_by_role("navigation").get_by_role("link", name="Jobs").click()
    await console.shows("Jobs")
    console.product.start()
    await console.is_live()
    assert await page.evaluate("window.isTheSamePage")


async def test_a_screen_that_could_not_be_fetched_comes_when_the_server_is_back(
    console: Console,
) -> None:
    page = console.page
    await page.route("**/assets/JobList-*.js", lambda route: route.abort())
    console.product.kill()
    await page.get_by_role("navigation").get_by_role("link", name="Jobs").click()
    await expect(page.get_by_test_id("stale")).to_be_visible()
    await page.unroute("**/assets/JobList-*.js")
    console.product.start()
    await console.shows("Jobs")
    await console.is_live()


async def test_a_page_that_finds_no_server_at_its_start_waits_for_it(console: Console) -> None:
    page = console.page
    await page.route("**/auth/session", lambda route: route.abort())
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    await page.unroute("**/auth/session")
    console.product.kill()
    async with page.expect_event("requestfailed", lambda r: r.url.endswith("/auth/session")):
        pass
    console.product.start()
    await console.is_live()
