"""The dashboard: the whole cluster on one screen, live, and the way from each number on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.services.chromium import Axe
from tests.services.graph import Graph
from tests.web.conftest import Console
from tests.web.lab import Lab

TILES = {
    "Devices": "/devices",
    "Allocated": "/devices",
    "Computing": "/devices",
    "Allocated but idle": "/devices",
    "Jobs active": "/jobs",
    "Needs attention": "/devices",
}
READINGS = {
    "Nodes ready": "/nodes",
    "GPU memory": "/devices",
    "GPU power": "/devices",
    "Hottest GPU": "/devices/",
    "Host CPU": "/nodes",
    "Host memory": "/nodes",
    "Users": "/users",
    "Groups": "/groups",
    "Pools": "/pools",
}


@pytest.mark.spec("DASH-1", "API-4", "INST-2")
async def test_the_operator_sees_the_cluster_s_numbers_and_they_move(
    view: Console, problems: list[str]
) -> None:
    page = view.page
    await expect(page.get_by_test_id("tile-Devices")).to_contain_text("16")
    for tile in TILES:
        await expect(page.get_by_test_id(f"tile-{tile}")).to_be_visible()
    for reading in READINGS:
        text = page.get_by_test_id(f"reading-{reading}")
        await expect(text).to_contain_text(re.compile(r"\d"))
    power = page.get_by_test_id("reading-GPU power")
    before = await power.inner_text()
    await expect(power).not_to_have_text(before)
    await expect(page.get_by_text("simulated devices").first).to_be_visible()
    assert not [p for p in problems if "401" not in p]


@pytest.mark.spec("DASH-1", "INST-2")
async def test_before_the_first_report_it_says_that_it_waits_and_no_number(
    page: Page, graph: Graph, axe: Axe
) -> None:
    lab = Lab(page, graph)
    await lab.sign_in()
    sums = page.get_by_role("region", name="The cluster in numbers")
    await expect(sums).to_contain_text("Waiting for the first report")
    await expect(page.get_by_test_id("tile-Devices")).to_have_count(0)
    await expect(page.get_by_test_id("reading-Nodes ready")).to_contain_text("n/a")
    await expect(page.get_by_text("All is well")).to_have_count(0)
    assert not await axe(page)
    await lab.add_node("h100-a", devices=3)
    await expect(page.get_by_test_id("tile-Devices")).to_contain_text("3")
    await expect(sums).not_to_contain_text("Waiting")


@pytest.mark.spec("DASH-3")
async def test_every_number_leads_to_the_screen_behind_it(view: Console) -> None:
    page = view.page
    links = {f"tile-{name}": path for name, path in TILES.items()}
    links |= {f"reading-{name}": path for name, path in READINGS.items()}
    for test_id, path in links.items():
        await page.get_by_test_id(test_id).click()
        await page.wait_for_url(lambda url, path=path: urlsplit(url).path.startswith(path))
        heading = page.get_by_role("heading", level=1)
        await expect(heading).to_be_visible()
        await expect(heading).not_to_have_text("Dashboard")
        await page.go_back()
        await view.shows("Dashboard")


@pytest.mark.spec("DASH-1")
async def test_allocated_leads_to_as_many_devices_as_it_counts(large_view: Console) -> None:
    page = large_view.page
    # Jobs begin and end meanwhile: it is the filter that has to be the tile's own.
    await page.get_by_test_id("tile-Allocated").click()
    await expect(page.get_by_role("grid", name="Devices")).to_be_visible()
    await expect(page.get_by_text("State allocated")).to_be_visible()


@pytest.mark.spec("DASH-1")
async def test_the_heat_map_is_walked_by_keyboard_and_has_a_twin_as_a_table(
    view: Console,
) -> None:
    page = view.page
    heat_map = page.get_by_role("application")
    await heat_map.focus()
    cell = page.locator("#heat-cell")
    await expect(cell).to_contain_text("GPU 0")
    await page.keyboard.press("ArrowRight")
    await expect(cell).to_contain_text("GPU 1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/devices/GPU-*")
    await page.go_back()
    await page.get_by_role("button", name="As a table").click()
    await expect(page.get_by_role("region", name="Devices as a table")).to_be_visible()
    assert "view=table" in page.url


WATCH_THE_MAP = """async (map) => {
  const canvas = map.querySelector("canvas");
  const changes = [];
  const observer = new MutationObserver((seen) => changes.push(...seen));
  const watched = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(map, watched);
  const pictures = new Set([canvas.toDataURL()]);
  const end = performance.now() + 20_000;
  while (pictures.size < 4 && performance.now() < end) {
    await new Promise(requestAnimationFrame);
    pictures.add(canvas.toDataURL());
  }
  observer.disconnect();
  return [pictures.size, changes.length];
}"""


@pytest.mark.spec("DASH-4")
async def test_the_heat_map_of_1_000_devices_is_painted_anew_without_touching_the_page(
    large_view: Console,
) -> None:
    page = large_view.page
    await expect(page.get_by_test_id("tile-Devices")).to_contain_text("1,000")
    heat_map = page.get_by_role("application", name="1000 devices.")
    pictures, changes = await heat_map.evaluate(WATCH_THE_MAP)
    assert pictures == 4, "it is live"
    assert changes == 0, "only the canvas is drawn on: no element is made, moved or written"
