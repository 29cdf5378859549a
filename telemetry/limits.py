"""What a device's links should be, by its facts: health compares with it."""

from __future__ import annotations

from typing import NamedTuple

from telemetry.samples import DeviceFacts


class Limits(NamedTuple):
    """Null: not known, and so not judged."""

    pcie_generation: int | None = None
    pcie_width: int | None = None
    nvlink_links: int | None = None
    is_always_linked: bool = False
    """False: the card may have no NVLink bridge, and then none of its links is active."""


NO_LIMITS = Limits()

_IN_A_SLOT = ("PCIE", "NVL")
"""Of these a bridge connects some of the links only, and nothing tells how many."""
_ON_A_BOARD = ("SXM", "HBM3", "H200", "B200", "B300")
"""Modules whose links are wired to each other or to NVSwitches, by NVML's product name."""


def limits_of(facts: DeviceFacts) -> Limits:
    """NVML's maxima are those "possible with this device and system": a slot of 8 lanes is no fault
    (nvmlDeviceGetMaxPcieLinkWidth). A card that is cut into MIG instances has no peers."""
    product = facts.product.upper()
    is_in_a_slot = any(word in product for word in _IN_A_SLOT)
    is_cut = bool(facts.mig_enabled) or facts.mig_parent is not None
    return Limits(
        pcie_generation=facts.pcie_generation_max or None,
        pcie_width=facts.pcie_width_max or None,
        nvlink_links=None if is_in_a_slot or is_cut else facts.nvlink_links or None,
        is_always_linked=any(word in product for word in _ON_A_BOARD),
    )
