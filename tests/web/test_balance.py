"""Load balancing: where the load is, what is held for nothing, who waits, and moving from there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.services.chromium import Axe
from tests.web.conftest import Console
from tests.web.lab import Lab

FIGURES = ("devices", "allocated", "computing", "idle", "free")


def lines(lab: Lab) -> Locator:
    return lab.page.get_by_test_id("load").locator("tbody tr")


async def shown(line: Locator) -> list[int]:
    """The five figures of a line."""
    return [
        int(text) for text in await line.get_by_role("cell").all_inner_texts() if text.isdigit()
    ]


async def ask_load(lab: Lab, query: str) -> list[int]:
    data: dict[str, Any] = await lab.graph.ask(
        f"{{ one: {query} {{ load {{ {' '.join(FIGURES)} }} }} }}"
    )
    return [data["one"]["load"][figure] for figure in FIGURES]


@pytest.fixture
async def loaded(lab: Lab) -> Lab:
    """Vision holds h100-b with its pool; a job computes, one is idle, one waits for the pool."""
    await lab.graph.ask(
        "mutation ($i: CreateGroupInput!) { createGroup(input: $i) { __typename } }",
        i={"name": "Vision"},
    )
    group = (await lab.graph.ask('{ group(name: "Vision") { id } }'))["group"]["id"]
    await lab.create_pool("vision", await lab.device_ids("h100-b"), group=group)
    await lab.hold("h100-b", "resnet", 0, 1)
    await lab.idle_since("h100-b", "notebook", 2, seconds=7200)
    await lab.queue(("big-one", "vision", 4))
    return lab


@pytest.mark.spec("DASH-2")
async def test_the_load_stands_by_pool_by_group_and_by_node(loaded: Lab) -> None:
    page = loaded.page
    await loaded.open("/")
    expected = {
        "Pool": {"vision": 'pool(name: "vision")', "Default": 'pool(name: "Default")'},
        "Group": {"Vision": 'group(name: "Vision")', "Default": 'group(name: "Default")'},
        "Node": {"h100-b": 'clusterNode(hostName: "h100-b")'},
    }
    for by, names in expected.items():
        await page.get_by_role("radiogroup", name="Load by").get_by_text(by, exact=True).click()
        await expect(page.get_by_role("columnheader", name=by, exact=True)).to_be_visible()
        for name, query in names.items():
            line = lines(loaded).filter(has=page.get_by_role("rowheader", name=name, exact=True))
            await expect(line).to_have_count(1)
            assert await shown(line) == await ask_load(loaded, query), (by, name)
    # The most idle node comes first, and its numbers are links to the devices behind them.
    await expect(page).to_have_url(re.compile("load=node"))
    await expect(lines(loaded).first).to_contain_text("h100-b")
    await lines(loaded).first.get_by_role("link").nth(4).click()
    await expect(page.get_by_role("grid", name="Devices")).to_have_attribute("aria-rowcount", "2")


@pytest.mark.spec("DASH-2")
async def test_rows_by_load_do_not_move_on_their_own(loaded: Lab) -> None:
    page = loaded.page
    await loaded.open("/?load=node")
    heads = lines(loaded).get_by_role("rowheader")
    await expect(heads).to_have_text(["h100-b", "a100-a", "h100-a"])
    for index in range(4):
        loaded.nodes["h100-a"].set(index, utilisation_percent=0.0)
    await loaded.nodes["h100-a"].run_job("idlers", "ada", 0, 1, 2, 3)
    await expect(lines(loaded).nth(2)).to_contain_text("4")
    await expect(heads).to_have_text(["h100-b", "a100-a", "h100-a"])
    await loaded.open("/balance?load=node")
    await expect(lines(loaded).get_by_role("rowheader")).to_have_text(
        ["h100-a", "h100-b", "a100-a"]
    )
    await expect(page.get_by_text("Most idle first, then busiest")).to_be_visible()


@pytest.mark.spec("DASH-2")
async def test_what_comes_follows_at_the_end_until_it_is_sorted_again(loaded: Lab) -> None:
    page = loaded.page
    await loaded.open("/balance?load=node")
    heads = lines(loaded).get_by_role("rowheader")
    await expect(heads).to_have_text(["h100-b", "a100-a", "h100-a"])
    await loaded.add_node("a000", 4)
    await loaded.hold("a000", "idlers", 0, 1, 2, 3, used_percent=0.0)
    await expect(heads).to_have_text(["h100-b", "a100-a", "h100-a", "a000"])
    await page.get_by_role("button", name="Sort again").click()
    await expect(heads).to_have_text(["a000", "h100-b", "a100-a", "h100-a"])
    await expect(page.get_by_role("button", name="Sort again")).to_have_count(0)


@pytest.mark.spec("DASH-2")
async def test_devices_held_for_nothing_are_listed_with_since_when_job_and_owner(
    loaded: Lab,
) -> None:
    page = loaded.page
    await loaded.open("/")
    await expect(page.get_by_test_id("tile-Allocated but idle")).to_contain_text("longest 2 h")
    await expect(page.get_by_text("notebook – 1 device allocated, idle")).to_be_visible()
    await page.get_by_role("link", name="Balance notebook").click()
    idle = page.get_by_test_id("idle").locator("tbody tr")
    await expect(idle).to_have_count(1)
    for fact in ("notebook", "ada", "Default", "vision", "h100-b GPU 2", "2 h"):
        await expect(idle).to_contain_text(fact)
    # A held device stays in its pool: the popup says why, and offers no move.
    await idle.get_by_role("checkbox").check(force=True)
    await page.get_by_role("button", name="Move 1 device").click()
    await expect(loaded.dialog.get_by_test_id("moving")).to_contain_text("stays: held by notebook")
    await expect(loaded.dialog.get_by_role("button", name="Move", exact=True)).to_be_disabled()


@pytest.mark.spec("DASH-2", "POOL-4")
async def test_who_waits_is_helped_from_where_it_is_seen(loaded: Lab, axe: Axe) -> None:
    page = loaded.page
    await loaded.open("/balance")
    waiting = page.get_by_test_id("waiting").locator("tbody tr")
    await expect(waiting).to_have_count(1)
    for fact in ("big-one", "ada", "vision"):
        await expect(waiting).to_contain_text(fact)
    # It asks for 4 and 1 is free there: 3 of the same type could come from the Default pool.
    await expect(waiting.get_by_role("cell")).to_contain_text(
        ["ada", "Default", "vision", "4", "1", "3"]
    )
    await waiting.get_by_role("button", name="Move 3 GPUs from Default to vision").click()
    await expect(loaded.dialog.get_by_test_id("sum")).to_have_text("3 GPUs from Default to vision")
    assert await axe(page) == []
    await loaded.dialog.get_by_role("button", name="Move 3 GPUs").click()
    await expect(loaded.dialog).to_have_count(0)
    await expect(waiting).to_contain_text("not needed")
    pool = await loaded.pool("vision")
    assert pool is not None and len(pool["devices"]) == 7
    assert all(place.startswith("h100") for place in pool["devices"])


@pytest.mark.spec("DASH-2")
async def test_waiting_is_helped_by_keyboard_alone(loaded: Lab) -> None:
    page = loaded.page
    await loaded.open("/")
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Load balancing")
    move = page.get_by_role("button", name="Move 3 GPUs from Default to vision")
    await move.focus()
    await page.keyboard.press("Enter")
    await expect(loaded.dialog.get_by_role("radio", name="vision")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(loaded.dialog).to_have_count(0)
    pool = await loaded.pool("vision")
    assert pool is not None and len(pool["devices"]) == 7


@pytest.mark.spec("DASH-1", "DASH-2")
@pytest.mark.parametrize("by", ["pool", "group", "node"])
async def test_the_dashboard_stays_on_one_screen(large_view: Console, by: str) -> None:
    page = large_view.page
    await large_view.open(f"/?load={by}")
    await large_view.is_live()
    await expect(page.get_by_test_id("load")).to_be_visible()
    screen = page.locator("#screen")
    assert await screen.evaluate("element => element.scrollHeight - element.clientHeight") <= 0


@pytest.mark.spec("DASH-2")
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_screen_of_load_balancing(
    loaded: Lab, axe: Axe, theme: str
) -> None:
    page = loaded.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await loaded.open("/balance")
    await expect(page.get_by_test_id("idle")).to_be_visible()
    assert await axe(page) == []
