"""The cards and MIG instances that the child has open, each with a row on the board."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pynvml

from telemetry.samples import DeviceStatus, DeviceUuid
from workers.nvml.board import ROWS
from workers.nvml.device import Card, MigInstance
from workers.nvml.errors import CardFailed, CardLost, raise_if_fatal
from workers.nvml.events import XidEvents
from workers.nvml.identity import card_facts, mig_enabled, mig_facts, mig_handles
from workers.nvml.protocol import Inventory, Row


@dataclass(slots=True)
class OpenCard:
    card: Card
    row: int
    instances: dict[DeviceUuid, tuple[int, MigInstance]] = field(default_factory=dict)

    def devices(self) -> list[tuple[int, Card | MigInstance]]:
        return [(self.row, self.card), *self.instances.values()]


class OpenCards:
    """By NVML index. A UUID keeps its row for the life of the child."""

    def __init__(self, at: Callable[[int], None]) -> None:
        self._at = at  # said before a card is touched
        self._rows: dict[DeviceUuid, int] = {}
        self._events = XidEvents()
        self.poll_xids = self._events.poll
        self.cards: dict[int, OpenCard] = {}
        self.failed: dict[int, DeviceStatus] = {}
        self._is_news = True
        self._driver_version: str | None = pynvml.nvmlSystemGetDriverVersion()
        self._cuda_version = _cuda_version()

    def open_missing(self, skip: Collection[int], *, again: bool) -> set[int]:
        """Open the cards that are not open; with `again`, also those that failed before.

        Returns the newly opened. Raises: DriverGone.
        """
        opened: set[int] = set()
        for index in range(pynvml.nvmlDeviceGetCount()):
            if index in skip or index in self.cards or (index in self.failed and not again):
                continue
            self._at(index)
            before = self.failed.pop(index, None)
            try:
                self.cards[index] = self._open(index)
                opened.add(index)
            except CardLost:
                self.failed[index] = DeviceStatus.LOST
            except CardFailed:
                self.failed[index] = DeviceStatus.FAILED
            self._is_news = self._is_news or index in opened or self.failed.get(index) != before
        return opened

    def refresh_mig(self, skip: Collection[int]) -> set[int]:
        """Follow MIG being switched or cut anew; the cards where it was. Raises: DriverGone."""
        changed: set[int] = set()
        for index, opened in list(self.cards.items()):
            if index in skip or opened.card.facts.mig_enabled is None:
                continue
            self._at(index)
            try:
                if mig_enabled(opened.card.handle) != opened.card.facts.mig_enabled or (
                    opened.card.facts.mig_enabled
                    and mig_handles(opened.card.handle).keys() != opened.instances.keys()
                ):
                    self.cards[index] = self._open(index)  # what it supports has changed with it
                    changed.add(index)
                    self._is_news = True
            except (CardLost, CardFailed):
                continue  # the next reading says so
        return changed

    def news(self) -> Inventory | None:
        """The inventory, where it is no longer what was told last."""
        if not self._is_news:
            return None
        self._is_news = False
        rows = [
            Row(row, index, device.facts)
            for index, opened in sorted(self.cards.items())
            for row, device in opened.devices()
        ]
        return Inventory(rows, self.failed, self._driver_version, self._cuda_version)

    def _open(self, index: int) -> OpenCard:
        """Raises: CardLost, CardFailed, DriverGone."""
        try:
            return self._open_handle(index)
        except pynvml.NVMLError as error:
            raise_if_fatal(error.value)
            raise CardFailed from error

    def _open_handle(self, index: int) -> OpenCard:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        facts = card_facts(handle, index)
        opened = OpenCard(Card(handle, facts), self._row(facts.uuid))
        if facts.mig_enabled:
            for uuid, instance in mig_handles(handle).items():
                reader = MigInstance(instance, mig_facts(instance, uuid, facts))
                opened.instances[uuid] = (self._row(uuid), reader)
        self._events.watch(handle, facts.uuid)
        return opened

    def _row(self, uuid: DeviceUuid) -> int:
        row = self._rows.setdefault(uuid, len(self._rows))
        if row >= ROWS:
            raise OverflowError(f"more than {ROWS} devices and MIG instances in one child")
        return row


def _cuda_version() -> str | None:
    """The newest CUDA that the driver serves; NVML tells 1000 * major + 10 * minor."""
    try:
        version: Any = pynvml.nvmlSystemGetCudaDriverVersion_v2()
    except pynvml.NVMLError:
        return None
    return f"{version // 1000}.{version % 1000 // 10}"
