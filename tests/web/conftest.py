"""A person in front of the dashboard: signed in, and watched for what the page complains about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Page, expect

from tests.services.graph import Graph
from tests.services.product import Product
from tests.web.lab import Lab, running_lab

PATIENCE_MS = 15_000


class Console:
    """The dashboard in a browser."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page = page
        self.product = product

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.product.url + path)

    async def sign_in(self) -> None:
        """From wherever it stands to the screen that was asked for."""
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
async def console(page: Page, product: Product) -> AsyncIterator[Console]:
    """The dashboard of a demo of 4 nodes with 4 GPUs, an operator signed in."""
    yield await _signed_in(page, product)


@pytest.fixture
async def large_console(
    page: Page, start_product: Callable[..., Product]
) -> AsyncIterator[Console]:
    """The same of 1,000 devices, with faults from the start."""
    yield await _signed_in(page, start_product("125x8"))


async def _signed_in(page: Page, product: Product) -> Console:
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    console = Console(page, product)
    await console.open()
    await console.sign_in()
    return console


@pytest.fixture
async def lab(page: Page, graph: Graph) -> AsyncIterator[Lab]:
    """A small cluster that does what the test says, its console open, an operator signed in."""
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    async with running_lab(page, graph) as lab:
        yield lab
