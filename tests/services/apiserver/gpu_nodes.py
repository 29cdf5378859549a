"""Nodes with GPUs as the kubelet and NVIDIA's driver publish them, one or thousands at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from tests.services.apiserver.store import Body, Store

DRIVER = "gpu.nvidia.com"


def ready_node(name: str) -> Body:
    allocatable = {"cpu": "64", "memory": "512Gi", "pods": "110"}
    return {
        "status": {
            "capacity": allocatable,
            "allocatable": allocatable,
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "KubeletReady",
                    "lastHeartbeatTime": "2026-01-01T00:00:00Z",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }
            ],
            "addresses": [
                {"type": "InternalIP", "address": "10.0.0.1"},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": "b0000000-0000-4000-8000-000000000001",
                "containerRuntimeVersion": "containerd://2.2.1",
                "kernelVersion": "6.12.0",
                "kubeProxyVersion": "",
                "kubeletVersion": "v1.36.0",
                "machineID": f"machine-of-{name}",
                "operatingSystem": "linux",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "systemUUID": f"system-of-{name}",
            },
        }
    }


def seed(
    store: Store, prefix: str, nodes: int, devices: int, claims: int, device_class: str
) -> None:
    def put(key: str, version: str, kind: str, metadata: Body, **fields: Any) -> None:
        uid = str(uuid.uuid4())
        metadata = {"uid": uid, "creationTimestamp": "2026-01-01T00:00:00Z", **metadata}
        store.put(key, {"apiVersion": version, "kind": kind, "metadata": metadata, **fields})

    namespace = f"{prefix}seeded"
    put("namespaces", "v1", "Namespace", {"name": namespace}, status={"phase": "Active"})
    resource = "resource.k8s.io/v1"
    for number in range(nodes):
        node = f"{prefix}n{number:05}"
        put("nodes", "v1", "Node", {"name": node}, spec={}, **ready_node(node))
        uuids = [f"GPU-{number:08x}-0000-4000-8000-{device:012x}" for device in range(devices)]
        piece = resource_slice(node, "", uuids, "NVIDIA H100 80GB HBM3")
        metadata = {"name": piece["metadata"]["name"]}
        key = "resourceslices.resource.k8s.io"
        put(key, resource, "ResourceSlice", metadata, spec=piece["spec"])
    exactly = {"deviceClassName": device_class, "allocationMode": "ExactCount", "count": 1}
    spec = {"devices": {"requests": [{"name": "gpu", "exactly": exactly}]}}
    for number in range(claims):
        node, device = f"{prefix}n{number // devices:05}", f"gpu-{number % devices}"
        result = {"request": "gpu", "driver": DRIVER, "pool": node, "device": device}
        name = f"claim-{number:06}"
        pod = {"name": name, "namespace": namespace, "uid": f"pod-of-{name}"}
        container = {"name": "main", "image": "registry.example/train:1"}
        put(
            "pods",
            "v1",
            "Pod",
            pod,
            spec={
                "nodeName": node,
                "containers": [container],
                "resourceClaims": [{"name": "gpu", "resourceClaimName": name}],
            },
            status={"phase": "Running"},
        )
        put(
            "resourceclaims.resource.k8s.io",
            resource,
            "ResourceClaim",
            {"name": name, "namespace": namespace},
            spec=spec,
            status={
                "allocation": {"devices": {"results": [result]}},
                "reservedFor": [{"resource": "pods", "name": name, "uid": pod["uid"]}],
            },
        )


def resource_slice(node: str, node_uid: str, uuids: Sequence[str], product: str) -> Body:
    """As NVIDIA's driver for dynamic resource allocation publishes the GPUs of a node."""
    devices = [
        {
            "name": f"gpu-{index}",
            "attributes": {
                "uuid": {"string": uuid},
                "productName": {"string": product},
                "brand": {"string": "Nvidia"},
                "architecture": {"string": "Hopper"},
                "type": {"string": "gpu"},
                "cudaComputeCapability": {"version": "9.0.0"},
                "driverVersion": {"version": "580.95.5"},
            },
            "capacity": {"memory": {"value": "81559Mi"}},
        }
        for index, uuid in enumerate(uuids)
    ]
    owner = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": node_uid, "controller": True}
    return {
        "metadata": {"name": f"{node}-gpu", "ownerReferences": [owner]},
        "spec": {
            "driver": DRIVER,
            "nodeName": node,
            "pool": {"name": node, "generation": 1, "resourceSliceCount": 1},
            "devices": devices,
        },
    }
