"""Devices: thousands of rows, found by filter and order, each with reason, remedy and holder."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Console


def grid(page: Page) -> Locator:
    return page.get_by_role("grid", name="Devices")


def first_row(page: Page) -> Locator:
    return page.locator("#devices-row-0")


@pytest.mark.spec("DEV-1", "DEV-2")
async def test_filters_stand_in_the_address_and_lead_to_the_reason_and_the_remedy(
    large_view: Console,
) -> None:
    page = large_view.page
    await large_view.open("/devices?health=CRITICAL")
    await expect(grid(page)).to_have_attribute("aria-rowcount", "3")
    await page.get_by_label("Node, UUID, job").fill("h100-r14-02")
    await expect(grid(page)).to_have_attribute("aria-rowcount", "2")
    await expect(page).to_have_url(re.compile("h100-r14-02"))
    await expect(first_row(page)).to_contain_text("Xid 79")
    await first_row(page).click()
    reasons = page.get_by_test_id("reasons")
    await expect(reasons).to_contain_text("Xid 79, fell off the bus")
    await expect(reasons).to_contain_text("power-cycle")
    await page.reload()
    await expect(grid(page)).to_have_attribute("aria-rowcount", "2")
    await page.get_by_role("button", name="Clear", exact=True).click()
    await expect(grid(page)).to_have_attribute("aria-rowcount", "1001")


@pytest.mark.spec("DEV-1")
async def test_rows_are_ordered_by_a_live_value_and_only_those_in_sight_are_made(
    large_view: Console,
) -> None:
    page = large_view.page
    await large_view.open("/devices")
    await expect(grid(page)).to_have_attribute("aria-rowcount", "1001")
    assert await page.get_by_role("row").count() < 60
    head = page.get_by_role("columnheader", name=re.compile("^Used"))
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
    if await head.get_attribute("aria-sort") == "ascending":
        await head.get_by_role("button").click()
        await expect(head).to_have_attribute("aria-sort", "descending")
    used = first_row(page).get_by_role("gridcell").nth(3)
    await expect(used).to_have_text(re.compile(r"^(100|9\d)$"))


@pytest.mark.spec("DEV-1")
async def test_a_filter_that_nothing_matches_says_so_and_how_to_go_on(view: Console) -> None:
    page = view.page
    await view.open("/devices?q=no-such-device")
    await expect(page.get_by_text("0 of 16 match")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").click()
    await expect(grid(page)).to_have_attribute("aria-rowcount", "17")


@pytest.mark.spec("DEV-4")
async def test_a_held_device_says_by_which_job_and_whose(large_view: Console) -> None:
    page = large_view.page
    await large_view.open("/devices?state=COMPUTING")
    await first_row(page).click()
    holder = page.get_by_test_id("device-pane").get_by_test_id("holder")
    for fact in ("Held by", "User", "Since", "Group"):
        await expect(holder).to_contain_text(fact)
    charts = page.get_by_test_id("device-pane").get_by_test_id("charts")
    await expect(charts.locator("canvas").first).to_be_visible()


@pytest.mark.spec("DEV-1")
async def test_the_table_is_walked_by_keyboard(view: Console) -> None:
    page = view.page
    await view.open("/devices")
    await grid(page).focus()
    await page.keyboard.press("j")
    await expect(grid(page)).to_have_attribute("aria-activedescendant", "devices-row-1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("device-pane")).to_be_visible()
