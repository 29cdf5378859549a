"""What a collector reads from: NVML on a real node, a simulation in the demo; one interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telemetry.samples import DeviceSample, DeviceUuid, HostSample, NodeFacts, ProcessSample


@dataclass(frozen=True, slots=True)
class Reading:
    """One tick of one node: a sample for every device of the facts, in their order."""

    host: HostSample
    uuids: list[DeviceUuid]
    devices: list[DeviceSample]
    seconds_ahead: float = 0.0
    """Of the node's clock, where it is simulated: a real one is the collector's own."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The compute processes on the devices in `answered`; nothing is said of other devices."""

    answered: list[DeviceUuid]
    processes: list[ProcessSample]


class Reader(Protocol):
    """A node that can be sampled. No method blocks the loop, hangs, or raises for a sick device."""

    async def facts(self) -> NodeFacts:
        """The node and its devices; read again when `inventory_version` changes."""
        ...

    @property
    def inventory_version(self) -> int:
        """Rises when facts() would tell something new (a card found, MIG, driver reload)."""
        ...

    async def read(self) -> Reading:
        """Sample every device and the host; a device that does not answer says so in its status."""
        ...

    async def processes(self) -> Processes: ...

    async def close(self) -> None: ...
