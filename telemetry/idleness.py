"""Since when each device has computed nothing, as far as this process has listened."""

from __future__ import annotations

from telemetry.fleet import Fleet
from telemetry.live_node import LiveNode
from telemetry.samples import DeviceUuid

COMPUTING_FROM_PERCENT = 5.0
"""A device that is used less counts as idle."""


class Idleness:
    def __init__(self) -> None:
        self._since: dict[DeviceUuid, float] = {}

    def hear(self, fleet: Fleet, node: LiveNode) -> None:
        """Take in the node's newest sample; what is not known changes nothing."""
        used = fleet.columns["utilisation_percent"][node.start : node.stop]
        for uuid, percent in zip(node.devices, used, strict=True):
            if percent is None:
                continue
            if percent < COMPUTING_FROM_PERCENT:
                self._since.setdefault(uuid, node.time)
            else:
                self._since.pop(uuid, None)

    def since(self, uuid: DeviceUuid) -> float | None:
        """Seconds since the Unix epoch; null for a device that computes, or was never heard of."""
        return self._since.get(uuid)
