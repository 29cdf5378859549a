"""The policy of the pages holds: nothing from elsewhere, no script of a stranger's name."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from telemetry.redis_bus import RedisBus
from telemetry.samples import (
    DeviceFacts,
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeFacts,
    NodeId,
    NodeProcesses,
    NodeSample,
    ProcessSample,
    to_columns,
)
from tests.services.product import Product
from tests.services.redis import RedisServer
from tests.web.conftest import Console

SCREENS = (
    *("/", "/nodes", "/devices", "/history", "/jobs", "/balance", "/events"),
    *(
        "/pools",
        "/groups",
        "/users",
        "/authentication",
        "/clusters",
        "/webhooks",
        "/dvs",
        "/feature-store",
        "/audit",
        "/about",
    ),
    *("/account", "/device"),
)
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"


def watch_requests(page: Page) -> list[str]:
    """The addresses of what the page asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def elsewhere(asked: list[str], product: Product) -> list[str]:
    home = urlsplit(product.url).netloc
    schemes = ("http", "https", "ws", "wss")
    return [u for u in asked if urlsplit(u).scheme in schemes and urlsplit(u).netloc != home]


@pytest.mark.spec("INST-2")
async def test_no_screen_breaks_the_policy_or_asks_another_origin(
    view: Console, problems: list[str]
) -> None:
    asked = watch_requests(view.page)
    del problems[:]  # the first question whether somebody is signed in is answered by 401
    for path in SCREENS:
        await view.open(path)
        await view.is_live()
    assert problems == []
    assert elsewhere(asked, view.product) == []


@pytest.mark.spec("API-1", "T-39")
async def test_graphiql_asks_and_subscribes_with_no_internet(
    view: Console, problems: list[str]
) -> None:
    page = view.page
    asked = watch_requests(page)
    del problems[:]
    await view.open("/graphiql")
    editor = page.locator(".graphiql-editor .monaco-editor").first
    await expect(editor).to_be_visible()
    result = page.locator(".result-window")

    async def run(document: str, answer: str) -> None:
        await editor.click()
        await page.keyboard.press("Control+A")
        await page.keyboard.press("Delete")
        await page.keyboard.insert_text(document)
        async with asyncio.timeout(15):
            # The editor is read a little after the typing; it shows blanks that do not break.
            while answer not in (await result.inner_text()).replace("\xa0", " "):
                await page.get_by_role("button", name=re.compile("Execute|Stop")).click()
                await asyncio.sleep(0.5)

    await run("{ cluster { isDemo nodesTotal } }", '"nodesTotal": 4')
    await run("subscription { clusterSnapshot { time poolsTotal } }", '"poolsTotal": 1')
    before = await result.inner_text()
    await expect(result).not_to_have_text(before)
    assert elsewhere(asked, view.product) == []
    assert [p for p in problems if "Content Security Policy" in p] == []


@pytest.mark.spec("T-56")
async def test_a_stranger_s_names_are_text(
    page: Page, start_product: Callable[..., Product], redis_server: RedisServer
) -> None:
    product = start_product("1x1", QUARTERMASTER_REDIS_URL=redis_server.url)
    dialogs: list[str] = []

    async def dismiss(dialog: object) -> None:
        dialogs.append(str(dialog))

    page.on("dialog", dismiss)
    await _publish_hostile_node(redis_server.url)
    console = Console(page, product)
    await console.open("/nodes")
    await console.sign_in()
    await expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    await page.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_test_id("node-devices")).to_contain_text("javascript:alert(1)")
    for path in ("/devices", "/jobs", "/"):
        await console.open(path)
        await console.is_live()
    links = await page.evaluate("[...document.links].map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert dialogs == []
    assert await page.locator("img[src=x]").count() == 0


async def _publish_hostile_node(url: str) -> None:
    node, device, now = NodeId("hostile"), DeviceUuid("GPU-hostile"), time.time()
    bus = RedisBus(url)
    await bus.publish(
        NodeFacts(
            node_id=node,
            boot_id="boot",
            time=now,
            host_name=HOSTILE,
            os_name=HOSTILE,
            labels={HOSTILE: "javascript:alert(1)"},
            devices=[DeviceFacts(uuid=device, index=0, product=HOSTILE)],
        )
    )
    await bus.publish(
        NodeSample(
            node_id=node,
            boot_id="boot",
            sequence=1,
            time=now,
            interval_seconds=60.0,
            host=HostSample(),
            devices=[device],
            columns=to_columns([DeviceSample(utilisation_percent=50.0)]),
        )
    )
    process = ProcessSample(
        device=device, pid=1, user=HOSTILE, job_key="hostile", job_name="javascript:alert(1)"
    )
    await bus.publish(
        NodeProcesses(node_id=node, boot_id="boot", time=now, devices=[device], processes=[process])
    )
    await bus.close()
