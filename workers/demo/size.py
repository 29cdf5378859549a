"""How large a demo fleet is: nodes times devices per node, written like "125x8"."""

from __future__ import annotations

import re
from typing import NamedTuple

DEVICES_MAX = 20_000
DEVICES_PER_NODE_MAX = 16


class Size(NamedTuple):
    """A demo fleet's size."""

    nodes: int
    devices_per_node: int

    def __str__(self) -> str:
        return f"{self.nodes}x{self.devices_per_node}"


DEFAULT_SIZE = Size(16, 8)


class BadSize(ValueError):
    """A size that no demo fleet can have; its text says what would do."""


def parse_size(text: str) -> Size:
    """Read "125x8" as 125 nodes with 8 devices each.

    Raises: BadSize.
    """
    match = re.fullmatch(r"\s*([0-9]{1,6})\s*[xX×]\s*([0-9]{1,6})\s*", text)
    if match is None:
        raise BadSize(f"{text!r} is no size of a demo fleet: write nodes x devices, like 125x8.")
    size = Size(int(match[1]), int(match[2]))
    if not 1 <= size.devices_per_node <= DEVICES_PER_NODE_MAX:
        raise BadSize(
            f"A demo node has 1 to {DEVICES_PER_NODE_MAX} devices, not {size.devices_per_node}."
        )
    if size.nodes < 1 or size.nodes * size.devices_per_node > DEVICES_MAX:
        raise BadSize(
            f"A demo fleet has 1 to {DEVICES_MAX:,} devices, "
            f"and {size} would be {size.nodes * size.devices_per_node:,}."
        )
    return size
