"""A Kubernetes cluster with GPUs: the tests' own API server, or the one a kubeconfig names.

Which of the two is decided by QM_TEST_KUBECONFIG and is said in pytest's header. What only the own
one can do (faults, restarts, restricted tokens) is behind `cluster.mock`: on a real cluster such a
test is skipped, with the reason. On a real cluster everything gets a random prefix, and is removed.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.exceptions import ApiException

from tests.services.apiserver.gpu_nodes import ready_node, resource_slice, seed
from tests.services.apiserver.preparation import User
from tests.services.apiserver.server import ApiServer
from tests.services.apiserver.state import ADMIN
from tests.services.certificates import server_certificate

VARIABLE = "QM_TEST_KUBECONFIG"
OURS = "app.kubernetes.io/managed-by=quartermaster"
NOT_READY = "node.kubernetes.io/not-ready"

Body = dict[str, Any]


def pytest_report_header() -> str:
    path = os.environ.get(VARIABLE)
    return (
        f"kubernetes: the real cluster of {path}" if path else "kubernetes: the tests' own server"
    )


@dataclass
class Cluster:
    kubeconfig: Path
    prefix: str
    admin: client.ApiClient
    _mock: ApiServer | None = None
    _folder: Path = field(default_factory=Path)
    _nodes: list[str] = field(default_factory=list)

    @property
    def is_real(self) -> bool:
        return self._mock is None

    @property
    def mock(self) -> ApiServer:
        """The own server, to command faults."""
        if self._mock is None:
            pytest.skip("Only the tests' own API server can be told to do this.")
        return self._mock

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.admin)

    @property
    def rbac(self) -> client.RbacAuthorizationV1Api:
        return client.RbacAuthorizationV1Api(self.admin)

    @property
    def resource(self) -> client.ResourceV1Api:
        return client.ResourceV1Api(self.admin)

    @property
    def custom(self) -> client.CustomObjectsApi:
        """By group, version and plural, as plain dictionaries; of built-in groups, too."""
        return client.CustomObjectsApi(self.admin)

    def name(self, name: str) -> str:
        """`name` with the prefix of this test."""
        return f"{self.prefix}{name}"

    def kubeconfig_of(self, user: str, *groups: str) -> Path:
        """For a user with the rights that RBAC gives them, which is enforced from now on."""
        token = secrets.token_urlsafe(16)
        mock = self.mock
        mock.tokens[token] = User(user, (*groups, "system:authenticated"))
        mock.enforces_rights = True
        path = self._folder / f"kubeconfig-{token}"
        write_kubeconfig(path, mock, self._folder / "localhost.crt", token)
        return path

    def seed(self, nodes: int, devices: int, claims: int, device_class: str = "seeded") -> str:
        """Put a large cluster into the store at once: so many nodes with so many GPUs each.

        The claims are allocated, one device each, in the namespace whose name is returned.
        """
        namespace = self.name("seeded")
        self.mock.do(lambda store: seed(store, self.prefix, nodes, devices, claims, device_class))
        return namespace

    # What a cluster has

    async def add_node(
        self, name: str, uuids: Sequence[str], *, product: str = "NVIDIA H100 80GB HBM3"
    ) -> str:
        """A ready node whose driver publishes these GPUs, as gpu-0, gpu-1, ..."""
        full = self.name(name)
        self._nodes.append(full)
        node = await self.core.create_node({"metadata": {"name": full}, **ready_node(full)})
        if node.spec and any(t.key == NOT_READY for t in node.spec.taints or []):
            taints = [t.to_dict() for t in node.spec.taints if t.key != NOT_READY]
            await self.core.patch_node(full, {"spec": {"taints": taints or None}})
        piece = resource_slice(full, node.metadata.uid, uuids, product)
        await self.resource.create_resource_slice(piece)
        return full

    async def remove_node(self, full_name: str) -> None:
        await self.resource.delete_collection_resource_slice(
            field_selector=f"spec.nodeName={full_name}"
        )
        await self.core.delete_node(full_name)
        self._nodes.remove(full_name)

    async def add_namespace(self, name: str, **labels: str) -> str:
        full = self.name(name)
        await self.core.create_namespace({"metadata": {"name": full, "labels": labels}})
        await self.prepare_namespace(full)
        return full

    async def prepare_namespace(self, full_name: str) -> None:
        """Where the controller of service accounts does not run, pods need this one made."""
        with suppress(ApiException):
            account = {"metadata": {"name": "default"}}
            await self.core.create_namespaced_service_account(full_name, account)

    async def claim(
        self, namespace: str, name: str, device_class: str, *, count: int = 1
    ) -> client.ResourceV1ResourceClaim:
        """A claim on so many devices of a class."""
        exactly = {"deviceClassName": device_class, "count": count}
        body = {
            "metadata": {"name": name},
            "spec": {"devices": {"requests": [{"name": "gpu", "exactly": exactly}]}},
        }
        return await self.resource.create_namespaced_resource_claim(namespace, body)

    async def run_pod(
        self,
        namespace: str,
        name: str,
        *,
        claim: str | None = None,
        extended: dict[str, int] | None = None,
        labels: dict[str, str] | None = None,
    ) -> client.V1Pod:
        """A pod that asks for its devices by a claim or by an extended resource's name."""
        container: Body = {"name": "main", "image": "registry.example/train:1"}
        spec: Body = {"containers": [container], "terminationGracePeriodSeconds": 0}
        if claim is not None:
            container["resources"] = {"claims": [{"name": "gpu"}]}
            spec["resourceClaims"] = [{"name": "gpu", "resourceClaimName": claim}]
        if extended:
            limits = {resource: str(count) for resource, count in extended.items()}
            container["resources"] = {"limits": limits, "requests": limits}
        metadata = {"name": name, "labels": labels or {}}
        return await self.core.create_namespaced_pod(
            namespace, {"metadata": metadata, "spec": spec}
        )

    async def placed(self, namespace: str, name: str, *, seconds: float = 20) -> client.V1Pod:
        """The pod once the scheduler gave it a node."""

        async def on_a_node() -> client.V1Pod | None:
            pod = await self.core.read_namespaced_pod(name, namespace)
            return pod if pod.spec.node_name else None

        return await self.until(on_a_node, f"{namespace}/{name} is on a node", seconds)

    async def devices_of(self, namespace: str, claim: str) -> list[tuple[str, str]]:
        """(pool, device) of each device that a claim was given."""
        held = await self.resource.read_namespaced_resource_claim(claim, namespace)
        if held.status is None or held.status.allocation is None:
            return []
        return [(r.pool, r.device) for r in held.status.allocation.devices.results]

    async def end_pod(self, namespace: str, name: str) -> None:
        """At once, without a kubelet to ask."""
        await self.core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)

    async def free(self, namespace: str, claim: str) -> None:
        """Take a claim's devices from it, as the claim controller does where one runs."""
        path = f"/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims/{claim}"
        given = {"reservedFor": None, "allocation": None}
        await self._call("PATCH", f"{path}/status", {"status": given})
        await self._call("PATCH", path, {"metadata": {"finalizers": None}})

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str, seconds: float = 20) -> Any:
        """The first answer that is true."""
        deadline = time.monotonic() + seconds
        while not (answer := await ask()):
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
            await asyncio.sleep(0.05)
        return answer

    # Its end

    async def clean_up(self) -> None:
        """Of a real cluster: everything with this test's prefix, and what the product made."""
        if not self.is_real:
            return
        for namespace in (await self.core.list_namespace()).items:
            labels = namespace.metadata.labels or {}
            ours = labels.get("app.kubernetes.io/managed-by") == "quartermaster"
            if ours or namespace.metadata.name.startswith(self.prefix):
                await self._empty(namespace.metadata.name)
        for path in (
            "/apis/resource.k8s.io/v1/resourceslices",
            "/apis/resource.k8s.io/v1/deviceclasses",
            "/apis/resource.k8s.io/v1beta2/devicetaintrules",
            "/api/v1/nodes",
        ):
            with suppress(ApiException):
                await self._remove_all(path)

    async def _remove_all(self, path: str) -> None:
        listed = await self._call("GET", path)
        for body in listed["items"]:
            metadata = body["metadata"]
            ours = (metadata.get("labels") or {}).get("app.kubernetes.io/managed-by")
            if ours == "quartermaster" or self.prefix in metadata["name"]:
                with suppress(ApiException):
                    await self._call("DELETE", f"{path}/{metadata['name']}")

    async def _empty(self, name: str) -> None:
        """Also where no namespace controller runs."""
        inside = f"/api/v1/namespaces/{name}"
        claims = f"/apis/resource.k8s.io/v1/namespaces/{name}/resourceclaims"
        for pod in (await self.core.list_namespaced_pod(name)).items:
            await self.end_pod(name, pod.metadata.name)
        for claim in (await self._call("GET", claims))["items"]:
            with suppress(ApiException):
                await self.free(name, claim["metadata"]["name"])
                await self._call("DELETE", f"{claims}/{claim['metadata']['name']}")
        for plural in ("resourcequotas", "serviceaccounts"):
            with suppress(ApiException):
                await self._call("DELETE", f"{inside}/{plural}")
        bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings"
        with suppress(ApiException):
            await self._call("DELETE", bindings)
            await self._call("DELETE", inside)
        with suppress(ApiException):
            namespace = await self._call("GET", inside)
            namespace["spec"]["finalizers"] = []
            await self._call("PUT", f"{inside}/finalize", namespace)

    async def _call(self, method: str, path: str, body: Body | None = None) -> Any:
        return await send(self.admin, method, path, body)


def write_kubeconfig(path: Path, server: ApiServer, certificate: Path, token: str) -> None:
    authority = base64.b64encode(certificate.read_bytes()).decode()
    named = {"name": "test"}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {
                        **named,
                        "cluster": {
                            "server": f"https://localhost:{server.port}",
                            "certificate-authority-data": authority,
                        },
                    }
                ],
                "users": [{**named, "user": {"token": token}}],
                "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
                "current-context": "test",
            }
        )
    )
    path.chmod(0o600)


async def connect(kubeconfig: Path) -> client.ApiClient:
    configuration = client.Configuration()
    await config.load_kube_config(
        config_file=str(kubeconfig), client_configuration=configuration, persist_config=False
    )
    return client.ApiClient(configuration)


async def send(
    api: client.ApiClient,
    method: str,
    path: str,
    body: Body | None = None,
    content_type: str = "",
    **query: str,
) -> Any:
    """One request by its path, answered as a plain dictionary. Raises: ApiException."""
    kind = content_type or f"application/{'merge-patch+' if method == 'PATCH' else ''}json"
    return await api.call_api(
        path,
        method,
        query_params=list(query.items()),
        header_params={"Accept": "application/json", "Content-Type": kind},
        body=body,
        response_types_map={200: "object", 201: "object", 202: "object"},
        auth_settings=["BearerToken"],
        _return_http_data_only=True,
    )


@asynccontextmanager
async def running_cluster(folder: Path, **settings: Any) -> AsyncIterator[Cluster]:
    """`settings`: those of `ApiServer`, where it is the tests' own."""
    prefix = f"qm-{secrets.token_hex(3)}-"
    if named := os.environ.get(VARIABLE):
        admin = await connect(Path(named))
        cluster = Cluster(Path(named), prefix, admin)
    else:
        tls, certificate = server_certificate(folder, "localhost")
        token = secrets.token_urlsafe(16)
        server = ApiServer(tls, tokens={token: ADMIN}, **settings)
        path = folder / "kubeconfig"
        write_kubeconfig(path, server, certificate, token)
        cluster = Cluster(path, prefix, await connect(path), server, folder)
    try:
        yield cluster
        await cluster.clean_up()
    finally:
        await cluster.admin.close()
        if not cluster.is_real:
            cluster.mock.close()


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(tmp_path) as running:
        yield running
