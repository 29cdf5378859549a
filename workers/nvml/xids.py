"""The last critical Xid of each card, kept until there is evidence that the card was reset."""

from __future__ import annotations

from telemetry.samples import DeviceStatus, DeviceUuid
from telemetry.xids import CRITICAL_XIDS, WARNING_XIDS


class Xids:
    def __init__(self) -> None:
        self._last: dict[DeviceUuid, tuple[int, float]] = {}
        self._energy: dict[DeviceUuid, int] = {}
        self._lost: set[DeviceUuid] = set()

    def seen(self, device: DeviceUuid, xid: int, at: float) -> None:
        """A lesser one (most are a program's own fault) does not cover up a worse one."""
        before = self._last.get(device)
        if before is None or _gravity(xid) >= _gravity(before[0]):
            self._last[device] = (xid, at)

    def observe(self, device: DeviceUuid, status: DeviceStatus, energy: int | None) -> None:
        """A card that comes back after it was lost was reset; so was one whose energy counter,
        which rises for as long as the driver holds the card, has fallen."""
        if status is DeviceStatus.LOST:
            self._lost.add(device)
            return
        if status is not DeviceStatus.ANSWERS:
            return
        fell = energy is not None and energy < self._energy.get(device, 0)
        if fell or device in self._lost:
            self._last.pop(device, None)
        self._lost.discard(device)
        if energy is not None:
            self._energy[device] = energy

    def forget_all(self) -> None:
        """The driver was loaded anew, which resets every card."""
        self._last.clear()
        self._energy.clear()
        self._lost.clear()

    def of(self, device: DeviceUuid) -> tuple[int, float] | None:
        return self._last.get(device)


def _gravity(xid: int) -> int:
    if xid in CRITICAL_XIDS:
        return 2
    return 1 if xid in WARNING_XIDS else 0
