"""Signing in and out in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.services.product import Product
from tests.web.conftest import Console

ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "%2f%2fevil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/sign-in",
]


async def test_a_wrong_password_is_refused_and_what_was_typed_stays(
    page: Page, product: Product
) -> None:
    await page.goto(product.url)
    await page.get_by_label("Name", exact=True).fill("operator")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("operator")


@pytest.mark.spec("T-19")
async def test_signing_in_leads_to_the_screen_that_was_asked_for_and_nowhere_else(
    page: Page, product: Product
) -> None:
    console = Console(page, product)
    await console.open("/nodes?q=h100")
    await console.sign_in()
    await expect(page).to_have_url(f"{product.url}/nodes?q=h100")
    for elsewhere in ELSEWHERE:
        await page.context.clear_cookies()
        await page.goto(f"{product.url}/sign-in")
        await page.evaluate(
            "next => history.replaceState(null, '', '/sign-in?next=' + encodeURIComponent(next))",
            elsewhere,
        )
        await page.reload()
        await console.sign_in()
        await expect(page).to_have_url(f"{product.url}/")


@pytest.mark.spec("T-18", "T-33")
async def test_signing_out_leaves_nothing_on_the_screen_and_nothing_behind_it(
    console: Console,
) -> None:
    page = console.page
    await page.get_by_role("button", name="operator DS OP").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(page.get_by_test_id("tile-Devices")).to_have_count(0)
    assert await page.context.cookies() == []
    await page.go_back()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.spec("T-32")
async def test_a_session_that_ends_elsewhere_leads_to_signing_in(console: Console) -> None:
    page = console.page
    other = await page.context.new_page()
    await other.goto(console.product.url)
    await other.evaluate(
        "fetch('/auth/sign-out', {method: 'POST', headers: {'Quartermaster-Client': 'test'}})"
    )
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
