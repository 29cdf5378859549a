"""Remote clusters as operators manage them: contacted for real before they are saved."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from domain import cluster_trials
from domain.audit import DONE, AuditEntry
from domain.database import execute, fetch
from domain.jobs import JobSource
from domain.queue_reports import QueuedJob, record_queue
from tests.schema.everything import SCHEMA, document
from tests.services import slurmrestd
from tests.services.certificates import server_certificate
from tests.services.changes import Answer, change, done
from tests.services.graph import Graph, take
from tests.services.http_peer import Peer, answers, hangs, peer
from tests.services.kubernetes_api import TOKEN, KubernetesApi, kubeconfig
from tests.services.slurmrestd import Slurmrestd

FIELDS = """id name kind url userName caCertificate version state failedStep failure runs nodes
  capacity { product total free } devicesTotal devicesFree jobsActive jobsWaiting jobsSent
  latencySeconds certificateExpiresAt certificateEndsSoon contactedAt
  history { state step reason }"""
CLUSTERS = f"{{ remoteClusters {{ totalCount edges {{ node {{ {FIELDS} }} }} }} }}"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_trials, "TRY_EVERY", timedelta(0))


@pytest.fixture
async def slurm() -> AsyncIterator[Peer]:
    async with peer(Slurmrestd()) as running:
        yield running


async def all_clusters(graph: Graph) -> list[dict[str, Any]]:
    data = await graph.ask(CLUSTERS)
    return [edge["node"] for edge in data["remoteClusters"]["edges"]]


def slurm_link(url: str, **given: Any) -> dict[str, Any]:
    return {"slurm": {"url": url, "userName": slurmrestd.USER, "token": slurmrestd.TOKEN, **given}}


async def add_slurm(graph: Graph, url: str, name: str = "hpc") -> Answer:
    return await done(graph, "addRemoteCluster", name=name, link=slurm_link(url))


@pytest.mark.spec("MC-1", "MC-2")
async def test_slurm_is_added_by_the_newest_version_that_it_offers(
    graph: Graph, slurm: Peer
) -> None:
    await add_slurm(graph, slurm.url)
    (cluster,) = await all_clusters(graph)
    assert (cluster["name"], cluster["kind"], cluster["state"]) == ("hpc", "SLURM", "CONNECTED")
    assert cluster["runs"] == "Slurm 24.05.3, API v0.0.41"
    assert cluster["nodes"] == 5
    assert cluster["capacity"] == [
        {"product": "a100", "total": 4, "free": 0},
        {"product": "gpu", "total": 2, "free": 2},
        {"product": "h100", "total": 16, "free": 5},  # a drained node's are not free
    ]
    assert (cluster["devicesTotal"], cluster["devicesFree"]) == (22, 7)
    assert (cluster["jobsActive"], cluster["jobsWaiting"], cluster["jobsSent"]) == (2, 2, 0)
    assert cluster["latencySeconds"] > 0
    assert [one["state"] for one in cluster["history"]] == ["CONNECTED"]


@pytest.mark.spec("MC-1", "MC-2")
async def test_kubernetes_is_added_by_a_kubeconfig_over_tls_of_its_own_authority(
    graph: Graph, tmp_path: Path
) -> None:
    tls, ca = server_certificate(tmp_path, "localhost")
    api = KubernetesApi()
    api.use_dynamic_allocation()
    async with peer(api, tls=tls) as server:
        url = f"https://localhost:{server.port}"
        link = {"kubernetes": {"kubeconfig": kubeconfig(url, ca)}}
        await done(graph, "addRemoteCluster", name="k8s", link=link)
    (cluster,) = await all_clusters(graph)
    assert (cluster["runs"], cluster["nodes"]) == ("Kubernetes v1.34.2", 5)
    assert cluster["capacity"] == [
        {"product": "NVIDIA H200", "total": 4, "free": 2},
        {"product": "NVIDIA-A100-SXM4-40GB", "total": 4, "free": 0},
        {"product": "NVIDIA-H100-80GB-HBM3", "total": 16, "free": 5},
    ]
    assert (cluster["jobsActive"], cluster["jobsWaiting"]) == (3, 1)
    ends = datetime.fromisoformat(cluster["certificateExpiresAt"]) - datetime.now(UTC)
    assert timedelta(0) < ends < timedelta(days=2)
    assert cluster["certificateEndsSoon"]


STEPS = {
    "ADDRESS": "does not accept the connection",
    "TLS": "certificate",
    "SIGN_IN": "does not accept the credentials",
    "RIGHTS": "pods",
    "VERSION": "no API of Kubernetes",
    "ANSWER": "status 500",
}


@pytest.mark.spec("MC-2", "MC-3")
async def test_a_failed_try_says_which_step_failed_and_changes_nothing(
    graph: Graph, tmp_path: Path
) -> None:
    tls, _ = server_certificate(tmp_path, "localhost")
    for step, reason in STEPS.items():
        api = KubernetesApi()
        async with peer(api, tls=tls if step == "TLS" else None) as server:
            given = {"url": f"{server.scheme}://localhost:{server.port}", "token": TOKEN}
            if step == "ADDRESS":
                given["url"] = "http://127.0.0.1:9"
            elif step == "SIGN_IN":
                given["token"] = "wrong"
            elif step == "RIGHTS":
                api.forbidden = "/api/v1/pods"
            elif step in ("VERSION", "ANSWER"):
                server.behaviour = answers(404 if step == "VERSION" else 500, b"canary")
            link = {"kubernetes": given}
            refused = await change(graph, "addRemoteCluster", name="k8s", link=link)
        assert (refused["__typename"], refused["step"]) == ("ContactFailed", step)
        assert reason in refused["reason"]
        assert refused["mend"]
        assert "canary" not in json.dumps(refused)
    assert await all_clusters(graph) == []


@pytest.mark.spec("MC-3")
async def test_an_edit_is_tried_for_real_again_and_a_failed_one_changes_nothing(
    graph: Graph, slurm: Peer
) -> None:
    made = await add_slurm(graph, slurm.url)
    (before,) = await all_clusters(graph)
    wrong = slurm_link(slurm.url, token="of-somebody-else")
    refused = await change(graph, "editRemoteCluster", id=made["id"], version=1, link=wrong)
    assert (refused["__typename"], refused["step"]) == ("ContactFailed", "SIGN_IN")
    assert await all_clusters(graph) == [before]
    tried = len(slurm.received)
    renamed = await done(graph, "editRemoteCluster", id=made["id"], version=1, name="HPC")
    assert renamed["name"] == "HPC"
    assert len(slurm.received) > tried  # with the token that was kept
    stale = await change(graph, "editRemoteCluster", id=made["id"], version=1, name="late")
    assert (stale["__typename"], stale["version"]) == ("StaleEdit", 2)


@pytest.mark.spec("MC-3", "T-46", "T-47")
async def test_a_kept_secret_stays_where_it_was_meant_for(graph: Graph, slurm: Peer) -> None:
    made = await add_slurm(graph, slurm.url)
    kept = {"url": slurm.url, "userName": slurmrestd.USER}
    await done(graph, "editRemoteCluster", id=made["id"], version=1, link={"slurm": kept})
    async with peer(Slurmrestd()) as elsewhere:
        moved = {"slurm": {**kept, "url": elsewhere.url}}
        refused = await change(graph, "editRemoteCluster", id=made["id"], version=2, link=moved)
        assert refused["__typename"] == "ClusterSecretsNeeded"
        assert elsewhere.connections == 0
        entered = slurm_link(elsewhere.url)
        await done(graph, "editRemoteCluster", id=made["id"], version=2, link=entered)
    other = {"kubernetes": {"url": slurm.url, "token": TOKEN}}
    refused = await change(graph, "editRemoteCluster", id=made["id"], version=3, link=other)
    assert refused["__typename"] == "KindStays"


@pytest.mark.spec("MC-4")
async def test_a_cluster_with_active_jobs_sent_to_it_cannot_be_removed(
    graph: Graph, slurm: Peer
) -> None:
    made = [await add_slurm(graph, slurm.url, name) for name in ("hpc", "spare")]
    ids = [one["id"] for one in made]
    now = datetime.now(UTC)
    sent = QueuedJob("j-1", "train-resnet", "ada", None, 8, now, remote_cluster="HPC")
    await graph.announce("job", await record_queue(JobSource.DEMO, [sent], now))
    assert [one["jobsSent"] for one in await all_clusters(graph)] == [1, 0]
    refused = await change(graph, "removeRemoteClusters", clusters=ids)
    assert refused["__typename"] == "ItemsRefused"
    assert "1 of 2" in refused["message"]
    assert len(await all_clusters(graph)) == 2
    await record_queue(JobSource.DEMO, [], now)
    removed = await done(graph, "removeRemoteClusters", clusters=ids)
    assert sorted(removed["ids"]) == sorted(ids)
    assert await all_clusters(graph) == []
    again = await change(graph, "removeRemoteClusters", clusters=ids)
    assert again["__typename"] == "Unknown"


@pytest.mark.spec("MC-1", "API-3")
async def test_clusters_are_pushed_filtered_ordered_and_audited(graph: Graph, slurm: Peer) -> None:
    asked = "subscription { remoteClusterChanges { name state jobsActive } }"
    async with aclosing(graph.subscribe(asked)) as frames:
        assert await take(frames, 1) == [{"remoteClusterChanges": []}]
        made = await add_slurm(graph, slurm.url)
        shown = {"name": "hpc", "state": "CONNECTED", "jobsActive": 2}
        assert {"remoteClusterChanges": [shown]} in await take(frames, 1)
        slurm.behaviour = answers(401)
        checked = await done(graph, "checkRemoteCluster", id=made["id"])
        assert (checked["state"], checked["failedStep"]) == ("UNREACHABLE", "SIGN_IN")
        shown["state"] = "UNREACHABLE"
        while {"remoteClusterChanges": [shown]} not in await take(frames, 1):
            pass
    slurm.behaviour = Slurmrestd("v0.0.43")
    await add_slurm(graph, slurm.url, "annex")
    wanted = """query ($filter: RemoteClusterFilter, $order: RemoteClusterOrder) {
      remoteClusters(filter: $filter, orderBy: $order) { edges { node { name runs } } } }"""

    async def names(**given: Any) -> list[str]:
        edges = (await graph.ask(wanted, **given))["remoteClusters"]["edges"]
        return [edge["node"]["name"] for edge in edges]

    assert await names() == ["annex", "hpc"]
    assert await names(filter={"states": ["UNREACHABLE"]}) == ["hpc"]
    assert await names(filter={"search": "nex"}) == ["annex"]
    assert await names(order={"field": "NAME", "direction": "DESC"}) == ["hpc", "annex"]
    told = await AuditEntry.filter(object_kind="remote_cluster", outcome=DONE).order_by("id")
    assert [one.action.partition(".")[2] for one in told] == [
        "contact", "add", "contact", "contact", "add",
    ]  # fmt: skip
    assert told[1].after == {"type": "SLURM", "url": slurm.url}


@pytest.mark.spec("MC-2")
async def test_a_command_that_is_sent_again_adds_no_second_cluster(
    graph: Graph, slurm: Peer
) -> None:
    wish = {"name": "hpc", "link": slurm_link(slurm.url), "commandId": "of-the-form"}
    first = await done(graph, "addRemoteCluster", **wish)
    again = await done(graph, "addRemoteCluster", **wish)
    assert again["id"] == first["id"]
    taken = await change(graph, "addRemoteCluster", **{**wish, "commandId": "another"})
    assert taken["__typename"] == "NameTaken"


FORBIDDEN = [
    "https://169.254.169.254/",
    "https://2130706433:6443",
    "https://0x7f.1",
    "https://017700000001",
    "https://[::ffff:169.254.169.254]",
    "https://100.64.0.1",
    "https://kubernetes.default.svc",
    "https://kubernetes.default.svc.",
    "https://user:password@cluster.example.org",
    "ftp://cluster.example.org",
    "file:///etc/passwd",
    "",
]


@pytest.mark.spec("T-41", "T-42", "MC-2")
async def test_where_this_machine_may_not_call_no_cluster_is_contacted(graph: Graph) -> None:
    for url in FORBIDDEN:
        link = {"kubernetes": {"url": url, "token": TOKEN}}
        refused = await change(graph, "addRemoteCluster", name="k8s", link=link)
        assert (refused["__typename"], refused["step"]) == ("ContactFailed", "ADDRESS"), url


@pytest.mark.spec("T-41")
async def test_a_redirect_is_not_followed_and_takes_no_secret_along(graph: Graph) -> None:
    async with peer() as elsewhere:
        leads_on = answers(302, b"canary", location=elsewhere.url)
        async with peer(leads_on) as server:
            refused = await change(
                graph, "addRemoteCluster", name="hpc", link=slurm_link(server.url)
            )
        assert (refused["__typename"], refused["step"]) == ("ContactFailed", "ADDRESS")
        assert elsewhere.connections == 0


async def test_one_that_accepts_and_never_answers_is_given_up(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_trials, "CONTACT_SECONDS", 0.2)
    async with peer(hangs) as server:
        refused = await change(graph, "addRemoteCluster", name="hpc", link=slurm_link(server.url))
    assert (refused["__typename"], refused["step"]) == ("ContactFailed", "ADDRESS")


@pytest.mark.spec("T-44")
async def test_tries_are_not_made_over_and_over(
    graph: Graph, slurm: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_trials, "TRY_EVERY", timedelta(minutes=1))
    made = await add_slurm(graph, slurm.url)
    tried = slurm.connections
    refused = await change(graph, "checkRemoteCluster", id=made["id"])
    assert refused["__typename"] == "TriedTooSoon"
    assert slurm.connections == tried


@pytest.mark.spec("T-45", "T-46")
async def test_a_secret_is_in_no_answer_log_table_or_audit_entry(
    graph: Graph, slurm: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = await add_slurm(graph, slurm.url)
        slurm.behaviour = answers(500, slurmrestd.TOKEN.encode())
        await done(graph, "checkRemoteCluster", id=made["id"])
        said = json.dumps(await graph.ask(document("query", "remoteClusters")))
        said += (await graph.http.get("/audit.jsonl")).text
    for table in ("remote_cluster", "remote_cluster_contact", "audit_entry", "outbox"):
        said += repr([list(row) for row in await fetch(f"SELECT * FROM {table}")])
    for form in (slurmrestd.TOKEN, quote(slurmrestd.TOKEN), slurmrestd.TOKEN.encode().hex()):
        assert form not in said + caplog.text
    fields = SCHEMA.type_map["RemoteCluster"].fields  # type: ignore[attr-defined]
    assert not {name for name in fields if "token" in name.casefold() or "secret" in name}


PLANTED: list[tuple[str, str, Any]] = [
    ("user", "exec", {"command": "touch", "args": ["SENTINEL"], "apiVersion": "v1"}),
    ("user", "auth-provider", {"name": "x", "config": {"cmd-path": "touch", "a": "SENTINEL"}}),
    ("user", "tokenFile", "/etc/hostname"),
    ("user", "client-key", "/etc/ssl/private/key.pem"),
    ("user", "as", "system:admin"),
    ("cluster", "certificate-authority", "/etc/ssl/certs/ca.pem"),
    ("cluster", "insecure-skip-tls-verify", True),
    ("cluster", "proxy-url", "http://127.0.0.1:3128"),
    ("cluster", "tls-server-name", "elsewhere"),
    ("cluster", "of-a-later-version", "touch SENTINEL"),
]


@pytest.mark.spec("T-52")
async def test_a_kubeconfig_that_does_more_than_sign_in_is_refused_with_the_reason(
    graph: Graph, tmp_path: Path
) -> None:
    sentinel = tmp_path / "sentinel"
    async with peer(KubernetesApi()) as server:
        for place, field, value in PLANTED:
            planted = json.loads(json.dumps(value).replace("SENTINEL", str(sentinel)))
            for is_used in (True, False):
                config = json.loads(kubeconfig(server.url))
                if not is_used:  # what the current context leaves alone is refused all the same
                    config[f"{place}s"].append({"name": "unused", place: {}})
                config[f"{place}s"][-1][place][field] = planted
                link = {"kubernetes": {"kubeconfig": json.dumps(config)}}
                refused = await change(graph, "addRemoteCluster", name="k8s", link=link)
                assert refused["__typename"] == "BadCluster", field
                assert field == "of-a-later-version" or f'"{field}"' in refused["reason"]
        assert server.connections == 0
    assert not sentinel.exists()
    assert await all_clusters(graph) == []


@pytest.mark.spec("T-52")
async def test_what_is_no_kubeconfig_is_refused(graph: Graph, tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    for text in (
        "a: &a [1]\nb: *a",
        f"!!python/object/apply:os.system ['touch {sentinel}']",
        "[" * 5000,
        "just words",
        "{}",
        "x" * 70_000,
        "clusters: 7\ncontexts: []\nusers: []",
        "\x00",
    ):
        link = {"kubernetes": {"kubeconfig": text}}
        refused = await change(graph, "addRemoteCluster", name="k8s", link=link)
        assert refused["__typename"] == "BadCluster", text
    assert not sentinel.exists()


@pytest.mark.spec("T-52")
async def test_what_was_planted_in_the_table_is_refused_when_it_is_loaded(
    graph: Graph, tmp_path: Path
) -> None:
    sentinel = tmp_path / "sentinel"
    async with peer(KubernetesApi()) as server:
        link = {"kubernetes": {"kubeconfig": kubeconfig(server.url)}}
        made = await done(graph, "addRemoteCluster", name="k8s", link=link)
        (row,) = await fetch("SELECT settings FROM remote_cluster")
        planted = {**json.loads(row["settings"]), "exec": {"command": f"touch {sentinel}"}}
        await execute("UPDATE remote_cluster SET settings = ?", json.dumps(planted))
        tried = server.connections
        checked = await done(graph, "checkRemoteCluster", id=made["id"])
        assert (checked["state"], checked["failedStep"]) == ("UNREACHABLE", "SETTINGS")
        assert server.connections == tried
    assert not sentinel.exists()
