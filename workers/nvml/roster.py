"""The devices that a node has, or had: a card that is gone stays listed, as lost."""

from __future__ import annotations

import msgspec

from telemetry.samples import DeviceFacts, DeviceStatus, DeviceUuid
from workers.nvml.protocol import Inventory


class Known(msgspec.Struct):
    facts: DeviceFacts
    card: int  # NVML index
    absence: DeviceStatus | None  # why it is not in the last inventory; None when it is


class Roster:
    def __init__(self) -> None:
        self.version = 0
        self.driver_version: str | None = None
        self.cuda_version: str | None = None
        self._known: dict[DeviceUuid, Known] = {}

    @property
    def devices(self) -> list[Known]:
        """Cards by index, each followed by its MIG instances."""
        return sorted(self._known.values(), key=lambda k: (k.card, k.facts.mig_parent is not None))

    def update(self, inventory: Inventory, skipped: list[int]) -> None:
        """Take over what NVML lists now; `skipped` cards were not looked at."""
        before = (self.driver_version, self.cuda_version, self._snapshot())
        self.driver_version = inventory.driver_version
        self.cuda_version = inventory.cuda_version
        listed = {row.facts.uuid: row for row in inventory.rows}
        taken = {row.card for row in inventory.rows}
        for uuid, known in list(self._known.items()):
            if uuid in listed:
                continue
            if known.facts.mig_parent in listed:
                del self._known[uuid]  # the card was cut anew: no card is missing
            elif known.card in inventory.failed and known.card not in taken:
                known.absence = inventory.failed[known.card]
            elif known.card not in skipped or known.card in taken:
                known.absence = DeviceStatus.LOST
        for uuid, row in listed.items():
            self._known[uuid] = Known(row.facts, row.card, None)
        if before != (self.driver_version, self.cuda_version, self._snapshot()):
            self.version += 1

    def _snapshot(self) -> list[tuple[DeviceFacts, DeviceStatus | None]]:
        return [(known.facts, known.absence) for known in self.devices]
