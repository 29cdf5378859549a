"""NVML calls on one device: what the device does not have is asked for once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pynvml

from workers.nvml.errors import NOT_AVAILABLE, raise_if_fatal

UNKNOWN_UINT = 0xFFFFFFFF
UNKNOWN_ULONGLONG = 0xFFFFFFFFFFFFFFFF
_SENTINELS = frozenset({UNKNOWN_UINT, UNKNOWN_ULONGLONG})
"""NVML_VALUE_NOT_AVAILABLE, of an unsigned int and of an unsigned long long."""


class Calls:
    """The calls on one NVML device handle, with a memory of those that it does not support."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._absent: set[tuple[Any, ...]] = set()
        self.failures = 0
        """Calls since `forget_failures` that failed for another reason than not being supported."""

    def ask(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The value, or None where there is none. Raises: CardLost, DriverGone."""
        key = (call, *arguments)
        if key in self._absent:
            return None
        try:
            value = call(self._handle, *arguments)
        except pynvml.NVMLLibraryMismatchError:
            self._absent.add(key)  # the installed driver is older than this call
            return None
        except pynvml.NVMLError as error:
            raise_if_fatal(error.value)
            if error.value in NOT_AVAILABLE:
                self._absent.add(key)
            else:
                self.failures += 1
            return None
        if isinstance(value, int) and value in _SENTINELS:
            return None
        return value

    def forget_failures(self) -> None:
        self.failures = 0
