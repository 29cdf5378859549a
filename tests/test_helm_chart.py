"""The chart's objects are valid, have no more rights than they need, and carry no secret.

A real helm lints and renders it. Each object is checked against the OpenAPI of Kubernetes 1.36, and
the controller's rights against the tests' API server. No container is started here.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import yaml
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from server.settings import PREFIX, Settings
from tests.requirements import REPOSITORY
from tests.services.apiserver.schema import faults, shape_of
from tests.services.apiserver.validation import is_subdomain
from tests.services.helm import CHART, helm, rendered
from tests.services.kubernetes import Cluster, connect, send

Body = dict[str, Any]

URL = {"publicUrl": "https://quartermaster.example"}
EVERYTHING = {
    **URL,
    "postgresql.enabled": True,
    "redis.enabled": True,
    "ingress": {"enabled": True, "host": "quartermaster.example", "tlsSecret": "tls"},
    "controller.kueue": True,
    "image.pullSecrets": ["registry"],
    "networkPolicy.from": [{"namespaceSelector": {"matchLabels": {"ingress": "true"}}}],
}
CASES = pytest.mark.parametrize("values", [URL, EVERYTHING], ids=["least", "everything"])
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|_URL$")


@functools.cache
def _objects(case: str) -> list[Body]:
    return rendered(URL if case == "least" else EVERYTHING)


def objects(values: Body, *kinds: str) -> list[Body]:
    found = _objects("least" if values is URL else "everything")
    return [body for body in found if not kinds or body["kind"] in kinds]


def pods(values: Body) -> dict[str, Body]:
    """The pod of each component."""
    workloads = objects(values, "Deployment", "DaemonSet", "StatefulSet", "Job")
    templates = [body["spec"]["template"] for body in workloads]
    return {
        template["metadata"]["labels"]["app.kubernetes.io/component"]: template
        for template in templates
    }


def containers(template: Body) -> list[Body]:
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def environment(template: Body) -> dict[str, Body]:
    return {one["name"]: one for c in containers(template) for one in c.get("env", [])}


def test_the_chart_lints() -> None:
    done = helm("lint", "--strict", str(CHART), f"--set=publicUrl={URL['publicUrl']}")
    assert done.returncode == 0, done.stdout


@CASES
def test_each_object_fits_kubernetes_own_description_of_it(values: Body) -> None:
    bodies = objects(values)
    assert len(bodies) > 12
    for body in bodies:
        group, _, version = body["apiVersion"].rpartition("/")
        shape = shape_of(group, version, body["kind"])
        assert shape.raw, f"{body['apiVersion']} {body['kind']} is not known"
        assert list(faults(body, shape)) == [], body["metadata"]["name"]
        assert is_subdomain(body["metadata"]["name"])
    names = [(body["kind"], body["metadata"]["name"]) for body in bodies]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"publicUrl": "quartermaster.example"}, "publicUrl"),
        ({**URL, "api.replica": 3}, "replica"),
        ({**URL, "settings.QUARTERMASTER_SECRET_KEY": "plain"}, "SECRET_KEY"),
        ({**URL, "controller.roles": ["cluster-admin"]}, "roles"),
        ({**URL, "ingress.enabled": True}, "host"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: Body, complaint: str) -> None:
    sets = [f"--set={name}={value}" for name, value in values.items() if isinstance(value, str)]
    sets += [f"--set={n}={str(v).lower()}" for n, v in values.items() if isinstance(v, (bool, int))]
    sets += [f"--set={n}={{{','.join(v)}}}" for n, v in values.items() if isinstance(v, list)]
    done = helm("template", "qm", str(CHART), *sets)
    assert done.returncode != 0
    assert complaint in done.stderr


@CASES
def test_each_of_our_pods_runs_a_command_and_settings_that_the_program_has(values: Body) -> None:
    ours = {name: pod for name, pod in pods(values).items() if name not in ("postgresql", "redis")}
    commands = {
        argument for pod in ours.values() for c in containers(pod) for argument in c["args"]
    }
    assert commands == {"api", "controller", "collector", "migrate"}
    for pod in ours.values():
        given = {name for name in environment(pod) if name.startswith(PREFIX)}
        known = {f"{PREFIX}{name.upper()}" for name in Settings.__dataclass_fields__}
        assert given <= known


@CASES
def test_every_pod_is_restricted_but_for_what_a_collector_needs_of_its_host(values: Body) -> None:
    for component, pod in pods(values).items():
        spec = pod["spec"]
        is_collector = component == "collector"
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert "hostNetwork" not in spec
        assert spec.get("hostPID", False) == is_collector
        host = {v["hostPath"]["path"] for v in spec["volumes"] if "hostPath" in v}
        assert host == ({"/etc/machine-id"} if is_collector else set())
        for container in containers(pod):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["readOnlyRootFilesystem"] is True
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            at_host = [m for m in container["volumeMounts"] if m["name"] in ("machine-id",)]
            assert all(mount["readOnly"] for mount in at_host)


@pytest.mark.spec("T-16")
@CASES
def test_every_password_comes_from_a_secret_that_the_chart_does_not_make(values: Body) -> None:
    assert objects(values, "Secret") == []
    for pod in pods(values).values():
        for name, variable in environment(pod).items():
            if SECRET_NAME.search(name) and name != f"{PREFIX}PUBLIC_URL":
                assert "value" not in variable, name
                assert variable["valueFrom"]["secretKeyRef"]["name"].startswith("quartermaster")


@CASES
def test_a_collector_knows_redis_only_and_has_no_account_at_the_api_server(values: Body) -> None:
    collector = pods(values)["collector"]
    given = {
        one["valueFrom"]["secretKeyRef"]["name"]
        for one in environment(collector).values()
        if "secretKeyRef" in one.get("valueFrom", {})
    }
    assert given == {"quartermaster-collector"}
    assert "DATABASE" not in str(collector)
    with_token = {
        component
        for component, pod in pods(values).items()
        if pod["spec"].get("automountServiceAccountToken", True)
    }
    assert with_token == {"controller"}


@CASES
def test_each_policy_and_budget_and_service_selects_a_pod_of_the_chart(values: Body) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(values).values()]
    selectors = [
        body["spec"].get("selector") or body["spec"]["podSelector"]
        for body in objects(values, "NetworkPolicy", "PodDisruptionBudget", "Service")
    ]
    assert len(selectors) >= 5
    for selector in selectors:
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= own.items() for own in labels), wanted
    for body in objects(values, "Service"):
        ports = {
            port["name"]
            for pod in pods(values).values()
            if body["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
            for container in containers(pod)
            for port in container.get("ports", [])
        }
        assert {port["targetPort"] for port in body["spec"]["ports"]} <= ports


def test_the_database_is_migrated_before_a_new_version_starts() -> None:
    (job,) = objects(URL, "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert objects(EVERYTHING, "Job") == []
    for component in ("api", "controller"):
        (first,) = pods(EVERYTHING)[component]["spec"]["initContainers"]
        assert first["args"] == ["migrate"]


def test_each_right_of_the_controller_is_explained() -> None:
    page = (REPOSITORY / "docs" / "kubernetes.md").read_text()
    for role in objects(EVERYTHING, "ClusterRole", "Role"):
        for rule in role["rules"]:
            for resource in rule["resources"]:
                assert f"`{resource}`" in page, resource


# What the controller has to do, each as it does it: (path, body), applied.
APPLIED: list[tuple[str, Body]] = [
    (
        "/apis/resource.k8s.io/v1/deviceclasses/pool",
        {"spec": {"selectors": [{"cel": {"expression": 'device.driver == "gpu.nvidia.com"'}}]}},
    ),
    ("/api/v1/namespaces/team", {}),
    ("/api/v1/namespaces/team/resourcequotas/quota", {"spec": {"hard": {"pods": "10"}}}),
    (
        "/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings/ada",
        {
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "edit",
            },
            "subjects": [
                {"kind": "User", "name": "ada", "apiGroup": "rbac.authorization.k8s.io"},
            ],
        },
    ),
    (
        "/apis/resource.k8s.io/v1beta2/devicetaintrules/cordon",
        {"spec": {"taint": {"key": "quartermaster.dev/cordon", "effect": "NoSchedule"}}},
    ),
    (
        "/api/v1/nodes/node",
        {"spec": {"taints": [{"key": "quartermaster.dev/cordon", "effect": "NoSchedule"}]}},
    ),
]
KINDS = {
    "deviceclasses": ("resource.k8s.io/v1", "DeviceClass"),
    "namespaces": ("v1", "Namespace"),
    "resourcequotas": ("v1", "ResourceQuota"),
    "rolebindings": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "devicetaintrules": ("resource.k8s.io/v1beta2", "DeviceTaintRule"),
    "nodes": ("v1", "Node"),
    "configmaps": ("v1", "ConfigMap"),
}
LISTED = (
    "/api/v1/nodes",
    "/api/v1/pods",
    "/apis/resource.k8s.io/v1/resourceslices",
    "/apis/resource.k8s.io/v1/resourceclaims",
    *(path.rsplit("/", 1)[0] for path, _ in APPLIED),
)
REFUSED = [
    ("GET", "/api/v1/secrets", None),
    ("GET", "/api/v1/namespaces/gpu/secrets/quartermaster", None),
    ("DELETE", "/api/v1/nodes/node", None),
    ("DELETE", "/api/v1/namespaces/gpu/pods/any", None),
    ("PATCH", "/api/v1/namespaces/gpu/configmaps/any", {}),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/any", None),
    (
        "PATCH",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/gpu/rolebindings/escalation",
        {
            **APPLIED[3][1],
            "roleRef": {**APPLIED[3][1]["roleRef"], "name": "cluster-admin"},
        },
    ),
]


async def ask(api: client.ApiClient, method: str, path: str, body: Body | None = None) -> Any:
    if body is None:
        return await send(api, method, path)
    *_, plural, name = path.split("/")
    version, kind = KINDS[plural]
    applied = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **body}
    content_type = "application/apply-patch+yaml"
    return await send(api, method, path, applied, content_type, fieldManager="quartermaster")


async def test_the_controllers_rights_are_enough_and_no_more(cluster: Cluster) -> None:
    kubeconfig = cluster.kubeconfig_of("system:serviceaccount:gpu:qm-quartermaster-controller")
    await cluster.core.create_namespace({"metadata": {"name": "gpu"}})
    await cluster.core.create_node({"metadata": {"name": "node"}})
    rbac = cluster.rbac
    for body in objects(URL, "ClusterRole"):
        await rbac.create_cluster_role(body)
    for body in objects(URL, "ClusterRoleBinding"):
        await rbac.create_cluster_role_binding(body)
    assert objects(URL, "Role", "RoleBinding") == []
    async with await connect(kubeconfig) as controller:
        for path, body in APPLIED:
            await ask(controller, "PATCH", path, body)
        for path in LISTED:
            assert "items" in await ask(controller, "GET", path)
        for method, path, body in REFUSED:
            with pytest.raises(ApiException) as refused:
                await ask(controller, method, path, body)
            assert refused.value.status == 403, (method, path)
        for path, _ in reversed(APPLIED[:-1]):
            await ask(controller, "DELETE", path)


def test_the_roles_to_hand_out_are_those_of_the_values() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    (role,) = objects(URL, "ClusterRole")
    bound = [rule["resourceNames"] for rule in role["rules"] if rule["verbs"] == ["bind"]]
    assert bound == [values["controller"]["roles"]]
