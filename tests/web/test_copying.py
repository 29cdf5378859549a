"""Copying over plain HTTP under a name that is not localhost, where a page has no clipboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.services.chromium import NAME, Axe
from tests.services.product import Product
from tests.web.conftest import Console


@pytest.fixture
def product(start_product: Callable[..., Product]) -> Product:
    product = start_product(QUARTERMASTER_PUBLIC_URL=f"http://{NAME}")
    product.url = f"http://{NAME}:{product.port}"
    return product


@pytest.fixture
async def console(page: Page, product: Product) -> Console:
    """Signed in by the form: only the browser knows the way to this name."""
    console = Console(page, product)
    await console.open()
    await console.sign_in()
    return console


async def pasted(console: Console) -> str:
    """What is on the clipboard, as a field gets it."""
    await console.open("/nodes")
    field = console.page.get_by_label("Node name")
    await field.focus()
    await console.page.keyboard.press("ControlOrMeta+V")
    return await field.input_value()


async def on_board(page: Page, *names: str) -> list[str]:
    """Their first passwords, which are shown when this returns."""
    login = page.get_by_label("Somebody who is not in the list, by login")
    for name in names:
        await login.fill(name)
        await login.press("Enter")
    await page.get_by_role("button", name=f"On-board {len(names)} users").click()
    return [await page.get_by_test_id(f"password-{name}").inner_text() for name in names]


@pytest.mark.spec("USER-1")
async def test_first_passwords_are_copied_over_plain_http(console: Console) -> None:
    page = console.page
    assert not await page.evaluate("window.isSecureContext")
    await console.open("/users?popup=on-board")
    zoe, ben = await on_board(page, "zoe", "ben")
    await page.get_by_role("button", name="Copy the password of ben").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    await page.get_by_role("button", name="Copy all 2").click()
    await expect(page.get_by_role("button", name="Copied")).to_have_count(2)
    await page.get_by_role("button", name="Done").click()
    both = await pasted(console)
    assert both.split() == ["ben", ben, "zoe", zoe]  # who was added last comes first


async def test_the_address_of_the_api_is_copied_over_plain_http(console: Console) -> None:
    page = console.page
    await page.get_by_role("button", name=re.compile(console.product.name)).click()
    await page.get_by_role("menuitem", name="Copy the API’s address").click()
    await expect(page.get_by_test_id("announcer")).to_have_text("Copied the API’s address")
    assert await pasted(console) == f"{console.product.url}/graphql"


async def test_what_cannot_be_copied_says_what_to_do(console: Console, axe: Axe) -> None:
    page = console.page
    await page.add_init_script("document.execCommand = () => false")
    await console.open("/users?popup=on-board")
    await on_board(page, "zoe", "ben")
    await page.get_by_role("button", name="Copy all 2").click()
    await expect(page.get_by_text("Not copied: select them and press Ctrl C")).to_be_visible()
    await page.get_by_role("button", name="Copy the password of zoe").click()
    await expect(page.get_by_text("Not copied: select it and press Ctrl C")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("button", name="Done").click()
    # The menu closes when something is chosen in it: the address is shown where it can be selected.
    await page.get_by_role("button", name=re.compile(console.product.name)).click()
    await page.get_by_role("menuitem", name="Copy the API’s address").click()
    await console.shows("About")
