"""Reading one GPU or one MIG instance into a sample. What it does not have is null."""

from __future__ import annotations

import time
from typing import Any

import pynvml

from telemetry.samples import DeviceFacts, DeviceSample, DeviceStatus
from workers.nvml.calls import UNKNOWN_ULONGLONG, Calls
from workers.nvml.fields import ALL_LINKS, Field, FieldBatch
from workers.nvml.rates import Rate

_ENERGY: Field = (pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION, 0)
_POWER: Field = (pynvml.NVML_FI_DEV_POWER_AVERAGE, 0)  # of the last second, as nvidia-smi shows it
_POWER_INSTANT: Field = (pynvml.NVML_FI_DEV_POWER_INSTANT, 0)
_POWER_LIMIT: Field = (pynvml.NVML_FI_DEV_POWER_CURRENT_LIMIT, 0)
_MEMORY_TEMPERATURE: Field = (pynvml.NVML_FI_DEV_MEMORY_TEMP, 0)
_ECC_VOLATILE_CORRECTED: Field = (pynvml.NVML_FI_DEV_ECC_SBE_VOL_TOTAL, 0)
_ECC_VOLATILE_UNCORRECTED: Field = (pynvml.NVML_FI_DEV_ECC_DBE_VOL_TOTAL, 0)
_PCIE_TX_BYTES: Field = (pynvml.NVML_FI_DEV_PCIE_COUNT_TX_BYTES, 0)
_PCIE_RX_BYTES: Field = (pynvml.NVML_FI_DEV_PCIE_COUNT_RX_BYTES, 0)
_NVLINK_TX_KIB: Field = (pynvml.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, ALL_LINKS)
_NVLINK_RX_KIB: Field = (pynvml.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, ALL_LINKS)
_NVLINK_TX_BYTES: Field = (pynvml.NVML_FI_DEV_NVLINK_COUNT_XMIT_BYTES, ALL_LINKS)
_NVLINK_RX_BYTES: Field = (pynvml.NVML_FI_DEV_NVLINK_COUNT_RCV_BYTES, ALL_LINKS)

_EVERY_TICK = (
    _ENERGY,
    _POWER,
    _POWER_INSTANT,
    _POWER_LIMIT,
    _MEMORY_TEMPERATURE,
    _ECC_VOLATILE_CORRECTED,
    _ECC_VOLATILE_UNCORRECTED,
    _PCIE_TX_BYTES,
    _PCIE_RX_BYTES,
    _NVLINK_TX_KIB,
    _NVLINK_RX_KIB,
    _NVLINK_TX_BYTES,
    _NVLINK_RX_BYTES,
)

_SLOWLY: dict[str, Field] = {
    "ecc_aggregate_corrected": (pynvml.NVML_FI_DEV_ECC_SBE_AGG_TOTAL, 0),
    "ecc_aggregate_uncorrected": (pynvml.NVML_FI_DEV_ECC_DBE_AGG_TOTAL, 0),
    "retired_pages_pending": (pynvml.NVML_FI_DEV_RETIRED_PENDING, 0),
    "remapped_rows_corrected": (pynvml.NVML_FI_DEV_REMAPPED_COR, 0),
    "remapped_rows_uncorrected": (pynvml.NVML_FI_DEV_REMAPPED_UNC, 0),
    "remap_pending": (pynvml.NVML_FI_DEV_REMAPPED_PENDING, 0),
    "remap_failed": (pynvml.NVML_FI_DEV_REMAPPED_FAILURE, 0),
}
_LINK_ERRORS_OF_ALL = (
    (pynvml.NVML_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL, 0),
    (pynvml.NVML_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL, 0),
)
_LINK_ERRORS_OF_ONE = (
    pynvml.NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY,  # Hopper; the scope is the link
    pynvml.NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY,
    pynvml.NVML_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS,  # from Blackwell on
)
_RETIRED = (
    (pynvml.NVML_FI_DEV_RETIRED_SBE, 0),
    (pynvml.NVML_FI_DEV_RETIRED_DBE, 0),
)


class Card:
    """A whole GPU."""

    def __init__(self, handle: Any, facts: DeviceFacts) -> None:
        self.facts = facts
        self.handle = handle
        self._calls = Calls(handle)
        self._fast = FieldBatch(handle, _EVERY_TICK)
        links = range(facts.nvlink_links or 0)
        self._errors_by_link = [(field, link) for field in _LINK_ERRORS_OF_ONE for link in links]
        errors = (*_LINK_ERRORS_OF_ALL, *self._errors_by_link) if links else ()
        self._slow = FieldBatch(handle, (*_SLOWLY.values(), *_RETIRED, *errors))
        self._slow_values: dict[str, Any] = {}
        self._slow_due = True
        self._pcie_tx, self._pcie_rx = Rate(), Rate()
        self._nvlink_tx, self._nvlink_rx = Rate(), Rate()

    def read(self, *, slowly: bool) -> DeviceSample:
        """One tick; `slowly` also renews what hardly changes. Raises: CardLost, DriverGone."""
        ask = self._calls.ask
        self._calls.forget_failures()
        fields = self._fast.read()
        energy = _int(fields.get(_ENERGY))
        now = time.monotonic()
        utilisation = ask(pynvml.nvmlDeviceGetUtilizationRates)
        encoder = ask(pynvml.nvmlDeviceGetEncoderUtilization)
        decoder = ask(pynvml.nvmlDeviceGetDecoderUtilization)
        pcie_tx = self._pcie_tx.per_second(fields.get(_PCIE_TX_BYTES), now)
        pcie_rx = self._pcie_rx.per_second(fields.get(_PCIE_RX_BYTES), now)
        temperature = ask(pynvml.nvmlDeviceGetTemperature, pynvml.NVML_TEMPERATURE_GPU)
        memory_used, memory_free = _memory(self._calls)
        if slowly or self._slow_due:
            self._read_slowly(has_pcie_counters=_PCIE_TX_BYTES in fields)
        slow = self._slow_values
        state = ask(pynvml.nvmlDeviceGetPerformanceState)
        sample = DeviceSample(
            utilisation_percent=utilisation and float(utilisation.gpu),
            memory_utilisation_percent=utilisation and float(utilisation.memory),
            encoder_percent=encoder and float(encoder[0]),
            decoder_percent=decoder and float(decoder[0]),
            memory_used_bytes=memory_used,
            temperature_celsius=_float(temperature),
            # cards without the sensor answer 0 (seen with T4 and others)
            memory_temperature_celsius=_float(fields.get(_MEMORY_TEMPERATURE) or None),
            power_watts=self._power_watts(fields),
            power_limit_watts=_watts(fields.get(_POWER_LIMIT)) or slow.get("power_limit_watts"),
            sm_clock_mhz=ask(pynvml.nvmlDeviceGetClockInfo, pynvml.NVML_CLOCK_SM),
            memory_clock_mhz=ask(pynvml.nvmlDeviceGetClockInfo, pynvml.NVML_CLOCK_MEM),
            pcie_tx_bytes_per_second=slow.get("pcie_tx") if pcie_tx is None else pcie_tx,
            pcie_rx_bytes_per_second=slow.get("pcie_rx") if pcie_rx is None else pcie_rx,
            pcie_generation=slow.get("pcie_generation"),
            pcie_width=slow.get("pcie_width"),
            nvlink_active_links=slow.get("nvlink_active_links"),
            nvlink_tx_bytes_per_second=self._nvlink_tx.per_second(
                _nvlink_bytes(fields, _NVLINK_TX_KIB, _NVLINK_TX_BYTES), now
            ),
            nvlink_rx_bytes_per_second=self._nvlink_rx.per_second(
                _nvlink_bytes(fields, _NVLINK_RX_KIB, _NVLINK_RX_BYTES), now
            ),
            fan_percent=slow.get("fan_percent"),
            ecc_volatile_corrected=_int(fields.get(_ECC_VOLATILE_CORRECTED)),
            ecc_volatile_uncorrected=_int(fields.get(_ECC_VOLATILE_UNCORRECTED)),
            retired_pages=slow.get("retired_pages"),
            throttle_reasons=self._throttle_reasons(),
            performance_state=None if state == pynvml.NVML_PSTATE_UNKNOWN else state,
            ecc_aggregate_corrected=slow.get("ecc_aggregate_corrected"),
            ecc_aggregate_uncorrected=slow.get("ecc_aggregate_uncorrected"),
            retired_pages_pending=slow.get("retired_pages_pending"),
            remapped_rows_corrected=slow.get("remapped_rows_corrected"),
            remapped_rows_uncorrected=slow.get("remapped_rows_uncorrected"),
            remap_pending=slow.get("remap_pending"),
            remap_failed=slow.get("remap_failed"),
            nvlink_errors=slow.get("nvlink_errors"),
            memory_free_bytes=memory_free,
            energy_millijoules=energy,
        )
        answered = fields or utilisation or memory_used is not None or temperature is not None
        if not answered and self._calls.failures:
            sample = DeviceSample(status=DeviceStatus.FAILED)
        return sample

    def _power_watts(self, fields: dict[Field, int | float]) -> float | None:
        batched = fields.get(_POWER, fields.get(_POWER_INSTANT))
        if batched is not None:
            return _watts(batched)
        return _watts(self._calls.ask(pynvml.nvmlDeviceGetPowerUsage))

    def _throttle_reasons(self) -> int | None:
        reasons: int | None = self._calls.ask(pynvml.nvmlDeviceGetCurrentClocksEventReasons)
        if reasons is None:  # its name before driver 535
            reasons = self._calls.ask(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons)
        return reasons

    def _read_slowly(self, *, has_pcie_counters: bool) -> None:
        ask = self._calls.ask
        first, self._slow_due = self._slow_due, False
        fields = self._slow.read()
        values: dict[str, Any] = {name: _int(fields.get(field)) for name, field in _SLOWLY.items()}
        retired = [int(fields[field]) for field in _RETIRED if field in fields]
        values["retired_pages"] = sum(retired) if retired else None
        errors = [fields[f] for f in _LINK_ERRORS_OF_ALL if f in fields]
        errors = errors or [fields[f] for f in self._errors_by_link if f in fields]
        values["nvlink_errors"] = int(sum(errors)) if errors else None
        values["fan_percent"] = _float(ask(pynvml.nvmlDeviceGetFanSpeed))
        values["pcie_generation"] = ask(pynvml.nvmlDeviceGetCurrPcieLinkGeneration)
        values["pcie_width"] = ask(pynvml.nvmlDeviceGetCurrPcieLinkWidth)
        values["power_limit_watts"] = _watts(ask(pynvml.nvmlDeviceGetEnforcedPowerLimit))
        values["nvlink_active_links"] = self._active_links()
        if not has_pcie_counters and not first:
            # Each blocks for 20 ms while it measures: never every tick, nor all cards at once.
            for name, counter in (
                ("pcie_tx", pynvml.NVML_PCIE_UTIL_TX_BYTES),
                ("pcie_rx", pynvml.NVML_PCIE_UTIL_RX_BYTES),
            ):
                kilobytes = ask(pynvml.nvmlDeviceGetPcieThroughput, counter)
                values[name] = None if kilobytes is None else kilobytes * 1024.0
        self._slow_values = values

    def _active_links(self) -> int | None:
        links = self.facts.nvlink_links
        if not links:
            return None
        states = [self._calls.ask(pynvml.nvmlDeviceGetNvLinkState, link) for link in range(links)]
        known = [state for state in states if state is not None]
        return sum(known) if known else None


class MigInstance:
    """A slice of a card. NVML tells its memory; the rest is known of the card alone."""

    def __init__(self, handle: Any, facts: DeviceFacts) -> None:
        self.facts = facts
        self.handle = handle
        self._calls = Calls(handle)

    def read(self, *, slowly: bool) -> DeviceSample:
        """Raises: CardLost, DriverGone."""
        self._calls.forget_failures()
        used, free = _memory(self._calls)
        failed = used is None and self._calls.failures
        status = DeviceStatus.FAILED if failed else DeviceStatus.ANSWERS
        return DeviceSample(status=status, memory_used_bytes=used, memory_free_bytes=free)


def _memory(calls: Calls) -> tuple[int | None, int | None]:
    """Used and free, as people count: without what the driver reserves (v2), where it tells."""
    memory = calls.ask(pynvml.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2)
    if memory is None:
        memory = calls.ask(pynvml.nvmlDeviceGetMemoryInfo)
    if memory is None:
        return None, None
    return _bytes(memory.used), _bytes(memory.free)


def _bytes(value: int) -> int | None:
    return None if value == UNKNOWN_ULONGLONG else int(value)


def _nvlink_bytes(fields: dict[Field, int | float], kib: Field, plain: Field) -> int | float | None:
    """The link counter in bytes: data in KiB up to Hopper, packets' bytes from Blackwell on."""
    if kib in fields:
        return fields[kib] * 1024
    return fields.get(plain)


def _watts(milliwatts: int | float | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _float(value: int | float | None) -> float | None:
    return None if value is None else float(value)


def _int(value: int | float | None) -> int | None:
    return None if value is None else int(value)
