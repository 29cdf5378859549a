"""The list of jobs: whose each is, what it holds or waits for, live; ended ones when asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from domain.job_reports import record_processes
from domain.jobs import JobSource
from tests.services.chromium import Axe
from tests.services.graph import OPERATOR
from tests.web.conftest import Console
from tests.web.lab import Lab


def jobs(page: Page) -> Locator:
    return page.get_by_role("grid", name="Jobs")


def row(page: Page, job: str) -> Locator:
    return page.get_by_role("row").filter(has_text=job)


async def end_jobs(lab: Lab, node: str) -> None:
    """Nothing runs on the node any more, as its next report says."""
    held = [str(uuid) for uuid in lab.nodes[node].uuids]
    ids = await record_processes(JobSource.NVML, held, [], datetime.now(UTC))
    await lab.graph.announce("job", ids)


@pytest.mark.spec("DEV-4")
async def test_each_job_says_whose_it_is_what_it_holds_and_since_when(lab: Lab, axe: Axe) -> None:
    page = lab.page
    await lab.nodes["h100-a"].run_job("train", OPERATOR, 0, 1)
    await lab.nodes["a100-a"].run_job("notebook", "stranger", 0)
    await lab.open("/jobs")
    train, notebook = row(page, "train"), row(page, "notebook")
    await expect(train).to_contain_text("Running")
    await expect(train.get_by_role("link", name=OPERATOR)).to_be_visible()
    await expect(train.get_by_role("link", name="2", exact=True)).to_be_visible()
    await expect(train.get_by_role("link", name="h100-a")).to_be_visible()
    # Nobody on board has this name: it is no user.
    await expect(notebook).to_contain_text("stranger not on board")
    await expect(notebook.get_by_role("link", name="stranger")).to_have_count(0)
    assert await axe(page) == []

    await train.click(position={"x": 30, "y": 10})
    await expect(page).to_have_url(re.compile("job=train"))
    held = page.get_by_test_id("job-devices")
    await expect(held.get_by_role("link")).to_have_text(["h100-a · GPU 0", "h100-a · GPU 1"])
    assert await axe(page) == []
    await held.get_by_role("link").first.click()
    await expect(page.get_by_test_id("holder")).to_contain_text("train")
    await expect(page.get_by_test_id("holder")).to_contain_text(OPERATOR)


@pytest.mark.spec("DEV-4", "DASH-2")
async def test_who_waits_says_for_what(lab: Lab) -> None:
    page = lab.page
    await lab.queue(("big-model", "Default", 64))
    await lab.open("/jobs?state=QUEUED")
    await expect(row(page, "big-model")).to_contain_text("asks for 64, 12 free in Default")
    await row(page, "big-model").click(position={"x": 30, "y": 10})
    waiting = page.get_by_test_id("job-waiting")
    await expect(waiting).to_have_text(re.compile("^Waits for 64 GPUs of Default, where 12 are"))
    await lab.hold("h100-a", "train", 0, 1)
    await expect(row(page, "big-model")).to_contain_text("asks for 64, 10 free in Default")
    await expect(waiting).to_have_text(re.compile("where 10 are"))


@pytest.mark.spec("DEV-4")
async def test_the_list_is_narrowed_by_whom_and_where_and_the_address_says_how(lab: Lab) -> None:
    page = lab.page
    await lab.nodes["h100-a"].run_job("train", OPERATOR, 0)
    await lab.nodes["h100-b"].run_job("tune", "stranger", 0)
    await lab.nodes["a100-a"].run_job("notebook", "stranger", 0)
    for address, found in {
        "user=stranger": {"tune", "notebook"},
        f"user={OPERATOR}": {"train"},
        "node=h100-b": {"tune"},
        "group=Default&node=a100-a": {"notebook"},
        "pool=Default&q=trai": {"train"},
        "source=DEMO": set[str](),
    }.items():
        await lab.open(f"/jobs?{address}")
        for job in ("train", "tune", "notebook"):
            await expect(row(page, job)).to_have_count(int(job in found))
    await page.get_by_role("button", name="Clear filters").click()
    await expect(jobs(page)).to_have_attribute("aria-rowcount", "4")

    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("option", name=re.compile("^stranger")).click()
    await expect(page).to_have_url(re.compile("user=stranger"))
    await page.keyboard.press("Escape")
    await expect(jobs(page)).to_have_attribute("aria-rowcount", "3")
    await page.get_by_role("button", name="Take the filter User or owner away").click()
    await expect(jobs(page)).to_have_attribute("aria-rowcount", "4")


@pytest.mark.spec("DEV-4")
async def test_a_job_that_ends_keeps_its_row_and_is_found_among_the_ended(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await lab.nodes["h100-a"].run_job("train", OPERATOR, 0)
    await lab.nodes["h100-b"].run_job("tune", "stranger", 0)
    await lab.open("/jobs")
    await expect(row(page, "tune")).to_contain_text("Running")
    await end_jobs(lab, "h100-a")
    await expect(row(page, "train")).to_contain_text("Ended just now")
    await page.get_by_role("button", name="Sort again").click()
    await expect(row(page, "train")).to_have_count(0)
    await end_jobs(lab, "h100-b")

    await page.get_by_text("Ended", exact=True).click()
    await expect(page).to_have_url(re.compile("state=ENDED"))
    await expect(page.get_by_role("grid", name="Ended jobs")).to_be_visible()
    await expect(row(page, "train")).to_contain_text(OPERATOR)
    assert await axe(page) == []
    for address, found in {"user=stranger": "tune", f"user={OPERATOR}&q=trai": "train"}.items():
        await lab.open(f"/jobs?state=ENDED&{address}")
        await expect(page.get_by_role("row")).to_have_count(2)
        await expect(row(page, found)).to_be_visible()
    await row(page, "train").click(position={"x": 30, "y": 10})
    await expect(page.get_by_test_id("job-pane")).to_contain_text("Held last 1 device")


@pytest.mark.spec("DEV-4")
async def test_ended_jobs_are_listed_by_owner_and_in_the_order_of_their_end(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    began = datetime.now(UTC)
    for minutes, (node, job, owner) in enumerate(
        (("h100-a", "short", "stranger"), ("h100-b", "long", OPERATOR), ("a100-a", "odd", "else"))
    ):
        started_at = began - timedelta(minutes=minutes)
        await lab.nodes[node].run_job(job, owner, 0, started_at=started_at)
    for node in ("a100-a", "h100-a", "h100-b"):
        await end_jobs(lab, node)
    await lab.open("/jobs?state=ENDED")
    ended = page.get_by_role("grid", name="Ended jobs")
    names = ended.get_by_role("row").locator("[role=gridcell]:first-child")
    await expect(names).to_have_text(["long", "short", "odd"])
    await page.get_by_role("button", name="Order").click()
    await page.get_by_role("option", name="Latest start first").click()
    await expect(names).to_have_text(["short", "long", "odd"])
    await expect(page).to_have_url(re.compile("order=started"))
    await expect(page.get_by_text("1–3 of 3 · latest start first")).to_be_visible()
    assert await axe(page) == []
    for address, found in {
        "user=stranger": ["short"],
        f"user=stranger&user={OPERATOR}": ["long", "short"],
        "user=stran": [],
    }.items():
        await lab.open(f"/jobs?state=ENDED&{address}")
        await expect(names).to_have_text(found)
        await expect(page.get_by_text("No ended job matches")).to_have_count(int(not found))


@pytest.mark.spec("DEV-4")
async def test_of_many_jobs_only_those_in_sight_are_made_and_keys_walk_them(
    large_view: Console,
) -> None:
    page = large_view.page
    await large_view.open("/jobs")
    await expect(jobs(page)).to_be_visible()
    await expect(jobs(page)).to_have_attribute("aria-rowcount", re.compile(r"^([6-9]\d|\d{3})$"))
    assert await page.get_by_role("row").count() < 45
    await jobs(page).focus()
    await page.keyboard.press("End")
    # Jobs come and go: the last one is far down, at whatever number.
    await expect(page.get_by_role("row").last).to_have_attribute(
        "aria-rowindex", re.compile(r"^([5-9]\d|\d{3})$")
    )
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("job-pane")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("job-pane")).to_have_count(0)
