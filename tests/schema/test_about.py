"""What runs here, as operators are told it: parts that work, parts that do not, and what to do."""

from __future__ import annotations

import json
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.inventory import ReportedNode, record_node
from domain.leases import Lease, hold
from resolvers.components import of_bus
from telemetry.redis_bus import RedisBus
from tests.services.changes import done
from tests.services.database import Database
from tests.services.graph import Graph, take
from tests.services.licences import licence
from tests.services.redis import RedisServer

COMPONENTS = "components { name state kind version detail remedy }"
ABOUT = f"""{{ about {{ version commit startedAt time python clusterId licence {{ edition }}
  {COMPONENTS} collectors {{ version nodes stale }} libraries {{ name version }} }} }}"""


def by_name(about: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in about["components"]}


@pytest.mark.spec("LIC-2")
async def test_an_operator_is_told_what_runs_here_and_what_each_part_does(
    graph: Graph, database: Database
) -> None:
    about = (await graph.ask(ABOUT))["about"]
    assert (about["version"], about["licence"]["edition"]) == ("test", "Community")
    assert about["commit"] is None  # a plain checkout
    assert datetime.fromisoformat(about["startedAt"]) <= datetime.fromisoformat(about["time"])
    assert {one["name"] for one in about["libraries"]} >= {"graphql-core", "uvicorn"}
    parts = by_name(about)
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database.kind]
    assert (parts["Database"]["kind"], parts["Database"]["state"]) == (kind, "OK")
    assert parts["Database"]["version"][0].isdigit()
    assert "migrated to" in parts["Database"]["detail"]
    assert (parts["Bus"]["kind"], parts["Bus"]["state"]) == ("embedded", "OK")
    assert parts["Kubernetes"]["state"] == "OFF"
    assert parts["Controller"]["state"] == "FAILED"
    assert "quartermaster controller" in parts["Controller"]["remedy"]
    assert parts["Licence"]["state"] == "OK"
    # No URL, which may have a password in it.
    assert database.url not in json.dumps(about)
    assert "://" not in json.dumps(about)


@pytest.mark.spec("LIC-2")
async def test_the_controller_is_told_with_its_host_and_since_when(graph: Graph) -> None:
    lease = Lease("controller", "gpu-head-1/5f0c", 60)
    assert await hold(lease)
    first = by_name((await graph.ask(ABOUT))["about"])["Controller"]
    assert first["state"] == "OK"
    assert first["detail"].startswith(f"at work on gpu-head-1 since {datetime.now(UTC):%Y-}")
    assert await hold(lease)  # renewed: it is at work since then all the same
    assert by_name((await graph.ask(ABOUT))["about"])["Controller"] == first


@pytest.mark.spec("LIC-2")
async def test_collectors_are_told_by_version_and_the_silent_ones_by_name(graph: Graph) -> None:
    for name in ("a", "b"):
        await graph.add_node(name, 1, collector_version="test")
    await graph.add_node("c", 1, collector_version="0.0.9")
    silent = ReportedNode(
        machine_id="machine-d", host_name="d", collector_version="test", labels={}, devices=()
    )
    await record_node(silent, datetime.now(UTC))
    await graph.announce("node", [4])
    about = (await graph.ask(ABOUT))["about"]
    assert about["collectors"] == [
        {"version": "test", "nodes": 3, "stale": ["d"]},
        {"version": "0.0.9", "nodes": 1, "stale": []},
    ]
    part = by_name(about)["Collectors"]
    assert part["state"] == "WARNING"
    assert "1 of 4 nodes are silent" in part["detail"]
    assert "1 of 4 nodes run another version than this test" in part["detail"]
    assert part["version"] is None  # they are not of one
    assert part["remedy"]


@pytest.mark.spec("LIC-2")
async def test_what_runs_here_is_pushed_again_when_the_licence_is_another(graph: Graph) -> None:
    asked = f"subscription {{ aboutChanges {{ licence {{ customer }} {COMPONENTS} }} }}"
    async with aclosing(graph.subscribe(asked)) as frames:
        (first,) = await take(frames, 1)
        assert first["aboutChanges"]["licence"]["customer"] is None
        await done(graph, "replaceLicence", token=licence("ACME Research", days=10))
        (second,) = await take(frames, 1)
    assert second["aboutChanges"]["licence"]["customer"] == "ACME Research"
    part = by_name(second["aboutChanges"])["Licence"]
    assert (part["state"], part["kind"]) == ("WARNING", "Enterprise")
    assert "runs out in 10 days" in part["detail"]


@pytest.mark.spec("LIC-2", "T-45")
async def test_redis_is_told_by_its_version_and_a_dead_one_without_its_password(
    redis_server: RedisServer,
) -> None:
    bus = RedisBus(redis_server.url)
    try:
        part = await of_bus(bus)
        assert (part.name, part.kind, part.state.value) == ("Bus", "Redis", "OK")
        assert part.version is not None
        assert part.version[0].isdigit()
    finally:
        await bus.close()
    redis_server.kill()
    dead = RedisBus(redis_server.url.replace("://", "://api:correct-horse@"))
    try:
        part = await of_bus(dead)
        assert part.state.value == "FAILED"
        assert part.remedy
        assert "correct-horse" not in repr(part)
    finally:
        await dead.close()
