"""What the screens' queries and the operator's changes cost, against SQL written by hand.

`python -m bench.queries [--rounds N]`. PostgreSQL with 10,000 devices on 1,250 nodes, 200 pools and
groups, 1,000 users and 3,000 active jobs. Both sides run in this process over real sockets: ours is
a GraphQL request over HTTP, the peer asks PostgreSQL for the same rows and encodes them as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import uvloop

from bench.lean_http import LeanHttp, connected
from domain.database import close_database, execute, fetch, open_database, rows
from domain.installation import install
from resolvers.ids import global_id
from server.logs import configure_logging
from telemetry.bus import Bus
from telemetry.embedded_bus import EmbeddedBus
from telemetry.samples import DeviceSample, DeviceUuid, HostSample, NodeId, NodeSample, to_columns
from tests.services.graph import Graph, running_graph
from tests.services.postgres import Postgres

NODES, PER_NODE, POOLS, USERS, JOBS = 1250, 8, 200, 1000, 3000


async def seed() -> None:
    """Rows as the collectors, the operator and the jobs would have made them."""
    now = datetime.now(UTC)
    type_sql = (
        "INSERT INTO device_type (vendor, product, memory_total_bytes, key)"
        " VALUES ('NVIDIA', 'NVIDIA H100 80GB HBM3', 85899345920, 'h100') RETURNING id"
    )
    (type_row,) = await fetch(type_sql)
    kind = type_row["id"]
    await execute(
        "INSERT INTO node (machine_id, host_name, is_demo, addresses, labels, first_seen_at,"
        " last_seen_at) SELECT 'machine-' || i, 'node-' || lpad(i::text, 4, '0'), FALSE,"
        " '[]', '{}', ?, now() FROM generate_series(1, ?) i",
        now,
        NODES,
    )
    await execute(
        "INSERT INTO pool (name, name_key, is_default, type_id, type_key, created_at)"
        " SELECT 'pool-' || i, 'pool-' || i, FALSE, ?, ?, now() FROM generate_series(1, ?) i",
        kind,
        kind,
        POOLS - 1,
    )
    await execute(
        "INSERT INTO device (uuid, node_id, type_id, pool_id, pool_type_key, index, first_seen_at,"
        " last_seen_at) SELECT 'GPU-' || n.id || '-' || g, n.id, ?, 1 + (n.id % ?),"
        " CASE WHEN n.id % ? = 0 THEN 0 ELSE ? END, g, now(), now()"
        " FROM node n, generate_series(0, ?) g",
        kind,
        POOLS,
        POOLS,
        kind,
        PER_NODE - 1,
    )
    await execute(
        'INSERT INTO "group" (name, name_key, is_default, pool_id, created_at)'
        " SELECT 'group-' || id, 'group-' || id, FALSE, id, now() FROM pool WHERE NOT is_default"
        " AND id % 10 <> 5"
    )
    await execute(
        'INSERT INTO "user" (name, name_key, provider, group_id, created_at)'
        " SELECT 'user-' || i, 'user-' || i, 'local', (SELECT id FROM \"group\" ORDER BY id"
        " OFFSET i % 150 LIMIT 1), now() FROM generate_series(1, ?) i",
        USERS - 1,
    )
    await execute(
        "INSERT INTO user_role (user_id, role) SELECT id, 'DATA_SCIENTIST' FROM \"user\""
        " WHERE id NOT IN (SELECT user_id FROM user_role)"
    )
    await execute(
        "INSERT INTO job (source, key, name, state, owner, user_id, pool_id, started_at)"
        " SELECT 'NVML', 'job-' || i, 'job-' || i, 'RUNNING', u.name, u.id, d.pool_id, now()"
        " FROM generate_series(1, ?) i"
        ' JOIN device d ON d.id = i * 3 JOIN "user" u ON u.id = 1 + (i % ?)',
        JOBS,
        USERS,
    )
    await execute(
        "INSERT INTO job_device (job_id, device_id, since)"
        " SELECT j.id, 3 * substr(j.key, 5)::int, now() FROM job j"
    )
    await execute("ANALYZE")


async def hear(graph: Graph, bus: Bus) -> None:
    """One sample of each node, as its collector would send it."""
    for number in range(1, NODES + 1):
        sample = NodeSample(
            node_id=NodeId(f"machine-{number}"),
            boot_id="boot",
            sequence=1,
            time=time.time(),
            interval_seconds=60.0,  # fresh for three times as long
            host=HostSample(cpu_percent=20.0),
            devices=[DeviceUuid(f"GPU-{number}-{index}") for index in range(PER_NODE)],
            columns=to_columns(
                [
                    DeviceSample(utilisation_percent=float(10 * index), power_watts=300.0)
                    for index in range(PER_NODE)
                ]
            ),
        )
        assert await bus.publish(sample)
        async with asyncio.timeout(10):
            while sample.node_id not in graph.live.fleet.nodes:  # noqa: ASYNC110
                await asyncio.sleep(0)


@dataclass(frozen=True)
class Question:
    """The same asked of the graph and of PostgreSQL; `?` of neither is to be prepared."""

    name: str
    graph: str
    sql: tuple[str, ...]


HELD = (
    "SELECT h.device_id FROM job_device h JOIN job j ON j.id = h.job_id"
    " WHERE h.until IS NULL AND j.state IN ('QUEUED', 'RUNNING')"
)
DEVICE_PAGE = """{ devices(first: 100, orderBy: {field: NODE}) { totalCount edges { node {
  id uuid index allocation node { hostName } pool { name } group { name }
  job { name owner } } } } }"""
QUESTIONS = (
    Question(
        "pools",
        """{ pools(first: 500) { edges { node { id name version group { name }
             deviceTypes { name } load { devices allocated free waitingJobs } } } } }""",
        (
            'SELECT p.id, p.name, p.version, g.name AS "group", t.product,'
            f" count(d.id) AS devices, count(h.device_id) AS allocated"
            ' FROM pool p LEFT JOIN "group" g ON g.pool_id = p.id'
            " LEFT JOIN device_type t ON t.id = p.type_id LEFT JOIN device d ON d.pool_id = p.id"
            f" LEFT JOIN ({HELD}) h ON h.device_id = d.id"
            " GROUP BY p.id, g.name, t.product ORDER BY p.name",
        ),
    ),
    Question(
        "pool_devices",
        """{ pool(name: "pool-7") { id devices(first: 500) { edges { node {
             id uuid index node { hostName } allocation job { name } } } } } }""",
        (
            "SELECT d.id, d.uuid, d.index, n.host_name, j.name FROM device d"
            " JOIN node n ON n.id = d.node_id JOIN pool p ON p.id = d.pool_id"
            " LEFT JOIN job_device h ON h.device_id = d.id AND h.until IS NULL"
            " LEFT JOIN job j ON j.id = h.job_id WHERE p.name_key = 'pool-7'"
            " ORDER BY n.host_name, d.index",
        ),
    ),
    Question(
        "devices",
        DEVICE_PAGE,
        (
            "SELECT count(*) FROM device",
            "SELECT d.id, d.uuid, d.index, n.host_name, p.name AS pool, g.name AS grp,"
            " j.name AS job, j.owner FROM device d JOIN node n ON n.id = d.node_id"
            ' JOIN pool p ON p.id = d.pool_id LEFT JOIN "group" g ON g.pool_id = p.id'
            " LEFT JOIN job_device h ON h.device_id = d.id AND h.until IS NULL"
            " LEFT JOIN job j ON j.id = h.job_id"
            " ORDER BY n.host_name, d.index, d.id LIMIT 100",
        ),
    ),
    Question(
        "groups",
        """{ groups(first: 100) { edges { node { id name version pool { name }
             users(first: 500) { totalCount edges { node { name } } }
             load { devices allocated } } } } }""",
        (
            f"SELECT g.id, g.name, g.version, p.name AS pool, count(DISTINCT d.id) AS devices,"
            f' count(h.device_id) AS allocated FROM "group" g LEFT JOIN pool p ON p.id = g.pool_id'
            f" LEFT JOIN device d ON d.pool_id = p.id LEFT JOIN ({HELD}) h ON h.device_id = d.id"
            " GROUP BY g.id, p.name ORDER BY g.name LIMIT 100",
            'SELECT group_id, name FROM "user" WHERE group_id IS NOT NULL ORDER BY group_id, name',
        ),
    ),
    Question(
        "users",
        """{ users(first: 100) { totalCount edges { node { id name version roles
             group { name } jobs { totalCount } lastSignInAt } } } }""",
        (
            'SELECT count(*) FROM "user"',
            "SELECT u.id, u.name, u.version, u.last_sign_in_at, g.name AS grp,"
            " (SELECT array_agg(role) FROM user_role r WHERE r.user_id = u.id) AS roles,"
            " (SELECT count(*) FROM job j WHERE j.user_id = u.id"
            "   AND j.state IN ('QUEUED', 'RUNNING')) AS jobs"
            ' FROM "user" u LEFT JOIN "group" g ON g.id = u.group_id ORDER BY u.name LIMIT 100',
        ),
    ),
    Question(
        "jobs",
        """{ jobs(first: 100) { totalCount edges { node { id name state owner user { name }
             group { name } pool { name } startedAt heldDevices } } } }""",
        (
            "SELECT count(*) FROM job WHERE state IN ('QUEUED', 'RUNNING')",
            "SELECT j.id, j.name, j.state, j.owner, u.name AS usr, g.name AS grp, p.name AS pool,"
            " j.started_at, (SELECT count(*) FROM job_device h WHERE h.job_id = j.id"
            ' AND h.until IS NULL) AS held FROM job j LEFT JOIN "user" u ON u.id = j.user_id'
            ' LEFT JOIN "group" g ON g.id = u.group_id LEFT JOIN pool p ON p.id = j.pool_id'
            " WHERE j.state IN ('QUEUED', 'RUNNING') ORDER BY j.started_at DESC, j.id LIMIT 100",
        ),
    ),
    Question(
        "audit",
        """{ auditEntries(first: 50) { totalCount edges { node { id time actor action objectKind
             objectName outcome values { name before after } } } } }""",
        (
            "SELECT count(*) FROM audit_entry",
            "SELECT * FROM audit_entry ORDER BY id DESC LIMIT 50",
        ),
    ),
)


Work = Callable[[], Awaitable[Any]]


async def in_turns(first: Work, second: Work, rounds: int) -> tuple[float, float]:
    """The medians of both in milliseconds: taken in turns, so that a busy moment hits both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 3):
        for index, work in enumerate((first, second)):
            began = time.perf_counter()
            await work()
            taken[index].append(time.perf_counter() - began)
    ours, peer = (1000 * statistics.median(each[3:]) for each in taken)
    return ours, peer


async def by_hand(pool: asyncpg.Pool, statements: Sequence[str]) -> bytes:
    async with pool.acquire() as connection:
        found = [await connection.fetch(sql) for sql in statements]
    return msgspec.json.encode([[dict(row) for row in rows] for rows in found])


async def ask(client: LeanHttp, query: str, **variables: Any) -> Any:
    body = msgspec.json.encode({"query": query, "variables": variables})
    answer = msgspec.json.decode(await client.post("/graphql", body))
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def measure_queries(client: LeanHttp, pool: asyncpg.Pool, rounds: int) -> dict[str, float]:
    ratios = {}
    for question in QUESTIONS:
        sent = count_statements()
        await ask(client, question.graph)
        statements = len(sent)
        stop_counting()
        ours, peer = await in_turns(
            lambda q=question: ask(client, q.graph),
            lambda q=question: by_hand(pool, q.sql),
            rounds,
        )
        ratios[question.name] = ours / peer
        print(
            f"{question.name:14} ours {ours:8.2f} ms  by hand {peer:8.2f} ms"
            f"  {ours / peer:5.2f} times  {statements} statements",
            flush=True,
        )
    return ratios


async def measure_changes(
    graph: Graph, client: LeanHttp, pool: asyncpg.Pool, rounds: int
) -> dict[str, float]:
    """A pool of 8 devices made and deleted; a group and its users; a role given and taken."""
    free = [
        row["id"]
        for row in await fetch(
            "SELECT id FROM device WHERE pool_id = 1 AND id NOT IN"
            " (SELECT device_id FROM job_device WHERE until IS NULL) ORDER BY id LIMIT 8"
        )
    ]
    (people,) = [
        [row["id"] for row in await fetch('SELECT id FROM "user" ORDER BY id DESC LIMIT 5')]
    ]
    await execute('UPDATE "user" SET group_id = NULL WHERE id IN (?)', people)
    await graph.announce("user", people)
    devices = [global_id("Device", number) for number in free]
    users = [global_id("User", number) for number in people]
    step = {"number": 0, "version": 1, "pool": "", "group": "", "user": 1}

    async def create_pool() -> None:
        step["number"] += 1
        answer = await ask(
            client,
            "mutation ($i: CreatePoolInput!) { createPool(input: $i) { ... on Pool { id } } }",
            i={"name": f"bench {step['number']}", "devices": devices},
        )
        step["pool"] = answer["createPool"]["id"]

    async def delete_pool() -> None:
        await ask(
            client,
            "mutation ($i: DeletePoolsInput!) { deletePools(input: $i) { __typename } }",
            i={"pools": [step["pool"]]},
        )

    async def create_group() -> None:
        step["number"] += 1
        answer = await ask(
            client,
            "mutation ($i: CreateGroupInput!) { createGroup(input: $i) { ... on Group { id } } }",
            i={"name": f"bench {step['number']}", "users": users},
        )
        step["group"] = answer["createGroup"]["id"]

    async def empty_and_delete_group() -> None:
        await ask(
            client,
            """mutation ($i: EditGroupInput!, $d: DeleteGroupsInput!) {
                 editGroup(input: $i) { __typename } deleteGroups(input: $d) { __typename } }""",
            i={"id": step["group"], "version": 1, "removeUsers": users},
            d={"groups": [step["group"]]},
        )

    async def give_role() -> None:
        roles = [["DATA_SCIENTIST"], ["ML_ENGINEER"]][step["user"] % 2]
        await ask(
            client,
            "mutation ($i: EditUserInput!) { editUser(input: $i) { ... on User { version } } }",
            i={"id": users[0], "version": step["user"], "roles": roles},
        )
        step["user"] += 1

    now = datetime.now(UTC)
    by_hand_number = 0

    async def audit(connection: asyncpg.Connection, action: str) -> None:
        await connection.execute(
            "INSERT INTO audit_entry (time, actor, action, object_kind, object_name, outcome)"
            " VALUES ($1, 'bench', $2, 'bench', 'bench', 'done')",
            now,
            action,
        )
        await connection.execute(
            "INSERT INTO outbox (kind, ids, created_at) VALUES ('bench', '[]', $1)", now
        )

    async def hand_create_pool() -> None:
        nonlocal by_hand_number
        by_hand_number += 1
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch(
                "SELECT id, type_id, pool_id FROM device WHERE id = ANY($1) ORDER BY id FOR UPDATE",
                free,
            )
            await connection.fetch(
                "SELECT h.job_id FROM job_device h JOIN job j ON j.id = h.job_id"
                " WHERE h.until IS NULL AND h.device_id = ANY($1)"
                " AND j.state IN ('QUEUED', 'RUNNING')",
                free,
            )
            made = await connection.fetchval(
                "INSERT INTO pool (name, name_key, is_default, type_id, type_key, created_at)"
                " VALUES ($1, $1, FALSE, 1, 1, $2) RETURNING id",
                f"hand {by_hand_number}",
                now,
            )
            await connection.execute(
                "UPDATE device SET pool_id = $1, pool_type_key = 1 WHERE id = ANY($2)", made, free
            )
            await audit(connection, "create")

    async def hand_delete_pool() -> None:
        async with pool.acquire() as connection, connection.transaction():
            found = await connection.fetchval(
                "SELECT id FROM pool WHERE name = $1 FOR UPDATE", f"hand {by_hand_number}"
            )
            await connection.fetch('SELECT 1 FROM "group" WHERE pool_id = $1', found)
            await connection.fetch(
                "SELECT 1 FROM job_device h JOIN job j ON j.id = h.job_id"
                " JOIN device d ON d.id = h.device_id"
                " WHERE h.until IS NULL AND d.pool_id = $1 AND j.state IN ('QUEUED', 'RUNNING')",
                found,
            )
            await connection.execute(
                "UPDATE device SET pool_id = 1, pool_type_key = 0 WHERE pool_id = $1", found
            )
            await connection.execute("DELETE FROM pool WHERE id = $1", found)
            await audit(connection, "delete")

    async def hand_create_group() -> None:
        nonlocal by_hand_number
        by_hand_number += 1
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch(
                'SELECT group_id FROM "user" WHERE id = ANY($1) ORDER BY id FOR UPDATE', people
            )
            made = await connection.fetchval(
                'INSERT INTO "group" (name, name_key, is_default, created_at)'
                " VALUES ($1, $1, FALSE, $2) RETURNING id",
                f"hand {by_hand_number}",
                now,
            )
            await connection.execute(
                'UPDATE "user" SET group_id = $1 WHERE id = ANY($2)', made, people
            )
            await audit(connection, "create")

    async def hand_empty_and_delete_group() -> None:
        for sql in (
            'UPDATE "user" SET group_id = NULL WHERE group_id = $1',
            'DELETE FROM "group" WHERE id = $1',
        ):
            async with pool.acquire() as connection, connection.transaction():
                found = await connection.fetchval(
                    'SELECT id FROM "group" WHERE name = $1 FOR UPDATE', f"hand {by_hand_number}"
                )
                await connection.execute(sql, found)
                await audit(connection, "change")

    async def hand_give_role() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch('SELECT version FROM "user" WHERE id = $1 FOR UPDATE', people[1])
            await connection.execute("DELETE FROM user_role WHERE user_id = $1", people[1])
            await connection.execute(
                "INSERT INTO user_role (user_id, role) VALUES ($1, 'ML_ENGINEER')", people[1]
            )
            await audit(connection, "role")

    ratios = {}
    pools = await in_turns(create_pool, delete_pool, rounds)
    hand_pools = await in_turns(hand_create_pool, hand_delete_pool, rounds)
    groups = await in_turns(create_group, empty_and_delete_group, rounds)
    hand_groups = await in_turns(hand_create_group, hand_empty_and_delete_group, rounds)
    role, hand_role = await in_turns(give_role, hand_give_role, rounds)
    for name, ours, peer in (
        ("create_pool", pools[0], hand_pools[0]),
        ("delete_pool", pools[1], hand_pools[1]),
        ("create_group", groups[0], hand_groups[0]),
        ("empty_and_delete_group", groups[1], hand_groups[1]),
        ("edit_user", role, hand_role),
    ):
        ratios[name] = ours / peer
        print(
            f"{name:22} ours {ours:8.2f} ms  by hand {peer:8.2f} ms  {ours / peer:5.2f} times",
            flush=True,
        )
    return ratios


_original: list[Any] = []


def count_statements() -> list[str]:
    """Every statement that the process sends through the product's own database code."""
    sent: list[str] = []
    bind, client = rows._bind, type(rows.connection())
    _original[:] = [bind, client, client.execute_query]

    def spy_bind(sql: str, values: Any) -> Any:
        sent.append(sql)
        return bind(sql, values)

    async def spy_query(self: Any, sql: str, *rest: Any, **named: Any) -> Any:
        sent.append(sql)
        return await _original[2](self, sql, *rest, **named)

    rows._bind = spy_bind
    client.execute_query = spy_query
    return sent


def stop_counting() -> None:
    bind, client, query = _original
    rows._bind = bind
    client.execute_query = query


@asynccontextmanager
async def product(postgres: Postgres) -> Any:
    url = await postgres.empty_database()
    await open_database(url, migrate=True)
    bus = EmbeddedBus()
    try:
        installed = await install("ada", cluster_name="bench")
        await seed()
        assert installed.password is not None
        async with running_graph(bus, installed.password) as graph:
            await hear(graph, bus)
            yield graph, url
    finally:
        await bus.close()
        await close_database()


async def measure(rounds: int) -> dict[str, float]:
    postgres = Postgres.start()
    try:
        async with product(postgres) as (graph, url):
            pool = await asyncpg.create_pool(dsn=url, min_size=1, max_size=4)
            try:
                cookies = (f"{name}={value}" for name, value in graph.http.cookies.items())
                headers = {
                    "Cookie": "; ".join(cookies),
                    "Content-Type": "application/json",
                    "Quartermaster-Client": "bench",
                }
                async with connected(graph.url, headers) as client:
                    ratios = await measure_queries(client, pool, rounds)
                    ratios |= await measure_changes(graph, client, pool, rounds)
            finally:
                await pool.close()
    finally:
        postgres.stop()
    return ratios


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.queries", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args(arguments)
    configure_logging("WARNING")
    ratios = uvloop.run(measure(given.rounds))
    worst = max(ratios, key=lambda name: ratios[name])
    print(
        "queries: "
        + " ".join(f"{name}_ratio={ratio:.2f}" for name, ratio in ratios.items())
        + f" worst={worst}"
    )


if __name__ == "__main__":
    main()
