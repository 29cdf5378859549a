"""A directory is activated from the screen; its people come on board, one by one and by group."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, expect

from domain import authentication
from domain.actors import Actor
from domain.authentication import read_authentication
from domain.users import Newcomer, User, on_board
from identity.settings import OidcSettings
from tests.services.chromium import Axe
from tests.services.openid import CLIENT_ID, CLIENT_SECRET, open_id
from tests.services.slapd import BASE, HOST, PASSWORD, READER, READER_PASSWORD, Directory
from tests.web.lab import Lab


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "TRY_EVERY", authentication.TRY_EVERY * 0)


def popup(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def fill(form: Locator, directory: Directory) -> None:
    for label, value in (
        ("URL", f"ldaps://{HOST}:{directory.tls_port}"),
        ("Base", BASE),
        ("Bind as", READER),
        ("Its password", READER_PASSWORD),
        ("Certificate of your own authority", directory.certificate),
        ("Your name", "ada"),
        ("Your password", PASSWORD),
    ):
        await form.get_by_label(label).fill(value)


async def activate(lab: Lab, directory: Directory) -> None:
    page = lab.page
    await lab.open("/authentication")
    await page.get_by_role("button", name="Activate LDAP").click()
    await fill(popup(page), directory)
    await popup(page).get_by_role("button", name="Activate", exact=True).click()
    await expect(popup(page)).to_have_count(0)


@pytest.mark.spec("CRED-1", "CRED-2")
async def test_a_wrong_entry_says_which_step_failed_and_keeps_what_was_typed(
    lab: Lab, directory: Directory, axe: Axe
) -> None:
    page = lab.page
    await lab.sign_in()
    await lab.open("/authentication")
    await expect(page.get_by_role("main")).to_contain_text("Local")
    assert await axe(page) == []
    await page.get_by_role("button", name="Activate LDAP").click()
    form = popup(page)
    await fill(form, directory)
    await form.get_by_label("Its password").fill("wrong")
    await form.get_by_role("button", name="Activate", exact=True).click()
    await expect(form.get_by_test_id("refusal")).to_contain_text("failed at bind")
    await expect(form.get_by_label("Base")).to_have_value(BASE)
    assert await axe(page) == []
    await form.get_by_label("Its password").fill(READER_PASSWORD)
    await form.get_by_role("button", name="Try", exact=True).click()
    await expect(form.get_by_role("status", name="What was tried")).to_contain_text(
        "Signed in as Person ada"
    )
    assert await axe(page) == []
    await form.get_by_role("button", name="Activate", exact=True).click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("main")).to_contain_text("LDAP / Active Directory")
    await page.get_by_role("button", name="Switch off").click()
    sure = page.get_by_role("alertdialog")
    await sure.get_by_role("button", name="Switch off").click()
    await expect(sure.get_by_test_id("refusal")).to_contain_text("No operator has signed in")
    assert await axe(page) == []


@pytest.mark.spec("CRED-1", "CRED-2")
async def test_a_provider_of_openid_connect_is_tried_and_activated(lab: Lab, axe: Axe) -> None:
    page = lab.page
    await lab.sign_in()
    async with open_id() as provider:
        await lab.open("/authentication")
        await page.get_by_role("button", name="Activate OpenID Connect").click()
        form = popup(page)
        await form.get_by_label("Issuer").fill(provider.issuer)
        await form.get_by_label("Client", exact=True).fill(CLIENT_ID)
        await form.get_by_label("Claim of the groups").fill("")
        await form.get_by_label("Its secret").fill(CLIENT_SECRET)
        await form.get_by_role("button", name="Try", exact=True).click()
        await expect(form.get_by_role("status", name="What was tried")).to_contain_text(
            "Found the provider"
        )
        assert await axe(page) == []
        await form.get_by_role("button", name="Activate", exact=True).click()
        await expect(form).to_have_count(0)
        await expect(page.get_by_role("main")).to_contain_text(provider.issuer)
    active = (await read_authentication()).settings
    assert isinstance(active, OidcSettings)
    assert active.groups_claim is None


@pytest.mark.spec("CRED-1")
async def test_each_kind_of_backend_has_its_form(lab: Lab, axe: Axe) -> None:
    await lab.sign_in()
    await lab.open("/authentication")
    await lab.page.get_by_role("button", name="Activate GitHub").click()
    await expect(popup(lab.page).get_by_label("Organisation")).to_be_visible()
    assert await axe(lab.page) == []


@pytest.mark.spec("USER-1", "USER-4")
async def test_candidates_of_the_directory_come_on_board_and_sign_in(
    lab: Lab, directory: Directory, axe: Axe
) -> None:
    page = lab.page
    await lab.sign_in()
    await activate(lab, directory)
    await lab.open("/users")
    await page.get_by_role("button", name="On-board users").click()
    form = popup(page)
    await expect(form).to_contain_text("whoever is first becomes an operator")
    await form.get_by_label("Find a person").fill("u0007")
    grid = form.get_by_role("grid", name="Candidates")
    row = grid.get_by_role("row").filter(has_text="Person u0007")
    await row.click(position={"x": 60, "y": 10})
    assert await axe(page) == []
    await form.get_by_role("button", name="On-board 1 user").click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("row").filter(has_text="u0007")).to_contain_text("Operator")
    await page.context.clear_cookies()
    await lab.sign_in("u0007", PASSWORD)


@pytest.mark.spec("T-17")
async def test_who_left_the_directory_is_shown_so_with_the_jobs_that_still_run(
    lab: Lab, axe: Axe
) -> None:
    await lab.add_node("n1")
    await on_board(Actor.system("test"), [Newcomer("grace")])
    grace = await User.get(name="grace")
    await lab.nodes["n1"].run_job("train-resnet", "grace", 0)
    await User.filter(id=grace.id).update(left_directory_at=datetime.now(UTC))
    await lab.graph.announce("user", [grace.id])
    await lab.sign_in()
    attention = lab.page.get_by_role("region", name="Needs attention")
    await expect(attention).to_contain_text("left the directory with 1 active job")
    await expect(attention).to_contain_text("train-resnet")
    await lab.open("/users")
    await expect(lab.page.get_by_role("row").filter(has_text="grace")).to_contain_text(
        "left the directory"
    )
    assert await axe(lab.page) == []


@pytest.mark.spec("USER-2")
async def test_some_people_of_an_ldap_group_come_on_board_into_its_group(
    lab: Lab, directory: Directory, axe: Axe
) -> None:
    page = lab.page
    await lab.sign_in()
    await activate(lab, directory)
    await lab.open("/users?popup=on-board")
    form = popup(page)
    await form.get_by_text("By LDAP group").click()
    await form.get_by_label("Find an LDAP group").fill("vis")
    await form.get_by_role("button", name="vision", exact=True).click()
    people = form.get_by_role("list", name="People of vision")
    await expect(form).to_contain_text("Makes the group vision")
    for name in ("u0031", "u0032"):
        await people.locator("label").filter(has_text=f"Person {name}").click()
    roles = form.get_by_role("group", name="Roles of u0032")
    await roles.get_by_label("Data scientist").click()
    await expect(page.get_by_test_id("sum")).to_have_text("2 chosen: 2 new users")
    assert await axe(page) == []
    await form.get_by_role("button", name="On-board 2 users").click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("row").filter(has_text="u0032")).to_contain_text("vision")
    await lab.open("/users?popup=on-board")
    await form.get_by_text("By LDAP group").click()
    await form.get_by_role("button", name="vision", exact=True).click()
    await expect(people.get_by_text("in it already")).to_have_count(2)
