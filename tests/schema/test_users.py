"""Users, as the operator takes them on board, changes and deletes them through the graph."""

from __future__ import annotations

import httpx
import pytest

import domain.users
from tests.services.changes import change, done, named
from tests.services.graph import Graph


async def on_board(graph: Graph, name: str, *roles: str) -> str:
    joined = await done(graph, "onBoardUsers", users=[{"name": name, "roles": list(roles)}])
    return str(joined["users"][0]["user"]["id"])


@pytest.mark.spec("USER-1")
async def test_the_candidates_are_the_owners_of_jobs_who_are_not_on_board(graph: Graph) -> None:
    node = await graph.add_node("a", 3)
    await node.run_job("one", "Bob", 0)
    await node.run_job("two", "bob", 1)
    await node.run_job("three", "ada", 2)  # the operator
    asked = """query ($search: String) { onBoarding { backend problem
        candidates(filter: {search: $search}) { edges { node { name activeJobs } } } } }"""
    found = (await graph.ask(asked))["onBoarding"]
    assert (found["backend"], found["problem"]) == ("local", None)
    assert found["candidates"]["edges"] == [{"node": {"name": "Bob", "activeJobs": 2}}]
    none = await graph.ask(asked, search="zed")
    assert none["onBoarding"]["candidates"]["edges"] == []


@pytest.mark.spec("USER-1", "USER-3")
async def test_several_are_taken_on_board_each_with_group_and_roles(graph: Graph) -> None:
    group = await done(graph, "createGroup", name="lab")
    joined = await done(
        graph,
        "onBoardUsers",
        users=[
            {"name": "bob", "displayName": "Bob B.", "roles": ["DATA_SCIENTIST"]},
            {
                "name": "cleo",
                "roles": ["ML_ENGINEER", "PRODUCTION_ENGINEER"],
                "group": group["id"],
            },
            {"name": "dan"},
        ],
    )
    assert [each["user"]["name"] for each in joined["users"]] == ["bob", "cleo", "dan"]
    bob, cleo, dan = [await named(graph, "user", name) for name in ("bob", "cleo", "dan")]
    assert (bob["displayName"], bob["roles"], bob["group"]) == ("Bob B.", ["DATA_SCIENTIST"], None)
    assert cleo["roles"] == ["ML_ENGINEER", "PRODUCTION_ENGINEER"]
    assert cleo["group"]["name"] == "lab"
    assert dan["roles"] == []
    async with graph.signed_in("bob", joined["users"][0]["password"]) as as_bob:
        assert (await as_bob.ask("{ viewer { name } }"))["viewer"] == {"name": "bob"}


@pytest.mark.spec("USER-1", "DEV-4")
async def test_jobs_that_run_under_the_name_of_a_newcomer_become_theirs(graph: Graph) -> None:
    node = await graph.add_node("a", 1)
    await node.run_job("train", "Bob", 0)
    await on_board(graph, "bob")
    data = await graph.ask("{ jobs { edges { node { name owner user { name } } } } }")
    assert data["jobs"]["edges"] == [
        {"node": {"name": "train", "owner": "Bob", "user": {"name": "bob"}}}
    ]


@pytest.mark.spec("USER-1", "API-3")
async def test_all_or_none_come_on_board_with_the_reason_for_each(graph: Graph) -> None:
    refused = await change(
        graph,
        "onBoardUsers",
        users=[{"name": "bob"}, {"name": "BOB"}, {"name": "Ada"}, {"name": "\0"}, {"name": "eve"}],
    )
    assert (refused["__typename"], refused["of"]) == ("ItemsRefused", 5)
    reasons = {
        item["name"]: [reason["__typename"] for reason in item["reasons"]]
        for item in refused["items"]
    }
    assert reasons == {"BOB": ["NamedTwice"], "Ada": ["NameTaken"], "\0": ["BadName"]}
    assert await named(graph, "user", "eve") is None
    refused = await change(graph, "onBoardUsers", users=[])
    assert refused["__typename"] == "NobodyChosen"
    many = [{"name": f"user {number}"} for number in range(101)]
    refused = await change(graph, "onBoardUsers", users=many)
    assert (refused["__typename"], refused["limit"]) == ("TooManyAtOnce", 100)
    log = await graph.ask("{ auditEntries(first: 1) { edges { node { action outcome } } } }")
    assert log["auditEntries"]["edges"][0]["node"]["outcome"] == "TooManyAtOnce"


async def test_who_may_not_give_passwords_costs_no_slow_hash(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = (await done(graph, "onBoardUsers", users=[{"name": "bob"}]))["users"][0]

    async def too_dear(password: str) -> str:
        raise AssertionError("hashed for somebody who may not")

    monkeypatch.setattr(domain.users, "hash_password", too_dear)
    async with graph.signed_in("bob", joined["password"]) as bob:
        for mutation, asked in (
            ("onBoardUsers", {"users": [{"name": "eve"}]}),
            ("resetPassword", {"user": joined["user"]["id"]}),
        ):
            assert (await change(bob, mutation, **asked))["__typename"] == "NotAllowed"


@pytest.mark.spec("USER-1", "F-32")
async def test_a_repeated_command_shows_no_password_that_is_not_the_stored_one(
    graph: Graph,
) -> None:
    asked = {"users": [{"name": "bob"}], "commandId": "join"}
    first = (await done(graph, "onBoardUsers", **asked))["users"][0]
    again = (await done(graph, "onBoardUsers", **asked))["users"][0]
    assert again["user"]["id"] == first["user"]["id"]
    assert again["password"] is None
    async with graph.signed_in("bob", first["password"]):
        pass


@pytest.mark.spec("USER-3")
async def test_roles_are_given_in_any_combination(graph: Graph) -> None:
    bob = await on_board(graph, "bob")
    for version, roles in enumerate(
        (["OPERATOR"], ["DATA_SCIENTIST", "PRODUCTION_ENGINEER"], []), start=1
    ):
        await done(graph, "editUser", id=bob, version=version, roles=roles)
        assert (await named(graph, "user", "bob"))["roles"] == roles
    refused = await change(graph, "editUser", id=bob, version=1, roles=["OPERATOR"])
    assert (refused["__typename"], refused["version"]) == ("StaleEdit", 4)


@pytest.mark.spec("USER-3")
async def test_the_last_operator_keeps_the_role(graph: Graph) -> None:
    ada = await named(graph, "user", "ada")
    taking = {"id": ada["id"], "version": ada["version"], "roles": ["DATA_SCIENTIST"]}
    refused = await change(graph, "editUser", **taking)
    assert (refused["__typename"], refused["roles"]) == ("OwnRoles", ["OPERATOR"])
    refused = await change(graph, "editUser", **taking, confirmOwn=True)
    assert refused["__typename"] == "LastOperator"
    assert [one["name"] for one in refused["users"]] == ["ada"]
    await on_board(graph, "eve", "OPERATOR")
    await done(graph, "editUser", **taking, confirmOwn=True)
    data = await graph.ask("{ viewer { roles } users { totalCount } }")
    assert data == {"viewer": {"roles": ["DATA_SCIENTIST"]}, "users": {"totalCount": 1}}


@pytest.mark.spec("USER-3")
async def test_nobody_takes_a_role_from_oneself_by_accident(graph: Graph) -> None:
    await on_board(graph, "eve", "OPERATOR")
    ada = await named(graph, "user", "ada")
    refused = await change(
        graph, "editUser", id=ada["id"], version=ada["version"], roles=["OPERATOR"]
    )
    assert (refused["__typename"], refused["roles"]) == ("OwnRoles", ["DATA_SCIENTIST"])
    # More roles are no accident.
    roles = ["OPERATOR", "DATA_SCIENTIST", "ML_ENGINEER"]
    await done(graph, "editUser", id=ada["id"], version=ada["version"], roles=roles)


@pytest.mark.spec("USER-5", "API-3")
async def test_a_user_with_an_active_job_is_kept_and_so_are_those_deleted_along(
    graph: Graph,
) -> None:
    node = await graph.add_node("a", 1)
    bob, eve = await on_board(graph, "bob"), await on_board(graph, "eve")
    await node.run_job("train-1", "bob", 0, name="train-resnet")
    refused = await change(graph, "deleteUsers", users=[bob, eve])
    (item,) = refused["items"]
    assert (item["id"], item["reasons"][0]["__typename"]) == (bob, "UserBusy")
    assert "train-resnet" in item["reasons"][0]["message"]
    assert await named(graph, "user", "eve")
    deleted = await done(graph, "deleteUsers", users=[eve])
    assert deleted["ids"] == [eve]
    assert await named(graph, "user", "eve") is None


@pytest.mark.spec("USER-5", "USER-3")
async def test_neither_oneself_nor_the_last_operator_is_deleted(graph: Graph) -> None:
    ada = await named(graph, "user", "ada")
    refused = await change(graph, "deleteUsers", users=[ada["id"]])
    assert refused["items"][0]["reasons"][0]["__typename"] == "OwnAccount"


@pytest.mark.spec("USER-5", "T-17")
async def test_a_deleted_user_is_signed_out_everywhere(graph: Graph) -> None:
    joined = await done(graph, "onBoardUsers", users=[{"name": "bob", "roles": ["OPERATOR"]}])
    async with graph.signed_in("bob", joined["users"][0]["password"]) as bob:
        await done(graph, "deleteUsers", users=[joined["users"][0]["user"]["id"]])
        answer = await bob.http.post("/graphql", json={"query": "{ viewer { name } }"})
        assert answer.status_code == 401


@pytest.mark.spec("USER-1", "T-18")
async def test_a_new_password_is_shown_once_and_ends_the_sessions(graph: Graph) -> None:
    joined = await done(graph, "onBoardUsers", users=[{"name": "bob"}])
    first = joined["users"][0]
    async with graph.signed_in("bob", first["password"]) as bob:
        reset = await done(graph, "resetPassword", user=first["user"]["id"])
        answer = await bob.http.post("/graphql", json={"query": "{ viewer { name } }"})
        assert answer.status_code == 401
    async with httpx.AsyncClient(
        base_url=graph.url, headers={"Quartermaster-Client": "tests"}
    ) as client:
        old = {"name": "bob", "password": first["password"]}
        assert (await client.post("/auth/sign-in", json=old)).status_code == 401
        new = {"name": "bob", "password": reset["password"]}
        assert (await client.post("/auth/sign-in", json=new)).status_code == 200


@pytest.mark.spec("USER-3")
async def test_a_stale_edit_names_who_changed_the_user_not_who_signed_in(graph: Graph) -> None:
    made = await done(graph, "onBoardUsers", users=[{"name": "bob", "roles": ["OPERATOR"]}])
    bob, password = made["users"][0]["user"]["id"], made["users"][0]["password"]
    await done(graph, "editUser", id=bob, version=1, displayName="Bob")
    async with graph.signed_in("bob", password):
        refused = await change(graph, "editUser", id=bob, version=1, displayName="B.")
    assert (refused["__typename"], refused["changedBy"]) == ("StaleEdit", ["ada"])
