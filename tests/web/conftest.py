"""A person in front of the dashboard: signed in, and watched for what the page complains about."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.services.graph import Graph
from tests.services.product import Product
from tests.web.lab import Lab, running_lab
from tests.web.session import sign_in

PATIENCE_MS = 15_000


class Console:
    """The dashboard in a browser."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page = page
        self.product = product

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.product.url + path)

    async def sign_in(self) -> None:
        """By the form, from wherever it stands to the screen that was asked for."""
        await self.page.get_by_label("Name", exact=True).fill(self.product.name)
        await self.page.get_by_label("Password").fill(self.product.password)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.is_live()

    async def is_live(self) -> None:
        await expect(self.page.get_by_test_id("live")).to_contain_text("Live")

    async def tick(self, name: str) -> None:
        """Press the box of this name; the input itself is out of sight."""
        box = self.page.get_by_role("checkbox", name=name, exact=True)
        await self.page.locator("label", has=box).click()

    async def shows(self, title: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(title)


@pytest.fixture
def kind() -> str:
    """The rules are proven on both databases elsewhere: the pages are walked on one."""
    return "sqlite"


@pytest.fixture
async def page(page: Page) -> Page:
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return page


@pytest.fixture
async def console(page: Page, product: Product) -> Console:
    """The dashboard of a demo of 4 nodes with 4 GPUs, an operator signed in."""
    return await _signed_in(page, product)


@pytest.fixture
async def view(page: Page, demo: Product) -> Console:
    """The same for tests that only look: they share the product, each has a session of its own."""
    return await _signed_in(page, demo)


@pytest.fixture
async def large_view(page: Page, large_demo: Product) -> Console:
    """The same of 1,000 devices, with faults from the start."""
    return await _signed_in(page, large_demo)


async def _signed_in(page: Page, product: Product) -> Console:
    await sign_in(page, product.url, product.name, product.password)
    console = Console(page, product)
    await console.open()
    await console.is_live()
    return console


@pytest.fixture
async def lab(page: Page, graph: Graph) -> AsyncIterator[Lab]:
    """A small cluster that does what the test says, its console open, an operator signed in."""
    async with running_lab(page, graph) as lab:
        yield lab
