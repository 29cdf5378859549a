"""Pools: each workflow from the click to the database, by pointer and by keyboard."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.services.chromium import Axe
from tests.web.lab import Lab

ADA = "ada"


def button(place: Page | Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def row(lab: Lab, pool: str) -> Locator:
    return lab.page.locator(f'tr[data-pool="{pool}"]')


def link(lab: Lab, pool: str) -> Locator:
    """The pool's name in its row."""
    return row(lab, pool).locator("[data-pool-link]")


async def has_focus(locator: Locator) -> None:
    await expect(locator).to_be_focused()


async def tab_to(lab: Lab, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus; a person would not press it more often."""
    for _ in range(80):
        if await target.evaluate("element => element.contains(document.activeElement)"):
            return
        await lab.page.keyboard.press(key)
    raise AssertionError("Tab never came there.")


@pytest.mark.spec("POOL-2")
async def test_a_pool_is_made_of_a_name_and_of_free_devices(lab: Lab) -> None:
    page = lab.page
    await lab.open("/pools")
    await button(page, "Create pool").click()
    await lab.dialog.get_by_label("Name", exact=True).fill("research")
    await lab.dialog.get_by_role("checkbox", name="All 4 free of h100-a").click()
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("4 devices chosen")
    await button(lab.dialog, "Create pool").click()
    await expect(lab.dialog).to_have_count(0)
    await has_focus(link(lab, "research"))
    await expect(page.get_by_test_id("announcer")).to_contain_text("created with 4 GPUs")
    pool = await lab.pool("research")
    assert pool is not None
    assert pool["devices"] == ["h100-a 0", "h100-a 1", "h100-a 2", "h100-a 3"]
    default = await lab.pool("Default")
    assert default is not None and len(default["devices"]) == 8


@pytest.mark.spec("POOL-2")
async def test_a_pool_is_made_by_keyboard_alone(lab: Lab) -> None:
    page = lab.page
    await lab.open("/pools")
    await expect(row(lab, "Default")).to_be_visible()
    await page.keyboard.press("c")
    await has_focus(lab.dialog.get_by_label("Name", exact=True))
    await page.keyboard.type("typed")
    await tab_to(lab, page.get_by_test_id("picker").locator("[data-stop][tabindex='0']"))
    for key in ("ArrowRight", "Space", "Shift+ArrowRight", "Shift+ArrowRight"):
        await page.keyboard.press(key)
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("3 devices chosen")
    await tab_to(lab, button(lab.dialog, "Create pool"))
    await page.keyboard.press("Enter")
    await expect(lab.dialog).to_have_count(0)
    await has_focus(link(lab, "typed"))
    pool = await lab.pool("typed")
    assert pool is not None and len(pool["devices"]) == 3


@pytest.mark.spec("POOL-2")
async def test_devices_are_chosen_whole_nodes_first_when_asked_to(lab: Lab) -> None:
    await lab.hold("h100-a", "train", 0)
    await lab.open("/pools?popup=create&type=NVIDIA%20H100%2080GB%20HBM3")
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("7 devices chosen")
    await lab.dialog.get_by_label("How many").fill("4")
    await button(lab.dialog, "Choose").click()
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("4 devices chosen")
    await lab.dialog.get_by_label("Name", exact=True).fill("whole")
    await button(lab.dialog, "Create pool").click()
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("whole")
    assert pool is not None
    assert pool["devices"] == ["h100-b 0", "h100-b 1", "h100-b 2", "h100-b 3"]


@pytest.mark.spec("POOL-2", "GROUP-2")
async def test_only_a_group_without_a_pool_is_offered(lab: Lab) -> None:
    for name in ("Vision", "Speech"):
        await lab.graph.ask(
            "mutation ($i: CreateGroupInput!) { createGroup(input: $i) { __typename } }",
            i={"name": name},
        )
    groups = await lab.graph.ask('{ group(name: "Speech") { id } }')
    devices = await lab.device_ids("a100-a")
    await lab.create_pool("speech", devices, group=groups["group"]["id"])
    await lab.open("/pools?popup=create")
    await lab.dialog.get_by_role("button", name="Group").click()
    options = lab.page.get_by_role("option")
    await expect(options).to_have_text(["No group yet", "Vision"])
    await options.nth(1).click()
    await lab.dialog.get_by_label("Name", exact=True).fill("vision")
    await lab.cell("picker", "h100-a 0").click()
    await button(lab.dialog, "Create pool").click()
    await expect(row(lab, "vision")).to_contain_text("Vision")
    pool = await lab.pool("vision")
    assert pool is not None and pool["group"] == {"name": "Vision"}


@pytest.mark.spec("POOL-3", "API-3")
async def test_mixed_types_are_refused_in_place_with_what_would_be_accepted(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await lab.open("/pools?popup=create")
    await lab.dialog.get_by_label("Name", exact=True).fill("mixed")
    for place in ("h100-a 0", "h100-a 1", "a100-a 0"):
        await lab.cell("picker", place).click()
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("two types")
    await button(lab.dialog, "Create pool").click()
    refusal = page.get_by_role("alert")
    await has_focus(refusal)
    await expect(refusal).to_contain_text("A pool holds one type of GPU")
    await expect(refusal).to_contain_text("2 × NVIDIA H100 80GB HBM3 and 1 × NVIDIA A100-SXM4-80GB")
    await expect(refusal).to_contain_text("request")
    await expect(lab.dialog.get_by_label("Name", exact=True)).to_have_value("mixed")
    assert await axe(page) == []
    await refusal.get_by_role("button", name="Keep the 2 H100").click()
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text("2 devices chosen")
    await button(lab.dialog, "Create pool").click()
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("mixed")
    assert pool is not None and pool["devices"] == ["h100-a 0", "h100-a 1"]


@pytest.mark.spec("POOL-2", "API-3")
async def test_a_taken_name_is_told_under_the_name(lab: Lab) -> None:
    await lab.create_pool("Research", await lab.device_ids("a100-a"))
    await lab.open("/pools?popup=create")
    name = lab.dialog.get_by_label("Name", exact=True)
    await name.fill("  research ")
    await lab.cell("picker", "h100-a 0").click()
    await button(lab.dialog, "Create pool").click()
    await has_focus(lab.page.get_by_role("alert"))
    await button(lab.dialog, "Change the name").click()
    await has_focus(name)
    await expect(name).to_have_attribute("aria-invalid", "true")
    described = await name.get_attribute("aria-describedby")
    assert described is not None
    text = " ".join([await lab.page.locator(f"[id='{i}']").inner_text() for i in described.split()])
    assert "taken" in text


@pytest.mark.spec("POOL-4")
async def test_a_pool_is_renamed_given_devices_and_left_by_others(lab: Lab) -> None:
    h100 = await lab.device_ids("h100-a")
    await lab.create_pool("research", h100[:2])
    await lab.create_pool("other", h100[2:3])
    await lab.open("/pools?pool=research")
    await lab.page.get_by_role("button", name="Edit").click()
    picker = lab.page.get_by_test_id("picker")
    # Of h100-a one is in another pool: it is not offered. Other types are not either.
    await expect(picker.get_by_role("group", name="h100-a").locator("[data-cell]")).to_have_count(3)
    await expect(picker.get_by_role("group", name="a100-a")).to_have_count(0)
    await lab.dialog.get_by_label("Name", exact=True).fill("research 2")
    await lab.cell("picker", "h100-a 0").click()
    await lab.cell("picker", "h100-b 3").click()
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text(
        "renamed, 1 GPU added, 1 GPU back to Default"
    )
    await button(lab.dialog, "Save").click()
    await expect(lab.dialog).to_have_count(0)
    await has_focus(link(lab, "research 2"))
    pool = await lab.pool("research 2")
    assert pool is not None and pool["devices"] == ["h100-a 1", "h100-b 3"]
    assert await lab.pool("research") is None


@pytest.mark.spec("POOL-4", "API-3")
async def test_an_edit_of_an_old_state_says_who_changed_what_and_loses_nothing(lab: Lab) -> None:
    h100 = await lab.device_ids("h100-a")
    made = await lab.create_pool("research", h100[:2])
    await lab.open("/pools?pool=research&popup=edit")
    await lab.dialog.get_by_label("Name", exact=True).fill("mine")
    await lab.cell("picker", "h100-b 0").click()
    await lab.graph.ask(
        "mutation ($i: EditPoolInput!) { editPool(input: $i) { __typename } }",
        i={
            "id": made["id"],
            "version": made["version"],
            "name": "theirs",
            "addDevices": [h100[2]],
        },
    )
    await button(lab.dialog, "Save").click()
    refusal = lab.page.get_by_role("alert")
    await has_focus(refusal)
    await expect(refusal).to_contain_text(ADA)
    await expect(refusal).to_contain_text("theirs")
    await button(refusal, "Load the new state").click()
    await expect(lab.dialog.get_by_label("Name", exact=True)).to_have_value("mine")
    await expect(lab.dialog).to_contain_text("Now “theirs”")
    await button(lab.dialog, "Save").click()
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("mine")
    assert pool is not None
    assert pool["devices"] == ["h100-a 0", "h100-a 1", "h100-a 2", "h100-b 0"]


@pytest.mark.spec("POOL-5")
async def test_several_pools_are_deleted_after_a_confirmation_that_says_what_returns(
    lab: Lab,
) -> None:
    page = lab.page
    await lab.create_pool("one", (await lab.device_ids("h100-a"))[:3])
    await lab.create_pool("two", (await lab.device_ids("a100-a"))[:2])
    await lab.create_pool("stays", (await lab.device_ids("h100-b"))[:1])
    await lab.open("/pools")
    for name in ("one", "two"):
        await row(lab, name).get_by_role("checkbox").check(force=True)
    await page.get_by_role("button", name="Delete 2").click()
    await expect(lab.dialog).to_contain_text("5 GPUs return to the Default pool")
    await expect(lab.dialog).to_contain_text("3 × NVIDIA H100 80GB HBM3")
    await has_focus(button(lab.dialog, "Cancel"))
    await page.keyboard.press("Escape")
    await expect(lab.dialog).to_have_count(0)
    assert await lab.pool("one") is not None
    await page.get_by_role("button", name="Delete 2").click()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(lab.dialog).to_have_count(0)
    await expect(row(lab, "one")).to_have_count(0)
    await has_focus(link(lab, "Default"))
    assert [await lab.pool(name) for name in ("one", "two")] == [None, None]
    default = await lab.pool("Default")
    assert default is not None and len(default["devices"]) == 11
    assert await lab.pool("stays") is not None


@pytest.mark.spec("POOL-6", "POOL-7")
async def test_why_a_pool_cannot_be_deleted_is_said_before_trying(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("busy", await lab.device_ids("h100-a"))
    await lab.hold("h100-a", "train-resnet", 1)
    await lab.graph.ask(
        "mutation ($i: CreateGroupInput!) { createGroup(input: $i) { __typename } }",
        i={"name": "Vision"},
    )
    group = (await lab.graph.ask('{ group(name: "Vision") { id } }'))["group"]["id"]
    await lab.create_pool("given", await lab.device_ids("a100-a"), group=group)
    await lab.create_pool("idle", (await lab.device_ids("h100-b"))[:1])
    await lab.open("/pools?popup=delete&which=busy&which=given&which=idle")
    await expect(lab.dialog).to_contain_text("busy has 1 active job (train-resnet)")
    await expect(lab.dialog).to_contain_text("given is used by the group Vision")
    await expect(button(lab.dialog, "Delete 3 pools")).to_be_disabled()
    await lab.dialog.get_by_role("button", name="Delete the other only: idle").click()
    await button(lab.dialog, "Delete pool").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(row(lab, "idle")).to_have_count(0)
    assert await lab.pool("idle") is None
    # The Default pool offers neither (POOL-1).
    await link(lab, "Default").click()
    for name in ("Edit", "Delete"):
        await expect(page.get_by_role("button", name=name)).to_be_disabled()


@pytest.mark.spec("POOL-6", "API-3")
async def test_a_job_that_comes_between_the_look_and_the_deletion_is_named(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await lab.create_pool("one", (await lab.device_ids("h100-a"))[:2])
    await lab.create_pool("two", (await lab.device_ids("h100-b"))[:2])
    await lab.open("/pools?popup=delete&which=one&which=two")

    late: list[str] = []

    async def job_first(route: Route) -> None:
        if "deletePools" in (route.request.post_data or "") and not late:
            late.append("late")
            await lab.hold("h100-a", "late", 0)
        await route.continue_()

    await page.route("**/graphql", job_first)
    await button(lab.dialog, "Delete 2 pools").click()
    refusal = lab.page.get_by_role("alert")
    await has_focus(refusal)
    await expect(refusal).to_contain_text("None was deleted")
    await expect(refusal).to_contain_text("late")
    assert await axe(page) == []
    assert await lab.pool("two") is not None
    await refusal.get_by_role("button", name="Delete the other only: two").click()
    await button(lab.dialog, "Delete pool").click()
    await expect(lab.dialog).to_have_count(0)
    assert await lab.pool("two") is None
    assert await lab.pool("one") is not None


@pytest.mark.spec("POOL-4")
async def test_chosen_devices_are_moved_by_the_menu(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("research", (await lab.device_ids("h100-a"))[:1])
    await lab.create_pool("vision", (await lab.device_ids("a100-a"))[:1])
    await lab.open("/pools")
    await lab.cell("pool-devices", "h100-b 0").click()
    await lab.cell("pool-devices", "h100-b 2").click(modifiers=["Shift"])
    await expect(page.get_by_test_id("chosen")).to_contain_text("3 GPUs chosen")
    await page.get_by_role("button", name="Move to pool").click()
    await expect(page.get_by_role("menuitem", name="vision")).to_have_attribute(
        "aria-disabled", "true"
    )
    await expect(page.get_by_role("menuitem", name="vision")).to_contain_text(
        "holds A100-SXM4-80GB only"
    )
    await page.get_by_role("menuitem", name="research").click()
    await expect(lab.dialog.get_by_test_id("moving")).to_contain_text("h100-b · GPU 0–2")
    await button(lab.dialog, "Move 3 GPUs").click()
    await expect(lab.dialog).to_have_count(0)
    await has_focus(link(lab, "research"))
    pool = await lab.pool("research")
    assert pool is not None
    assert pool["devices"] == ["h100-a 0", "h100-b 0", "h100-b 1", "h100-b 2"]


@pytest.mark.spec("POOL-4")
async def test_a_device_is_dragged_onto_a_pool(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("research", (await lab.device_ids("h100-a"))[:1])
    await lab.create_pool("vision", (await lab.device_ids("a100-a"))[:1])
    await lab.open("/pools")
    # A pool of another type takes none.
    await lab.cell("pool-devices", "h100-b 1").drag_to(row(lab, "vision"))
    await expect(lab.dialog).to_have_count(0)
    await lab.cell("pool-devices", "h100-b 1").click()
    await lab.cell("pool-devices", "h100-b 3").click()
    await lab.cell("pool-devices", "h100-b 3").drag_to(row(lab, "research"))
    await expect(lab.dialog.get_by_test_id("sum")).to_contain_text(
        "2 GPUs from Default to research"
    )
    await page.keyboard.press("Enter")
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("research")
    assert pool is not None
    assert pool["devices"] == ["h100-a 0", "h100-b 1", "h100-b 3"]


@pytest.mark.spec("POOL-4")
async def test_devices_are_moved_by_keyboard_alone(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("research", (await lab.device_ids("h100-a"))[:1])
    await lab.open("/pools")
    field = page.get_by_test_id("pool-devices")
    await expect(field).to_be_visible()
    await tab_to(lab, field.locator("[data-stop][tabindex='0']"))
    # From the head of h100-a down to its devices, the head of the next node, and back to the first.
    for key in ("ArrowDown", "ArrowRight", "Control+End", "Control+Home", "Space"):
        await page.keyboard.press(key)
    await expect(page.get_by_test_id("chosen")).to_contain_text("3 GPUs chosen")
    await tab_to(lab, page.get_by_role("button", name="Move to pool"))
    await page.keyboard.press("Enter")
    await has_focus(page.get_by_role("menuitem", name="research"))
    await page.keyboard.press("Enter")
    await has_focus(lab.dialog.get_by_role("radio", name="research"))
    await page.keyboard.press("Enter")
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("research")
    assert pool is not None
    assert pool["devices"] == ["h100-a 0", "h100-a 1", "h100-a 2", "h100-a 3"]


@pytest.mark.spec("POOL-6")
async def test_a_held_device_shows_a_lock_says_by_whom_and_stays(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("research", (await lab.device_ids("h100-a"))[:1])
    await lab.hold("h100-b", "train-resnet", 0)
    await lab.open("/pools")
    held = lab.cell("pool-devices", "h100-b 0")
    await expect(held).to_have_attribute("aria-disabled", "true")
    await expect(held).to_have_accessible_name(re.compile("held by train-resnet"))
    await held.hover()
    await expect(page.get_by_test_id("pointed")).to_contain_text("held by train-resnet (ada)")
    await held.click(force=True)
    await expect(page.get_by_test_id("chosen")).to_have_count(0)
    await expect(page.get_by_text("1 of 11 stay here until these jobs end")).to_be_visible()
    # One that a job takes after it was chosen stays too, and is named.
    await lab.page.get_by_role("checkbox", name="All 3 free of h100-b").click()
    await lab.hold("h100-b", "late", 1)
    await page.get_by_role("button", name="Move to pool").click()
    await page.get_by_role("menuitem", name="research").click()
    await expect(lab.dialog.get_by_test_id("moving")).to_contain_text("stays: held by late")
    await button(lab.dialog, "Move 2 GPUs").click()
    await expect(lab.dialog).to_have_count(0)
    pool = await lab.pool("research")
    assert pool is not None and pool["devices"] == ["h100-a 0", "h100-b 2", "h100-b 3"]


@pytest.mark.spec("POOL-8", "POOL-1")
async def test_all_devices_of_the_cluster_are_shown_by_pool(lab: Lab) -> None:
    page = lab.page
    await lab.create_pool("research", await lab.device_ids("h100-a"))
    await lab.open("/pools")
    field = page.get_by_test_id("pool-devices")
    await expect(field.locator("[data-cell]")).to_have_count(8)
    await page.get_by_text("All pools", exact=True).click()
    await expect(field.locator("[data-cell]")).to_have_count(12)
    await expect(field.get_by_role("heading", level=3)).to_have_text(["research ", "Default "])
    await page.reload()
    await expect(field.locator("[data-cell]")).to_have_count(12)
    # A newly found device lands in the Default pool, by itself.
    await lab.add_node("h100-c", 2)
    await expect(field.locator("[data-cell]")).to_have_count(14)
    await expect(row(lab, "Default")).to_contain_text("10")


@pytest.mark.spec("POOL-2", "API-4")
async def test_what_others_do_appears_by_itself(lab: Lab) -> None:
    page = lab.page
    await lab.open("/pools")
    await expect(row(lab, "Default")).to_be_visible()
    await page.evaluate("window.isTheSamePage = true")
    made = await lab.create_pool("theirs", (await lab.device_ids("h100-a"))[:2])
    await expect(row(lab, "theirs")).to_contain_text("H100 80GB HBM3")
    field = page.get_by_test_id("pool-devices")
    await expect(field.locator("[data-cell]")).to_have_count(10)
    await lab.graph.ask(
        "mutation ($i: DeletePoolsInput!) { deletePools(input: $i) { __typename } }",
        i={"pools": [made["id"]]},
    )
    await expect(row(lab, "theirs")).to_have_count(0)
    await expect(field.locator("[data-cell]")).to_have_count(12)
    assert await page.evaluate("window.isTheSamePage")


@pytest.mark.spec("POOL-2", "API-3")
async def test_a_change_whose_answer_was_lost_is_sent_again_and_done_once(lab: Lab) -> None:
    page = lab.page
    await lab.open("/pools?popup=create")
    sent: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        if "createPool" not in body.get("query", ""):
            await route.continue_()
            return
        sent.append(body["variables"]["input"]["commandId"])
        if len(sent) == 1:
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/graphql", lose_the_first_answer)
    await lab.dialog.get_by_label("Name", exact=True).fill("once")
    await lab.cell("picker", "h100-a 0").click()
    await button(lab.dialog, "Create pool").click()
    alert = page.get_by_role("alert")
    await has_focus(alert)
    await expect(alert).to_contain_text("Not known whether it was done")
    await button(lab.dialog, "Send it again").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(row(lab, "once")).to_be_visible()
    assert len(sent) == 2 and sent[0] == sent[1]


@pytest.mark.spec("POOL-8", "USER-6")
async def test_who_is_no_operator_is_offered_no_change(lab: Lab) -> None:
    page = lab.page
    answer = await lab.graph.ask(
        "mutation ($i: OnBoardUsersInput!) { onBoardUsers(input: $i) {"
        " ... on UsersOnBoarded { users { password } } } }",
        i={"users": [{"name": "grace", "roles": ["DATA_SCIENTIST"]}]},
    )
    await page.context.clear_cookies()
    await lab.sign_in("grace", answer["onBoardUsers"]["users"][0]["password"])
    await lab.open("/pools?popup=create")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pools")
    await expect(page.get_by_role("button", name="Create pool")).to_have_count(0)
    await expect(lab.dialog).to_have_count(0)


@pytest.mark.spec("POOL-8")
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_popup(lab: Lab, axe: Axe, theme: str) -> None:
    page = lab.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    h100 = await lab.device_ids("h100-a")
    await lab.create_pool("research", h100[:3])
    await lab.hold("h100-a", "train", 0)
    device = "GPU-h100-a-1"
    found: dict[str, list[str]] = {}
    for path in (
        "/pools?view=all",
        "/pools?popup=create",
        "/pools?pool=research&popup=edit",
        "/pools?popup=delete&which=research",
        f"/pools?popup=move&device={device}&device=GPU-h100-a-0",
        "/pools?pool=nobody&popup=edit",
    ):
        await lab.open(path)
        await expect(lab.dialog if "popup" in path else row(lab, "research")).to_be_visible()
        if violations := await axe(page):
            found[path] = violations
    assert found == {}
