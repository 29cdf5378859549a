"""Reports as collectors make them, for the tests of inventory and jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.inventory import ReportedDevice, ReportedNode

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GIB = 2**30


def device(uuid: str, index: int = 0, product: str = "NVIDIA H100 80GB HBM3") -> ReportedDevice:
    return ReportedDevice(
        uuid=uuid, index=index, vendor="NVIDIA", product=product, memory_total_bytes=80 * GIB
    )


def node(name: str, *uuids: str) -> ReportedNode:
    return ReportedNode(
        machine_id=f"machine-{name}",
        host_name=name,
        labels={"rack": "7"},
        addresses=("192.0.2.7",),
        devices=tuple(device(uuid, index) for index, uuid in enumerate(uuids)),
    )


def without_devices(report: ReportedNode) -> ReportedNode:
    """The collector lives, but cannot tell which devices there are."""
    return replace(report, devices=None)
