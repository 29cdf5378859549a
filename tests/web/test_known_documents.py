"""The dashboard on a server that runs no documents but those it knows beforehand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, WebSocket, expect

from tests.services.product import Product
from tests.web.conftest import Console

ONLY = {"QUARTERMASTER_PERSISTED_DOCUMENTS": "only"}
NOT_KNOWN = "DOCUMENT_NOT_PERSISTED"
SCREENS = (
    *("/", "/devices", "/nodes", "/jobs", "/pools", "/groups", "/users"),
    *("/audit", "/balance", "/events", "/about"),
)


@pytest.mark.spec("T-36")
async def test_every_screen_is_there_and_graphiql_says_why_it_answers_nothing(
    page: Page, start_product: Callable[..., Product]
) -> None:
    console = Console(page, start_product(**ONLY))
    refused = watch_refusals(page)
    await console.open()
    await console.sign_in()
    for screen in SCREENS:
        await console.open(screen)
        await console.is_live()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.wait_for_load_state("networkidle")
    assert refused == []
    await console.open("/graphiql")
    result = page.locator(".result-window")
    async with asyncio.timeout(15):
        while NOT_KNOWN not in await result.inner_text():
            await page.get_by_role("button", name=re.compile("Execute|Stop")).click()
            await asyncio.sleep(0.5)


def watch_refusals(page: Page) -> list[str]:
    """What is refused from now on, over HTTP and over WebSocket."""
    refused: list[str] = []

    def look(frame: str | bytes) -> None:
        if NOT_KNOWN in str(frame):
            refused.append(str(frame))

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", look)

    page.on("websocket", watch)
    page.on("response", lambda answer: answer.status != 400 or refused.append(answer.url))
    return refused
