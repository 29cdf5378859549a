"""Making, changing and deleting groups, from the click to the database."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Page, expect

from tests.services.chromium import Axe
from tests.services.operator import Operator
from tests.services.product import Product
from tests.web.conftest import Console
from tests.web.console_api import Records

HOSTILE = "<img src=x onerror=alert(1)>"
HOSTILE_PERSON = "<script>alert(1)</script>"


@pytest.fixture
async def records(
    console: Console, operator_of: Callable[[Product], Awaitable[Operator]]
) -> Records:
    """Of the console's product, where ada and ben are free, and the pool research too."""
    records = Records(await operator_of(console.product))
    await records.on_board("ada", "ben", roles=("DATA_SCIENTIST",))
    await records.create_pool("research")
    return records


def popup(page: Page) -> Locator:
    return page.get_by_role("dialog")


def row(within: Page | Locator, text: str) -> Locator:
    return within.get_by_role("row").filter(has_text=text)


async def choose_pool(page: Page, name: str) -> None:
    await popup(page).get_by_role("button", name=re.compile("Pool")).click()
    await page.get_by_role("option", name=re.compile(f"^{name}")).click()


@pytest.mark.spec("GROUP-2")
async def test_a_group_is_made_of_a_name_free_users_and_a_free_pool(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    await console.open("/groups")
    await page.get_by_role("button", name="Create group").click()
    form = popup(page)
    await form.get_by_label("Name", exact=True).fill("Vision")
    await row(form, "ada").click()
    await row(form, "ben").click()
    await choose_pool(page, "research")
    await expect(form).to_contain_text("2 users join; it gets the pool research")
    assert await axe(page) == []
    await form.get_by_role("button", name="Create group").click()
    await expect(form).to_have_count(0)
    await expect(row(page, "Vision")).to_contain_text("research")
    await expect(page.get_by_test_id("announcer")).to_contain_text("The group Vision is made")
    grid = page.get_by_role("grid", name="Groups")
    await expect(grid).to_be_focused()
    await expect(page.locator("[data-active]")).to_contain_text("Vision")
    assert (await records.groups())["Vision"] == ("research", {"ada", "ben"})
    assert await axe(page) == []


@pytest.mark.spec("GROUP-2", "GROUP-1")
async def test_only_who_and_what_is_free_is_offered_and_the_others_say_why(
    console: Console, records: Records
) -> None:
    page = console.page
    await console.open("/groups?popup=create")
    form = popup(page)
    await expect(row(form, "ada")).to_be_visible()
    await expect(row(form, console.product.name)).to_have_count(0)
    await form.get_by_label("Find a user").fill(console.product.name)
    taken = row(form, console.product.name)
    await expect(taken).to_contain_text("in Default; remove there first")
    await expect(taken.get_by_role("checkbox")).to_be_disabled()
    await form.get_by_role("button", name=re.compile("Pool")).click()
    used = page.get_by_role("option", name=re.compile("^Default"))
    await expect(used).to_have_attribute("aria-disabled", "true")
    await expect(used).to_contain_text("used by Default")


@pytest.mark.spec("GROUP-2")
async def test_a_refusal_keeps_what_was_typed_and_offers_what_would_be_accepted(
    console: Console, records: Records
) -> None:
    page = console.page
    await console.open("/groups?popup=create")
    form = popup(page)
    await form.get_by_label("Name", exact=True).fill("default")
    await row(form, "ada").click()
    await row(form, "ben").click()
    await form.get_by_role("button", name="Create group").click()
    box = page.get_by_test_id("refusal")
    await expect(box).to_be_focused()
    await expect(box).to_contain_text("The name Default is taken")
    await expect(form.get_by_label("Name", exact=True)).to_have_value("default")
    assert set(await records.groups()) == {"Default"}

    await records.create_group("Elsewhere")
    await form.get_by_label("Name", exact=True).fill("Vision")
    # What another person does between the look and the press is refused, not overwritten.
    ada = await records.id_of("users", "ada")
    await records.edit_group("Elsewhere", addUsers=[ada])
    await form.get_by_role("button", name="Create group").click()
    await expect(box).to_contain_text("ada is in another group (Elsewhere)")
    await box.get_by_role("button", name="Leave ada out").click()
    await expect(box).to_have_count(0)
    await form.get_by_role("button", name="Create group").click()
    await expect(form).to_have_count(0)
    assert (await records.groups())["Vision"] == (None, {"ben"})


@pytest.mark.spec("GROUP-3", "GROUP-4")
async def test_a_user_is_moved_by_leaving_one_group_and_joining_the_other(
    console: Console, records: Records
) -> None:
    page = console.page
    await records.create_group("Vision", "research")
    await records.on_board("eve", group="Default")
    await console.open("/groups")
    await row(page, "Default").click(position={"x": 60, "y": 10})
    form = popup(page)
    await row(form, "eve").click()
    await expect(row(form, "eve")).to_contain_text("leaves, is free then")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    assert (await records.users())["eve"][0] is None

    await row(page, "Vision").click(position={"x": 60, "y": 10})
    await row(form, "eve").click()
    await form.get_by_label("Name", exact=True).fill("Vision two")
    await choose_pool(page, "No pool")
    await expect(form).to_contain_text("Vision is called Vision two; eve joins")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    groups = await records.groups()
    assert groups["Vision two"] == (None, {"eve"})
    assert "Vision" not in groups


@pytest.mark.spec("GROUP-4")
async def test_an_edit_of_an_old_state_says_who_changed_what_and_keeps_what_was_typed(
    console: Console, records: Records
) -> None:
    page = console.page
    await records.create_group("Vision")
    await console.open("/groups?popup=edit&which=Vision")
    form = popup(page)
    await form.get_by_label("Name", exact=True).fill("Seeing")
    research = await records.id_of("pools", "research")
    await records.edit_group("Vision", pool=research)
    # What was not touched here follows what others do.
    await expect(form.get_by_role("button", name=re.compile("Pool"))).to_contain_text("research")
    await form.get_by_role("button", name="Save").click()
    box = page.get_by_test_id("refusal")
    await expect(box).to_contain_text("changed meanwhile by operator")
    await expect(box).to_contain_text("research")
    await expect(form.get_by_label("Name", exact=True)).to_have_value("Seeing")
    await box.get_by_role("button", name="Load the new state").click()
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    assert (await records.groups())["Seeing"] == ("research", set())


@pytest.mark.spec("GROUP-5", "GROUP-1")
async def test_deleting_says_what_is_left_and_takes_only_what_is_empty(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    await records.create_group("Vision", "research")
    await records.create_group("Interns")
    ada = await records.id_of("users", "ada")
    await records.edit_group("Vision", addUsers=[ada])
    await console.open("/groups")
    await expect(row(page, "Default").get_by_role("checkbox")).to_have_count(0)
    await console.tick("All groups")
    await page.get_by_role("button", name="Delete 2").click()
    confirmation = page.get_by_role("alertdialog")
    await expect(confirmation.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(confirmation).to_contain_text("Vision still has 1 user and the pool research")
    await expect(confirmation.get_by_role("button", name="Delete 2 groups")).to_be_disabled()
    assert await axe(page) == []
    await confirmation.get_by_role("button", name="Delete only Interns").click()
    await confirmation.get_by_role("button", name="Delete group").click()
    await expect(confirmation).to_have_count(0)
    await expect(row(page, "Interns")).to_have_count(0)

    # Once its users and pool are taken, it goes too, and who was in it is free.
    await records.edit_group("Vision", removeUsers=[ada], pool=None)
    await console.tick("Choose Vision")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await confirmation.get_by_role("button", name="Delete group").click()
    await expect(row(page, "Vision")).to_have_count(0)
    assert set(await records.groups()) == {"Default"}
    assert (await records.users())["ada"][0] is None


@pytest.mark.spec("GROUP-2", "GROUP-4")
async def test_groups_are_made_and_edited_by_keyboard_alone(
    console: Console, records: Records
) -> None:
    page = console.page
    keyboard = page.keyboard
    await console.open("/groups")
    await expect(row(page, "Default")).to_be_visible()
    await keyboard.press("c")
    await expect(popup(page).get_by_label("Name", exact=True)).to_be_focused()
    await keyboard.type("Vision")
    users = popup(page).get_by_role("grid", name="Users to choose")
    while not await users.evaluate("grid => grid === document.activeElement"):
        await keyboard.press("Tab")
    await keyboard.press("x")
    await expect(row(users, "ada").get_by_role("checkbox")).to_be_checked()
    await popup(page).get_by_label("Name", exact=True).focus()
    await keyboard.press("Enter")
    await expect(popup(page)).to_have_count(0)
    assert (await records.groups())["Vision"] == (None, {"ada"})

    await expect(page.get_by_role("grid", name="Groups")).to_be_focused()
    await keyboard.press("e")
    await expect(popup(page)).to_contain_text("Edit group Vision")
    await keyboard.press("Escape")
    await expect(popup(page)).to_have_count(0)


@pytest.mark.spec("GROUP-2", "T-56")
async def test_what_others_make_appears_live_and_strange_names_are_text(
    console: Console, records: Records
) -> None:
    page = console.page
    dialogs: list[str] = []

    async def dismiss(dialog: object) -> None:
        dialogs.append(str(dialog))

    page.on("dialog", dismiss)
    await console.open("/groups")
    await expect(row(page, "Default")).to_be_visible()
    await records.on_board(HOSTILE_PERSON, displayName=HOSTILE)
    await records.create_group(HOSTILE)
    await expect(row(page, HOSTILE)).to_be_visible()
    await row(page, HOSTILE).click(position={"x": 60, "y": 10})
    await expect(row(popup(page), HOSTILE_PERSON)).to_be_visible()
    for path in ("/users", "/audit", "/users?popup=on-board", "/jobs"):
        await console.open(path)
        await console.is_live()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert dialogs == []
    assert await page.locator("img[src=x]").count() == 0
    assert await page.evaluate("[...document.scripts].every((one) => !one.text.includes('alert'))")
