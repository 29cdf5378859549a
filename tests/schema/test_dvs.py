"""DVS targets as operators manage them: tried for real, with secrets that go in and never out."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import pytest

from domain.actors import Actor
from domain.audit import AuditEntry
from domain.database import execute, fetch, is_postgres
from domain.rotation import reseal
from domain.secrets import Vault, open_vault
from tests.schema.everything import SCHEMA, document, root
from tests.services.changes import change, done
from tests.services.git_host import GitHost
from tests.services.graph import Graph, take
from tests.services.s3 import BUCKET, ObjectStore

TOKEN = "token-that-pushes"  # also the canary
OWN = {"folder": {}}
FOLDER = {"metadata": OWN, "storage": OWN}
TARGETS = """{ dvsTargets { id uuid name isDefault version state failure failedPart failedStep
  failingSince checkedAt findings usedBy
  metadata { __typename ... on GitRepository { url userName } ... on Folder { path } }
  storage { __typename ... on Folder { path }
            ... on S3Bucket { endpoint region bucket prefix accessKeyId } } } }"""


async def targets(graph: Graph) -> dict[str, dict[str, Any]]:
    """By name."""
    return {one["name"]: one for one in (await graph.ask(TARGETS))["dvsTargets"]}


async def tried(graph: Graph, mutation: str, **given: Any) -> dict[str, Any]:
    """A mutation, however shortly after another try."""
    await execute("UPDATE target SET tried_at = NULL")
    return await change(graph, mutation, **given)


async def make(graph: Graph, name: str, **given: Any) -> dict[str, Any]:
    made = await tried(graph, "createDvsTarget", name=name, **{**FOLDER, **given})
    assert made["__typename"] == "DvsTarget", made
    return made


def git_source(git: GitHost, **given: Any) -> dict[str, Any]:
    return {"git": {"url": git.url, "token": TOKEN, **given}}


def s3_source(store: ObjectStore, **given: Any) -> dict[str, Any]:
    key = {"accessKeyId": store.root.id, "secretKey": store.root.secret}
    return {"s3": {"endpoint": store.url, "bucket": BUCKET, "prefix": "/team/", **key, **given}}


@pytest.mark.spec("DVS-1", "FS-1")
async def test_a_default_target_exists_from_installation_and_the_feature_store_uses_it(
    graph: Graph,
) -> None:
    (target,) = (await targets(graph)).values()
    assert (target["name"], target["isDefault"], len(target["uuid"])) == ("Default", True, 36)
    assert target["metadata"] == target["storage"] == {"__typename": "Folder", "path": ""}
    assert (target["state"], target["usedBy"]) == ("NOT_CHECKED", ["Feature Store"])
    checked = await tried(graph, "checkDvsTarget", id=target["id"])
    assert (checked["state"], checked["failure"]) == ("READY", None)


@pytest.mark.spec("DVS-2", "DVS-3", "AUDIT-1")
async def test_a_target_is_made_changed_and_deleted(
    graph: Graph, git: GitHost, store: ObjectStore
) -> None:
    made = await make(graph, "models", metadata=git_source(git), storage=s3_source(store))
    target = (await targets(graph))["models"]
    assert target["metadata"] == {
        "__typename": "GitRepository", "url": git.url, "userName": "git",
    }  # fmt: skip
    assert target["storage"] == {
        "__typename": "S3Bucket", "endpoint": store.url, "region": "us-east-1", "bucket": BUCKET,
        "prefix": "team", "accessKeyId": store.root.id,
    }  # fmt: skip
    assert (target["state"], target["version"], target["usedBy"]) == ("READY", 1, [])
    assert [found.split(",")[0] for found in target["findings"]] == ["Signed in", "Written"]
    assert store.objects() == [] and git.refs() == set()

    folder = str(graph.folder)
    storage = {"folder": {"path": folder}}
    edited = await tried(
        graph, "editDvsTarget", id=made["id"], version=1, name="Models 2", storage=storage
    )
    assert edited["__typename"] == "DvsTarget", edited
    target = (await targets(graph))["Models 2"]
    assert target["storage"] == {"__typename": "Folder", "path": folder}
    assert (target["version"], target["uuid"]) == (2, made["uuid"])
    (row,) = await fetch("SELECT sealed_secrets FROM target WHERE NOT is_default")
    assert set(json.loads(row["sealed_secrets"])) == {"token"}  # of the bucket nothing is kept

    deleted = await done(graph, "deleteDvsTargets", targets=[made["id"]])
    assert deleted["ids"] == [made["id"]]
    assert set(await targets(graph)) == {"Default"}
    told = await AuditEntry.filter(object_kind="target", outcome="done").order_by("id")
    assert [entry.action for entry in told] == [
        "target.try", "target.create", "target.try", "target.edit", "target.delete",
    ]  # fmt: skip
    assert told[3].after["storage"] == {"type": "folder", "path": folder}


@pytest.mark.spec("DVS-2", "API-3", "AUDIT-1")
async def test_a_failed_try_changes_nothing_and_names_the_part_and_the_step(
    graph: Graph, git: GitHost, store: ObjectStore
) -> None:
    made = await make(graph, "models")
    other_git, other_s3 = git_source(git), s3_source(store)
    for given, part, step, words in (
        ({"metadata": git_source(git, token="wrong")}, "METADATA", "SIGN_IN", "make a new one"),
        ({"metadata": git_source(git, token="token-that-reads")}, "METADATA", "PUSH", "write"),
        ({"metadata": git_source(git, url=git.url + "x")}, "METADATA", "ADDRESS", "no Git"),
        ({"metadata": git_source(git, url="ext::sh -c x")}, "METADATA", "ADDRESS", "https"),
        ({"metadata": {"folder": {"path": "/etc"}}}, "METADATA", "ADDRESS", "beneath"),
        ({"storage": s3_source(store, secretKey="wrong")}, "STORAGE", "SIGN_IN", "compare"),
        ({"storage": s3_source(store, bucket="other")}, "STORAGE", "BUCKET", "no such bucket"),
        ({"storage": s3_source(store, endpoint="http://169.254.169.254")}, "STORAGE", "ADDRESS",
         "may not be called"),
        ({"storage": {"nfs": {"path": str(graph.folder)}}}, "STORAGE", "ADDRESS", "not on NFS"),
    ):  # fmt: skip
        before = await graph.ask(TARGETS)
        both = {"metadata": other_git, "storage": other_s3} | given
        for mutation, wish in (
            ("createDvsTarget", {"name": "second", **both}),
            ("editDvsTarget", {"id": made["id"], "version": 1, **both}),
        ):
            refused = await tried(graph, mutation, **wish)
            assert (refused["__typename"], refused["part"], refused["step"]) == (
                "DvsTargetFailed", part, step,
            ), refused  # fmt: skip
            assert words in refused["reason"], refused["reason"]
            assert "canary" not in refused["message"]
        assert await graph.ask(TARGETS) == before
    entries = await AuditEntry.filter(outcome="DvsTargetFailed")
    assert {entry.action for entry in entries} == {"target.create", "target.edit"}


async def test_what_cannot_be_a_target_is_refused_by_type(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make(graph, "models")
    for name, refusal in ((" ", "BadName"), ("MODELS", "NameTaken"), ("default", "NameTaken")):
        refused = await tried(graph, "createDvsTarget", name=name, **FOLDER)
        assert refused["__typename"] == refusal
    wish = {"id": made["id"], "version": 1, "name": "default"}
    assert (await tried(graph, "editDvsTarget", **wish))["__typename"] == "NameTaken"
    await done(graph, "editDvsTarget", id=made["id"], version=1, name="renamed")
    stale = await tried(graph, "editDvsTarget", id=made["id"], version=1, name="late")
    assert (stale["__typename"], stale["version"], stale["changedBy"]) == ("StaleEdit", 2, ["ada"])
    monkeypatch.setattr("domain.dvs_trials.MOST", 2)
    refused = await tried(graph, "createDvsTarget", name="third", **FOLDER)
    assert (refused["__typename"], refused["most"]) == ("TooManyTargets", 2)
    await done(graph, "deleteDvsTargets", targets=[made["id"]])
    for mutation, given in (
        ("editDvsTarget", {"id": made["id"], "version": 2}),
        ("checkDvsTarget", {"id": made["id"]}),
        ("makeDefaultDvsTarget", {"id": made["id"]}),
        ("deleteDvsTargets", {"targets": [made["id"]]}),
    ):
        assert (await tried(graph, mutation, **given))["__typename"] == "Unknown"


@pytest.mark.spec("T-44")
async def test_tries_are_rate_limited_and_audited(graph: Graph, git: GitHost) -> None:
    wish = {**FOLDER, "metadata": git_source(git, token="wrong"), "name": "models"}
    await tried(graph, "createDvsTarget", **wish)
    asked = len(git.requests)
    for _ in range(3):
        refused = await change(graph, "createDvsTarget", **wish)
        assert (refused["__typename"], refused["waitSeconds"] in (1, 2)) == ("TriedTooSoon", True)
    assert len(git.requests) == asked
    assert await AuditEntry.filter(action="target.try", outcome="TriedTooSoon").count() == 3


@pytest.mark.spec("DVS-3", "FS-1")
async def test_the_default_and_one_in_use_cannot_be_deleted_and_none_is_where_one_is_refused(
    graph: Graph,
) -> None:
    default = (await targets(graph))["Default"]
    made = [await make(graph, name) for name in ("one", "two")]
    ids = [default["id"], *(one["id"] for one in made)]
    refused = await change(graph, "deleteDvsTargets", targets=ids)
    assert (refused["__typename"], refused["of"]) == ("ItemsRefused", 3)
    (item,) = refused["items"]
    assert [reason["__typename"] for reason in item["reasons"]] == [
        "DefaultTargetStays", "DvsTargetInUse",
    ]  # fmt: skip
    assert len(await targets(graph)) == 3

    changed = await done(graph, "makeDefaultDvsTarget", id=made[0]["id"])
    assert changed["isDefault"]
    now = await targets(graph)
    assert [name for name in now if now[name]["isDefault"]] == ["one"]
    refused = await change(graph, "deleteDvsTargets", targets=[default["id"]])
    assert "Feature Store uses it" in refused["message"]
    store = (await graph.ask("{ featureStore { version } }"))["featureStore"]
    other = {"version": store["version"], "target": made[1]["id"]}
    await done(graph, "setFeatureStoreTarget", **other)
    await done(graph, "deleteDvsTargets", targets=[default["id"]])
    assert set(await targets(graph)) == {"one", "two"}


@pytest.mark.spec("DVS-3")
async def test_of_a_deletion_and_a_use_at_once_only_one_is_done(graph: Graph) -> None:
    for _ in range(3):
        made = await make(graph, "contested")
        version = (await graph.ask("{ featureStore { version } }"))["featureStore"]["version"]
        answers = await asyncio.gather(
            change(graph, "deleteDvsTargets", targets=[made["id"]]),
            change(graph, "deleteDvsTargets", targets=[made["id"]]),
            change(graph, "setFeatureStoreTarget", version=version, target=made["id"]),
        )
        kinds = [answer["__typename"] for answer in answers]
        is_used = kinds[2] == "FeatureStore"
        assert kinds.count("DvsTargetsDeleted") == (0 if is_used else 1), kinds
        if is_used:
            default = (await targets(graph))["Default"]
            back = {"version": version + 1, "target": default["id"]}
            await done(graph, "setFeatureStoreTarget", **back)
            await done(graph, "deleteDvsTargets", targets=[made["id"]])


@pytest.mark.spec("T-46", "T-47")
async def test_secrets_left_blank_stay_and_are_sent_nowhere_else(
    graph: Graph, git: GitHost, store: ObjectStore
) -> None:
    made = await make(graph, "models", metadata=git_source(git), storage=s3_source(store))
    (before,) = await fetch("SELECT sealed_secrets FROM target WHERE NOT is_default")
    for number, blank in enumerate((None, "", " "), start=1):
        same = {
            "metadata": git_source(git, token=blank),
            "storage": s3_source(store, secretKey=blank, prefix=f"other-{number}"),
        }
        edited = await tried(graph, "editDvsTarget", id=made["id"], version=number, **same)
        assert (edited["__typename"], edited["state"]) == ("DvsTarget", "READY")
    asked = len(git.requests)
    for given, part in (
        ({"metadata": git_source(git, token=None, url=git.url + "/other")}, "METADATA"),
        ({"metadata": git_source(git, token=None, userName="other")}, "METADATA"),
        ({"storage": s3_source(store, secretKey=None, accessKeyId="other")}, "STORAGE"),
        ({"storage": s3_source(store, secretKey=None, endpoint="http://127.0.0.1:9")}, "STORAGE"),
    ):
        refused = await tried(graph, "editDvsTarget", id=made["id"], version=4, **given)
        assert (refused["__typename"], refused["part"]) == ("DvsSecretNeeded", part)
    assert len(git.requests) == asked
    refused = await tried(
        graph, "createDvsTarget", name="new", storage=OWN, metadata=git_source(git, token=None)
    )
    assert refused["__typename"] == "DvsSecretNeeded"
    assert before["sealed_secrets"]


@pytest.mark.spec("T-45", "T-46", "T-51")
async def test_a_secret_is_in_no_answer_log_audit_entry_or_table(
    graph: Graph,
    git: GitHost,
    store: ObjectStore,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    written = list[str]()
    given = {"metadata": git_source(git), "storage": s3_source(store)}
    made = await make(graph, "renamed", **given)
    for wish in (
        {"name": "renamed", **given},
        {"name": "b", **given, "metadata": git_source(git, url=git.url + "x")},
        {"name": "c", **given, "storage": s3_source(store, bucket="other")},
        {"name": "d", **given, "metadata": git_source(git, url=f"https://me:{TOKEN}@a.example/b")},
        {"name": "e", **given, "storage": s3_source(store, endpoint=f"https://a.example/?{TOKEN}")},
    ):
        written.append(json.dumps(await tried(graph, "createDvsTarget", **wish)))
    edited = await tried(graph, "editDvsTarget", id=made["id"], version=1, **given)
    written.append(json.dumps([made, edited]))
    written.append(json.dumps(await tried(graph, "checkDvsTarget", id=made["id"])))
    for name in root("query").fields:
        asked = document("query", name, f'(id: "{made["id"]}")' if name == "node" else "")
        if name not in ("clusterNode", "device", "pool", "group", "user"):  # which need a name
            written.append(json.dumps(await graph.answer(asked)))
    async with aclosing(graph.subscribe(document("subscription", "dvsChanges"))) as frames:
        written.append(json.dumps(await take(frames, 1)))
    written.append((await graph.http.get("/audit.jsonl")).text)
    written += [
        record.getMessage() + str(record.__dict__)
        for record in caplog.records
        if not record.name.startswith(("boto", "werkzeug"))  # the other side
    ]
    written.append("".join(capsys.readouterr()))
    tables = await fetch(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if not is_postgres()
        else "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = current_schema()"
    )
    for table in tables:
        rows = await fetch(f'SELECT * FROM "{table["name"]}"')
        written += [str(list(row)) for row in rows]
    everything = "\n".join(written)
    assert "renamed" in everything
    for secret in (TOKEN, store.root.secret):
        for form in (secret, quote(secret, safe=""), secret.encode().hex(), quote(secret)):
            assert form not in everything, form


@pytest.mark.spec("T-46")
def test_no_output_of_targets_is_a_secret() -> None:
    for name in ("DvsTarget", "GitRepository", "S3Bucket", "GcsBucket", "Folder", "Nfs"):
        fields = SCHEMA.type_map[name].fields
        assert not [one for one in fields if "secret" in one.casefold() or "token" in one]


@pytest.mark.spec("T-45")
async def test_secrets_are_used_on_after_the_key_was_replaced(graph: Graph, git: GitHost) -> None:
    made = await make(graph, "models", metadata=git_source(git))
    old = "the key of the tests, which is long enough"
    assert (await reseal(Actor.system("tests"), Vault("new-" * 8, old))).older == 1
    open_vault("new-" * 8)
    checked = await tried(graph, "checkDvsTarget", id=made["id"])
    assert (checked["state"], checked["failure"]) == ("READY", None)
    open_vault("other-" * 6)
    checked = await tried(graph, "checkDvsTarget", id=made["id"])
    assert (checked["failedStep"], "enter it again" in checked["failure"]) == ("SIGN_IN", True)


async def test_without_a_key_no_secret_is_taken(graph: Graph, git: GitHost) -> None:
    open_vault()
    refused = await tried(
        graph, "createDvsTarget", name="models", storage=OWN, metadata=git_source(git)
    )
    assert refused["__typename"] == "NoSecretKey"
    assert git.requests == []
    await make(graph, "folders need none")


@pytest.mark.spec("DVS-2", "API-4")
async def test_changes_and_the_steps_of_a_check_are_pushed(
    graph: Graph, git: GitHost, store: ObjectStore
) -> None:
    asked = (
        "subscription { dvsChanges { targets { name state }"
        " checks { key by metadata storage done } } }"
    )
    seen: list[dict[str, Any]] = []
    async with aclosing(graph.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert first["dvsChanges"]["checks"] == []
        given = {"metadata": git_source(git), "storage": s3_source(store), "check": "mine"}
        making = asyncio.create_task(make(graph, "models", **given))
        while True:
            (frame,) = await take(frames, 1)
            for check in frame["dvsChanges"]["checks"]:
                assert (check["key"], check["by"]) == ("mine", "ada")
                seen.append(check)
            if seen and not frame["dvsChanges"]["checks"]:
                break
        await making
        assert {one["metadata"] for one in seen} - {None} <= {"SIGN_IN", "PUSH", "DELETE"}
        assert any(one["metadata"] and one["storage"] for one in seen)
        assert ("models", "READY") in {
            (target["name"], target["state"]) for target in frame["dvsChanges"]["targets"]
        }
