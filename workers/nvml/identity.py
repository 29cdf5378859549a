"""What does not change while a card is open: its facts, and its MIG instances."""

from __future__ import annotations

from typing import Any

import pynvml

from telemetry.samples import DeviceFacts, DeviceUuid
from workers.nvml.calls import UNKNOWN_ULONGLONG, Calls
from workers.nvml.fields import FieldBatch

_ARCHITECTURES = {
    value: name.removeprefix("NVML_DEVICE_ARCH_").title()
    for name, value in vars(pynvml).items()
    if name.startswith("NVML_DEVICE_ARCH_") and not name.endswith(("UNKNOWN", "COUNT"))
}


def card_facts(handle: Any, index: int) -> DeviceFacts:
    """Raises: NVMLError where the card cannot even be named; CardLost, DriverGone."""
    ask = Calls(handle).ask
    links = (pynvml.NVML_FI_DEV_NVLINK_LINK_COUNT, 0)
    fields = FieldBatch(handle, [links]).read()
    pci = ask(pynvml.nvmlDeviceGetPciInfo)
    limits = ask(pynvml.nvmlDeviceGetPowerManagementLimitConstraints)
    return DeviceFacts(
        uuid=DeviceUuid(pynvml.nvmlDeviceGetUUID(handle)),
        index=index,
        product=pynvml.nvmlDeviceGetName(handle),
        memory_total_bytes=_memory_total(handle),
        serial=ask(pynvml.nvmlDeviceGetSerial),
        pci_bus_id=None if pci is None else _text(pci.busId),
        architecture=_ARCHITECTURES.get(ask(pynvml.nvmlDeviceGetArchitecture)),
        vbios_version=ask(pynvml.nvmlDeviceGetVbiosVersion),
        mig_enabled=mig_enabled(handle),
        temperature_slowdown_celsius=_threshold(handle, pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN),
        temperature_shutdown_celsius=_threshold(handle, pynvml.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN),
        temperature_memory_max_celsius=_threshold(
            handle, pynvml.NVML_TEMPERATURE_THRESHOLD_MEM_MAX
        ),
        power_limit_max_watts=None if limits is None else limits[1] / 1000,
        pcie_generation_max=ask(pynvml.nvmlDeviceGetMaxPcieLinkGeneration),
        pcie_width_max=ask(pynvml.nvmlDeviceGetMaxPcieLinkWidth),
        nvlink_links=int(fields[links]) if fields.get(links) else None,
    )


def mig_enabled(handle: Any) -> bool | None:
    """Whether the card is cut into MIG instances now; null where it cannot be."""
    mode = Calls(handle).ask(pynvml.nvmlDeviceGetMigMode)
    return None if mode is None else mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE


def mig_handles(card: Any) -> dict[DeviceUuid, Any]:
    """The MIG instances of a card by UUID. Raises: CardLost, DriverGone."""
    ask = Calls(card).ask
    found: dict[DeviceUuid, Any] = {}
    for position in range(ask(pynvml.nvmlDeviceGetMaxMigDeviceCount) or 0):
        handle = ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, position)
        uuid = None if handle is None else Calls(handle).ask(pynvml.nvmlDeviceGetUUID)
        if uuid is not None:
            found[DeviceUuid(uuid)] = handle
    return found


def mig_facts(handle: Any, uuid: DeviceUuid, parent: DeviceFacts) -> DeviceFacts:
    """A MIG instance is named after its card and its profile ("... MIG 1g.10gb")."""
    name = Calls(handle).ask(pynvml.nvmlDeviceGetName) or ""
    _, found, profile = name.rpartition(" MIG ")
    return DeviceFacts(
        uuid=uuid,
        index=parent.index,
        product=parent.product,
        memory_total_bytes=_memory_total(handle),
        serial=parent.serial,
        pci_bus_id=parent.pci_bus_id,
        architecture=parent.architecture,
        mig_parent=parent.uuid,
        mig_profile=profile if found else None,
    )


def _memory_total(handle: Any) -> int | None:
    ask = Calls(handle).ask
    memory = ask(pynvml.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2)
    if memory is None:
        memory = ask(pynvml.nvmlDeviceGetMemoryInfo)
    return None if memory is None or memory.total == UNKNOWN_ULONGLONG else int(memory.total)


def _threshold(handle: Any, which: int) -> float | None:
    """A threshold of 0 °C is how some cards say that they have none."""
    value = Calls(handle).ask(pynvml.nvmlDeviceGetTemperatureThreshold, which)
    return float(value) if value else None


def _text(raw: bytes | str) -> str:
    return raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw
