"""Reports as a collector would make them, each field as a test wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telemetry.samples import (
    DeviceSample,
    DeviceUuid,
    HostSample,
    NodeFacts,
    NodeId,
    NodeSample,
    to_columns,
)

START = 1_795_500_000.0


def sample(
    node: str = "node-1",
    sequence: int = 1,
    devices: Mapping[str, DeviceSample] | None = None,
    **fields: Any,
) -> NodeSample:
    """One tick of a node; `devices` by UUID, one idle device where none are given."""
    devices = {f"GPU-{node}-0": DeviceSample()} if devices is None else devices
    values: dict[str, Any] = {
        "node_id": NodeId(node),
        "boot_id": "boot-1",
        "sequence": sequence,
        "time": START + sequence,
        "interval_seconds": 1.0,
        "host": HostSample(),
        "devices": [DeviceUuid(uuid) for uuid in devices],
        "columns": to_columns(list(devices.values())),
    }
    return NodeSample(**{**values, **fields})


def facts(node: str = "node-1", **fields: Any) -> NodeFacts:
    values: dict[str, Any] = {
        "node_id": NodeId(node),
        "boot_id": "boot-1",
        "time": START,
        "host_name": node,
    }
    return NodeFacts(**{**values, **fields})
