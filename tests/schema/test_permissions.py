"""docs/permissions.md, row by row: what each may see and do, generated from its tables."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from domain.actors import Actor
from domain.audit import AuditEntry
from domain.audit_log import EntriesWanted, read_entries
from domain.clusters import save_new
from domain.database import execute, fetch
from domain.secrets import Secret
from remote.settings import QuartermasterSettings
from resolvers.ids import global_id
from tests.requirements import REPOSITORY
from tests.schema.everything import SCHEMA, document, root, some_input
from tests.schema.test_tokens import bearing, make
from tests.services.changes import done
from tests.services.graph import Graph, take
from tests.services.licences import licence

DOCUMENT = (REPOSITORY / "docs" / "permissions.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", DOCUMENT, re.M | re.S))


def rows(section: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


QUERIES = [row[0] for row in rows("Root fields")]
MUTATIONS = [row[0] for row in rows("Mutations")]
OF_OPERATORS = [row[0] for row in rows("Mutations") if row[1] == "refused"]
NOT_BY_TOKEN = {row[0] for row in rows("Tokens")}
SUBSCRIPTIONS = [row[0] for row in rows("Subscriptions")]
OPERATOR_FIELDS = [row[0] for row in rows("Fields for operators")]
OBJECTS = [row[0] for row in rows("Objects")]
OBJECT_FIELDS = ("labels", "host", "components", "collectors", "libraries")

CREATE_POOL = """mutation ($input: CreatePoolInput!) {
  createPool(input: $input) { ... on Pool { id } ... on Refusal { message } } }"""
ON_BOARD = """mutation ($input: OnBoardUsersInput!) { onBoardUsers(input: $input) {
  ... on UsersOnBoarded { users { password user { id } } } ... on Refusal { message } } }"""
CREATE_GROUP = """mutation ($input: CreateGroupInput!) {
  createGroup(input: $input) { ... on Group { id version } ... on Refusal { message } } }"""
EDIT_USER = """mutation ($input: EditUserInput!) {
  editUser(input: $input) { ... on User { id version } ... on Refusal { message } } }"""
EDIT_GROUP = """mutation ($input: EditGroupInput!) {
  editGroup(input: $input) { ... on Group { id version } ... on Refusal { message } } }"""

CREATE_WEBHOOK = """mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { ... on Webhook { id } ... on Refusal { message } } }"""
CREATE_TOKEN = """mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  ... on TokenCreated { secret token { id } } ... on Refusal { message } } }"""
CLUSTER_TOKEN = "qm_of-another-quartermaster"
WEBHOOK = {"secret": "whsec_" + base64.b64encode(b"x" * 32).decode(), "minimumLevel": "WARNING"}


@dataclass
class World:
    """Bob, who works in a pool, and beside him others: what has "canary" in it is not for him."""

    graph: Graph
    passwords: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    async def add_user(self, name: str, *roles: str) -> str:
        data = await self.graph.ask(
            ON_BOARD, input={"users": [{"name": name, "roles": list(roles)}]}
        )
        (made,) = data["onBoardUsers"]["users"]
        self.passwords[name] = made["password"]
        return str(made["user"]["id"])


@pytest.fixture
async def world(graph: Graph) -> World:
    world = World(graph)
    shared = await graph.add_node(
        "shared", 3, addresses=("canary-address",), labels={"canary": "label"}, mac_address="canary"
    )
    other = await graph.add_node("canary-node", 2)
    devices = (await graph.ask("{ devices { nodes: edges { node { id uuid } } } }"))["devices"]
    id_of = {each["node"]["uuid"]: each["node"]["id"] for each in devices["nodes"]}
    bob = await world.add_user("bob", "DATA_SCIENTIST")
    colleague = await world.add_user("canary-colleague", "ML_ENGINEER")
    stranger = await world.add_user("canary-stranger", "PRODUCTION_ENGINEER")
    await world.add_user("nora")  # on board, with no role
    pools = []
    for name, uuids in (("research", shared.uuids), ("canary-pool", other.uuids)):
        made = {"name": name, "devices": [id_of[uuid] for uuid in uuids]}
        pools.append((await graph.ask(CREATE_POOL, input=made))["createPool"]["id"])
    groups = []
    for name, users, pool in (
        ("lab", [bob, colleague], pools[0]),
        ("canary-group", [stranger], pools[1]),
    ):
        made = {"name": name, "users": users, "pool": pool}
        groups.append((await graph.ask(CREATE_GROUP, input=made))["createGroup"])
    webhook = {"name": "canary-webhook", "url": "https://hooks.example.org/", **WEBHOOK}
    made = (await graph.ask(CREATE_WEBHOOK, input=webhook))["createWebhook"]
    await done(graph, "replaceLicence", token=licence("canary-customer"))
    await execute("UPDATE target SET name = 'canary-target', name_key = 'canary-target'")
    await shared.run_job("mine", "bob", 0, name="mine")
    await shared.run_job("canary-job", "canary-colleague", 1, name="canary-job")
    await other.run_job("canary-other", "canary-stranger", 0, name="canary-other")
    token = {"name": "canary-token", "scope": "READ"}
    made_token = (await graph.ask(CREATE_TOKEN, input=token))["createToken"]
    world.passwords["canary-token"] = made_token["secret"]
    own = (await graph.ask("{ viewer { sessions { id } } }"))["viewer"]["sessions"]
    world.ids = {
        "cluster": await add_remote_cluster("canary-cluster"),
        "token": made_token["token"]["id"],
        "session": own[0]["id"],
        "user": bob,
        "group": groups[0]["id"],
        "pool": pools[0],
        "device": id_of[shared.uuid(2)],
        "webhook": made["id"],
        "target": (await graph.ask("{ dvsTargets { id } }"))["dvsTargets"][0]["id"],
        "node": await node_id(graph, "shared"),
        "group version": groups[0]["version"],
    }
    return world


async def add_remote_cluster(name: str) -> str:
    """As it is saved after it has answered."""
    secrets = {"token": Secret(CLUSTER_TOKEN)}
    settings = QuartermasterSettings("https://canary-cluster.example.org")
    number = await save_new(Actor.system("tests"), name, settings, secrets)
    return global_id("RemoteCluster", number)


async def node_id(graph: Graph, host_name: str) -> str:
    data = await graph.ask(f'{{ clusterNode(hostName: "{host_name}") {{ id }} }}')
    return str(data["clusterNode"]["id"])


@pytest.fixture
async def bob(world: World) -> AsyncIterator[Graph]:
    async with world.graph.signed_in("bob", world.passwords["bob"]) as bob:
        yield bob


def arguments_of(name: str, ids: dict[str, str]) -> str:
    return {
        "node": f'(id: "{ids["device"]}")',
        "clusterNode": '(hostName: "shared")',
        "device": '(uuid: "GPU-shared-2")',
        "pool": '(name: "research")',
        "group": '(name: "lab")',
        "user": '(name: "bob")',
        "directoryMembers": '(key: "cn=lab")',
        "waitingDevice": '(userCode: "BCDF-GHJK")',
    }.get(name, "")


@pytest.mark.spec("T-21", "USER-6")
@pytest.mark.parametrize(
    ("kind", "listed"),
    [("query", QUERIES), ("mutation", MUTATIONS), ("subscription", SUBSCRIPTIONS)],
)
def test_every_root_field_stands_in_the_tables(kind: str, listed: list[str]) -> None:
    assert sorted(listed) == sorted(root(kind).fields)


@pytest.mark.spec("T-21")
def test_every_object_stands_in_the_tables() -> None:
    node = SCHEMA.get_type("Node")
    objects = {
        type_.name
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType) and node in type_.interfaces
    }
    assert objects | {"Cluster"} == set(OBJECTS)


@pytest.mark.spec("T-21")
async def test_nobody_gets_anything_over_either_transport(world: World) -> None:
    async with httpx.AsyncClient(
        base_url=world.graph.url, headers={"Quartermaster-Client": "tests"}
    ) as nobody:
        for kind, names in (("query", QUERIES), ("mutation", MUTATIONS)):
            for name in names:
                answer = await nobody.post("/graphql", json={"query": f"{kind} {{ {name} }}"})
                assert answer.status_code == 401
                assert "data" not in answer.json()
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            world.graph.url.replace("http", "ws") + "/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            origin=world.graph.url,  # type: ignore[arg-type]
            proxy=None,
        )
    assert refused.value.response.status_code == 401


@pytest.mark.spec("USER-6", "T-23")
async def test_a_user_reaches_nothing_of_others_by_any_query(world: World, bob: Graph) -> None:
    seen_by_operator = set[str]()
    for name in QUERIES:
        asked = document("query", name, arguments_of(name, world.ids))
        mine = json.dumps(await bob.ask(asked))
        assert "canary" not in mine, name
        all_of_it = json.dumps(await world.graph.ask(asked))
        seen_by_operator |= set(re.findall(r"canary[\w-]*", all_of_it))
    assert seen_by_operator >= {
        "canary-node", "canary-pool", "canary-group", "canary-stranger", "canary-colleague",
        "canary-job", "canary-address", "canary", "canary-webhook", "canary-token",
        "canary-customer",
        "canary-target",
        "canary-cluster",
    }  # fmt: skip  # so the words are there to be found


@pytest.mark.spec("USER-6", "T-23")
async def test_a_user_is_told_nothing_of_others_by_any_subscription(
    world: World, bob: Graph
) -> None:
    for name in SUBSCRIPTIONS:
        asked = document("subscription", name)
        async with aclosing(bob.subscribe(asked)) as frames:
            (mine,) = await take(frames, 1)
        assert "canary" not in json.dumps(mine), name
        async with aclosing(world.graph.subscribe(asked)) as frames:
            (all_of_it,) = await take(frames, 1)
        if name != "healthEvents":  # of which there are none yet
            assert json.dumps(mine) != json.dumps(all_of_it), name


@pytest.mark.spec("USER-6")
async def test_a_user_sees_what_is_theirs(bob: Graph) -> None:
    data = await bob.ask(
        """{ viewer { name roles group { name pool { name devices { totalCount } } }
               jobs { edges { node { name devices { edges { node { uuid } } } } } } }
             users { totalCount } pools { totalCount } groups { totalCount }
             nodes { edges { node { hostName } } } jobs { totalCount }
             devices { edges { node { uuid allocation job { name } } } }
             cluster { usersTotal load { devices allocated } } }"""
    )
    viewer = data["viewer"]
    assert (viewer["name"], viewer["roles"]) == ("bob", ["DATA_SCIENTIST"])
    assert viewer["group"]["pool"] == {"name": "research", "devices": {"totalCount": 3}}
    assert [job["node"]["name"] for job in viewer["jobs"]["edges"]] == ["mine"]
    assert [data[name]["totalCount"] for name in ("users", "pools", "groups", "jobs")] == [1] * 4
    assert data["nodes"]["edges"] == [{"node": {"hostName": "shared"}}]
    devices = {each["node"]["uuid"]: each["node"] for each in data["devices"]["edges"]}
    assert devices["GPU-shared-0"]["job"] == {"name": "mine"}
    # A colleague's job is not shown, but that the device is held is.
    assert devices["GPU-shared-1"]["job"] is None
    assert devices["GPU-shared-1"]["allocation"] != "FREE"
    assert devices["GPU-shared-2"]["allocation"] == "FREE"
    assert data["cluster"] == {"usersTotal": 1, "load": {"devices": 3, "allocated": 2}}


@pytest.mark.spec("USER-6")
async def test_without_any_role_one_sees_oneself(world: World) -> None:
    async with world.graph.signed_in("nora", world.passwords["nora"]) as nora:
        data = await nora.ask(
            """{ viewer { name } users { totalCount } pools { totalCount } devices { totalCount }
                 groups { totalCount } jobs { totalCount } nodes { totalCount } }"""
        )
    assert data.pop("viewer") == {"name": "nora"}
    assert data.pop("users") == {"totalCount": 1}
    assert all(each == {"totalCount": 0} for each in data.values())


@pytest.mark.spec("USER-6")
async def test_a_field_for_operators_is_null_for_others(world: World, bob: Graph) -> None:
    where = {
        "ClusterNode": 'clusterNode(hostName: "shared")',
        "Device": 'device(uuid: "GPU-shared-0")',
        "About": "about",
        "Licence": "licence",
        "Enforcement": 'pool(name: "research") { it: enforcement',
    }
    for name in OPERATOR_FIELDS:
        type_name, field_name = name.split(".")
        inner = " { __typename }" if field_name in OBJECT_FIELDS else ""
        asked = f"{{ it: {where[type_name]} {{ {field_name}{inner} }} }}"
        asked += " }" * (asked.count("{") - asked.count("}"))
        found = (await bob.ask(asked))["it"]
        assert found.get("it", found) == {field_name: None}
        if type_name == "ClusterNode" and field_name != "collectorVersion":  # which it has not told
            assert (await world.graph.ask(asked))["it"][field_name]


@pytest.mark.spec("T-23")
async def test_another_s_object_is_answered_like_one_that_does_not_exist(
    world: World, bob: Graph
) -> None:
    everything = await world.graph.ask(
        """{ nodes { edges { node { id } } } devices { edges { node { id } } }
             pools { edges { node { id } } } groups { edges { node { id } } }
             users { edges { node { id } } } jobs { edges { node { id } } }
             auditEntries { edges { node { id } } } }"""
    )
    mine = await bob.ask(
        """{ nodes { edges { node { id } } } devices { edges { node { id } } }
             pools { edges { node { id } } } groups { edges { node { id } } }
             users { edges { node { id } } } jobs { edges { node { id } } }
             auditEntries { edges { node { id } } } }"""
    )
    for name, found in everything.items():
        own = {each["node"]["id"] for each in mine[name]["edges"]}
        others = {each["node"]["id"] for each in found["edges"]} - own
        assert others, name
        for id in others:
            assert await bob.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) == {
                "node": None
            }
    for asked in (
        '{ it: user(name: "canary-stranger") { id } }',
        '{ it: pool(name: "canary-pool") { id } }',
        '{ it: group(name: "canary-group") { id } }',
        '{ it: clusterNode(hostName: "canary-node") { id } }',
        '{ it: device(uuid: "GPU-canary-node-0") { id } }',
    ):
        assert await bob.ask(asked) == {"it": None}


@pytest.mark.spec("USER-6", "T-23", "T-25", "API-3", "AUDIT-1")
async def test_a_mutation_is_the_operators_and_an_attempt_is_audited(
    world: World, bob: Graph
) -> None:
    before = await world.graph.ask(STATE)
    for number, name in enumerate(OF_OPERATORS, start=1):
        (argument,) = root("mutation").fields[name].args.values()
        given = some_input(argument.type, world.ids)
        answer = "__typename ... on NotAllowed { role message }"
        data = await bob.ask(f"mutation {{ {name}(input: {given}) {{ {answer} }} }}")
        assert data[name]["__typename"] == "NotAllowed"
        assert data[name]["role"] == "OPERATOR"
        entries = await read_entries(EntriesWanted(actor="bob", is_refused=True), 100)
        assert len(entries) == number
        assert (entries[0].outcome, entries[0].address) == ("NotAllowed", "127.0.0.1")
    assert await world.graph.ask(STATE) == before


LESSER = ("DATA_SCIENTIST", "ML_ENGINEER", "PRODUCTION_ENGINEER")


@pytest.mark.spec("USER-6", "T-25")
async def test_no_set_of_other_roles_is_enough_for_any_mutation_of_an_operators(
    world: World, bob: Graph
) -> None:
    """Every mutation for each role alone, for all of them together, and for none."""
    before, version = await world.graph.ask(GROUPS_AND_POOLS), 1
    for roles in (*([role] for role in LESSER), list(LESSER), []):
        version = await edit_roles(world, roles, version)
        for name in OF_OPERATORS:
            (argument,) = root("mutation").fields[name].args.values()
            given = some_input(argument.type, world.ids)
            data = await bob.ask(f"mutation {{ {name}(input: {given}) {{ __typename }} }}")
            assert data[name]["__typename"] == "NotAllowed", (name, roles)
        assert (await bob.ask("{ viewer { roles } }"))["viewer"]["roles"] == sorted(roles)
    assert await world.graph.ask(GROUPS_AND_POOLS) == before


@pytest.mark.spec("USER-6", "T-23", "T-48", "TOKEN-1")
async def test_another_s_token_and_session_are_answered_like_what_does_not_exist(
    world: World, bob: Graph
) -> None:
    for id in (world.ids["token"], world.ids["session"]):
        assert (await bob.ask("query ($id: ID!) { node(id: $id) { id } }", id=id))["node"] is None
    for name, kind in (("revokeTokens", "token"), ("endSessions", "session")):
        asked = f'mutation {{ {name}(input: {{{kind}s: ["{world.ids[kind]}"]}}) {{ __typename }} }}'
        assert (await bob.ask(asked))[name]["__typename"] == "Unknown"
    asked = "{ viewer { sessions { id } tokens { id } } }"
    mine = await world.graph.ask(asked)
    assert world.ids["token"] in {token["id"] for token in mine["viewer"]["tokens"]}
    assert world.ids["session"] in {session["id"] for session in mine["viewer"]["sessions"]}


OPERATION = re.compile(r'@operation\(\s*"([\w.]+)"([^@]*?)\)\nasync def')


@pytest.mark.spec("TOKEN-1", "T-25")
def test_every_operation_that_no_token_may_stands_in_the_table() -> None:
    marked = set()
    for file in (REPOSITORY / "domain").glob("*.py"):
        for found in OPERATION.finditer(file.read_text()):
            if "ByToken.NEVER" in found[2] or "ByToken.ALWAYS" in found[2]:
                marked.add(found[1])
    assert marked == NOT_BY_TOKEN


@pytest.mark.spec("TOKEN-1", "T-25")
async def test_no_mutation_leads_a_token_to_an_operation_that_none_may(graph: Graph) -> None:
    """Each mutation is sent; the audit log says which operation it led to."""
    token_id, secret = await make(graph, scope="MANAGE")
    kinds = ("user", "group", "pool", "device", "webhook", "node", "session", "target", "cluster")
    ids = dict.fromkeys(kinds, token_id)
    refused: set[str] = set()
    async with bearing(graph, secret) as program:
        for name, field in root("mutation").fields.items():
            if name == "revokeTokens":  # a token may end itself: above
                continue
            (argument,) = field.args.values()
            given = some_input(argument.type, {**ids, "token": token_id})
            (before,) = await fetch("SELECT max(id) AS id FROM audit_entry")
            data = await program.ask(f"mutation {{ {name}(input: {given}) {{ __typename }} }}")
            entries = await AuditEntry.filter(id__gt=before["id"])
            for entry in entries:
                assert (entry.outcome == "NotByToken") == (entry.action in NOT_BY_TOKEN), name
            if data[name]["__typename"] == "NotByToken":
                refused |= {entry.action for entry in entries}
    # These come after something that refuses by itself: a code that is looked at, a try. No field
    # leads to a rotation.
    later = {"token.allow", "authentication.activate", "secrets.rotate"}
    assert refused == NOT_BY_TOKEN - later - {"token.revoke"}


GROUPS_AND_POOLS = """{ pools { edges { node { name version } } }
                        groups { edges { node { name version } } } webhooks { name version } }"""
STATE = """{ pools { edges { node { name version devices { totalCount } } } }
             groups { edges { node { name version users { totalCount } pool { name } } } }
             users { edges { node { name version roles } } }
             webhooks { name version url } licence { customer state }
             dvsTargets { name version isDefault }
             featureStore { version target { name } }
             remoteClusters { edges { node { name version } } } }"""


@pytest.mark.spec("T-32", "USER-6")
async def test_a_role_that_is_given_and_taken_counts_at_the_next_frame(
    world: World, bob: Graph
) -> None:
    asked = "subscription { userChanges { isSnapshot changed { name roles } removed } }"
    async with aclosing(bob.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert [user["name"] for user in first["userChanges"]["changed"]] == ["bob"]
        raised = await edit_roles(world, ["DATA_SCIENTIST", "OPERATOR"])
        (second,) = await take(frames, 1)
        assert "canary-stranger" in {user["name"] for user in second["userChanges"]["changed"]}
        await edit_roles(world, ["DATA_SCIENTIST"], raised)
        (third,) = await take(frames, 1)
        # A snapshot anew: what it lacks is to be seen no more.
        assert third["userChanges"]["isSnapshot"]
        assert [user["name"] for user in third["userChanges"]["changed"]] == ["bob"]


@pytest.mark.spec("T-32", "USER-6")
async def test_a_role_counts_at_once_also_where_nothing_else_happens(
    world: World, bob: Graph
) -> None:
    asked = "subscription { nodeChanges { isSnapshot changed { hostName } } }"
    async with aclosing(bob.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        await edit_roles(world, ["DATA_SCIENTIST", "OPERATOR"])
        (second,) = await take(frames, 1)
    assert second["nodeChanges"]["isSnapshot"]
    assert len(second["nodeChanges"]["changed"]) >= len(first["nodeChanges"]["changed"])


@pytest.mark.spec("T-32", "USER-6")
async def test_who_leaves_a_group_sees_its_pool_no_more_from_the_next_frame(
    world: World, bob: Graph
) -> None:
    asked = "subscription { fleetTelemetry { time deviceIds utilisationPercent } }"
    async with aclosing(bob.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert len(first["fleetTelemetry"]["deviceIds"]) == 3
        left = {"id": world.ids["group"], "version": world.ids["group version"]}
        answer = await world.graph.ask(
            EDIT_GROUP, input={**left, "removeUsers": [world.ids["user"]]}
        )
        assert "id" in answer["editGroup"]
        left_at = world.graph.live.time
        # What a tick told while the change was made may still lie in the socket.
        while told_at(frame := (await take(frames, 1))[0]["fleetTelemetry"]) <= left_at:
            pass
        # The device that the own job holds is still to be seen.
        assert len(frame["utilisationPercent"]) == 1


def told_at(frame: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(frame["time"])


async def edit_roles(world: World, roles: list[str], version: int = 1) -> int:
    wanted = {"id": world.ids["user"], "version": version, "roles": roles}
    answer: dict[str, Any] = await world.graph.ask(EDIT_USER, input=wanted)
    return int(answer["editUser"]["version"])


@pytest.mark.spec("T-45")
async def test_no_secret_is_in_any_answer(world: World) -> None:
    stored = await fetch('SELECT password_hash FROM "user"')
    secrets = [row["password_hash"] for row in stored]
    secrets += [row["secret_hash"] for row in await fetch("SELECT secret_hash FROM session")]
    secrets += [row["secret_hash"] for row in await fetch("SELECT secret_hash FROM api_token")]
    secrets += world.passwords.values()
    secrets += [row["sealed_secret"] for row in await fetch("SELECT sealed_secret FROM webhook")]
    secrets += [row["token"] for row in await fetch("SELECT token FROM licence")]
    secrets.append(WEBHOOK["secret"])
    secrets += [row["sealed_secrets"] for row in await fetch("SELECT * FROM remote_cluster")]
    secrets.append(CLUSTER_TOKEN)
    assert all(secrets)
    for name in QUERIES:
        asked = document("query", name, arguments_of(name, world.ids))
        answer = json.dumps(await world.graph.ask(asked))
        assert not [one for one in secrets if one in answer], name
    exported = (await world.graph.http.get("/audit.jsonl")).text
    assert not [one for one in secrets if one in exported]
