"""The tests' own Kubernetes API server behaves as a real one: the same tests pass on both.

What only the own server can be told to do is skipped on a real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import ClientError
from kubernetes_asyncio import client, watch
from kubernetes_asyncio.client.exceptions import ApiException

from tests.services.kubernetes import Cluster, connect

APPLY = "application/apply-patch+yaml"
RESOURCE = ("resource.k8s.io", "v1", "deviceclasses")
EVERY_NVIDIA = 'device.driver == "gpu.nvidia.com"'


def one_of(*uuids: str) -> str:
    listed = ", ".join(f'"{uuid}"' for uuid in uuids)
    return f'{EVERY_NVIDIA} && device.attributes["gpu.nvidia.com"].uuid in [{listed}]'


async def make_class(cluster: Cluster, name: str, expression: str, **spec: Any) -> str:
    full = cluster.name(name)
    selectors = [{"cel": {"expression": expression}}]
    body = {"metadata": {"name": full}, "spec": {"selectors": selectors, **spec}}
    await cluster.resource.create_device_class(body)
    return full


async def apply_map(
    cluster: Cluster, name: str, manager: str, data: dict[str, str] | None, **query: Any
) -> client.V1ConfigMap:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    if data is not None:
        body["data"] = data
    return await cluster.core.patch_namespaced_config_map(
        name,
        cluster.name("here"),
        body,
        field_manager=manager,
        _content_type=APPLY,
        **query,
    )


@pytest.fixture
async def here(cluster: Cluster) -> str:
    """A namespace."""
    return await cluster.add_namespace("here")


async def refused(call: Any, code: int) -> str:
    with pytest.raises(ApiException) as caught:
        await call
    assert caught.value.status == code, caught.value.body
    return str(caught.value.body)


async def test_a_watch_from_the_version_of_a_list_misses_nothing_and_repeats_nothing(
    cluster: Cluster, here: str
) -> None:
    await cluster.core.create_namespaced_config_map(here, {"metadata": {"name": "before"}})
    listed = await cluster.core.list_namespaced_config_map(here)
    for name in ("one", "two"):
        await cluster.core.create_namespaced_config_map(here, {"metadata": {"name": name}})
    await cluster.core.delete_namespaced_config_map("before", here)
    seen = []
    stream = watch.Watch().stream(
        cluster.core.list_namespaced_config_map,
        here,
        resource_version=listed.metadata.resource_version,
        timeout_seconds=20,
    )
    async for event in stream:
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            break
    await stream.close()
    assert [pair for pair in seen if pair[1] != "kube-root-ca.crt"] == [
        ("ADDED", "one"),
        ("ADDED", "two"),
        ("DELETED", "before"),
    ]


async def test_what_leaves_the_selection_of_a_watch_is_deleted_for_it(
    cluster: Cluster, here: str
) -> None:
    labels = {"metadata": {"name": "map", "labels": {"pool": "a"}}}
    made = await cluster.core.create_namespaced_config_map(here, labels)
    moved = {"metadata": {"labels": {"pool": "b"}}}
    await cluster.core.patch_namespaced_config_map("map", here, moved)
    stream = watch.Watch().stream(
        cluster.core.list_namespaced_config_map,
        here,
        label_selector="pool in (a)",
        resource_version=made.metadata.resource_version,
        timeout_seconds=20,
    )
    event = await anext(stream)
    await stream.close()
    assert (event["type"], event["object"].metadata.name) == ("DELETED", "map")


async def test_a_list_in_pages_is_one_snapshot(cluster: Cluster, here: str) -> None:
    for number in range(5):
        await cluster.core.create_namespaced_secret(here, {"metadata": {"name": f"s{number}"}})
    first = await cluster.core.list_namespaced_secret(here, limit=2)
    await cluster.core.create_namespaced_secret(here, {"metadata": {"name": "s9"}})
    names, token = [s.metadata.name for s in first.items], first.metadata._continue
    while token:
        page = await cluster.core.list_namespaced_secret(here, limit=2, _continue=token)
        assert page.metadata.resource_version == first.metadata.resource_version
        names += [s.metadata.name for s in page.items]
        token = page.metadata._continue
    assert names == ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.spec("F-4")
async def test_who_resumes_from_before_a_compaction_is_told_410_in_either_form(
    cluster: Cluster, here: str
) -> None:
    for number in range(3):
        await cluster.core.create_namespaced_secret(here, {"metadata": {"name": f"s{number}"}})
    page = await cluster.core.list_namespaced_secret(here, limit=1)
    await cluster.core.delete_namespaced_secret("s2", here)
    cluster.mock.compact()
    stream = watch.Watch().stream(
        cluster.core.list_namespaced_secret,
        here,
        resource_version=page.metadata.resource_version,
        timeout_seconds=20,
    )
    with pytest.raises(ApiException) as caught:  # HTTP 200, and an event ERROR
        await anext(stream)
    assert caught.value.status == 410
    next_page = cluster.core.list_namespaced_secret(here, _continue=page.metadata._continue)
    assert "Expired" in await refused(next_page, 410)
    cluster.mock.faults.gone_at_connect = 1
    stream = watch.Watch().stream(cluster.core.list_namespaced_secret, here, timeout_seconds=20)
    with pytest.raises(ApiException) as caught:  # HTTP 410, and no stream
        await anext(stream)
    assert caught.value.status == 410


async def lines(cluster: Cluster, **query: Any) -> AsyncIterator[dict[str, Any]]:
    stream = watch.Watch(return_type="object").stream(
        cluster.core.list_node, allow_watch_bookmarks=True, timeout_seconds=20, **query
    )
    async for event in stream:
        yield event


@pytest.mark.spec("F-1")
async def test_a_watch_has_bookmarks_and_a_silenced_one_stays_open_without_a_byte(
    cluster: Cluster,
) -> None:
    cluster.mock.bookmark_seconds = 0.05
    async with aclosing(lines(cluster)) as events:
        first = await anext(events)
        assert first["type"] == "BOOKMARK"
        cluster.mock.go_silent()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                while True:
                    await anext(events)
    cluster.mock.speak_again()
    assert (await cluster.core.list_node()).items == []


async def test_dropped_watches_break_in_the_middle_of_their_stream(cluster: Cluster) -> None:
    cluster.mock.bookmark_seconds = 0.05
    async with aclosing(lines(cluster)) as events:
        await anext(events)
        assert cluster.mock.watches == 1
        cluster.mock.drop_watches()
        with pytest.raises(ClientError):
            while True:
                await anext(events)
    assert cluster.mock.watches == 0


@pytest.mark.spec("F-2")
async def test_a_restart_keeps_the_store_or_loses_it_and_its_versions(cluster: Cluster) -> None:
    mock = cluster.mock
    await cluster.add_node("a", ["GPU-a"])
    mock.stop()
    with pytest.raises(OSError):
        await cluster.core.list_node()
    mock.start()
    kept = await cluster.core.list_node()
    assert len(kept.items) == 1
    mock.stop()
    mock.lose_store()
    mock.start()
    newer = cluster.core.list_node(resource_version=kept.metadata.resource_version)
    assert "Too large resource version" in await refused(newer, 504)
    assert (await cluster.core.list_node()).items == []


async def test_the_server_throttles_fails_and_forgets_a_token_when_told(cluster: Cluster) -> None:
    mock = cluster.mock
    mock.faults.throttle_seconds = 7
    with pytest.raises(ApiException) as caught:
        await cluster.core.list_node()
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "7")
    mock.faults.throttle_seconds = None
    mock.faults.error = 500
    await refused(cluster.core.list_node(), 500)
    mock.faults.error = None
    (token,) = mock.tokens
    mock.rotate_token(token, "new")
    await refused(cluster.core.list_node(), 401)


async def test_a_write_over_another_version_is_a_conflict(cluster: Cluster, here: str) -> None:
    made = await cluster.core.create_namespaced_config_map(
        here, {"metadata": {"name": "map"}, "data": {"a": "1"}}
    )
    made.data = {"a": "2"}
    await cluster.core.replace_namespaced_config_map("map", here, made)
    made.data = {"a": "3"}
    stale = cluster.core.replace_namespaced_config_map("map", here, made)
    assert "the object has been modified" in await refused(stale, 409)


async def test_applying_another_managers_field_is_a_conflict_that_names_them(
    cluster: Cluster, here: str
) -> None:
    await apply_map(cluster, "map", "one", {"a": "1", "b": "1"})
    await apply_map(cluster, "map", "two", {"b": "1"})  # the same value: now both own it
    other = await refused(apply_map(cluster, "map", "two", {"a": "2"}), 409)
    assert 'conflict with \\"one\\": .data.a' in other
    forced = await apply_map(cluster, "map", "two", {"a": "2"}, force=True)
    assert forced.data == {"a": "2", "b": "1"}
    alone = await apply_map(cluster, "map", "one", None)
    assert alone.data == {"a": "2"}  # `one` gave b up and lost a


async def test_a_field_no_longer_applied_goes_and_an_equal_apply_changes_no_version(
    cluster: Cluster, here: str
) -> None:
    first = await apply_map(cluster, "map", "one", {"a": "1", "b": "1"})
    same = await apply_map(cluster, "map", "one", {"a": "1", "b": "1"})
    assert same.metadata.resource_version == first.metadata.resource_version
    less = await apply_map(cluster, "map", "one", {"a": "1"})
    assert less.data == {"a": "1"}
    edited = {"data": {"a": "9"}}
    await cluster.core.patch_namespaced_config_map("map", here, edited, field_manager="editor")
    message = await refused(apply_map(cluster, "map", "one", {"a": "1"}), 409)
    assert 'conflict with \\"editor\\" using v1: .data.a' in message


async def test_items_of_a_list_are_owned_by_their_keys(cluster: Cluster, here: str) -> None:
    async def apply_image(container: str, manager: str) -> client.V1Pod:
        containers = [{"name": container, "image": "registry.example/it:1"}]
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "pod", "finalizers": [f"example.com/{manager}"]},
            "spec": {"containers": containers},
        }
        return await cluster.core.patch_namespaced_pod(
            "pod", here, body, field_manager=manager, _content_type=APPLY, dry_run="All"
        )

    pod = await apply_image("main", "one")
    assert [c.name for c in pod.spec.containers] == ["main"]

    async def apply_condition(kind: str, manager: str) -> client.V1Node:
        conditions = [{"type": kind, "status": "True"}]
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": node},
            "status": {"conditions": conditions},
        }
        return await cluster.core.patch_node_status(
            node, body, field_manager=manager, _content_type=APPLY
        )

    node = await cluster.add_node("a", [])
    await apply_condition("FromOne", "one")
    both = await apply_condition("FromTwo", "two")
    assert {c.type for c in both.status.conditions} >= {"Ready", "FromOne", "FromTwo"}
    after = await apply_condition("ElseFromOne", "one")
    kinds = {c.type for c in after.status.conditions}
    assert {"Ready", "FromTwo", "ElseFromOne"} <= kinds
    assert "FromOne" not in kinds
    edited = {"status": {"conditions": [{"type": "ElseFromOne", "message": "edited"}]}}
    await cluster.core.patch_node_status(node, edited, field_manager="editor")
    last = await apply_condition("FromOne", "one")  # the item goes, whoever owns a field of it
    assert "ElseFromOne" not in {c.type for c in last.status.conditions}


async def test_names_and_fields_are_checked(cluster: Cluster, here: str) -> None:
    upper = cluster.core.create_namespace({"metadata": {"name": "Upper"}})
    assert "RFC 1123" in await refused(upper, 422)
    long = one_of(*(f"GPU-{number:032x}" for number in range(300)))
    assert "10240" in await refused(make_class(cluster, "long", long), 422)
    broken = make_class(cluster, "broken", "device.driver ==")
    assert "Syntax error" in await refused(broken, 422)
    unnamed = make_class(cluster, "name", EVERY_NVIDIA, extendedResourceName="gpu")
    assert "extendedResourceName" in await refused(unnamed, 422)
    hard = {"spec": {"hard": {"pods": "some"}}, "metadata": {"name": "quota"}}
    await refused(cluster.core.create_namespaced_resource_quota(here, hard), 400)
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    binding = {"metadata": {"name": "view"}, "roleRef": role}
    await cluster.rbac.create_namespaced_role_binding(here, binding)
    other = {"roleRef": {**role, "name": "edit"}}
    changed = cluster.rbac.patch_namespaced_role_binding("view", here, other)
    assert "cannot change roleRef" in await refused(changed, 422)


async def test_a_pod_gets_the_devices_of_its_class_and_gives_them_back(
    cluster: Cluster, here: str
) -> None:
    node = await cluster.add_node("a", ["GPU-a", "GPU-b", "GPU-c"])
    pool = await make_class(cluster, "pool", one_of("GPU-b"))
    await cluster.claim(here, "first", pool)
    await cluster.run_pod(here, "holder", claim="first")
    assert (await cluster.placed(here, "holder")).spec.node_name == node
    assert await cluster.devices_of(here, "first") == [(node, "gpu-1")]
    await cluster.claim(here, "second", pool)
    await cluster.run_pod(here, "waiter", claim="second")
    await cluster.end_pod(here, "holder")
    if cluster.is_real:
        await cluster.free(here, "first")
    await cluster.placed(here, "waiter")
    assert await cluster.devices_of(here, "second") == [(node, "gpu-1")]


async def test_a_quota_refuses_devices_above_it(cluster: Cluster, here: str) -> None:
    pool = await make_class(cluster, "pool", EVERY_NVIDIA)
    hard = {f"{pool}.deviceclass.resource.k8s.io/devices": "1"}
    quota = {"metadata": {"name": "quota"}, "spec": {"hard": hard}}
    await cluster.core.create_namespaced_resource_quota(here, quota)

    async def counted() -> Any:
        read = await cluster.core.read_namespaced_resource_quota("quota", here)
        return read.status and read.status.hard

    await cluster.until(counted, "the quota controller has seen the quota")
    await cluster.claim(here, "first", pool)
    assert "exceeded quota" in await refused(cluster.claim(here, "second", pool), 403)


async def test_the_server_writes_quantities_and_subjects_in_its_own_way(
    cluster: Cluster, here: str
) -> None:
    hard = {"count/pods": "1000", "requests.memory": "1024Mi", "requests.cpu": "0.5"}
    quota = {"metadata": {"name": "quota"}, "spec": {"hard": hard}}
    made = await cluster.core.create_namespaced_resource_quota(here, quota)
    assert made.spec.hard == {"count/pods": "1k", "requests.memory": "1Gi", "requests.cpu": "500m"}
    role = {"kind": "ClusterRole", "name": "view"}
    subjects = [{"kind": "User", "name": "ada"}]
    binding = {"metadata": {"name": "view"}, "roleRef": role, "subjects": subjects}
    bound = await cluster.rbac.create_namespaced_role_binding(here, binding)
    group = "rbac.authorization.k8s.io"
    assert (bound.role_ref.api_group, bound.subjects[0].api_group) == (group, group)


async def test_dependents_go_with_their_owner_and_before_it_where_asked(
    cluster: Cluster, here: str
) -> None:
    mock = cluster.mock
    owner = await cluster.core.create_namespaced_config_map(here, {"metadata": {"name": "owner"}})
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner.metadata.uid,
        "blockOwnerDeletion": True,
    }
    held = ["example.com/held"]
    metadata = {"name": "dependent", "ownerReferences": [reference], "finalizers": held}
    await cluster.core.create_namespaced_config_map(here, {"metadata": metadata})
    left = await cluster.core.delete_namespaced_config_map(
        "owner", here, propagation_policy="Foreground", _preload_content=False
    )
    assert "foregroundDeletion" in await left.text()
    freed = [{"op": "remove", "path": "/metadata/finalizers"}]
    await cluster.core.patch_namespaced_config_map(
        "dependent", here, freed, _content_type="application/json-patch+json"
    )

    async def are_gone() -> bool:
        return mock.do(lambda store: not store.objects["configmaps"])

    await cluster.until(are_gone, "both are gone")


async def test_a_namespace_is_gone_only_once_it_is_empty(cluster: Cluster, here: str) -> None:
    mock = cluster.mock
    held = {"metadata": {"name": "held", "finalizers": ["example.com/held"]}}
    await cluster.core.create_namespaced_config_map(here, held)
    await cluster.core.delete_namespace(here)
    assert (await cluster.core.read_namespace(here)).status.phase == "Terminating"
    new = cluster.core.create_namespaced_config_map(here, {"metadata": {"name": "new"}})
    assert "being terminated" in await refused(new, 403)
    free = [{"op": "remove", "path": "/metadata/finalizers"}]
    await cluster.core.patch_namespaced_config_map(
        "held", here, free, _content_type="application/json-patch+json"
    )

    async def is_gone() -> bool:
        return mock.do(lambda store: store.get("namespaces", "", here)) is None

    await cluster.until(is_gone, "the namespace is gone")


async def test_a_token_has_the_rights_of_its_roles_and_can_hand_out_no_others(
    cluster: Cluster, here: str
) -> None:
    path = cluster.kubeconfig_of("system:serviceaccount:qm:controller")
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["rolebindings"],
            "verbs": ["create"],
        },
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["clusterroles"],
            "verbs": ["bind"],
            "resourceNames": ["edit"],
        },
    ]
    group = "rbac.authorization.k8s.io"
    name = cluster.name("least")
    await cluster.rbac.create_cluster_role({"metadata": {"name": name}, "rules": rules})
    subject = {"kind": "ServiceAccount", "namespace": "qm", "name": "controller"}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    await cluster.rbac.create_cluster_role_binding(
        {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
    )
    async with await connect(path) as restricted:
        core, rbac = client.CoreV1Api(restricted), client.RbacAuthorizationV1Api(restricted)
        assert (await core.list_pod_for_all_namespaces()).items == []
        assert "cannot list resource" in await refused(core.list_node(), 403)
        user = {"kind": "User", "apiGroup": group, "name": "ada"}
        for handed_out, is_allowed in (("edit", True), ("cluster-admin", False)):
            body = {
                "metadata": {"name": handed_out},
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": handed_out},
                "subjects": [user],
            }
            binding = rbac.create_namespaced_role_binding(here, body)
            if is_allowed:
                await binding
            else:
                assert "not currently held" in await refused(binding, 403)


async def test_kueues_kinds_are_there_when_switched_on(cluster: Cluster) -> None:
    flavor = ("kueue.x-k8s.io", "v1beta2", "resourceflavors")
    await refused(cluster.custom.list_cluster_custom_object(*flavor), 404)
    cluster.mock.has_kueue("v1beta1", "v1beta2")
    body = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor"}
    named = {**body, "metadata": {"name": "flavor"}, "spec": {"nodeLabels": {"pool": "a"}}}
    await cluster.custom.create_cluster_custom_object(*flavor, named)
    older = await cluster.custom.get_cluster_custom_object(
        "kueue.x-k8s.io", "v1beta1", "resourceflavors", "flavor"
    )
    assert older["apiVersion"] == "kueue.x-k8s.io/v1beta1"


async def test_kueues_own_rules_and_defaults_hold(cluster: Cluster) -> None:
    cluster.mock.has_kueue("v1beta2")
    queues = ("kueue.x-k8s.io", "v1beta2", "clusterqueues")
    resources = [{"name": "example.com/gpu", "nominalQuota": "1000"}]
    group = {
        "coveredResources": ["example.com/gpu"],
        "flavors": [{"name": "a", "resources": resources}],
    }
    body = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ClusterQueue",
        "metadata": {"name": "team"},
        "spec": {"resourceGroups": [group], "preemption": {"withinClusterQueue": "LowerPriority"}},
    }
    made = await cluster.custom.create_cluster_custom_object(*queues, body)
    assert made["spec"]["stopPolicy"] == "None"
    assert made["spec"]["preemption"]["borrowWithinCohort"] == {"policy": "Never"}
    (flavor,) = made["spec"]["resourceGroups"][0]["flavors"]
    assert flavor["resources"][0]["nominalQuota"] == "1k"
    resources[0]["borrowingLimit"] = "1"
    body["metadata"] = {"name": "other"}
    borrowing = cluster.custom.create_cluster_custom_object(*queues, body)
    assert "cohort" in await refused(borrowing, 422)
