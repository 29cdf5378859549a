"""From anything to everything that is related to it, by Relay's rules and without N+1."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.services.graph import Graph

DEEP = """
query Deep {
  nodes(first: 100) { edges { node {
    hostName
    devices(first: 100) { edges { node {
      uuid
      node { hostName }
      pool { name group { name pool { name } users(first: 10) { edges { node {
        name roles group { name } jobs(first: 10) { edges { node {
          name user { name } group { name } pool { name } nodes { hostName }
          devices(first: 10) { edges { node { uuid job { name } } } }
        } } }
      } } } } }
      jobs(filter: {states: [QUEUED, RUNNING, ENDED]}) { edges { node { name } } }
      healthEvents(first: 5) { edges { node { title } } }
    } } }
  } } }
}
"""


@pytest.mark.spec("API-2")
async def test_from_a_node_to_devices_pool_group_users_jobs_and_back(graph: Graph) -> None:
    node = await graph.add_node("n1")
    await node.run_job("train", "ada", 0)

    data = await graph.ask(DEEP)

    (found,) = _nodes(data["nodes"])
    first, second = _nodes(found["devices"])
    assert first["node"] == {"hostName": "n1"}
    group = first["pool"]["group"]
    assert (first["pool"]["name"], group["name"], group["pool"]["name"]) == ("Default",) * 3
    (user,) = _nodes(group["users"])
    (job,) = _nodes(user["jobs"])
    assert job["user"] == {"name": "ada"}
    assert job["group"] == job["pool"] == {"name": "Default"}
    assert job["nodes"] == [{"hostName": "n1"}]
    (held,) = _nodes(job["devices"])
    assert held == {"uuid": node.uuid(0), "job": {"name": "train"}}
    assert [j["name"] for j in _nodes(first["jobs"])] == ["train"]
    assert _nodes(second["jobs"]) == []


@pytest.mark.spec("API-2")
async def test_a_deep_query_costs_the_same_number_of_statements_whatever_the_rows(
    graph: Graph, statements: list[str]
) -> None:
    await graph.add_node("n1", devices=1)
    statements.clear()
    await graph.ask(DEEP)
    of_one = len(statements)
    for number in range(2, 6):
        node = await graph.add_node(f"n{number}", devices=4)
        await node.run_job(f"job-{number}", "ada", 0, 1)
    statements.clear()
    await graph.ask(DEEP)
    # Finding the session, the ended jobs and what they held, and one batch of health events.
    assert len(statements) == of_one <= 5, statements


@pytest.mark.spec("API-2")
async def test_every_object_is_found_again_by_its_id(graph: Graph) -> None:
    node = await graph.add_node("n1", devices=1)
    await node.run_job("train", "ada", 0)
    data = await graph.ask(
        """{
          nodes { edges { node { id __typename } } } devices { edges { node { id __typename } } }
          pools { edges { node { id __typename } } } groups { edges { node { id __typename } } }
          users { edges { node { id __typename } } } jobs { edges { node { id __typename } } }
          deviceTypes { id __typename }
        }"""
    )
    found = [one for key in data if key != "deviceTypes" for one in _nodes(data[key])]
    found += data["deviceTypes"]
    assert {one["__typename"] for one in found} == {
        *("ClusterNode", "Device", "DeviceType", "Pool", "Group", "User", "Job")
    }
    for one in found:
        again = await graph.ask("query($id: ID!) { node(id: $id) { id __typename } }", id=one["id"])
        assert again["node"] == one


@pytest.mark.parametrize(
    "text", ["", "x", "Pool:1", "====", "🦄", "UG9vbDo5OTk=", base64.b64encode(b"Pool:-1").decode()]
)
@pytest.mark.spec("API-2")
async def test_an_id_of_nothing_is_null(graph: Graph, text: str) -> None:
    answer = await graph.ask("query($id: ID!) { node(id: $id) { id } }", id=text)
    assert answer == {"node": None}


def _nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]
