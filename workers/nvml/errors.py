"""What an NVML return code says: about one value, about the card, or about the driver."""

from __future__ import annotations

import pynvml

NOT_AVAILABLE = frozenset(
    {
        pynvml.NVML_ERROR_INVALID_ARGUMENT,  # older drivers answer so to a field they do not know
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
        pynvml.NVML_ERROR_DEPRECATED,
    }
)
"""The card has no such value, and will not have it before it is opened again."""

CARD_LOST = frozenset({pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_GPU_NOT_FOUND})
"""The card has fallen off the bus; only a reset brings it back."""

DRIVER_GONE = frozenset(
    {
        pynvml.NVML_ERROR_UNINITIALIZED,
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
    }
)
"""The loaded library is of no more use to this process."""

DRIVER_UNLOADED = frozenset(
    {pynvml.NVML_ERROR_DRIVER_NOT_LOADED, pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH}
)
"""The driver was unloaded or replaced: when it answers again, every card has been reset."""


class CardLost(Exception):
    """NVML says that the card is no longer there."""


class CardFailed(Exception):
    """The card is there, but NVML cannot open it."""


class DriverGone(Exception):
    """NVML says that the driver is not there, or no longer the one this library belongs to."""

    def __init__(self, code: int) -> None:
        super().__init__(str(pynvml.NVMLError(code)))
        self.value = code


def raise_if_fatal(code: int) -> None:
    """Raises: CardLost, DriverGone where `code` concerns more than one value."""
    if code in CARD_LOST:
        raise CardLost
    if code in DRIVER_GONE:
        raise DriverGone(code)
