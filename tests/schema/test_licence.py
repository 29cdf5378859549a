"""The licence: what is refused and why, what replaces what, and what it says as time goes by."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from domain.audit import AuditEntry
from domain.database import execute, fetch
from domain.licence import cluster_id
from domain.licence_tokens import MAX_LENGTH, PrivateKey
from server.logs import QUIET
from tests.services.changes import change, done
from tests.services.graph import Graph, take
from tests.services.licences import HEADER, VENDOR, claims_of, encoded, licence, signed

LICENCE = """{ licence { edition state warnings licenceId customer deviceLimit devices notBefore
                         expiresAt daysLeft isOfThisCluster enteredBy } }"""


async def shown(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(LICENCE))["licence"]
    return found


@pytest.mark.spec("LIC-1")
async def test_without_a_licence_it_is_the_community_edition_without_a_limit(graph: Graph) -> None:
    now = await shown(graph)
    assert (now["edition"], now["state"], now["warnings"]) == ("Community", "COMMUNITY", [])
    assert (now["deviceLimit"], now["expiresAt"], now["customer"]) == (None, None, None)


@pytest.mark.spec("LIC-1", "AUDIT-1")
async def test_a_licence_replaces_the_old_one_and_the_audit_log_tells_both(graph: Graph) -> None:
    await graph.add_node("a", 2)
    await done(graph, "replaceLicence", token=licence("ACME Research"))
    own = licence("ACME Labs", devices=500, cluster=await cluster_id())
    made = await done(graph, "replaceLicence", token=f"\n  {own[:80]}\n{own[80:]}\n")
    assert made["customer"] == "ACME Labs"
    now = await shown(graph)
    assert (now["edition"], now["state"], now["warnings"]) == ("Enterprise", "VALID", [])
    assert (now["customer"], now["deviceLimit"], now["devices"]) == ("ACME Labs", 500, 2)
    assert (now["isOfThisCluster"], now["enteredBy"]) == (True, "ada")
    first, second = await AuditEntry.filter(action="licence.replace").order_by("id")
    assert first.before is None
    assert second.before["customer"] == "ACME Research"
    assert (second.after["customer"], second.after["devices"]) == ("ACME Labs", 500)


@pytest.mark.spec("LIC-1", "T-45", "T-46")
async def test_the_token_is_in_no_answer_no_log_and_no_audit_entry(
    graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token, bad = licence(), licence(by=PrivateKey.generate())
    answers = [await change(graph, "replaceLicence", token=each) for each in (token, bad)]
    answers.append(await shown(graph))
    audit = (await graph.http.get("/audit.jsonl")).text
    assert "licence.replace" in audit
    loud = [one for one in caplog.records if not one.name.startswith(QUIET)]
    logged = "".join(record.getMessage() + str(record.__dict__) for record in loud)
    for each in (token, bad):
        for part in each.split(".")[1:]:
            assert part not in json.dumps(answers) + audit + logged


def _by_mac(secret: bytes, algorithm: str = "HS256") -> str:
    text = f"{encoded({**HEADER, 'alg': algorithm})}.{encoded(claims_of(licence('forged')))}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _public_pem() -> bytes:
    return VENDOR._key.as_pem(private=False)


def _raw_public() -> bytes:
    return base64.urlsafe_b64decode(VENDOR.public_text + "=")


def _altered(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encoded({**claims_of(token), 'devices': 10_000})}.{signature}"


OTHER = PrivateKey.generate()
GOOD = claims_of(licence("forged"))

BAD = {
    "nothing": ("", "BadLicence"),
    "words": ("please", "BadLicence"),
    "not of this alphabet": ("ä.ö.ü", "BadLicence"),
    "huge": (signed(HEADER, {**GOOD, "more": "x" * MAX_LENGTH}), "BadLicence"),
    "no algorithm": (f"{encoded({**HEADER, 'alg': 'none'})}.{encoded(GOOD)}.", "BadLicence"),
    "the public key as a secret, raw": (_by_mac(_raw_public()), "BadLicence"),
    "the public key as a secret, in PEM": (_by_mac(_public_pem()), "BadLicence"),
    "the public key as a secret, as text": (_by_mac(VENDOR.public_text.encode()), "BadLicence"),
    "the same under the right name": (_by_mac(_raw_public(), "EdDSA"), "ForeignLicence"),
    "another algorithm's name": (signed({**HEADER, "alg": "ES256"}, GOOD), "BadLicence"),
    "crit": (signed({**HEADER, "crit": ["exp"], "exp": 1}, GOOD), "BadLicence"),
    "b64": (signed({**HEADER, "b64": False, "crit": ["b64"]}, GOOD), "BadLicence"),
    "a key that it brings itself": (
        signed({**HEADER, "jwk": OTHER._key.as_dict(private=False)}, GOOD, OTHER),
        "BadLicence",
    ),
    "a key that it names": (signed({**HEADER, "jku": "https://a.b/"}, GOOD, OTHER), "BadLicence"),
    "another type": (signed({**HEADER, "typ": "JWT"}, GOOD), "BadLicence"),
    "no type": (signed({"alg": "EdDSA"}, GOOD), "BadLicence"),
    "another vendor": (licence("forged", by=OTHER), "ForeignLicence"),
    "altered": (_altered(licence("forged")), "ForeignLicence"),
    "without a signature": (licence().rpartition(".")[0] + ".", "ForeignLicence"),
    "no claims": (signed(HEADER, b"[1]"), "BadLicence"),
    "without an end": (
        signed(HEADER, {k: v for k, v in GOOD.items() if k != "exp"}),
        "BadLicence",
    ),
    "an end that is no number": (signed(HEADER, {**GOOD, "exp": "never"}), "BadLicence"),
    "an end beyond all time": (signed(HEADER, {**GOOD, "exp": 1e300}), "BadLicence"),
    "ends before it begins": (signed(HEADER, {**GOOD, "nbf": GOOD["exp"]}), "BadLicence"),
    "no devices": (signed(HEADER, {**GOOD, "devices": 0}), "BadLicence"),
    "a name that breaks lines": (signed(HEADER, {**GOOD, "sub": "a\nb"}), "BadLicence"),
    "of another cluster": (licence("forged", cluster="another"), "LicenceOfOtherCluster"),
    "over": (licence("forged", days=-1), "LicenceExpired"),
    "of the future": (licence("forged", begins_in=timedelta(hours=1)), "LicenceNotYetValid"),
}


@pytest.mark.spec("LIC-1", "API-3", "T-2", "T-3", "T-6", "T-61")
async def test_what_is_no_licence_for_here_and_now_is_refused_by_type_and_the_old_one_stays(
    graph: Graph,
) -> None:
    await done(graph, "replaceLicence", token=licence("ACME Research"))
    before = await shown(graph)
    for name, (token, refusal) in BAD.items():
        answer = await change(graph, "replaceLicence", token=token)
        assert answer["__typename"] == refusal, name
        assert answer["message"], name
        if refusal == "LicenceOfOtherCluster":
            assert answer["clusterId"] == await cluster_id()
    assert await shown(graph) == before
    refused = await AuditEntry.filter(action="licence.replace").exclude(outcome="done")
    assert len(refused) == len(BAD)


@pytest.mark.spec("LIC-1")
async def test_clocks_may_differ_by_a_minute(graph: Graph) -> None:
    late, early = licence("late", days=-30 / 86_400), licence("early", begins_in=timedelta(0, 30))
    for token in (late, early):
        await done(graph, "replaceLicence", token=token)


@pytest.mark.spec("LIC-1")
async def test_of_two_licences_that_are_entered_at_once_one_is_kept(graph: Graph) -> None:
    names = [f"customer {number}" for number in range(4)]
    await asyncio.gather(*(done(graph, "replaceLicence", token=licence(name)) for name in names))
    (kept,) = await fetch("SELECT token FROM licence")
    told = await AuditEntry.filter(action="licence.replace").order_by("id")
    customer = claims_of(kept["token"])["sub"]
    assert [entry.after["customer"] for entry in told][-1] == customer
    befores = [None if entry.before is None else entry.before["customer"] for entry in told]
    assert befores == [None, *(entry.after["customer"] for entry in told[:-1])]


@pytest.mark.spec("LIC-1")
async def test_a_licence_that_was_put_into_the_table_by_hand_counts_for_nothing(
    graph: Graph,
) -> None:
    await done(graph, "replaceLicence", token=licence("ACME Research", devices=1))
    await execute("UPDATE licence SET token = ?", _altered(licence("ACME Research")))
    await graph.announce("licence", [1])
    now = await shown(graph)
    assert (now["edition"], now["state"], now["deviceLimit"]) == ("Community", "UNVERIFIED", None)
    assert "was not signed" in now["warnings"][0]


@pytest.mark.spec("LIC-2")
@pytest.mark.parametrize(
    ("days", "state", "warning"),
    [
        (31.0, "VALID", None),
        (29.99, "EXPIRING", "runs out in 30 days"),
        (1.5, "EXPIRING", "runs out in 2 days"),
        (0.5, "EXPIRING", "runs out within a day"),
        (-30 / 86_400, "EXPIRED", "ran out on"),
    ],
)
async def test_a_licence_warns_from_30_days_before_its_end_and_after_it(
    graph: Graph, days: float, state: str, warning: str | None
) -> None:
    await done(graph, "replaceLicence", token=licence(days=days))
    now = await shown(graph)
    assert now["state"] == state
    assert len(now["warnings"]) == (warning is not None)
    assert (warning or "") in "".join(now["warnings"])
    scraped = (await graph.http.get("/metrics")).text
    (line,) = [one for one in scraped.splitlines() if one.startswith("quartermaster_licence_days")]
    assert float(line.split()[1]) == pytest.approx(days, abs=0.02)


@pytest.mark.spec("LIC-2")
async def test_what_the_licence_says_is_pushed_and_stops_nothing(graph: Graph) -> None:
    asked = "subscription { licenceChanges { state devices warnings } }"
    await graph.add_node("a", 2)
    async with aclosing(graph.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert first["licenceChanges"] == {"state": "COMMUNITY", "devices": 2, "warnings": []}
        await done(graph, "replaceLicence", token=licence(days=-30 / 86_400, devices=3))
        (second,) = await take(frames, 1)
        assert second["licenceChanges"]["state"] == "EXPIRED"
        await graph.add_node("b", 2)
        (third,) = await take(frames, 1)
        assert third["licenceChanges"]["devices"] == 4
        assert (
            "There are 4 devices, and the licence is for 3."
            in third["licenceChanges"]["warnings"][1]
        )
    await done(graph, "createGroup", name="research")  # over, over the limit, and all goes on
