"""Out of service on the screens: taken out with a reason, seen everywhere, offered nowhere."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.services.chromium import Axe
from tests.web.lab import Lab

REASON = "Fan rattles, ticket 4711"


def bar(lab: Lab) -> Locator:
    return lab.page.get_by_test_id("out-of-service")


async def take_out(lab: Lab, reason: str = REASON) -> None:
    """From a screen that offers it."""
    await lab.page.get_by_role("button", name="Take out of service…").click()
    await lab.dialog.get_by_label("Reason").fill(reason)
    await lab.dialog.get_by_role("button", name="Take out of service").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(bar(lab)).to_contain_text(reason)


async def cordons(lab: Lab, name: str) -> list[str | None]:
    """What the API says of the devices of a node."""
    data = await lab.graph.ask(
        """query ($n: String!) { clusterNode(hostName: $n) {
             devices { edges { node { cordon { reason } } } } } }""",
        n=name,
    )
    found = [edge["node"]["cordon"] for edge in data["clusterNode"]["devices"]["edges"]]
    return [cordon and cordon["reason"] for cordon in found]


@pytest.mark.spec("DEV-2", "NODE-1")
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_node_is_taken_out_of_service_with_a_reason_and_put_back(
    lab: Lab, axe: Axe, theme: str
) -> None:
    page = lab.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await lab.hold("h100-a", "train", 0)
    await lab.open("/nodes/h100-a")
    await page.get_by_role("button", name="Take out of service…").click()
    confirm = lab.dialog.get_by_role("button", name="Take out of service")
    await expect(lab.dialog.get_by_label("Reason")).to_be_focused()
    await expect(confirm).to_be_disabled()  # not without a reason
    await expect(lab.dialog).to_contain_text("train holds 1 of 4 devices")
    assert await axe(page) == []
    await lab.dialog.get_by_label("Reason").fill(REASON)
    await page.keyboard.press("Enter")
    await expect(bar(lab)).to_contain_text(REASON)
    await expect(bar(lab)).to_contain_text("by ada")
    await expect(page.get_by_role("button", name="Take out of service…")).to_have_count(0)
    assert await axe(page) == []
    assert await cordons(lab, "h100-a") == [REASON] * 4
    await bar(lab).get_by_role("button", name="Put back into service").click()
    await expect(lab.dialog).to_contain_text(REASON)
    assert await axe(page) == []
    await page.keyboard.press("Enter")
    await expect(bar(lab)).to_have_count(0)
    assert await cordons(lab, "h100-a") == [None] * 4


@pytest.mark.spec("DEV-2")
async def test_a_device_is_taken_out_from_its_pane_and_marked_in_the_lists(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await lab.open("/devices?node=h100-a")
    await page.locator("#devices-row-1").click()
    await take_out(lab)
    assert await cordons(lab, "h100-a") == [None, REASON, None, None]
    row = page.locator("#devices-row-1")
    await expect(row.get_by_role("img", name="Out of service")).to_be_visible()
    await expect(row.get_by_role("gridcell").last).to_have_text("out of service")
    await lab.open("/devices?state=OUT_OF_SERVICE")
    await expect(page.get_by_role("grid", name="Devices")).to_have_attribute("aria-rowcount", "2")
    assert await axe(page) == []
    await lab.open("/")
    await expect(page.get_by_text("11 free · 1 out of service")).to_be_visible()
    await expect(page.get_by_text("out of service", exact=True).first).to_be_visible()  # the legend


@pytest.mark.spec("NODE-1")
async def test_the_list_of_nodes_says_what_is_out_of_service_and_why(lab: Lab) -> None:
    await lab.open("/nodes/h100-b")
    await take_out(lab)
    await lab.open("/nodes?sort=name:asc")
    row = lab.page.get_by_role("grid", name="Nodes").get_by_role("row").nth(3)
    await expect(row).to_contain_text("h100-b")
    await expect(row.get_by_role("img", name="Out of service")).to_be_visible()
    await expect(row).to_contain_text(f"Out of service: {REASON}")


@pytest.mark.spec("DEV-2")
async def test_a_device_of_a_node_that_is_out_leads_to_the_node(lab: Lab) -> None:
    page = lab.page
    await lab.open("/nodes/h100-b")
    await take_out(lab)
    await lab.open("/devices?node=h100-b")
    await page.locator("#devices-row-0").click()
    await expect(bar(lab)).to_contain_text("with its node h100-b")
    await expect(page.get_by_role("button", name=re.compile("service"))).to_have_count(0)
    await bar(lab).get_by_role("link", name="h100-b").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("h100-b")


@pytest.mark.spec("POOL-2")
async def test_choosing_for_me_skips_it_and_a_person_may_still_choose_it(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await lab.open("/nodes/h100-a")
    await take_out(lab)
    await lab.open("/pools?popup=create")
    await lab.dialog.get_by_label("Name", exact=True).fill("research")
    await expect(lab.dialog).to_contain_text("8 of the 12 in Default are free")
    await lab.dialog.locator("label", has_text="only nodes with free devices").click()
    row = lab.dialog.get_by_role("group", name="h100-a")
    await expect(row).to_contain_text(f"4 out of service ({REASON})")
    await expect(lab.cell("picker", "h100-a 0")).to_have_accessible_name(
        re.compile(f"out of service: {REASON}")
    )
    assert await axe(page) == []
    await lab.dialog.get_by_label("How many").fill("5")
    await expect(lab.dialog.get_by_text("Only 4 are free")).to_be_visible()
    await lab.dialog.get_by_label("How many").fill("4")
    await lab.dialog.get_by_role("button", name="Choose", exact=True).click()
    await lab.cell("picker", "h100-a 0").click()
    await lab.dialog.get_by_role("button", name="Create pool").click()
    await expect(lab.dialog).to_have_count(0)
    made = await lab.pool("research")
    assert made is not None
    assert made["devices"] == ["h100-a 0", *(f"h100-b {index}" for index in range(4))]


@pytest.mark.spec("AUDIT-1")
async def test_the_audit_log_says_who_took_out_what_and_why(lab: Lab) -> None:
    await lab.open("/nodes/h100-a")
    await take_out(lab)
    await lab.open("/audit")
    main = lab.page.get_by_role("main")
    await expect(main).to_contain_text("took out of service node h100-a")


@pytest.mark.spec("DEV-2")
async def test_what_another_operator_took_out_meanwhile_is_said(lab: Lab) -> None:
    page = lab.page
    await lab.open("/nodes/h100-a")
    await page.get_by_role("button", name="Take out of service…").click()
    data = await lab.graph.ask('{ clusterNode(hostName: "h100-a") { id } }')
    await lab.graph.ask(
        "mutation ($i: CordonNodesInput!) { cordonNodes(input: $i) { __typename } }",
        i={"nodes": [data["clusterNode"]["id"]], "reason": "Water in the rack"},
    )
    await lab.dialog.get_by_label("Reason").fill(REASON)
    await lab.dialog.get_by_role("button", name="Take out of service").click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("Water in the rack")
    assert await cordons(lab, "h100-a") == ["Water in the rack"] * 4
