"""Xid errors as they happen, through an NVML event set."""

from __future__ import annotations

import ctypes
import time
from typing import Any

import pynvml

from telemetry.samples import DeviceUuid
from workers.nvml.errors import raise_if_fatal
from workers.nvml.protocol import XidSeen

_AT_MOST = 64
"""Events taken per tick: a card in an event storm must not hold up the others."""


class XidEvents:
    """Polled once a tick without waiting: cheaper than a thread that waits, and never late."""

    def __init__(self) -> None:
        self._devices: dict[int, DeviceUuid] = {}
        self._set = self._create()

    @staticmethod
    def _create() -> Any:
        try:
            return pynvml.nvmlEventSetCreate()
        except pynvml.NVMLError:
            return None

    def watch(self, handle: Any, uuid: DeviceUuid) -> None:
        """A card without events (a consumer card in some modes, vGPU) is left out."""
        if self._set is None:
            return
        try:
            supported = pynvml.nvmlDeviceGetSupportedEventTypes(handle)
            if supported & pynvml.nvmlEventTypeXidCriticalError:
                pynvml.nvmlDeviceRegisterEvents(
                    handle, pynvml.nvmlEventTypeXidCriticalError, self._set
                )
                self._devices[_address(handle)] = uuid
        except pynvml.NVMLError as error:
            raise_if_fatal(error.value)

    def poll(self) -> list[XidSeen]:
        """What came since the last poll. Raises: DriverGone."""
        seen: list[XidSeen] = []
        while self._devices and len(seen) < _AT_MOST:
            try:
                event = pynvml.nvmlEventSetWait_v2(self._set, 0)
            except pynvml.NVMLError as error:
                if error.value not in (pynvml.NVML_ERROR_TIMEOUT, pynvml.NVML_ERROR_GPU_IS_LOST):
                    raise_if_fatal(error.value)
                break
            uuid = self._devices.get(_address(event.device))
            if uuid is not None and event.eventType == pynvml.nvmlEventTypeXidCriticalError:
                seen.append(XidSeen(uuid, int(event.eventData), time.time()))
        return seen


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
