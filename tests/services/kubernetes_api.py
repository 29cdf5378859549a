"""The few endpoints of a Kubernetes API that a remote cluster is asked for, over a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.services.http_peer import Received, answers

TOKEN = "kube-canary-token"
H100 = "NVIDIA-H100-80GB-HBM3"


def node(name: str, gpus: int = 0, product: str = H100, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"nvidia.com/gpu.product": product} if gpus else {}},
        "spec": spec,
        "status": {
            "capacity": {"cpu": "128", **({"nvidia.com/gpu": str(gpus)} if gpus else {})},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(name: str, gpus: int = 0, on: str | None = None, claims: int = 0) -> dict[str, Any]:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    spec: dict[str, Any] = {"containers": [{"name": "main", "resources": {"limits": limits}}]}
    if on is not None:
        spec["nodeName"] = on
    if claims:
        spec["resourceClaims"] = [{"name": "gpu", "resourceClaimName": f"{name}-gpu"}]
    return {"metadata": {"name": name, "namespace": "team"}, "spec": spec}


def resource_slice(on: str, devices: int, generation: int = 1) -> dict[str, Any]:
    attributes = {"productName": {"string": "NVIDIA H200"}, "type": {"string": "gpu"}}
    return {
        "metadata": {"name": f"{on}-{generation}"},
        "spec": {
            "driver": "gpu.nvidia.com",
            "nodeName": on,
            "pool": {"name": on, "generation": generation, "resourceSliceCount": 1},
            "devices": [{"name": f"gpu-{n}", "attributes": attributes} for n in range(devices)],
        },
    }


def claim(on: str, *devices: str) -> dict[str, Any]:
    results = [
        {"request": "gpu", "driver": "gpu.nvidia.com", "pool": on, "device": device}
        for device in devices
    ]
    allocation = {"devices": {"results": results}}
    return {"metadata": {"name": "claim"}, "status": {"allocation": allocation}}


class KubernetesApi:
    """Pages are of two: so every longer list takes several requests."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.forbidden = ""  # a path that 403 is answered to
        self.lists: dict[str, list[dict[str, Any]]] = {
            "/api/v1/nodes": [
                node("gpu-1", 8),
                node("gpu-2", 8, unschedulable=True),
                node("gpu-3", 4, "NVIDIA-A100-SXM4-40GB"),
                node("cpu-1"),
            ],
            "/api/v1/pods": [
                pod("train", 3, on="gpu-1"),
                pod("serve", 4, on="gpu-3"),
                pod("wait", 2),
                pod("web", on="cpu-1"),
            ],
        }

    def use_dynamic_allocation(self) -> None:
        group = "/apis/resource.k8s.io/v1"
        old = resource_slice("gpu-4", 8)
        self.lists["/api/v1/nodes"].append(node("gpu-4"))
        self.lists[f"{group}/resourceslices"] = [old, resource_slice("gpu-4", 4, generation=2)]
        self.lists[f"{group}/resourceclaims"] = [claim("gpu-4", "gpu-0", "gpu-1"), claim("gpu-4")]
        self.lists["/api/v1/pods"].append(pod("dynamic", on="gpu-4", claims=1))

    async def __call__(self, received: Received, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(received.target)
        if received.headers.get("authorization") != f"Bearer {self.token}":
            return await answers(401, b'{"message": "canary Unauthorized"}')(received, writer)
        if url.path == self.forbidden:
            return await answers(403, b'{"message": "canary is forbidden"}')(received, writer)
        if url.path == "/version":
            body: dict[str, Any] = {"major": "1", "minor": "34", "gitVersion": "v1.34.2"}
        elif url.path in self.lists:
            body = self._page(self.lists[url.path], parse_qs(url.query))
        else:
            return await answers(404, b"404 page not found")(received, writer)
        said = answers(200, json.dumps(body).encode(), content_type="application/json")
        return await said(received, writer)

    @staticmethod
    def _page(items: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
        start = int(query.get("continue", ["0"])[0])
        end = start + 2
        after = {"continue": str(end)} if end < len(items) else {}
        return {"kind": "List", "metadata": after, "items": items[start:end]}


def kubeconfig(url: str, ca: Path | None = None, **user: Any) -> str:
    """As `kubectl config view --minify --flatten` writes it; JSON is YAML."""
    cluster: dict[str, Any] = {"server": url}
    if ca is not None:
        cluster["certificate-authority-data"] = base64.b64encode(ca.read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "ada"}}],
        "users": [{"name": "ada", "user": user or {"token": TOKEN}}],
    }
    return json.dumps(config, indent=1)
