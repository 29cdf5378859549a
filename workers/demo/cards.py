"""One simulated GPU: how work and faults become what NVML would say of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from telemetry.samples import DeviceSample, DeviceStatus, DeviceUuid
from workers.demo.catalogue import MIB, Product
from workers.demo.work import Kind, Work

RESERVED_BYTES = 560 * MIB
"""What the driver keeps for itself; NVML counts it as used."""

_SECONDS_BETWEEN_LINK_ERRORS = 45.0

# nvmlClocksEventReasons, nvml.h.
GPU_IDLE = 0x01
SW_POWER_CAP = 0x04
HW_SLOWDOWN = 0x08
SW_THERMAL_SLOWDOWN = 0x20
HW_THERMAL_SLOWDOWN = 0x40
HW_POWER_BRAKE = 0x80


class Trouble(enum.Enum):
    """What can befall a card; a number is the Xid that the driver reports."""

    FELL_OFF_BUS = 79
    UNCONTAINED_ECC = 95
    CONTAINED_ECC = 94
    DOUBLE_BIT_ECC = 48
    ROW_REMAP = 63
    THERMAL = "thermal slowdown"
    POWER_BRAKE = "power brake"
    PCIE_DEGRADED = "PCIe link with half of its lanes"
    NVLINK_DOWN = "NVLink down"
    NVLINK_ERRORS = "NVLink errors"

    @property
    def xid(self) -> int | None:
        return self.value if isinstance(self.value, int) else None

    @property
    def stops_work(self) -> bool:
        """Nothing computes on the card any more until it is reset."""
        return self in (self.UNCONTAINED_ECC, self.CONTAINED_ECC, self.DOUBLE_BIT_ECC)


@dataclass(slots=True, eq=False, kw_only=True)
class Card:
    """A GPU of the fleet: what it is, what it does, and what is wrong with it."""

    uuid: DeviceUuid
    index: int
    product: Product
    salt: int  # 32 bits of its own, so that no two cards are noisy alike
    memory_total_bytes: int
    corrected_errors: int
    link_errors: int = 0  # of its NVLinks, before the trouble of now
    work: Work | None = None
    trouble: Trouble | None = None
    trouble_at: float = 0.0
    celsius: float | None = None  # None: never looked at; starts at what its power asks for
    millijoules: float = 0.0  # used since its node was booted, as far as it was looked at
    looked_at: float | None = None

    def noise(self, tick: int) -> int:
        """32 bits that look random, always the same ones for this card and second."""
        bits = (self.salt ^ tick * 0x9E3779B1) & 0xFFFFFFFF
        bits = (bits ^ bits >> 16) * 0x7FEB352D & 0xFFFFFFFF
        bits = (bits ^ bits >> 15) * 0x846CA68B & 0xFFFFFFFF
        return bits ^ bits >> 16

    def sample(self, now: float, air_celsius: float, cooling: float) -> DeviceSample:
        """What NVML says of the card now.

        `cooling` is how much of the way to its final temperature the card went since it was
        looked at last, 0 to 1.
        """
        trouble = self.trouble
        if trouble is Trouble.FELL_OFF_BUS:
            return DeviceSample(status=DeviceStatus.LOST, xid=79, xid_at=self.trouble_at)
        product = self.product
        bits = self.noise(int(now))
        first, second, third = bits & 0xFF, bits >> 8 & 0xFF, bits >> 16 & 0xFF
        work = self.work
        load = power_share = 0.0
        memory = RESERVED_BYTES
        if work is not None:
            memory += int(work.memory(now) * (self.memory_total_bytes - RESERVED_BYTES))
            asked = work.load(now)
            if asked > 0.0 and not (trouble is not None and trouble.stops_work):
                spread = 0.05 if work.kind is Kind.TRAINING else 0.12
                load = min(1.0, max(0.0, asked + spread * (first / 255 - 0.5)))
                power_share = load * work.habit.power

        throttle = SW_POWER_CAP if power_share > 0.92 else 0 if load > 0.02 else GPU_IDLE
        clock = product.sm_mhz if load > 0.02 else product.idle_sm_mhz
        if load > 0.02:
            clock -= int(power_share * 0.16 * product.sm_mhz) // 15 * 15
        if trouble is Trouble.THERMAL:
            throttle = HW_SLOWDOWN | SW_THERMAL_SLOWDOWN | HW_THERMAL_SLOWDOWN
            clock = product.sm_mhz * 11 // 20
            power_share = 0.85
        elif trouble is Trouble.POWER_BRAKE:
            throttle = HW_SLOWDOWN | HW_POWER_BRAKE
            clock = product.sm_mhz // 2
            power_share *= 0.5
        power = product.idle_watts + power_share * (product.limit_watts - product.idle_watts)
        power += (second / 255 - 0.5) * 0.02 * power

        final = air_celsius + product.rise_celsius * power / product.limit_watts
        if trouble is Trouble.THERMAL:
            final = product.slowdown_celsius + 2
        celsius = self.celsius
        celsius = final if celsius is None else celsius + (final - celsius) * cooling
        self.celsius = celsius

        if self.looked_at is not None:
            self.millijoules += 1000 * power * (now - self.looked_at)
        self.looked_at = now

        busy_link = load * (0.6 + third / 640)
        ecc = trouble is not None and trouble.stops_work
        remap = trouble is Trouble.ROW_REMAP or trouble is Trouble.CONTAINED_ECC
        links = product.nvlink_links
        is_down = trouble is Trouble.NVLINK_DOWN
        is_busy = load > 0.02
        return DeviceSample(
            utilisation_percent=float(round(load * 100)),
            memory_utilisation_percent=float(round(load * (38 + third / 12))),
            encoder_percent=0.0,
            decoder_percent=0.0,
            memory_used_bytes=memory,
            temperature_celsius=float(round(celsius)),
            memory_temperature_celsius=float(round(celsius + 4 + 9 * power_share))
            if product.has_memory_sensor
            else None,
            power_watts=round(power, 1),
            power_limit_watts=product.limit_watts,
            sm_clock_mhz=clock,
            memory_clock_mhz=product.memory_mhz if is_busy else product.idle_memory_mhz,
            pcie_tx_bytes_per_second=2e5 + busy_link * 1.9e9,
            pcie_rx_bytes_per_second=4e5 + busy_link * 3.4e9,
            pcie_generation=product.pcie_generation,
            pcie_width=8 if trouble is Trouble.PCIE_DEGRADED else 16,
            nvlink_active_links=None if links is None else links - is_down,
            nvlink_errors=None if links is None else self.link_errors + self.new_link_errors(now),
            nvlink_tx_bytes_per_second=None
            if links is None
            else busy_link * product.nvlink_bytes_per_second * self._nvlink_share(),
            nvlink_rx_bytes_per_second=None
            if links is None
            else busy_link * product.nvlink_bytes_per_second * self._nvlink_share() * 0.98,
            ecc_volatile_corrected=self.corrected_errors // 9,
            ecc_volatile_uncorrected=3 if ecc else 0,
            ecc_aggregate_corrected=self.corrected_errors,
            ecc_aggregate_uncorrected=3 if ecc else 0,
            remapped_rows_corrected=0,
            remapped_rows_uncorrected=1 if remap else 0,
            remap_pending=1 if remap else 0,
            remap_failed=0,
            throttle_reasons=throttle,
            performance_state=0 if is_busy else product.idle_performance_state,
            memory_free_bytes=self.memory_total_bytes - memory,
            energy_millijoules=int(self.millijoules),
            xid=None if trouble is None else trouble.xid,
            xid_at=None if trouble is None or trouble.xid is None else self.trouble_at,
        )

    def new_link_errors(self, now: float) -> int:
        """Since its NVLinks became noisy."""
        if self.trouble is not Trouble.NVLINK_ERRORS:
            return 0
        return 1 + int((now - self.trouble_at) / _SECONDS_BETWEEN_LINK_ERRORS)

    def _nvlink_share(self) -> float:
        """Only a job on several cards talks over NVLink."""
        return 0.0 if self.work is None or self.work.size < 2 else 1.0
