"""What is kept of each sample, and in what precision: whole numbers of few bits, which pack well.

The precision is that of the source where NVML gives whole numbers (percent, degrees, MHz); power is
kept to 0.1 W, memory to 1 MiB, and rates, which vary by orders of magnitude, to 1 % of themselves.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.unsignedinteger]
Values: TypeAlias = NDArray[np.float32]


class Metric(enum.Enum):
    """The value is the column of a sample; of its devices, or of its host."""

    UTILISATION_PERCENT = "utilisation_percent"
    MEMORY_UTILISATION_PERCENT = "memory_utilisation_percent"
    MEMORY_USED_BYTES = "memory_used_bytes"
    POWER_WATTS = "power_watts"
    TEMPERATURE_CELSIUS = "temperature_celsius"
    MEMORY_TEMPERATURE_CELSIUS = "memory_temperature_celsius"
    SM_CLOCK_MHZ = "sm_clock_mhz"
    MEMORY_CLOCK_MHZ = "memory_clock_mhz"
    PCIE_TX_BYTES_PER_SECOND = "pcie_tx_bytes_per_second"
    PCIE_RX_BYTES_PER_SECOND = "pcie_rx_bytes_per_second"
    NVLINK_TX_BYTES_PER_SECOND = "nvlink_tx_bytes_per_second"
    NVLINK_RX_BYTES_PER_SECOND = "nvlink_rx_bytes_per_second"
    HOST_CPU_PERCENT = "host_cpu_percent"
    HOST_MEMORY_USED_BYTES = "host_memory_used_bytes"

    @property
    def is_of_host(self) -> bool:
        return self.value.startswith("host_")


STEPS_PER_DOUBLING = 64
"""Of rates: neighbouring codes are 1.1 % apart."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Codes of `kind` count `unit`s, or steps of a logarithm; the greatest code is unknown."""

    kind: str
    unit: float = 1.0
    is_logarithmic: bool = False

    @property
    def unknown(self) -> int:
        return int(np.iinfo(self.kind).max)


_PERCENT = Precision("u1")
_CELSIUS = Precision("u1")
_MHZ = Precision("<u2")
_BYTES = Precision("<u4", 2.0**20)
_RATE = Precision("<u2", is_logarithmic=True)

# The order is that of the stores: append, never reorder.
PRECISIONS: dict[Metric, Precision] = {
    Metric.UTILISATION_PERCENT: _PERCENT,
    Metric.MEMORY_UTILISATION_PERCENT: _PERCENT,
    Metric.MEMORY_USED_BYTES: _BYTES,
    Metric.POWER_WATTS: Precision("<u2", 0.1),
    Metric.TEMPERATURE_CELSIUS: _CELSIUS,
    Metric.MEMORY_TEMPERATURE_CELSIUS: _CELSIUS,
    Metric.SM_CLOCK_MHZ: _MHZ,
    Metric.MEMORY_CLOCK_MHZ: _MHZ,
    Metric.PCIE_TX_BYTES_PER_SECOND: _RATE,
    Metric.PCIE_RX_BYTES_PER_SECOND: _RATE,
    Metric.NVLINK_TX_BYTES_PER_SECOND: _RATE,
    Metric.NVLINK_RX_BYTES_PER_SECOND: _RATE,
    Metric.HOST_CPU_PERCENT: _PERCENT,
    Metric.HOST_MEMORY_USED_BYTES: _BYTES,
}
_NUMBERS: dict[Metric, int] = {metric: number for number, metric in enumerate(PRECISIONS)}


def number_of(metric: Metric) -> int:
    """By which it is known in the stores."""
    return _NUMBERS[metric]


def metric_of(number: int) -> Metric:
    return list(PRECISIONS)[number]


def encode(metric: Metric, values: NDArray[np.float64]) -> Codes:
    """Codes of values; NaN and what no code stands for (below 0) are unknown."""
    precision = PRECISIONS[metric]
    if precision.is_logarithmic:
        with np.errstate(invalid="ignore"):  # of a negative rate, which is unknown below
            steps = np.log2(values + 1.0) * STEPS_PER_DOUBLING
    else:
        steps = values / precision.unit
    is_unknown = ~(steps >= 0)
    codes = np.rint(np.where(is_unknown, 0, steps))
    codes = np.minimum(codes, precision.unknown - 1)
    codes[is_unknown] = precision.unknown
    return codes.astype(precision.kind)


def decode(metric: Metric, codes: Codes) -> Values:
    """Values of codes; NaN where it is not known."""
    precision = PRECISIONS[metric]
    steps: Values = codes.astype(np.float32)
    if precision.is_logarithmic:
        with np.errstate(over="ignore"):  # of the unknown
            values: Values = np.exp2(steps / np.float32(STEPS_PER_DOUBLING)) - np.float32(1)
    else:
        values = steps * np.float32(precision.unit)
    values[codes == precision.unknown] = np.nan
    return values
