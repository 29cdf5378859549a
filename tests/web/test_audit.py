"""The audit log in the browser: searched, read entry by entry, and exported."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.services.chromium import Axe
from tests.services.operator import Operator
from tests.services.product import Product
from tests.web.conftest import Console
from tests.web.console_api import Records


@pytest.fixture
async def records(
    console: Console, operator_of: Callable[[Product], Awaitable[Operator]]
) -> Records:
    """A console where groups came and went, and something was refused."""
    records = Records(await operator_of(console.product))
    await records.on_board("zoe", roles=("DATA_SCIENTIST",))
    await records.create_group("Vision")
    await records.edit_group("Vision", name="Seeing")
    await records.create_group("Interns")
    await records.change(
        "deleteGroups", "DeleteGroupsInput", groups=[await records.id_of("groups", "Interns")]
    )
    with pytest.raises(AssertionError, match="NameTaken"):
        await records.create_group("seeing")
    return records


def log(page: Page) -> Locator:
    return page.get_by_role("grid", name="Audit log")


def rows(page: Page) -> Locator:
    """Without the row of heads, the newest first."""
    return log(page).get_by_role("rowgroup").get_by_role("row")


def row(page: Page, words: str) -> Locator:
    return log(page).get_by_role("row").filter(has_text=words)


@pytest.mark.spec("AUDIT-1")
async def test_each_entry_says_who_did_what_to_what_when_from_where_and_how_it_ended(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    await page.get_by_role("link", name="Audit log").click()
    made = row(page, "created group Vision")
    await expect(made).to_contain_text(console.product.name)
    await expect(made).to_contain_text("127.0.0.1")
    await expect(made).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"))
    await expect(made).to_contain_text("done")
    # What exists still is a link, by the name that it has now; what is gone is only named.
    await expect(made.get_by_role("link", name="Vision (now Seeing)")).to_be_visible()
    gone = row(page, "deleted group Interns")
    await expect(gone.get_by_role("link", name="Interns")).to_have_count(0)
    refused = row(page, "tried to create group seeing")
    await expect(refused).to_contain_text("Refused The name Seeing is taken")
    assert await axe(page) == []

    await row(page, "edited group Vision").click(position={"x": 30, "y": 10})
    values = page.get_by_test_id("audit-values")
    await expect(values).to_contain_text(re.compile("name.*before.*Vision.*after.*Seeing", re.S))
    await expect(page).to_have_url(re.compile("entry="))
    assert await axe(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("audit-pane")).to_have_count(0)


@pytest.mark.spec("AUDIT-1")
async def test_it_is_searched_and_what_is_found_is_exported(
    console: Console, records: Records, tmp_path: Path
) -> None:
    page = console.page
    for address, entries in {
        "kind=group&refused=true": 1,
        "kind=group&refused=false": 5,
        "action=group.create": 3,
        "action=group.create&action=group.edit": 4,
        "search=Interns": 2,
        f"actor={console.product.name}&kind=group": 5,
        "actor=system&kind=group": 1,
        "kind=group&since=2020-01-01T00:00:00Z": 6,
    }.items():
        await console.open(f"/audit?{address}")
        await expect(log(page)).to_have_attribute("aria-rowcount", str(entries + 1))
    await console.open("/audit?until=2020-01-01T00:00:00Z")
    await expect(page.get_by_text("No entry matches")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").click()

    await page.get_by_text("Refused", exact=True).first.click()
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("option", name="create group").click()
    await page.get_by_role("option", name="edit group").click()
    await page.keyboard.press("Escape")
    await expect(log(page)).to_have_attribute("aria-rowcount", "2")
    await expect(page).to_have_url(re.compile("refused=true"))
    await page.get_by_role("button", name="Any time").click()
    await page.get_by_role("button", name="Last hour").click()
    await expect(log(page)).to_have_attribute("aria-rowcount", "2")
    await expect(page).to_have_url(re.compile("since="))
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export JSON lines").click()
    await (await download.value).save_as(tmp_path / "audit.jsonl")
    (line,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["action"], entry["object_name"]) == ("group.create", "seeing")
    assert entry["outcome"] == "NameTaken"


@pytest.mark.spec("AUDIT-1")
async def test_what_is_older_is_read_when_it_is_asked_for(
    console: Console, records: Records
) -> None:
    page = console.page
    for number in range(105):
        await records.create_group(f"group-{number}")
    await console.open("/audit?action=group.create&refused=false")
    await expect(log(page)).to_have_attribute("aria-rowcount", "101")
    await page.get_by_role("button", name="Show 7 more").click()
    await expect(log(page)).to_have_attribute("aria-rowcount", "108")
    await log(page).focus()
    await page.keyboard.press("End")
    await expect(row(page, "created group Vision")).to_be_visible()
    # What came meanwhile is there when it is read again.
    await records.create_group("newest")
    await page.get_by_role("button", name="Refresh").click()
    await page.keyboard.press("Home")
    await log(page).focus()
    await page.keyboard.press("Home")
    await expect(row(page, "created group newest")).to_be_visible()


@pytest.mark.spec("AUDIT-1")
async def test_what_is_done_is_there_as_it_is_done(console: Console, records: Records) -> None:
    page = console.page
    await console.open("/audit")
    await expect(rows(page).first).to_contain_text("tried to create group seeing")
    await records.create_group("Speech")
    await expect(rows(page).first).to_contain_text("created group Speech")
    with pytest.raises(AssertionError, match="NameTaken"):
        await records.create_group("speech")
    await expect(rows(page).first).to_contain_text("tried to create group speech")
    await records.operator.sign_in()
    await expect(rows(page).first).to_contain_text("signed in")
    await console.open("/audit?action=group.delete")
    await expect(rows(page)).to_have_count(1)
    await records.create_group("Unwanted")
    group = await records.id_of("groups", "Speech")
    await records.change("deleteGroups", "DeleteGroupsInput", groups=[group])
    await expect(rows(page)).to_have_text([re.compile("group Speech"), re.compile("group Interns")])


@pytest.mark.spec("AUDIT-1")
async def test_what_comes_while_one_reads_further_down_is_told_and_moves_nothing(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    for number in range(40):
        await records.create_group(f"group-{number}")
    await console.open("/audit?action=group.create&refused=false")
    await expect(log(page)).to_have_attribute("aria-rowcount", "43")
    await log(page).focus()
    await page.keyboard.press("End")
    read = page.locator("[data-active]")
    await expect(read).to_contain_text("created group Vision")
    for name in ("Speech", "Robotics", "Climate"):
        await records.create_group(name)
    news = page.get_by_role("button", name="3 new")
    await expect(news).to_be_visible()
    await expect(read).to_contain_text("created group Vision")
    await expect(log(page)).to_have_attribute("aria-rowcount", "43")
    assert await axe(page) == []
    await news.click()
    await expect(log(page)).to_have_attribute("aria-rowcount", "46")
    await expect(rows(page).first).to_contain_text("created group Climate")
    await expect(log(page)).to_be_focused()
    await expect(read).to_contain_text("created group Climate")
    # Back at the top, what comes is shown at once.
    await records.create_group("Genomics")
    await expect(rows(page).first).to_contain_text("created group Genomics")


@pytest.mark.spec("AUDIT-1")
async def test_what_comes_while_a_filter_is_typed_waits_until_it_is(
    console: Console, records: Records
) -> None:
    page = console.page
    await console.open("/audit")
    await expect(rows(page).first).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("group")
    await expect(page).to_have_url(re.compile("search=group"))
    before = await log(page).get_attribute("aria-rowcount")
    await records.create_group("Speech")
    await expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert await log(page).get_attribute("aria-rowcount") == before
    await page.keyboard.press("Escape")
    await expect(rows(page).first).to_contain_text("created group Speech")
    await expect(page.get_by_role("button", name="1 new")).to_have_count(0)
