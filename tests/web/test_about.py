"""The About screen by hand: what runs here, a licence that is pasted, and what it warns of."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain.licence import cluster_id
from domain.licence_tokens import PrivateKey
from tests.services.changes import done
from tests.services.chromium import Axe
from tests.services.licences import licence
from tests.web.lab import Lab


@pytest.mark.spec("LIC-1", "LIC-2")
async def test_a_licence_is_pasted_and_a_bad_one_leaves_what_is_there(lab: Lab, axe: Axe) -> None:
    page = lab.page
    await lab.open("/about")
    panel = page.get_by_role("region", name="Licence", exact=True)
    await expect(panel).to_contain_text("no licence is needed")
    await expect(panel).to_contain_text(str(await cluster_id()))
    await expect(page.get_by_test_id("components")).to_contain_text("SQLite")
    await expect(page.get_by_test_id("components")).to_contain_text("none is at work")
    assert await axe(page) == []
    await panel.get_by_role("button", name="Enter a licence").click()
    pasted = lab.dialog.get_by_role("textbox", name="Licence")
    bad = licence(by=PrivateKey.generate())
    await pasted.fill(bad)
    await lab.dialog.get_by_role("button", name="Enter licence").click()
    refusal = page.get_by_test_id("refusal")
    await expect(refusal).to_be_focused()
    await expect(refusal).to_contain_text("was not signed with the key")
    await expect(pasted).to_have_value(bad)
    await expect(panel).to_contain_text("no licence is needed")
    assert await axe(page) == []
    await pasted.fill(licence("ACME Research", days=365, devices=100))
    await lab.dialog.get_by_role("button", name="Enter licence").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(panel).to_contain_text("ACME Research")
    await expect(panel).to_contain_text("12 of 100")
    await expect(page.get_by_test_id("announcer")).to_contain_text("ACME Research is entered")
    await expect(page.get_by_test_id("licence-warning")).to_have_count(0)
    assert await axe(page) == []


@pytest.mark.spec("LIC-2")
async def test_a_licence_that_runs_out_warns_on_every_screen_of_an_operator_alone(
    lab: Lab, axe: Axe
) -> None:
    page, warning = lab.page, lab.page.get_by_test_id("licence-warning")
    await done(lab.graph, "replaceLicence", token=licence(days=20, devices=5))
    made = await done(
        lab.graph, "onBoardUsers", users=[{"name": "eve", "roles": ["DATA_SCIENTIST"]}]
    )
    await lab.open("/")
    await expect(warning).to_contain_text("runs out in 20 days")
    await expect(warning).to_contain_text("12 devices, and the licence is for 5")
    assert await axe(page) == []
    await page.get_by_label("Screens").get_by_role("link", name="Pools").click()
    await expect(warning).to_contain_text("runs out in 20 days")
    await warning.get_by_role("link", name="Enter a licence").click()
    await expect(lab.dialog.get_by_role("textbox", name="Licence")).to_be_visible()
    await done(lab.graph, "replaceLicence", token=licence(days=365))
    await expect(warning).to_have_count(0)
    await done(lab.graph, "replaceLicence", token=licence(days=20))
    await expect(warning).to_have_count(1)
    await page.context.clear_cookies()
    await lab.sign_in("eve", made["users"][0]["password"])
    await lab.open("/about")
    await expect(page.get_by_role("region", name="Quartermaster")).to_contain_text("Enterprise")
    await expect(warning).to_have_count(0)
    await expect(page.get_by_test_id("components")).to_have_count(0)
    assert "ACME" not in await page.content()
