"""The webhooks screen: made, tested, edited, deleted by hand, with a secret that is not shown."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.async_api import Locator, Page, expect

from domain.audit import AuditEntry
from domain.database import execute
from tests.services.changes import done
from tests.services.chromium import Axe
from tests.services.http_peer import answers, peer
from tests.web.lab import Lab

SECRET = "whsec_" + base64.b64encode(b"canary in every field of a secret").decode()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


async def make(lab: Lab, name: str, url: str) -> str:
    """Another operator's doing."""
    wish = {"name": name, "url": url, "secret": SECRET, "minimumLevel": "WARNING"}
    return str((await done(lab.graph, "createWebhook", **wish))["id"])


async def tick(page: Page, name: str) -> None:
    box = page.get_by_role("checkbox", name=f"Choose {name}", exact=True)
    await page.locator("label", has=box).click()


@pytest.mark.spec("API-3", "T-46")
async def test_a_webhook_is_made_by_hand_and_its_secret_never_comes_back(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    seen = list[str]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda d: seen.append(str(d))))
    await lab.open("/webhooks")
    await expect(page.get_by_text("Nobody is told yet")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("button", name="Create webhook").click()
    form = lab.dialog
    await form.get_by_label("Name", exact=True).fill("pager")
    await form.get_by_label("URL", exact=True).fill("https://127.0.0.1:9/in")
    await form.get_by_role("button", name="Make a secret").click()
    secret = await form.get_by_label("Secret", exact=True).input_value()
    assert secret.startswith("whsec_")
    await form.get_by_role("button", name="Tells of").click()
    await page.get_by_role("option", name="Critical only").click()
    assert await axe(page) == []
    await form.get_by_role("button", name="Create webhook").click()
    await expect(form).to_have_count(0)
    await expect(row(page, "pager")).to_contain_text("Critical only")
    await expect(row(page, "pager")).to_contain_text("nothing to tell yet")
    await expect(page.get_by_test_id("announcer")).to_contain_text("The webhook pager is made")
    assert await axe(page) == []
    await tick(page, "pager")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await expect(form.get_by_label("URL", exact=True)).to_have_value("https://127.0.0.1:9/in")
    await expect(form.get_by_label("Secret", exact=False).first).to_have_value("")
    assert seen
    assert secret not in await page.content() + "".join(seen)


@pytest.mark.spec("API-3")
async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    await make(lab, "pager", "https://127.0.0.1:9/in")
    await lab.open("/webhooks?popup=create")
    form = lab.dialog
    await form.get_by_label("Name", exact=True).fill("chat")
    await form.get_by_label("URL", exact=True).fill("https://169.254.169.254/latest")
    await form.get_by_label("Secret", exact=True).fill("too short")
    await form.get_by_role("button", name="Create webhook").click()
    box = page.get_by_test_id("refusal")
    await expect(box).to_be_focused()
    await expect(box).to_contain_text("may not be called")
    await form.get_by_label("URL", exact=True).fill("https://127.0.0.1:9/in")
    await form.get_by_role("button", name="Create webhook").click()
    await expect(box).to_contain_text("24 to 64 random bytes")
    await expect(form.get_by_label("Name", exact=True)).to_have_value("chat")
    assert await axe(page) == []
    await form.get_by_role("button", name="Make a secret").click()
    await form.get_by_role("button", name="Create webhook").click()
    await expect(row(page, "chat")).to_be_visible()


@pytest.mark.spec("T-41", "T-44")
async def test_a_test_says_what_came_of_it(lab: Lab, axe: Axe) -> None:
    page = lab.page
    async with peer() as receiver:
        await make(lab, "pager", f"{receiver.url}/in")
        await lab.open("/webhooks")
        await tick(page, "pager")
        await page.get_by_role("button", name="Test", exact=True).click()
        assert receiver.connections == 0  # to open the popup sends nothing
        await lab.dialog.get_by_role("button", name="Send a test").click()
        result = page.get_by_test_id("tested")
        await expect(result).to_contain_text("Delivered: the receiver answered with status 204")
        assert json.loads(receiver.received[0].body)["type"] == "webhook.test"
        assert await axe(page) == []
        await lab.dialog.get_by_role("button", name="Send another").click()
        await expect(page.get_by_test_id("refusal")).to_contain_text("test it again in")

        await execute("UPDATE webhook SET tested_at = NULL")
        receiver.behaviour = answers(500, b"<b>canary</b>")
        await lab.dialog.get_by_role("button", name="Send").click()
        await expect(result).to_contain_text("Not delivered. The receiver answered with status 500")
        assert "canary" not in await page.content()
        assert await axe(page) == []


async def test_how_a_webhook_fares_is_shown_as_it_changes(lab: Lab, axe: Axe) -> None:
    page = lab.page
    made = await make(lab, "pager", "https://127.0.0.1:9/in")
    await lab.open("/webhooks")
    await expect(row(page, "pager")).to_contain_text("nothing to tell yet")
    await execute(
        "UPDATE webhook SET failure = 'TIMED_OUT', missed = 3, failing_since = created_at,"
        " next_attempt_at = created_at"
    )
    await lab.graph.announce("webhook", [1])
    await expect(row(page, "pager")).to_contain_text("The host did not answer in time.")
    await expect(row(page, "pager")).to_contain_text("3")
    assert await axe(page) == []
    await done(lab.graph, "editWebhook", id=made, version=1, name="renamed", isEnabled=False)
    await expect(row(page, "renamed")).to_contain_text("Off")


async def test_webhooks_are_deleted_after_a_confirmation(lab: Lab, axe: Axe) -> None:
    page = lab.page
    for name in ("chat", "pager", "tickets"):
        await make(lab, name, "https://127.0.0.1:9/in")
    await lab.open("/webhooks")
    await tick(page, "chat")
    await tick(page, "pager")
    await page.get_by_role("button", name="Delete 2").click()
    await expect(lab.dialog).to_contain_text("Delete 2 webhooks?")
    assert await axe(page) == []
    await lab.dialog.get_by_role("button", name="Delete 2 webhooks").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(row(page, "chat")).to_have_count(0)
    await expect(row(page, "tickets")).to_be_visible()
    assert await AuditEntry.filter(action="webhook.delete").count() == 2


@pytest.mark.spec("USER-6")
async def test_who_is_no_operator_is_told_why_there_is_nothing(lab: Lab) -> None:
    made = await done(
        lab.graph, "onBoardUsers", users=[{"name": "eve", "roles": ["DATA_SCIENTIST"]}]
    )
    await make(lab, "pager", "https://127.0.0.1:9/in")
    await lab.page.context.clear_cookies()
    await lab.sign_in("eve", made["users"][0]["password"])
    await lab.open("/webhooks")
    await expect(lab.page.get_by_text("Webhooks are for operators")).to_be_visible()
    await expect(lab.page.get_by_role("link", name="Webhooks")).to_have_count(0)
    assert "pager" not in await lab.page.content()
