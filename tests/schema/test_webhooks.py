"""Webhooks as operators manage them: refusals, tests, and a secret that goes in and never out."""

from __future__ import annotations

import base64
import json
import logging
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import pytest

from domain.audit import DONE, AuditEntry
from domain.database import execute, fetch, is_postgres
from domain.secrets import Secret, Unsealable, Vault, open_vault
from outbound import standard_webhooks
from outbound.client import Limits
from tests.schema.everything import SCHEMA, document, root
from tests.services.changes import change, done
from tests.services.graph import Graph, take
from tests.services.http_peer import answers, drips, peer

CANARY = b"canary in every field of a secret"
SECRET = "whsec_" + base64.b64encode(CANARY).decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of thirty two byte").decode()
WISH = {
    "name": "pager",
    "url": "https://hooks.example.org/in?key=of-the-url",
    "secret": SECRET,
    "minimumLevel": "WARNING",
}

WEBHOOKS = """{ webhooks { id name url minimumLevel isEnabled version state failure failingSince
                           attempts attemptedAt deliveredAt nextAttemptAt missed } }"""


async def all_webhooks(graph: Graph) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await graph.ask(WEBHOOKS))["webhooks"]
    return found


async def test_a_webhook_is_made_changed_and_deleted(graph: Graph) -> None:
    made = await done(graph, "createWebhook", **WISH)
    (webhook,) = await all_webhooks(graph)
    assert webhook["id"] == made["id"]
    assert (webhook["name"], webhook["url"]) == (WISH["name"], WISH["url"])
    assert (webhook["minimumLevel"], webhook["isEnabled"]) == ("WARNING", True)
    assert (webhook["state"], webhook["failure"], webhook["missed"]) == ("NOTHING_YET", None, 0)
    changed = {"name": "Pager", "minimumLevel": "CRITICAL", "isEnabled": False}
    await done(graph, "editWebhook", id=made["id"], version=1, **changed)
    (webhook,) = await all_webhooks(graph)
    assert {name: webhook[name] for name in changed} == changed
    assert (webhook["url"], webhook["version"]) == (WISH["url"], 2)
    deleted = await done(graph, "deleteWebhooks", webhooks=[made["id"]])
    assert deleted["ids"] == [made["id"]]
    assert await all_webhooks(graph) == []
    told = await AuditEntry.filter(object_kind="webhook").order_by("id")
    assert [entry.action for entry in told] == ["webhook.create", "webhook.edit", "webhook.delete"]
    assert told[1].after == {"name": "Pager", "minimum level": "CRITICAL", "enabled": False}


async def test_changes_of_webhooks_are_pushed(graph: Graph) -> None:
    asked = "subscription { webhookChanges { name isEnabled } }"
    async with aclosing(graph.subscribe(asked)) as frames:
        assert await take(frames, 1) == [{"webhookChanges": []}]
        await done(graph, "createWebhook", **WISH)
        shown = {"name": "pager", "isEnabled": True}
        assert {"webhookChanges": [shown]} in await take(frames, 1)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": " "}, "BadName"),
        ({"name": "PAGER"}, "NameTaken"),
        ({"url": "ftp://hooks.example.org/"}, "BadWebhookUrl"),
        ({"url": "https://user:password@hooks.example.org/"}, "BadWebhookUrl"),
        ({"url": "https://169.254.169.254/latest"}, "BadWebhookUrl"),
        ({"url": "https://kubernetes.default.svc/"}, "BadWebhookUrl"),
        ({"url": "not a url"}, "BadWebhookUrl"),
        ({"url": "https://hooks.example.org/" + "x" * 2000}, "BadWebhookUrl"),
        ({"secret": "whsec_"}, "BadWebhookSecret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 23).decode()}, "BadWebhookSecret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 65).decode()}, "BadWebhookSecret"),
        ({"secret": "whsec_é"}, "BadWebhookSecret"),
        ({"secret": base64.b64encode(CANARY).decode()}, "BadWebhookSecret"),
    ],
)
@pytest.mark.spec("T-42", "API-3")
async def test_what_cannot_be_a_webhook_is_refused_by_type(
    graph: Graph, wrong: dict[str, str], refusal: str
) -> None:
    first = await done(graph, "createWebhook", **WISH)
    answer = await change(graph, "createWebhook", **{**WISH, "name": "second", **wrong})
    assert answer["__typename"] == refusal
    assert answer["message"]
    second = await done(graph, "createWebhook", **{**WISH, "name": "second"})
    answer = await change(graph, "editWebhook", id=second["id"], version=1, **wrong)
    assert answer["__typename"] == refusal
    before = [hook["version"] for hook in await all_webhooks(graph)]
    assert (len(before), set(before)) == (2, {1})
    assert first["id"] != second["id"]


async def test_a_stale_edit_and_an_unknown_webhook_are_refused(graph: Graph) -> None:
    made = await done(graph, "createWebhook", **WISH)
    await done(graph, "editWebhook", id=made["id"], version=1, isEnabled=False)
    stale = await change(graph, "editWebhook", id=made["id"], version=1, name="late")
    assert (stale["__typename"], stale["version"]) == ("StaleEdit", 2)
    await done(graph, "deleteWebhooks", webhooks=[made["id"]])
    for mutation, given in (
        ("editWebhook", {"id": made["id"], "version": 2}),
        ("deleteWebhooks", {"webhooks": [made["id"]]}),
        ("testWebhook", {"id": made["id"]}),
    ):
        assert (await change(graph, mutation, **given))["__typename"] == "Unknown"


async def test_webhooks_are_bounded(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.webhooks.MOST", 1)
    await done(graph, "createWebhook", **WISH)
    answer = await change(graph, "createWebhook", **{**WISH, "name": "second"})
    assert (answer["__typename"], answer["most"]) == ("TooManyWebhooks", 1)


@pytest.mark.spec("T-47")
async def test_another_host_needs_its_secret_entered_anew(graph: Graph) -> None:
    made = await done(graph, "createWebhook", **WISH)
    for url in (
        "https://hooks.example.com/in",
        "http://hooks.example.org/in",
        "https://hooks.example.org:8443/in",
    ):
        answer = await change(graph, "editWebhook", id=made["id"], version=1, url=url)
        assert answer["__typename"] == "SecretNeeded"
    other_path = "https://hooks.example.org/other"
    await done(graph, "editWebhook", id=made["id"], version=1, url=other_path)
    given = {"url": "https://hooks.example.com/in", "secret": OTHER}
    await done(graph, "editWebhook", id=made["id"], version=2, **given)
    assert (await all_webhooks(graph))[0]["url"] == given["url"]


@pytest.mark.spec("T-46")
async def test_a_secret_left_blank_stays_and_a_given_one_replaces_it(graph: Graph) -> None:
    made = await done(graph, "createWebhook", **WISH)
    (before,) = await fetch("SELECT sealed_secret FROM webhook")
    for blank in ({}, {"secret": None}, {"secret": ""}):
        version = (await all_webhooks(graph))[0]["version"]
        await done(graph, "editWebhook", id=made["id"], version=version, **blank)
    (same,) = await fetch("SELECT sealed_secret FROM webhook")
    assert same["sealed_secret"] == before["sealed_secret"]
    version = (await all_webhooks(graph))[0]["version"]
    await done(graph, "editWebhook", id=made["id"], version=version, secret=OTHER)
    (after,) = await fetch("SELECT sealed_secret FROM webhook")
    assert after["sealed_secret"] != before["sealed_secret"]


@pytest.mark.spec("T-46")
def test_no_output_of_the_schema_is_called_a_secret() -> None:
    outputs = [
        f"{name}.{field}"
        for name, type_ in SCHEMA.type_map.items()
        if hasattr(type_, "fields") and not name.startswith("__") and "Input" not in name
        for field in type_.fields
    ]
    assert len(outputs) > 100
    assert {one for one in outputs if "secret" in one.rpartition(".")[2].casefold()} == {
        # The names of secrets, and a token's own, which is told once.
        "Authentication.secretsSet",
        "BackendSecretNeeded.secrets",
        "TokenCreated.secret",
    }


@pytest.mark.spec("T-45", "T-46", "T-51")
async def test_a_secret_is_in_no_answer_log_audit_entry_or_table(
    graph: Graph, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    written = list[str]()
    async with peer(answers(500, CANARY)) as receiver:
        wish = {**WISH, "url": f"{receiver.url}/in", "commandId": "one"}
        made = await change(graph, "createWebhook", **wish)
        written.append(json.dumps(made))
        written.append(json.dumps(await change(graph, "createWebhook", **wish)))
        for wrong in ({"name": "pager"}, {"minimumLevel": 7}, {"secret": SECRET + "!"}):
            body = {
                "query": "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) "
                "{ __typename ... on Refusal { message } } }",
                "variables": {"input": {**WISH, "name": "other", **wrong}},
            }
            answer = await graph.http.post("/graphql", json=body)
            if wrong != {"minimumLevel": 7}:  # what a client sent is told to that client
                written.append(answer.text)
        edit = {"id": made["id"], "version": 1, "secret": SECRET, "name": "renamed"}
        written.append(json.dumps(await change(graph, "editWebhook", **edit)))
        written.append(json.dumps(await change(graph, "testWebhook", id=made["id"])))
        assert len(receiver.received) == 1
    for name in root("query").fields:
        asked = document("query", name, f'(id: "{made["id"]}")' if name == "node" else "")
        if name not in ("clusterNode", "device", "pool", "group", "user"):  # which need a name
            written.append(json.dumps(await graph.answer(asked)))
    async with aclosing(graph.subscribe(document("subscription", "webhookChanges"))) as frames:
        written.append(json.dumps(await take(frames, 1)))
    written.append((await graph.http.get("/audit.jsonl")).text)
    written += [record.getMessage() + str(record.__dict__) for record in caplog.records]
    written.append("".join(capsys.readouterr()))
    tables = await fetch(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if not is_postgres()
        else "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = current_schema()"
    )
    assert "webhook" in {table["name"] for table in tables}
    for table in tables:
        rows = await fetch(f'SELECT * FROM "{table["name"]}"')
        written += [str(list(row)) for row in rows]
    everything = "\n".join(written)
    assert "renamed" in everything
    for form in forms_of(SECRET):
        assert form not in everything, form


def forms_of(secret: str) -> list[str]:
    """As it is, its key, and both as they are often written."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return [
        secret,
        secret.removeprefix("whsec_"),
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
        secret.encode().hex(),
        key.decode(),
        key.hex(),
        base64.urlsafe_b64encode(key).decode().rstrip("="),
    ]


@pytest.mark.spec("T-41", "T-44")
async def test_a_test_tells_a_status_or_a_code_and_nothing_that_came_back(graph: Graph) -> None:
    async with peer() as receiver, peer() as inside:
        made = await done(graph, "createWebhook", **{**WISH, "url": f"{receiver.url}/in"})
        tested = await tried(graph, made["id"])
        assert (tested["isDelivered"], tested["status"], tested["failure"]) == (True, 204, None)
        (received,) = receiver.received
        assert received.headers["webhook-id"].startswith("msg_test_")
        assert json.loads(received.body)["type"] == "webhook.test"
        assert "cookie" not in received.headers
        assert "authorization" not in received.headers

        receiver.behaviour = answers(500, CANARY)
        tested = await tried(graph, made["id"])
        assert (tested["isDelivered"], tested["status"]) == (False, 500)
        assert CANARY.decode() not in json.dumps(tested)

        receiver.behaviour = answers(307, location=inside.url)
        tested = await tried(graph, made["id"])
        assert (tested["isDelivered"], tested["status"]) == (False, 307)
        assert inside.connections == 0


async def tried(graph: Graph, webhook_id: str) -> dict[str, Any]:
    await execute("UPDATE webhook SET tested_at = NULL")
    return await done(graph, "testWebhook", id=webhook_id)


@pytest.mark.spec("T-44")
async def test_tests_are_rate_limited_and_audited(graph: Graph) -> None:
    async with peer() as receiver:
        made = await done(graph, "createWebhook", **{**WISH, "url": receiver.url})
        await done(graph, "testWebhook", id=made["id"])
        for _ in range(3):
            again = await change(graph, "testWebhook", id=made["id"])
            assert again["__typename"] == "TestedTooSoon"
            assert 1 <= again["waitSeconds"] <= 10
        assert len(receiver.received) == 1
    told = await AuditEntry.filter(action="webhook.test").order_by("id")
    assert [entry.outcome for entry in told] == [DONE] + ["TestedTooSoon"] * 3


@pytest.mark.spec("T-44")
async def test_a_receiver_that_drips_holds_no_test(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standard_webhooks, "WATCHED_LIMITS", Limits(seconds=0.3))
    async with peer(drips) as receiver:
        made = await done(graph, "createWebhook", **{**WISH, "url": receiver.url})
        tested = await done(graph, "testWebhook", id=made["id"])
    assert (tested["isDelivered"], tested["status"]) == (False, None)
    assert "in time" in tested["failure"]


async def test_without_a_key_no_secret_is_taken(graph: Graph) -> None:
    made = await done(graph, "createWebhook", **WISH)
    open_vault()
    answer = await change(graph, "createWebhook", **{**WISH, "name": "second"})
    assert answer["__typename"] == "NoSecretKey"
    assert (await change(graph, "testWebhook", id=made["id"]))["__typename"] == "NoSecretKey"


@pytest.mark.spec("T-45")
def test_what_is_sealed_opens_under_its_key_and_for_its_purpose_alone() -> None:
    vault, secret = Vault("k" * 32), Secret(SECRET)
    sealed = vault.seal(secret, "webhook.secret")
    assert vault.open(sealed, "webhook.secret").reveal() == SECRET
    assert sealed != vault.seal(secret, "webhook.secret")
    assert SECRET not in f"{secret!r} {secret} {sealed}"
    altered = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for other, text, purpose in (
        (Vault("l" * 32), sealed, "webhook.secret"),
        (vault, sealed, "git.token"),
        (vault, altered, "webhook.secret"),
        (vault, "v2" + sealed[2:], "webhook.secret"),
        (vault, "", "webhook.secret"),
    ):
        with pytest.raises(Unsealable):
            other.open(text, purpose)
