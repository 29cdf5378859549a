"""The screens of DVS targets and the Feature Store: tried, refused in place, locked, unlocked."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from domain.database import execute
from tests.services.changes import done
from tests.services.chromium import Axe
from tests.services.git_host import GitHost
from tests.services.s3 import BUCKET, ObjectStore
from tests.web.lab import Lab


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def segment(form: Locator, group: str, name: str) -> Locator:
    box = form.get_by_role("radiogroup", name=group)
    return box.locator("label").filter(has_text=name)


async def try_again(form: Locator) -> None:
    """However shortly after another try."""
    await execute("UPDATE target SET tried_at = NULL")
    await form.get_by_role("button", name="Try and").click()


@pytest.mark.spec("DVS-1", "DVS-2", "DVS-3", "T-46")
async def test_a_target_is_made_by_hand_refused_in_place_and_its_secrets_never_come_back(
    lab: Lab, axe: Axe, git: GitHost, store: ObjectStore
) -> None:
    page, form = lab.page, lab.dialog
    seen = list[str]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda d: seen.append(str(d))))
    await lab.open("/dvs")
    await expect(row(page, "Default")).to_contain_text("Feature Store")
    await page.get_by_role("button", name="Create target").click()
    await form.get_by_label("Name", exact=True).fill("models")
    await segment(form, "Kind of metadata source", "Git").click()
    await form.get_by_label("Repository URL").fill(git.url)
    await form.get_by_label("Access token").fill("token-that-reads")
    await segment(form, "Kind of storage", "S3").click()
    await form.get_by_label("Endpoint").fill(store.url)
    await form.get_by_label("Bucket", exact=True).fill(BUCKET)
    await form.get_by_label("Access key id").fill(store.root.id)
    await form.get_by_label("Secret key").fill(store.root.secret)
    assert await axe(page) == []
    await try_again(form)
    box = page.get_by_test_id("refusal")
    await expect(box).to_be_focused()
    await expect(box).to_contain_text("give it the right to write to the repository")
    field = form.get_by_label("Access token")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_label("Endpoint")).to_have_value(store.url)
    assert await axe(page) == []
    await field.fill("token-that-pushes")
    await try_again(form)
    await expect(form).to_have_count(0)
    await expect(page.get_by_test_id("announcer")).to_contain_text("models works, and is made")
    await expect(row(page, "models")).to_contain_text("ready")

    await row(page, "models").get_by_text("models", exact=True).first.click()
    pane = page.get_by_test_id("target-pane")
    await expect(pane).to_contain_text("Signed in, 0 refs listed, one pushed and deleted")
    assert await axe(page) == []
    await execute("UPDATE target SET tried_at = NULL")
    git.pushers.clear()
    await pane.get_by_role("button", name="Check now").click()
    await expect(pane).to_contain_text("The metadata does not work")
    await expect(row(page, "models")).to_contain_text("failing")
    assert await axe(page) == []
    git.pushers.add("token-that-pushes")
    await pane.get_by_role("button", name="Edit").click()
    await expect(form.get_by_label("Access token")).to_have_value("")
    await form.get_by_label("Name", exact=True).fill("Models")
    await form.get_by_role("button", name="Save", exact=True).click()
    await expect(row(page, "Models")).to_contain_text("failing")  # only the name was saved
    await pane.get_by_role("button", name="Edit").click()
    await form.get_by_label("Prefix").fill("team")
    await try_again(form)
    await expect(row(page, "Models")).to_contain_text("ready")
    assert seen
    everything = await page.content() + "".join(seen)
    assert "token-that-pushes" not in everything
    assert store.root.secret not in everything


@pytest.mark.spec("FS-1", "DVS-3")
async def test_the_feature_store_is_locked_once_used_and_its_target_cannot_be_deleted(
    lab: Lab, axe: Axe
) -> None:
    page, form = lab.page, lab.dialog
    sources = {"metadata": {"folder": {}}, "storage": {"folder": {}}}
    await done(lab.graph, "createDvsTarget", name="fast", **sources)
    await lab.open("/feature-store")
    await page.get_by_role("button", name="Use another target").click()
    await form.get_by_role("button", name="Default Target").click()
    await page.get_by_role("option", name="fast").click()
    assert await axe(page) == []
    await form.get_by_role("button", name="Use this target").click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("link", name="fast")).to_be_visible()
    await done(lab.graph, "markFeatureStoreUsed")
    await expect(page.get_by_role("main")).to_contain_text("first by ada")
    await expect(page.get_by_role("button", name="Use another target")).to_have_count(0)
    assert await axe(page) == []

    await page.get_by_role("link", name="fast").click()
    await page.get_by_test_id("target-pane").get_by_role("button", name="Delete").click()
    await expect(form).to_contain_text("is used by the Feature Store")
    await expect(form.get_by_role("button", name="Delete target")).to_be_disabled()
    assert await axe(page) == []
    await form.get_by_role("button", name="Cancel").click()

    await lab.open("/feature-store")
    await page.get_by_role("button", name="Unlock").click()
    button = form.get_by_role("button", name="Unlock")
    await expect(button).to_be_disabled()
    await form.get_by_label("Type fast to unlock it").fill("fast")
    assert await axe(page) == []
    await button.click()
    await expect(page.get_by_role("main")).to_contain_text("Open: another target can be chosen")
