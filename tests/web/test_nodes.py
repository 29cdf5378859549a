"""Nodes: the list, and one node with its devices, facts and what is wrong with it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.services.chromium import Axe
from tests.web.conftest import Console
from tests.web.lab import Lab


def nodes(page: Page) -> Locator:
    return page.get_by_role("grid", name="Nodes")


def rows(page: Page) -> Locator:
    """Without the row of heads."""
    return nodes(page).get_by_role("rowgroup").get_by_role("row")


@pytest.mark.spec("NODE-1")
async def test_a_node_of_the_list_leads_to_its_devices_with_live_numbers(view: Console) -> None:
    page = view.page
    await page.get_by_role("link", name=re.compile("^Nodes")).first.click()
    await view.shows("Nodes")
    await expect(rows(page)).to_have_count(4)
    name = await rows(page).first.get_by_role("link").inner_text()
    await rows(page).first.get_by_role("link").click()
    await view.shows(name)
    devices = page.get_by_test_id("node-devices")
    await expect(devices.locator("tbody tr")).to_have_count(4)
    before = await devices.inner_text()
    await expect(devices).not_to_have_text(before)


@pytest.mark.spec("NODE-2")
async def test_a_node_tells_its_facts(view: Console) -> None:
    page = view.page
    await view.open("/nodes")
    await rows(page).first.get_by_role("link").click()
    main = page.get_by_role("main")
    for fact in ("Address", "MAC", "OS", "Kernel", "Driver", "CUDA", "CPU", "Memory", "Labels"):
        await expect(main.get_by_text(fact, exact=fact != "Labels").first).to_be_visible()
    await expect(main.get_by_text("Heartbeat live")).to_be_visible()
    await expect(main.get_by_text("Collector", exact=True).first).to_be_visible()


@pytest.mark.spec("NODE-1")
async def test_of_many_nodes_only_those_in_sight_are_made_and_keys_walk_them(
    large_view: Console, axe: Axe
) -> None:
    page = large_view.page
    await large_view.open("/nodes?sort=name:asc")
    await expect(nodes(page)).to_have_attribute("aria-rowcount", "126")
    assert await rows(page).count() < 45
    assert await axe(page) == []
    await nodes(page).focus()
    await page.keyboard.press("End")
    last = rows(page).last
    await expect(last).to_have_attribute("aria-rowindex", "126")
    await expect(nodes(page)).to_have_attribute(
        "aria-activedescendant", str(await last.get_attribute("id"))
    )
    name = await last.get_by_role("link").inner_text()
    await page.keyboard.press("Enter")
    await large_view.shows(name)


@pytest.mark.spec("NODE-1")
async def test_nodes_keep_their_places_until_they_are_sorted_again(lab: Lab) -> None:
    page = lab.page
    await lab.open("/nodes?sort=used:desc")
    names = rows(page).get_by_role("link")
    await expect(names).to_have_text(["a100-a", "h100-a", "h100-b"])
    await lab.hold("h100-b", "train", 0, 1, 2, 3, used_percent=90.0)
    await expect(rows(page).last).to_contain_text("4 / 4")
    await expect(page.get_by_text("1 row would move")).to_be_visible()
    await expect(names).to_have_text(["a100-a", "h100-a", "h100-b"])
    await page.get_by_role("button", name="Sort again").click()
    await expect(names).to_have_text(["h100-b", "a100-a", "h100-a"])


@pytest.mark.spec("DEV-2", "NODE-1")
async def test_a_sick_device_stands_on_its_node_s_page_with_what_to_do(
    large_view: Console,
) -> None:
    page = large_view.page
    await large_view.open("/nodes/h100-r14-02")
    reason = page.get_by_test_id("node-reason")
    await expect(reason).to_contain_text("Xid 79, fell off the bus")
    await expect(reason).to_contain_text("What to do: Drain the node")
    broken = page.get_by_test_id("node-devices").locator("tbody tr").nth(5)
    await expect(broken).to_contain_text("n/a")  # unknown is never zero
