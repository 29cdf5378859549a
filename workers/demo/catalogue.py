"""What the demo fleet is made of: the cards, with figures from NVIDIA's data sheets."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One kind of card, in the words and units of NVML."""

    prefix: str  # of the names of nodes that hold it
    first_rack: int
    name: str  # NVML's product name
    memory_total_bytes: int
    architecture: str
    idle_watts: float
    limit_watts: float
    idle_sm_mhz: int
    sm_mhz: int
    idle_memory_mhz: int
    memory_mhz: int
    rise_celsius: float  # above the air at full power
    slowdown_celsius: float
    shutdown_celsius: float
    memory_max_celsius: float
    has_memory_sensor: bool
    idle_performance_state: int
    pcie_generation: int
    nvlink_links: int | None  # None: the card has no NVLink
    nvlink_bytes_per_second: float
    vbios: str
    cpu_model: str
    cpu_count: int
    host_memory_bytes: int


H100 = Product(
    prefix="h100",
    first_rack=2,
    name="NVIDIA H100 80GB HBM3",
    memory_total_bytes=81_559 * MIB,
    architecture="Hopper",
    idle_watts=72,
    limit_watts=700,
    idle_sm_mhz=345,
    sm_mhz=1980,
    idle_memory_mhz=2619,
    memory_mhz=2619,
    rise_celsius=42,
    slowdown_celsius=87,
    shutdown_celsius=92,
    memory_max_celsius=95,
    has_memory_sensor=True,
    idle_performance_state=0,
    pcie_generation=5,
    nvlink_links=18,
    nvlink_bytes_per_second=190e9,
    vbios="96.00.89.00.01",
    cpu_model="Intel(R) Xeon(R) Platinum 8462Y+",
    cpu_count=128,
    host_memory_bytes=2048 * 1024 * MIB,
)

A100 = Product(
    prefix="a100",
    first_rack=32,
    name="NVIDIA A100-SXM4-80GB",
    memory_total_bytes=81_920 * MIB,
    architecture="Ampere",
    idle_watts=58,
    limit_watts=400,
    idle_sm_mhz=210,
    sm_mhz=1410,
    idle_memory_mhz=1593,
    memory_mhz=1593,
    rise_celsius=36,
    slowdown_celsius=85,
    shutdown_celsius=92,
    memory_max_celsius=95,
    has_memory_sensor=True,
    idle_performance_state=0,
    pcie_generation=4,
    nvlink_links=12,
    nvlink_bytes_per_second=110e9,
    vbios="92.00.45.00.03",
    cpu_model="AMD EPYC 7742 64-Core Processor",
    cpu_count=256,
    host_memory_bytes=1024 * 1024 * MIB,
)

L40S = Product(
    prefix="l40s",
    first_rack=41,
    name="NVIDIA L40S",
    memory_total_bytes=46_068 * MIB,
    architecture="Ada",
    idle_watts=34,
    limit_watts=350,
    idle_sm_mhz=210,
    sm_mhz=2520,
    idle_memory_mhz=405,
    memory_mhz=9001,
    rise_celsius=38,
    slowdown_celsius=89,
    shutdown_celsius=92,
    memory_max_celsius=100,
    has_memory_sensor=False,
    idle_performance_state=8,
    pcie_generation=4,
    nvlink_links=None,
    nvlink_bytes_per_second=0,
    vbios="95.02.66.00.02",
    cpu_model="AMD EPYC 9354 32-Core Processor",
    cpu_count=64,
    host_memory_bytes=768 * 1024 * MIB,
)

OWNERS = (
    "a.banerjee",
    "a.vermeer",
    "c.moreau",
    "d.kowalski",
    "e.lindqvist",
    "f.oyelaran",
    "g.rossi",
    "h.tanaka",
    "i.petrova",
    "j.okafor",
    "k.brandt",
    "l.hoffmann",
    "m.silva",
    "n.haddad",
    "p.novak",
    "r.iyer",
    "s.nguyen",
    "t.eriksen",
    "w.zhang",
    "y.demir",
)
SERVICE_OWNERS = ("svc-inference", "svc-speech", "svc-search")
