"""NVML's batched field values: one call for many numbers, of which a card may have only some."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pynvml

from workers.nvml.errors import NOT_AVAILABLE, raise_if_fatal

Field = tuple[int, int]
"""A field id (NVML_FI_*) and its scope."""

ALL_LINKS = 0xFFFFFFFF
"""The scope of an NVLink counter that sums over the links (nvml.h, NVLink Throughput Counters)."""

_NEEDS_64_BITS = frozenset(
    {pynvml.NVML_FI_DEV_PCIE_COUNT_TX_BYTES, pynvml.NVML_FI_DEV_PCIE_COUNT_RX_BYTES}
)
"""In 32 bits these wrap several times a second on a busy bus, and would be read as a low rate."""

# nvmlFieldValue_t: fieldId, scopeId, timestamp, latencyUsec, valueType, nvmlReturn, value
_FIELD_VALUE = struct.Struct("=IIqqIIQ")
_FLOAT = struct.Struct("=d")
_RAW = struct.Struct("=Q")


class FieldBatch:
    """The fields of one card that it turned out to have, read together."""

    def __init__(self, handle: Any, fields: Sequence[Field]) -> None:
        self._handle = handle
        self._fields = list(fields)

    def read(self) -> dict[Field, int | float]:
        """Raises: CardLost, DriverGone."""
        try:
            raw = self._ask(self._fields) if self._fields else b""
        except pynvml.NVMLError as error:
            if error.value not in NOT_AVAILABLE:
                return {}
            self._fields = [field for field in self._fields if self._is_known(field)]
            raw = self._ask(self._fields) if self._fields else b""
        values: dict[Field, int | float] = {}
        absent: list[Field] = []
        for field, scope, _, _, kind, code, bits in _FIELD_VALUE.iter_unpack(raw):
            if code != pynvml.NVML_SUCCESS:
                raise_if_fatal(code)
            is_narrow = kind == pynvml.NVML_VALUE_TYPE_UNSIGNED_INT and field in _NEEDS_64_BITS
            if code in NOT_AVAILABLE or is_narrow:
                absent.append((field, scope))
            if code != pynvml.NVML_SUCCESS or is_narrow:
                continue
            value = _decode(kind, bits)
            if value is not None:
                values[field, scope] = value
        if absent:
            self._fields = [field for field in self._fields if field not in absent]
        return values

    def _ask(self, fields: list[Field]) -> Any:
        """Raises: NVMLError, CardLost, DriverGone."""
        try:
            return pynvml.nvmlDeviceGetFieldValues(self._handle, fields)
        except pynvml.NVMLError as error:
            raise_if_fatal(error.value)
            raise

    def _is_known(self, field: Field) -> bool:
        """Whether the driver takes the field: an older one refuses a whole batch for a newer id."""
        try:
            self._ask([field])
        except pynvml.NVMLError:
            return False
        return True


def _decode(kind: int, bits: int) -> int | float | None:
    """A value by its nvmlValueType_t; NVML_VALUE_NOT_AVAILABLE (all ones) is none."""
    match kind:
        case pynvml.NVML_VALUE_TYPE_DOUBLE:
            return float(_FLOAT.unpack(_RAW.pack(bits))[0])
        case pynvml.NVML_VALUE_TYPE_UNSIGNED_INT:
            bits &= 0xFFFFFFFF
            return None if bits == 0xFFFFFFFF else bits
        case pynvml.NVML_VALUE_TYPE_UNSIGNED_SHORT:
            return bits & 0xFFFF
        case pynvml.NVML_VALUE_TYPE_SIGNED_INT:
            bits &= 0xFFFFFFFF
            return bits - 0x100000000 if bits & 0x80000000 else bits
        case pynvml.NVML_VALUE_TYPE_SIGNED_LONG_LONG:
            return bits - 0x10000000000000000 if bits & 0x8000000000000000 else bits
        case _:
            return None if bits == 0xFFFFFFFFFFFFFFFF else bits
