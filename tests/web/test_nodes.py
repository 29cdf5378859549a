"""Nodes: the list, and one node with its devices, facts and what is wrong with it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.conftest import Console


@pytest.mark.spec("NODE-1")
async def test_a_node_of_the_list_leads_to_its_devices_with_live_numbers(console: Console) -> None:
    page = console.page
    await page.get_by_role("link", name=re.compile("^Nodes")).first.click()
    await console.shows("Nodes")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(4)
    name = await rows.first.get_by_role("link").first.inner_text()
    await rows.first.get_by_role("link").first.click()
    await console.shows(name)
    devices = page.get_by_test_id("node-devices")
    await expect(devices.locator("tbody tr")).to_have_count(4)
    before = await devices.inner_text()
    await expect(devices).not_to_have_text(before)


@pytest.mark.spec("NODE-2")
async def test_a_node_tells_its_facts(console: Console) -> None:
    page = console.page
    await console.open("/nodes")
    await page.locator("tbody tr").first.get_by_role("link").first.click()
    main = page.get_by_role("main")
    for fact in ("Address", "MAC", "OS", "Kernel", "Driver", "CUDA", "CPU", "Memory", "Labels"):
        await expect(main.get_by_text(fact, exact=fact != "Labels").first).to_be_visible()
    await expect(main.get_by_text("Heartbeat live")).to_be_visible()
    await expect(main.get_by_text("Collector", exact=True).first).to_be_visible()


@pytest.mark.spec("DEV-2", "NODE-1")
async def test_a_sick_device_stands_on_its_node_s_page_with_what_to_do(
    large_console: Console,
) -> None:
    page = large_console.page
    await large_console.open("/nodes/h100-r14-02")
    reason = page.get_by_test_id("node-reason")
    await expect(reason).to_contain_text("Xid 79, fell off the bus")
    await expect(reason).to_contain_text("What to do: Drain the node")
    broken = page.get_by_test_id("node-devices").locator("tbody tr").nth(5)
    await expect(broken).to_contain_text("n/a")  # unknown is never zero
