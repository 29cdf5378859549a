"""The API of a cluster fails in all the ways known, and what is known of it comes right again.

The deadlines are those of the product divided by some thirty: what is waited for is that it heals.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from kubernetes_asyncio.client.exceptions import ApiException

from domain.enforcement import known_cluster
from tests.services.graph import Graph
from tests.services.kubernetes import Cluster
from tests.workers.kubernetes.conftest import QUICK, Enforced, enforcing
from workers.clock import Clock
from workers.kubernetes.connection import Connection, KubeconfigFile
from workers.kubernetes.objects import Kind
from workers.kubernetes.watching import Watched


async def follows(enforced: Enforced, name: str) -> None:
    """A change in the cluster is heard: a drift is put right. And one of ours gets there."""
    await enforced.make_group(name)
    namespace = await enforced.in_sync("groups", name)
    await enforced.cluster.core.delete_namespaced_resource_quota("quartermaster", namespace)

    async def is_back() -> bool:
        quotas = await enforced.cluster.core.list_namespaced_resource_quota(namespace)
        return bool(quotas.items)

    await enforced.cluster.until(is_back, "the quota is there again")


@pytest.mark.spec("F-1", "F-2")
async def test_a_cluster_that_falls_silent_with_open_connections_is_heard_again(
    enforced: Enforced,
) -> None:
    await follows(enforced, "before")
    enforced.cluster.mock.go_silent()

    async def is_noticed() -> bool:
        cluster = await known_cluster()
        return cluster is not None and cluster.error is not None

    await enforced.cluster.until(is_noticed, "the silence is noticed")
    shown = await enforced.until("groups", "before", lambda one: one["state"] == "APPLYING")
    assert "cannot be reached" in shown["reason"]
    enforced.cluster.mock.speak_again()
    await enforced.in_sync("groups", "before")
    await follows(enforced, "after")


@pytest.mark.spec("F-2", "F-8")
async def test_an_api_server_that_restarts_is_followed_on(enforced: Enforced) -> None:
    await follows(enforced, "before")
    enforced.cluster.mock.stop()
    await enforced.make_group("meanwhile")
    enforced.cluster.mock.start()
    await enforced.in_sync("groups", "meanwhile")
    await follows(enforced, "after")


@pytest.mark.spec("F-3")
async def test_every_watch_has_an_end_and_asks_for_bookmarks(enforced: Enforced) -> None:
    await follows(enforced, "before")
    watches = [one for one in enforced.cluster.mock.asked if one.query.get("watch") == "true"]
    assert watches
    for asked in watches:
        assert 1 <= int(asked.query["timeoutSeconds"]) <= 600
        assert asked.query["allowWatchBookmarks"] == "true" and asked.query["resourceVersion"]


@pytest.mark.spec("F-3")
async def test_an_object_as_large_as_the_store_takes_passes_the_watch(enforced: Enforced) -> None:
    await follows(enforced, "before")
    large = {"metadata": {"name": "large", "annotations": {"filler": "x" * 250_000}}}
    await enforced.cluster.core.create_namespace(large)
    await follows(enforced, "after")


@pytest.mark.spec("F-4")
@pytest.mark.parametrize("form", ["gone_at_connect", "gone_in_stream", "compacted"])
async def test_what_vanished_while_the_version_expired_is_found_by_comparing(
    enforced: Enforced, form: str
) -> None:
    """The quota is deleted in the gap: no event tells of it, only a new list."""
    mock = enforced.cluster.mock
    await enforced.make_group("before")
    namespace = await enforced.in_sync("groups", "before")
    mock.faults.path = "resourcequotas"
    if form == "compacted":
        mock.stop()
    else:
        setattr(mock.faults, form, 2)
    key = (namespace, "quartermaster")
    mock.do(lambda store: store.objects["resourcequotas"].pop(key))
    mock.compact()
    if form == "compacted":
        mock.start()
    else:
        mock.drop_watches()

    async def is_back() -> bool:
        quotas = await enforced.cluster.core.list_namespaced_resource_quota(namespace)
        return bool(quotas.items)

    await enforced.cluster.until(is_back, "the quota is there again")
    await enforced.in_sync("groups", "before")


@pytest.mark.spec("F-6")
async def test_what_the_server_never_told_is_found_by_the_next_list(
    graph: Graph, cluster: Cluster
) -> None:
    timing = replace(QUICK, resync_seconds=1.0, watch_seconds=(1.0, 1.0))
    async with enforcing(graph, cluster, timing) as enforced:
        await enforced.make_group("before")
        namespace = await enforced.in_sync("groups", "before")
        cluster.mock.faults.drop_events = 1000
        await cluster.core.delete_namespaced_resource_quota("quartermaster", namespace)

        async def is_back() -> bool:
            quotas = await cluster.core.list_namespaced_resource_quota(namespace)
            return bool(quotas.items)

        await cluster.until(is_back, "the quota is there again")


@pytest.mark.spec("F-9")
async def test_a_cluster_that_refuses_everything_is_asked_ever_more_rarely(
    graph: Graph, cluster: Cluster
) -> None:
    cluster.mock.faults.error = 500
    timing = replace(QUICK, first_pause_seconds=0.05, longest_pause_seconds=2.0)
    async with enforcing(graph, cluster, timing) as enforced:

        async def has_tried() -> bool:
            return enforced.state.restarts >= 3

        await cluster.until(has_tried, "it was tried some times")
        assert all(count <= 20 for count in cluster.mock.counted().values())
        cluster.mock.faults.error = None
        await follows(enforced, "after")


@pytest.mark.spec("F-8")
async def test_a_line_that_is_no_json_ends_the_watch_and_not_the_watching(
    enforced: Enforced,
) -> None:
    await follows(enforced, "before")
    enforced.cluster.mock.faults.bad_lines = 4
    enforced.cluster.mock.drop_watches()
    await follows(enforced, "after")


async def test_a_token_that_is_replaced_is_read_again(enforced: Enforced) -> None:
    await follows(enforced, "before")
    mock, path = enforced.cluster.mock, enforced.cluster.kubeconfig
    (old,) = mock.tokens
    text = path.read_text()
    mock.rotate_token(old, "another-token-of-the-same-account")
    path.write_text(text.replace(old, "another-token-of-the-same-account"))
    mock.drop_watches()
    await enforced.make_group("after")
    await enforced.in_sync("groups", "after")


@pytest.mark.spec("F-5", "F-4")
@pytest.mark.parametrize("seed", range(3))
async def test_what_is_known_is_what_is_there_whatever_happens_between_list_and_watch(
    cluster: Cluster, seed: int
) -> None:
    chance = random.Random(seed)
    here = await cluster.add_namespace("here")
    connection = Connection(KubeconfigFile(cluster.kubeconfig))
    kind = Kind("ConfigMap", "v1", "configmaps", True)
    watched = Watched(connection, kind, lambda body: body, lambda: None, Clock(), QUICK)
    watching = asyncio.create_task(watched.run())
    try:
        for step in range(120):
            name = f"map-{chance.randrange(8)}"
            body = {"metadata": {"name": name}, "data": {"step": str(step)}}
            match chance.randrange(12):
                case 0:
                    cluster.mock.drop_watches()
                case 1:
                    cluster.mock.compact()
                    cluster.mock.drop_watches()
                case 2 | 3 | 4:
                    with suppress(ApiException):
                        await cluster.core.delete_namespaced_config_map(name, here)
                case _:
                    try:
                        await cluster.core.create_namespaced_config_map(here, body)
                    except ApiException:
                        await cluster.core.replace_namespaced_config_map(name, here, body)

        async def is_same() -> bool:
            listed = await cluster.core.list_namespaced_config_map(here)
            there = {one.metadata.name: one.metadata.resource_version for one in listed.items}
            known = {
                name: body["metadata"]["resourceVersion"]
                for (_, where, name), body in watched.objects.items()
                if where == here
            }
            return known == there

        await cluster.until(is_same, "what is known is what is there")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await connection.close()
