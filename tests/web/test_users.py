"""People taken on board, their roles and passwords, and how they go, from the click to the data."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.services.chromium import Axe
from tests.services.operator import Operator
from tests.services.product import Product
from tests.web.conftest import Console
from tests.web.console_api import Records

EVERYTHING = ("/", "/nodes", "/devices", "/jobs", "/pools", "/groups", "/users", "/events")


@pytest.fixture
async def records(
    console: Console, operator_of: Callable[[Product], Awaitable[Operator]]
) -> Records:
    return Records(await operator_of(console.product))


class Person:
    """Somebody else at the same console, in a browser of their own."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page = page
        self.product = product

    async def sign_in(self, name: str, password: str, path: str = "/") -> None:
        await self.page.goto(self.product.url + path)
        await self.page.get_by_label("Name", exact=True).fill(name)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.page.get_by_test_id("live")).to_contain_text("Live")


@pytest.fixture
async def person(console: Console, chromium: Browser) -> AsyncIterator[Person]:
    context = await chromium.new_context(locale="en-GB", timezone_id="UTC")
    page = await context.new_page()
    yield Person(page, console.product)
    await context.close()


def popup(page: Page) -> Locator:
    return page.get_by_role("dialog")


def row(within: Page | Locator, text: str) -> Locator:
    return within.get_by_role("row").filter(has_text=text)


async def can_sign_in(product: Product, name: str, password: str) -> bool:
    headers = {"Quartermaster-Client": "tests"}
    async with httpx.AsyncClient(base_url=product.url, headers=headers) as http:
        answer = await http.post("/auth/sign-in", json={"name": name, "password": password})
    return answer.status_code == 200


async def owner_of_a_job(records: Records) -> tuple[str, list[str]]:
    """Somebody not on board, and the names of the jobs that run or wait under that name."""
    answer = await records.operator.ask("{ jobs(first: 100) { edges { node { name owner } } } }")
    jobs = [edge["node"] for edge in answer["jobs"]["edges"]]
    owner = str(jobs[0]["owner"])
    return owner, [job["name"] for job in jobs if job["owner"] == owner]


@pytest.mark.spec("USER-1")
async def test_several_are_taken_on_board_each_with_group_and_roles(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    await records.create_group("Vision")
    owner, jobs = await owner_of_a_job(records)
    await console.open("/users")
    await page.get_by_role("button", name="On-board users").click()
    form = popup(page)
    candidates = form.get_by_role("grid", name="Candidates")
    await expect(form).to_contain_text(re.compile(r"read \d+ s ago"))
    # Group and roles of somebody are there only once they are chosen.
    await expect(row(candidates, owner).get_by_role("group")).to_have_count(0)
    await row(candidates, owner).click(position={"x": 60, "y": 10})
    somebody_else = form.get_by_label("Somebody who is not in the list, by login")
    for name in ("zoe", "ben"):
        await somebody_else.fill(name)
        await somebody_else.press("Enter")
    await form.get_by_role("group", name="Roles for all").get_by_label("Data scientist").click()
    await form.get_by_role("group", name="Roles of zoe").get_by_label("ML engineer").click()
    await form.get_by_role("group", name="Roles of ben").get_by_label("Data scientist").click()
    await form.get_by_role("button", name="Group for all").click()
    await page.get_by_role("option", name="Vision").click()
    await form.get_by_role("button", name="Group of ben").click()
    await page.get_by_role("option", name="No group").click()
    await expect(page.get_by_test_id("sum")).to_have_text(
        "2 join Vision, 1 in no group yet. 1 person without a role sees only the own profile."
    )
    assert await axe(page) == []
    await form.get_by_role("button", name="On-board 3 users").click()

    shown = page.get_by_role("alertdialog")
    await expect(shown).to_contain_text("Shown this once")
    password = await shown.get_by_test_id("password-zoe").inner_text()
    assert await axe(page) == []
    await page.keyboard.press("Escape")  # does not lose what is shown once
    await shown.get_by_role("button", name="Done").click()
    await expect(shown).to_have_count(0)
    await expect(row(page, "zoe")).to_contain_text("Data scientist, ML engineer")
    assert await records.users() == {
        console.product.name: ("Default", {"OPERATOR", "DATA_SCIENTIST"}),
        "zoe": ("Vision", {"DATA_SCIENTIST", "ML_ENGINEER"}),
        "ben": (None, set()),
        owner: ("Vision", {"DATA_SCIENTIST"}),
    }
    assert await can_sign_in(console.product, "zoe", password)
    # The jobs that ran under the name are theirs now.
    await console.open(f"/jobs?user={owner}")
    await expect(row(page, jobs[0])).to_contain_text("Vision")


@pytest.mark.spec("USER-1")
async def test_a_display_name_is_given_to_each_who_is_chosen(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    owner, _ = await owner_of_a_job(records)
    await console.open("/users?popup=on-board")
    form = popup(page)
    await expect(row(form, owner)).to_be_visible()
    await expect(form.get_by_label(re.compile("^Display name of"))).to_have_count(0)
    await row(form, owner).click(position={"x": 60, "y": 10})
    somebody_else = form.get_by_label("Somebody who is not in the list, by login")
    for name in ("zoe", "ben"):
        await somebody_else.fill(name)
        await somebody_else.press("Enter")
    await form.get_by_label("Display name of zoe").fill("Zoë Müller ")
    await form.get_by_label(f"Display name of {owner}").fill("The owner")
    # Enter in the name is not yet the wish to take everybody on board.
    await page.keyboard.press("Enter")
    assert await axe(page) == []
    await form.get_by_role("button", name="On-board 3 users").click()
    await page.get_by_role("button", name="Done").click()
    await expect(row(page, "zoe")).to_contain_text("Zoë Müller")
    answer = await records.operator.ask("{ users { edges { node { name displayName } } } }")
    names = {edge["node"]["name"]: edge["node"]["displayName"] for edge in answer["users"]["edges"]}
    assert (names["zoe"], names["ben"], names[owner]) == ("Zoë Müller", None, "The owner")


@pytest.mark.spec("USER-1")
async def test_who_cannot_be_taken_on_board_is_named_and_can_be_left_out(
    console: Console, records: Records
) -> None:
    page = console.page
    await console.open("/users?popup=on-board")
    form = popup(page)
    somebody_else = form.get_by_label("Somebody who is not in the list, by login")
    for name in ("zoe", "OPERATOR"):
        await somebody_else.fill(name)
        await somebody_else.press("Enter")
    await form.get_by_role("button", name="On-board 2 users").click()
    box = page.get_by_test_id("refusal")
    await expect(box).to_be_focused()
    await expect(box).to_contain_text("The name operator is taken")
    assert set(await records.users()) == {console.product.name}
    await box.get_by_role("button", name="Leave OPERATOR out").click()
    await form.get_by_role("button", name="On-board 1 user").click()
    await page.get_by_role("button", name="Done").click()
    assert set(await records.users()) == {console.product.name, "zoe"}


@pytest.mark.spec("USER-1")
async def test_a_backend_that_is_down_says_so_and_is_asked_again(
    console: Console, records: Records
) -> None:
    page = console.page
    owner, _ = await owner_of_a_job(records)

    async def as_if_down(route: Route) -> None:
        if "query Candidates" not in (route.request.post_data or ""):
            await route.fallback()
            return
        answer = await (await route.fetch()).json()
        answer["data"]["onBoarding"] |= {
            "problem": "The directory does not answer.",
            "candidates": {"totalCount": 0, "edges": []},
        }
        await route.fulfill(body=json.dumps(answer), content_type="application/json")

    await page.route("**/graphql", as_if_down)
    await console.open("/users?popup=on-board")
    await expect(popup(page)).to_contain_text("The directory does not answer.")
    await expect(popup(page)).not_to_contain_text("Nobody to choose from")
    await page.unroute("**/graphql")
    await popup(page).get_by_role("button", name="Refresh").click()
    await expect(row(popup(page), owner)).to_be_visible()


@pytest.mark.spec("USER-3")
async def test_roles_are_given_in_any_combination_and_the_last_operator_stays(
    console: Console, records: Records, axe: Axe
) -> None:
    page = console.page
    await records.on_board("zoe", roles=("DATA_SCIENTIST",))
    await console.open("/users")
    await console.tick("Choose zoe")
    await page.get_by_role("button", name="Roles").click()
    form = popup(page)
    for role in ("creates models", "optimises and publishes models", "deploys models"):
        await form.get_by_text(role).click()
    await expect(form).to_contain_text(
        "gets ML engineer, Production engineer; loses Data scientist"
    )
    assert await axe(page) == []
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    await expect(row(page, "zoe")).to_contain_text("ML engineer, Production engineer")
    assert (await records.users())["zoe"][1] == {"ML_ENGINEER", "PRODUCTION_ENGINEER"}

    # Nobody takes the own role by accident; nobody at all takes the last operator's.
    await console.open(f"/users?popup=edit&which={console.product.name}")
    await form.get_by_text("manages the cluster").click()
    await form.get_by_role("button", name="Save").click()
    box = page.get_by_test_id("refusal")
    await expect(box).to_contain_text("Do you mean to take Operator from yourself?")
    await box.get_by_role("button", name="Yes, take Operator from me").click()
    await expect(box).to_contain_text("give the role to another first")
    await box.get_by_role("button", name="Keep Operator").click()
    await expect(form.get_by_role("checkbox", name=re.compile("^Operator"))).to_be_checked()
    assert "OPERATOR" in (await records.users())[console.product.name][1]


@pytest.mark.spec("USER-3", "USER-6")
async def test_who_gives_up_the_own_role_sees_only_what_is_theirs(
    console: Console, records: Records
) -> None:
    page = console.page
    await records.on_board("zoe", roles=("OPERATOR",))
    await console.open(f"/users?popup=edit&which={console.product.name}")
    await popup(page).get_by_text("manages the cluster").click()
    await popup(page).get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Yes, take Operator from me").click()
    await expect(page.get_by_test_id("own")).to_contain_text("You see your group Default")
    await expect(row(page, "zoe")).to_have_count(0)
    await expect(page.get_by_role("button", name="On-board users")).to_have_count(0)
    await console.is_live()


@pytest.mark.spec("USER-5")
async def test_users_are_deleted_after_a_confirmation_and_those_with_jobs_are_named(
    console: Console, records: Records, person: Person, axe: Axe
) -> None:
    page = console.page
    owner, jobs = await owner_of_a_job(records)
    passwords = await records.on_board("zoe", owner, roles=("DATA_SCIENTIST",), group="Default")
    await person.sign_in("zoe", passwords["zoe"])
    await console.open("/users")
    for name in ("zoe", owner, console.product.name):
        await console.tick(f"Choose {name}")
    await page.get_by_role("button", name="Delete 3").click()
    confirmation = page.get_by_role("alertdialog")
    await expect(confirmation.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(confirmation).to_contain_text("They leave Default")
    await expect(confirmation).to_contain_text(f"{console.product.name} is you")
    await expect(confirmation).to_contain_text(jobs[0])
    await expect(confirmation.get_by_role("button", name="Delete 3 users")).to_be_disabled()
    assert await axe(page) == []
    await confirmation.get_by_role("button", name="Delete only zoe").click()
    await expect(confirmation).to_contain_text("zoe leaves Default")
    await confirmation.get_by_role("button", name="Delete user").click()
    await expect(row(page, "zoe")).to_have_count(0)
    assert set(await records.users()) == {console.product.name, owner}
    # The sessions of who is deleted end.
    await expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.spec("USER-5")
async def test_a_new_password_is_shown_once_and_ends_what_the_old_one_opened(
    console: Console, records: Records, person: Person, axe: Axe
) -> None:
    page = console.page
    old = (await records.on_board("zoe"))["zoe"]
    await person.sign_in("zoe", old)
    await console.open("/users")
    await console.tick("Choose zoe")
    await page.get_by_role("button", name="New password").click()
    assert await axe(page) == []
    await page.get_by_role("button", name="Make a new password").click()
    new = await page.get_by_test_id("password-zoe").inner_text()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_text(new)).to_have_count(0)
    await expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not await can_sign_in(console.product, "zoe", old)
    assert await can_sign_in(console.product, "zoe", new)


@pytest.mark.spec("USER-6")
async def test_without_the_role_operator_one_sees_what_is_ones_own(
    console: Console, records: Records, person: Person, axe: Axe
) -> None:
    await records.create_pool("research", 2)
    await records.create_group("Vision", "research")
    passwords = await records.on_board("zoe", "ben", roles=("DATA_SCIENTIST",), group="Vision")
    await person.sign_in("zoe", passwords["zoe"], "/users")
    page = person.page
    await expect(page.get_by_test_id("own")).to_have_text(
        "You see your group Vision, its pool research, and your own jobs."
        " Only operators see the whole cluster."
    )
    await expect(row(page, "zoe")).to_contain_text("you")
    await expect(row(page, "ben")).to_have_count(0)
    await expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    for path, doing in (("/groups", "Create group"), ("/users", "On-board users")):
        await page.goto(console.product.url + path)
        await expect(page.get_by_role("grid").or_(page.get_by_role("table"))).to_be_visible()
        await expect(page.get_by_role("button", name=doing)).to_have_count(0)
    await page.goto(console.product.url + "/devices")
    await expect(page.get_by_role("grid", name="Devices")).to_have_attribute("aria-rowcount", "3")
    await page.goto(console.product.url + "/audit")
    await expect(page.get_by_text("The audit log is for operators")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^zoe")).click()
    await expect(page.get_by_role("menuitem", name="About")).to_be_visible()
    await expect(page.get_by_role("menuitem", name=re.compile("GraphiQL"))).to_have_count(0)
    await page.keyboard.press("Escape")
    assert await axe(page) == []

    # A role that is given, and one that is taken, is there without signing in again.
    await page.goto(console.product.url + "/users")
    await records.set_roles("zoe", "OPERATOR")
    await expect(row(page, "ben")).to_be_visible()
    await expect(page.get_by_role("link", name="Audit log")).to_be_visible()
    await records.set_roles("zoe")
    await expect(page.get_by_test_id("own")).to_contain_text("You have no role yet")
    await expect(row(page, "ben")).to_have_count(0)
    await page.goto(console.product.url + "/devices")
    await expect(page.get_by_text("No devices of yours")).to_be_visible()


@pytest.mark.spec("USER-1", "USER-5")
async def test_people_come_and_go_by_keyboard_alone(console: Console, records: Records) -> None:
    page = console.page
    keyboard = page.keyboard
    await console.open("/users")
    await expect(row(page, console.product.name)).to_be_visible()
    await keyboard.press("c")
    await expect(popup(page).get_by_label("Find a person")).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.type("zoe")
    await keyboard.press("Enter")
    await expect(row(popup(page), "zoe").get_by_role("checkbox")).to_be_checked()
    roles = popup(page).get_by_role("group", name="Roles of zoe")
    await roles.get_by_label("Data scientist").focus()
    await keyboard.press("Space")
    await popup(page).get_by_role("button", name="On-board 1 user").focus()
    await keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Done")).to_be_focused()
    await keyboard.press("Enter")
    grid = page.get_by_role("grid", name="Users")
    await expect(grid).to_be_focused()
    await expect(page.locator("[data-active]")).to_contain_text("zoe")
    assert (await records.users())["zoe"] == (None, {"DATA_SCIENTIST"})

    await keyboard.press("x")
    delete = page.get_by_role("button", name="Delete", exact=True)
    await delete.focus()
    await keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(row(page, "zoe")).to_have_count(0)
    assert "zoe" not in await records.users()
