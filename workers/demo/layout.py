"""Where the demo fleet's cards are: racks, nodes, addresses, and the facts of each."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from random import Random

from telemetry.samples import DeviceFacts, DeviceUuid, NodeFacts, NodeId
from workers.demo.cards import Card
from workers.demo.catalogue import A100, H100, L40S, Product
from workers.demo.size import Size

DAY = 86_400.0
_NODES_PER_RACK = 4


@dataclass(slots=True, eq=False, kw_only=True)
class Machine:
    """One node of the fleet."""

    machine_id: NodeId
    host_name: str
    product: Product
    rack: int
    address: str
    is_for_gangs: bool  # given to multi-node training, or shared by small jobs
    air_celsius: float
    cards: list[Card]
    booted_at: float
    boots: int = 0
    silent_until: float = 0.0
    seconds_ahead: float = 0.0  # of its clock
    is_drained: bool = False
    inventory_version: int = 0
    looked_at: float | None = None

    def restart(self, now: float) -> None:
        """It has booted: what needed a reset is gone, and the facts tell a new boot id."""
        self.boots += 1
        self.booted_at = now
        self.inventory_version += 1
        for card in self.cards:
            card.trouble = None
            card.link_errors = 0
            card.celsius = None
            card.millijoules = 0.0
            card.looked_at = None

    def facts(self, now: float) -> NodeFacts:
        product = self.product
        short = product.name.removeprefix("NVIDIA ").replace(" ", "-")
        return NodeFacts(
            node_id=self.machine_id,
            boot_id=str(uuid.UUID(bytes=_digest(self.machine_id, self.boots))),
            time=now,
            host_name=self.host_name,
            is_demo=True,
            collector_version=_version(),
            addresses=[self.address],
            mac_address=_mac(self.machine_id),
            os_name="Ubuntu 24.04.2 LTS",
            kernel_version="6.8.0-59-generic",
            driver_version="570.133.20",
            cuda_version="12.8",
            cpu_model=product.cpu_model,
            cpu_count=product.cpu_count,
            memory_total_bytes=product.host_memory_bytes,
            booted_at=self.booted_at,
            labels={
                "rack": f"{self.rack:02d}",
                "gpu.product": short,
                "gpu.count": str(len(self.cards)),
                "role": "training" if self.is_for_gangs else "shared",
            },
            devices=[self._card_facts(card) for card in self.cards],
        )

    def _card_facts(self, card: Card) -> DeviceFacts:
        product = card.product
        return DeviceFacts(
            uuid=card.uuid,
            index=card.index,
            product=product.name,
            memory_total_bytes=card.memory_total_bytes,
            serial=f"165{card.salt:010d}",
            pci_bus_id=f"00000000:{0x19 + card.index * 0x11:02X}:00.0",
            architecture=product.architecture,
            vbios_version=product.vbios,
            mig_enabled=None if product is L40S else False,
            temperature_slowdown_celsius=product.slowdown_celsius,
            temperature_shutdown_celsius=product.shutdown_celsius,
            temperature_memory_max_celsius=product.memory_max_celsius,
            power_limit_max_watts=product.limit_watts,
            pcie_generation_max=product.pcie_generation,
            pcie_width_max=16,
            nvlink_links=product.nvlink_links,
        )


@dataclass(slots=True)
class Layout:
    """All machines, and by product in the order of their racks."""

    machines: list[Machine] = field(default_factory=list)

    def of(self, product: Product) -> list[Machine]:
        return [machine for machine in self.machines if machine.product is product]


def build(size: Size, seed: int, now: float) -> Layout:
    """The same machines for the same size and seed; they booted days before `now`."""
    fifth = round(size.nodes / 5)
    counts = {H100: size.nodes - 2 * fifth, A100: fifth, L40S: fifth}
    random = Random(f"{seed} layout")  # noqa: S311 (a simulation)
    layout = Layout()
    for product, count in counts.items():
        for position in range(count):
            layout.machines.append(_machine(product, position, size, seed, random, now))
    return layout


def _machine(
    product: Product, position: int, size: Size, seed: int, random: Random, now: float
) -> Machine:
    rack = product.first_rack + position // _NODES_PER_RACK
    slot = position % _NODES_PER_RACK + 1
    host_name = f"{product.prefix}-r{rack:02d}-{slot:02d}"
    gangs = {H100: slot != 4, A100: slot % 2 == 0, L40S: False}[product] and size.nodes >= 4
    cards = []
    for index in range(size.devices_per_node):
        digest = _digest(seed, host_name, index)
        cards.append(
            Card(
                uuid=DeviceUuid(f"GPU-{uuid.UUID(bytes=digest)}"),
                index=index,
                product=product,
                salt=int.from_bytes(digest[:4], "big"),
                memory_total_bytes=product.memory_total_bytes,
                corrected_errors=random.randrange(1, 1600) if random.random() < 0.04 else 0,
            )
        )
    return Machine(
        machine_id=NodeId(_digest(seed, host_name).hex()),
        host_name=host_name,
        product=product,
        rack=rack,
        address=f"10.{40 + rack // 250}.{rack % 250}.{slot}",
        is_for_gangs=gangs,
        air_celsius=random.uniform(23, 29),
        cards=cards,
        booted_at=now - random.uniform(2, 60) * DAY,
    )


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


def _mac(machine_id: str) -> str:
    return "b8:3f:d2:" + ":".join(machine_id[i : i + 2] for i in (0, 2, 4))


def _version() -> str | None:
    try:
        return version("quartermaster")
    except PackageNotFoundError:
        return None
