"""What crosses a device's links, under names of our own.

dcgm-exporter's counters of PCIe and NVLink traffic are of another source and include protocol
headers; NVML's rates are of the payload (nvmlDeviceGetPcieThroughput, NVML_FI_DEV_NVLINK_*).
"""

from __future__ import annotations

from server.metrics.dcgm import DeviceMetric
from server.metrics.text import Family, Kind


def _rate(column: str, help: str) -> DeviceMetric:
    return DeviceMetric(Family(f"quartermaster_device_{column}", Kind.GAUGE, help), column)


LINK_METRICS = (
    _rate("pcie_tx_bytes_per_second", "Sent by the device over PCIe."),
    _rate("pcie_rx_bytes_per_second", "Received by the device over PCIe."),
    _rate("nvlink_tx_bytes_per_second", "Sent by the device over its NVLinks."),
    _rate("nvlink_rx_bytes_per_second", "Received by the device over its NVLinks."),
)
