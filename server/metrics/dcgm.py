"""Device metrics under the names, labels and units of NVIDIA's dcgm-exporter.

Taken from its release 4.8.2 (tag 4.5.3-4.8.2): etc/default-counters.csv and the template in
internal/pkg/rendermetrics. What is known here in another unit or with another meaning is left out
(docs/decisions.md says what, and why): a panel without data is seen, a wrong number is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.snapshot import DeviceRow, DeviceTypeRow, NodeRow
from server.metrics.text import Family, Kind, written_labels

MIB = 2**20


@dataclass(frozen=True, slots=True)
class DeviceMetric:
    family: Family
    column: str
    """Of the fleet (telemetry.samples.DeviceSample)."""
    divisor: int = 1


def _gauge(name: str, column: str, help: str, divisor: int = 1) -> DeviceMetric:
    return DeviceMetric(Family(name, Kind.GAUGE, help), column, divisor)


def _counter(name: str, column: str, help: str) -> DeviceMetric:
    return DeviceMetric(Family(name, Kind.COUNTER, help), column)


DEVICE_METRICS = (
    _gauge("DCGM_FI_DEV_SM_CLOCK", "sm_clock_mhz", "SM clock frequency (in MHz)."),
    _gauge("DCGM_FI_DEV_MEM_CLOCK", "memory_clock_mhz", "Memory clock frequency (in MHz)."),
    _gauge("DCGM_FI_DEV_MEMORY_TEMP", "memory_temperature_celsius", "Memory temperature (in C)."),
    _gauge("DCGM_FI_DEV_GPU_TEMP", "temperature_celsius", "GPU temperature (in C)."),
    _gauge("DCGM_FI_DEV_POWER_USAGE", "power_watts", "Power draw (in W)."),
    _gauge("DCGM_FI_DEV_GPU_UTIL", "utilisation_percent", "GPU utilization (in %)."),
    _gauge("DCGM_FI_DEV_MEM_COPY_UTIL", "memory_utilisation_percent", "Memory utilization (in %)."),
    _gauge("DCGM_FI_DEV_ENC_UTIL", "encoder_percent", "Encoder utilization (in %)."),
    _gauge("DCGM_FI_DEV_DEC_UTIL", "decoder_percent", "Decoder utilization (in %)."),
    _gauge(
        "DCGM_FI_DEV_XID_ERRORS",
        "xid",
        "Value of the last XID error encountered; a lesser one does not cover up a worse one.",
    ),
    _gauge(
        "DCGM_FI_DEV_FB_USED", "memory_used_bytes", "Framebuffer memory used (in MiB).", divisor=MIB
    ),
    _gauge(
        "DCGM_FI_DEV_FB_FREE", "memory_free_bytes", "Framebuffer memory free (in MiB).", divisor=MIB
    ),
    _counter(
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        "energy_millijoules",
        "Total energy consumption since boot (in mJ).",
    ),
    _counter(
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
        "ecc_volatile_corrected",
        "Total number of single-bit volatile ECC errors.",
    ),
    _counter(
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
        "ecc_volatile_uncorrected",
        "Total number of double-bit volatile ECC errors.",
    ),
    _counter(
        "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL",
        "ecc_aggregate_corrected",
        "Total number of single-bit persistent ECC errors.",
    ),
    _counter(
        "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL",
        "ecc_aggregate_uncorrected",
        "Total number of double-bit persistent ECC errors.",
    ),
    _counter(
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        "remapped_rows_uncorrected",
        "Number of remapped rows for uncorrectable errors",
    ),
    _counter(
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
        "remapped_rows_corrected",
        "Number of remapped rows for correctable errors",
    ),
    _gauge("DCGM_FI_DEV_ROW_REMAP_FAILURE", "remap_failed", "Whether remapping of rows has failed"),
)


def device_labels(device: DeviceRow, type: DeviceTypeRow, node: NodeRow) -> str:
    """As the exporter writes them, with the driver's version, which its defaults add.

    A MIG instance has its own UUID here (there its card's), and no GPU_I_ID: collectors do not
    report it.
    """
    labels = {
        "gpu": str(device.index),
        "UUID": device.uuid,
        "pci_bus_id": device.pci_bus_id or "",
        "device": f"nvidia{device.index}",
        "modelName": type.product,
    }
    if device.mig_profile is not None:
        labels["GPU_I_PROFILE"] = device.mig_profile
    labels["Hostname"] = node.host_name
    if node.driver_version is not None:
        labels["DCGM_FI_DRIVER_VERSION"] = node.driver_version
    return written_labels(labels)
