"""The active backend through the API, against a real directory: trying, activating, on-boarding."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from domain import authentication
from tests.requirements import REPOSITORY
from tests.services.graph import Graph
from tests.services.slapd import BASE, HOST, PASSWORD, READER, READER_PASSWORD, Directory, group_dn

AUTHENTICATION = """{ authentication {
  kind version isLocalAllowed awaitsFirstUser activatedAt secretsSet
  ldap { url bindDn baseDn userFilter userAttribute subjectAttribute caCertificate }
} }"""
TRY = """mutation ($input: TryAuthenticationInput!) { tryAuthentication(input: $input) {
  kind: __typename ... on AuthenticationTried { steps } ... on Refusal { message }
  ... on BackendFailed { step reason } ... on TriedTooSoon { waitSeconds }
} }"""
ACTIVATE = """mutation ($input: ActivateAuthenticationInput!) {
  activateAuthentication(input: $input) {
    kind: __typename ... on Authentication { version } ... on Refusal { message }
    ... on BackendFailed { step reason } ... on BackendSecretNeeded { secrets }
} }"""
DEACTIVATE = """mutation ($version: Int!) { deactivateAuthentication(input: {version: $version}) {
  kind: __typename ... on Refusal { message } } }"""
LOCAL = """mutation ($version: Int!, $isAllowed: Boolean!) {
  setLocalSignIn(input: {version: $version, isAllowed: $isAllowed}) {
    kind: __typename ... on Authentication { isLocalAllowed } ... on Refusal { message } } }"""
CANDIDATES = """query ($search: String, $isFresh: Boolean! = false, $first: Int! = 5) {
  onBoarding(search: $search, isFresh: $isFresh) {
    backend readAt problem isCut firstIsOperator hasGroups
    candidates(filter: {search: $search}, first: $first) {
      totalCount edges { node { name displayName subject knockedAt } } } } }"""
ON_BOARD = """mutation ($users: [NewcomerInput!]!) { onBoardUsers(input: {users: $users}) {
  kind: __typename ... on UsersOnBoarded { users { user { id name roles } password } }
  ... on Refusal { message } ... on ItemsRefused { items { name reasons { message } } } } }"""
GROUPS = "{ directoryGroups { problem readAt groups { key name } } }"
MEMBERS = """query ($key: String!, $name: String) { directoryMembers(key: $key, name: $name) {
  problem isCut group { id } people { subject name user { id name group { name } } } } }"""
ON_BOARD_GROUP = """mutation ($input: OnBoardDirectoryGroupInput!) {
  onBoardDirectoryGroup(input: $input) {
    kind: __typename ... on DirectoryGroupOnBoarded { group { id name } users { name } }
    ... on Refusal { message } ... on ItemsRefused { items { name reasons { message } } } } }"""


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "TRY_EVERY", authentication.TRY_EVERY * 0)


def given(directory: Directory, **other: Any) -> dict[str, Any]:
    """What an operator enters."""
    ldap = {
        "url": f"ldaps://{HOST}:{directory.tls_port}",
        "caCertificate": directory.certificate,
        "bindDn": READER,
        "bindPassword": READER_PASSWORD,
        "baseDn": BASE,
        "userFilter": "(objectClass=inetOrgPerson)",
        **other,
    }
    return {"backend": {"ldap": ldap}, "name": "ada", "password": PASSWORD}


async def version(graph: Graph) -> int:
    now: int = (await graph.ask(AUTHENTICATION))["authentication"]["version"]
    return now


async def activate(graph: Graph, directory: Directory, **other: Any) -> dict[str, Any]:
    asked = {**given(directory, **other), "version": await version(graph)}
    answer: dict[str, Any] = (await graph.ask(ACTIVATE, input=asked))["activateAuthentication"]
    return answer


async def attempt(graph: Graph, name: str, password: str = PASSWORD) -> httpx.Response:
    async with httpx.AsyncClient(
        base_url=graph.url, headers={"Quartermaster-Client": "tests"}, timeout=20
    ) as client:
        return await client.post("/auth/sign-in", json={"name": name, "password": password})


async def candidates(graph: Graph, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await graph.ask(CANDIDATES, **asked))["onBoarding"]
    return answer


async def on_board(graph: Graph, *names: str) -> dict[str, Any]:
    users = []
    for name in names:
        found = await candidates(graph, search=name)
        (subject,) = [
            edge["node"]["subject"]
            for edge in found["candidates"]["edges"]
            if edge["node"]["name"] == name
        ]
        users.append({"name": name, "subject": subject})
    answer: dict[str, Any] = (await graph.ask(ON_BOARD, users=users))["onBoardUsers"]
    return answer


@pytest.mark.spec("CRED-2")
async def test_a_try_says_what_worked_and_changes_nothing(
    graph: Graph, directory: Directory
) -> None:
    before = await graph.ask(AUTHENTICATION)
    tried = (await graph.ask(TRY, input=given(directory)))["tryAuthentication"]
    assert tried["steps"][-1] == "Signed in as Person ada"
    assert await graph.ask(AUTHENTICATION) == before
    assert (await attempt(graph, "u0001")).status_code == 401


@pytest.mark.spec("CRED-2", "T-12")
@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        ({"bindPassword": "no"}, "bind"),
        ({"caCertificate": None}, "tls"),
        ({"baseDn": "dc=nowhere"}, "search users"),
        ({"url": "ldaps://localhost:1"}, "connect"),
    ],
)
async def test_a_wrong_entry_replaces_nothing_and_names_its_step(
    graph: Graph, directory: Directory, wrong: dict[str, Any], step: str
) -> None:
    await activate(graph, directory)
    before = await graph.ask(AUTHENTICATION)
    refused = await activate(graph, directory, **wrong)
    assert (refused["kind"], refused["step"]) == ("BackendFailed", step)
    assert await graph.ask(AUTHENTICATION) == before
    assert (await attempt(graph, "u0001")).status_code == 403


@pytest.mark.spec("CRED-2")
async def test_who_cannot_sign_in_there_does_not_activate_it(
    graph: Graph, directory: Directory
) -> None:
    asked = {**given(directory), "version": await version(graph), "password": "not mine"}
    refused = (await graph.ask(ACTIVATE, input=asked))["activateAuthentication"]
    assert refused["step"] == "your own sign-in"
    assert (await graph.ask(AUTHENTICATION))["authentication"]["kind"] == "LOCAL"


@pytest.mark.spec("CRED-1", "CRED-2", "USER-4", "T-46")
async def test_an_operator_activates_ldap_and_its_people_sign_in_beside_the_local_operator(
    graph: Graph, directory: Directory
) -> None:
    assert (await activate(graph, directory))["kind"] == "Authentication"
    now = (await graph.ask(AUTHENTICATION))["authentication"]
    assert (now["kind"], now["secretsSet"]) == ("LDAP", ["bind_password"])
    assert READER_PASSWORD not in json.dumps(now)
    not_on_board = await attempt(graph, "u0001")
    assert not_on_board.json()["error"]["code"] == "NOT_ON_BOARD"
    found = await candidates(graph, search="u0001")
    assert found["firstIsOperator"]
    assert found["candidates"]["edges"][0]["node"]["knockedAt"] is not None
    done = await on_board(graph, "u0001", "u0002")
    assert [(one["user"]["roles"], one["password"]) for one in done["users"]] == [
        (["OPERATOR"], None),
        ([], None),
    ]
    assert (await attempt(graph, "u0001")).status_code == 200
    assert (await attempt(graph, "u0001", "wrong")).status_code == 401
    assert (await attempt(graph, "ada", graph.password)).status_code == 200
    # What is left blank stays, but goes to no other host.
    assert (await activate(graph, directory, bindPassword=None))["kind"] == "Authentication"
    refused = await activate(
        graph, directory, bindPassword=None, url=f"ldap://{HOST}:{directory.port}"
    )
    assert (refused["kind"], refused["secrets"]) == ("BackendSecretNeeded", ["bind_password"])


@pytest.mark.spec("T-17", "CRED-2")
async def test_switching_off_ends_sessions_and_open_ways_in(
    graph: Graph, directory: Directory
) -> None:
    await activate(graph, directory)
    refused = await graph.ask(LOCAL, version=await version(graph), isAllowed=False)
    assert refused["setLocalSignIn"]["kind"] == "NoOtherWayIn"
    await on_board(graph, "u0001")
    async with graph.signed_in("u0001", PASSWORD) as other:
        done = await other.ask(LOCAL, version=await version(other), isAllowed=False)
        assert done["setLocalSignIn"]["isLocalAllowed"] is False
        assert (await graph.http.get("/auth/session")).status_code == 401
        assert (await attempt(graph, "ada", graph.password)).status_code == 401
        done = await other.ask(DEACTIVATE, version=await version(other))
        assert done["deactivateAuthentication"]["kind"] == "Authentication"
        assert (await other.http.get("/auth/session")).status_code == 401
    assert (await attempt(graph, "u0001")).status_code == 401
    assert (await attempt(graph, "ada", graph.password)).status_code == 200


@pytest.mark.spec("USER-1")
async def test_thousands_of_candidates_are_searched_and_paged_and_on_boarded_ones_are_none(
    graph: Graph, directory: Directory
) -> None:
    await activate(graph, directory)
    every = await candidates(graph)
    assert (every["backend"], every["problem"], every["hasGroups"]) == ("ldap", None, True)
    assert every["candidates"]["totalCount"] == 2003
    assert (await candidates(graph, search="person u12"))["candidates"]["totalCount"] == 100
    await on_board(graph, "u1200")
    assert (await candidates(graph, search="person u12"))["candidates"]["totalCount"] == 99


@pytest.mark.spec("USER-1")
async def test_a_directory_that_is_down_says_so_with_the_age_of_what_it_last_said(
    graph: Graph, directory: Directory, proxy_to: Any
) -> None:
    proxy = proxy_to(directory.tls_port)
    await activate(graph, directory, url=f"ldaps://{HOST}:{proxy.port}")
    before = await candidates(graph)
    proxy.refuse()
    down = await candidates(graph, isFresh=True)
    assert down["problem"].startswith("connect: ")
    assert down["readAt"] == before["readAt"]
    assert down["candidates"] == before["candidates"]
    assert (await attempt(graph, "u0001")).status_code == 503
    proxy.accept()
    assert (await candidates(graph, isFresh=True))["problem"] is None


@pytest.mark.spec("USER-2")
async def test_some_people_of_a_directorys_group_come_on_board_into_the_group_of_its_name(
    graph: Graph, directory: Directory
) -> None:
    await activate(graph, directory)
    groups = (await graph.ask(GROUPS))["directoryGroups"]["groups"]
    assert {"key": group_dn("vision"), "name": "vision"} in groups

    async def people() -> dict[str, Any]:
        asked = await graph.ask(MEMBERS, key=group_dn("vision"), name="vision")
        found: dict[str, Any] = asked["directoryMembers"]
        return found

    members = (await people())["people"]
    names = [one["name"] for one in members]
    assert {"ada", "u0031", "u0032"} <= set(names)  # in a group within a group
    chosen = [one for one in members if one["name"] in ("u0031", "u0032")]
    asked = {
        "name": "vision",
        "people": [{"subject": one["subject"], "name": one["name"]} for one in chosen],
    }
    done = (await graph.ask(ON_BOARD_GROUP, input=asked))["onBoardDirectoryGroup"]
    assert (done["group"]["name"], len(done["users"])) == ("vision", 2)
    after = await people()
    assert after["group"]["id"] == done["group"]["id"]
    on_board_now = {one["name"]: one["user"] for one in after["people"]}
    assert on_board_now["u0031"]["group"]["name"] == "vision"
    assert on_board_now["u0000"] is None
    # Again, into the same group: one more, and a free user joins.
    (free,) = (await on_board(graph, "u0000"))["users"]
    one_more = next(one for one in members if one["name"] == "u0001")
    asked = {
        "name": "Vision",
        "people": [{"subject": one_more["subject"], "name": one_more["name"]}],
        "joining": [free["user"]["id"]],
    }
    again = (await graph.ask(ON_BOARD_GROUP, input=asked))["onBoardDirectoryGroup"]
    assert again["group"]["id"] == done["group"]["id"]
    assert {one["name"] for one in again["users"]} == {"u0000", "u0001"}


@pytest.mark.spec("USER-2")
async def test_nobody_comes_on_board_whom_the_directory_does_not_know_and_no_half_of_a_group(
    graph: Graph, directory: Directory
) -> None:
    await activate(graph, directory)
    members = (await graph.ask(MEMBERS, key=group_dn("vision")))["directoryMembers"]["people"]
    known = {"subject": members[0]["subject"], "name": members[0]["name"]}
    asked = {"name": "vision", "people": [known, {"subject": "made-up", "name": "mallory"}]}
    refused = (await graph.ask(ON_BOARD_GROUP, input=asked))["onBoardDirectoryGroup"]
    assert [item["name"] for item in refused["items"]] == ["mallory"]
    taken = {"subject": known["subject"], "name": "ada"}  # the local operator's name
    asked = {"name": "vision", "people": [taken]}
    refused = (await graph.ask(ON_BOARD_GROUP, input=asked))["onBoardDirectoryGroup"]
    assert refused["kind"] == "ItemsRefused"
    assert (await graph.ask('{ group(name: "vision") { id } }'))["group"] is None


@pytest.mark.spec("T-46")
def test_no_type_has_a_field_for_a_secret() -> None:
    schema = (REPOSITORY / "schema" / "schema.graphql").read_text()
    for part in schema.split("\n\n"):
        if part.lstrip().startswith("type ") or "\ntype " in part:
            assert "bindPassword" not in part
            assert "clientSecret" not in part
