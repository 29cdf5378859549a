"""The screen of remote clusters: added, looked at, edited and removed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from domain import cluster_trials
from domain.cluster_contacts import note_contact
from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from remote.cluster import Failed, Step
from tests.services import slurmrestd
from tests.services.changes import done
from tests.services.chromium import Axe
from tests.services.http_peer import Peer, peer
from tests.services.kubernetes_api import KubernetesApi, kubeconfig
from tests.services.slurmrestd import Slurmrestd
from tests.web.lab import Lab


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_trials, "TRY_EVERY", timedelta(0))


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


async def tick(page: Page, name: str) -> None:
    box = page.get_by_role("checkbox", name=f"Choose {name}", exact=True)
    await page.locator("label", has=box).click()


async def add_slurm(lab: Lab, server: Peer, name: str) -> None:
    """Another operator's doing."""
    link = {"url": server.url, "userName": slurmrestd.USER, "token": slurmrestd.TOKEN}
    await done(lab.graph, "addRemoteCluster", name=name, link={"slurm": link})


@pytest.mark.spec("MC-1", "MC-2", "MC-3", "T-46")
async def test_a_cluster_is_added_shown_and_edited_by_hand(lab: Lab, axe: Axe) -> None:
    page, form = lab.page, lab.dialog
    seen = list[str]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda d: seen.append(str(d))))
    async with peer(Slurmrestd()) as server:
        await lab.open("/clusters")
        await expect(page.get_by_text("No other cluster yet")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Add cluster").click()
        await form.get_by_label("Name", exact=True).fill("hpc")
        await form.get_by_role("button", name="Type").click()
        await page.get_by_role("option", name="Slurm").click()
        await form.get_by_label("URL", exact=True).fill(server.url)
        await form.get_by_label("User name").fill(slurmrestd.USER)
        await form.get_by_label("Token").fill("mistyped")
        await form.get_by_role("button", name="Add cluster").click()
        box = page.get_by_test_id("refusal")
        await expect(box).to_contain_text("Not added: it failed at sign-in")
        await expect(box).to_contain_text("does not accept the credentials. Enter a token")
        assert await axe(page) == []
        await form.get_by_label("Token").fill(slurmrestd.TOKEN)
        await form.get_by_role("button", name="Add cluster").click()
        await expect(form).to_have_count(0)
        await expect(row(page, "hpc")).to_contain_text("connected for")
        await expect(row(page, "hpc")).to_contain_text("5 of 16 h100")
        pane = page.get_by_test_id("cluster-pane")
        await expect(pane).to_contain_text("Slurm 24.05.3, API v0.0.41")
        await expect(pane.get_by_role("row", name="h100 5 16")).to_be_visible()
        await expect(pane).to_contain_text("Connected")
        assert await axe(page) == []
        await tick(page, "hpc")
        await page.get_by_role("button", name="Edit", exact=True).click()
        await expect(form.get_by_label("Token")).to_have_value("")
        await form.get_by_label("Name", exact=True).fill("hpc-2")
        await form.get_by_role("button", name="Save").click()
        await expect(row(page, "hpc-2")).to_be_visible()
        await expect(pane).to_contain_text("hpc-2")
    assert seen
    assert slurmrestd.TOKEN not in await page.content() + "".join(seen)


@pytest.mark.spec("MC-2", "T-52")
async def test_a_pasted_kubeconfig_that_runs_a_command_is_refused_in_words(
    lab: Lab, axe: Axe
) -> None:
    page, form = lab.page, lab.dialog
    async with peer(KubernetesApi()) as server:
        await lab.open("/clusters?popup=add")
        await form.get_by_label("Name", exact=True).fill("k8s")
        pasted = form.get_by_role("textbox", name="Kubeconfig")
        await pasted.fill(kubeconfig(server.url, exec={"command": "touch"}))
        await form.get_by_role("button", name="Add cluster").click()
        box = page.get_by_test_id("refusal")
        await expect(box).to_contain_text('"exec", which names a command to run')
        assert await axe(page) == []
        await pasted.fill(kubeconfig(server.url))
        await form.get_by_role("button", name="Add cluster").click()
        await expect(row(page, "k8s")).to_contain_text("5 of 16 H100-80GB-HBM3")


@pytest.mark.spec("MC-1", "MC-4", "MC-5")
async def test_one_that_is_away_is_shown_with_its_old_figures_and_clusters_are_removed(
    lab: Lab, axe: Axe
) -> None:
    page = lab.page
    async with peer(Slurmrestd()) as server:
        for name in ("annex", "hpc", "spare"):
            await add_slurm(lab, server, name)
    await lab.open("/clusters?cluster=annex")
    now = datetime.now(UTC)
    assert await note_contact(1, 1, Failed(Step.TLS, "Its certificate has ended."), now)
    await lab.graph.announce("remote_cluster", [1])
    await expect(row(page, "annex")).to_contain_text("unreachable for")
    await expect(row(page, "annex")).to_contain_text("at TLS")
    pane = page.get_by_test_id("cluster-pane")
    await expect(pane).to_contain_text("Its certificate has ended.")
    await expect(pane.get_by_role("heading", name="Capacity as of")).to_be_visible()
    await expect(pane.get_by_role("row", name="h100 5 16")).to_be_visible()
    assert await axe(page) == []

    sent = QueuedJob("j-1", "train", "ada", None, 8, now, remote_cluster="hpc")
    await record_queue(JobSource.DEMO, [sent], now)
    await lab.graph.announce("remote_cluster", [2])
    await expect(row(page, "hpc")).to_be_visible()
    await tick(page, "hpc")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(lab.dialog).to_contain_text("has 1 active job sent to it")
    assert await axe(page) == []
    await lab.dialog.get_by_role("button", name="Cancel").click()
    await tick(page, "hpc")
    await tick(page, "annex")
    await tick(page, "spare")
    await page.get_by_role("button", name="Remove 2").click()
    await lab.dialog.get_by_role("button", name="Remove 2 clusters").click()
    await expect(lab.dialog).to_have_count(0)
    await expect(row(page, "annex")).to_have_count(0)
    await expect(row(page, "hpc")).to_be_visible()
