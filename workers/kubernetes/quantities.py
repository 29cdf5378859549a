"""Counts as Kubernetes writes them: it answers "1k" to whoever wrote "1000"."""

from __future__ import annotations

import re

SUFFIXES = ("", "k", "M", "G", "T")


def quantity(count: int) -> str:
    """In the canonical form of apimachinery's resource.Quantity: what comes back is the same."""
    suffix = 0
    while count and count % 1000 == 0 and suffix < len(SUFFIXES) - 1:
        count, suffix = count // 1000, suffix + 1
    return f"{count}{SUFFIXES[suffix]}"


def count_of(text: str | None) -> int | None:
    """None: it is no whole count as anybody would write one."""
    found = re.fullmatch(r"(\d+)([kMGT]?)", text or "")
    return None if found is None else int(found[1]) * 1000 ** SUFFIXES.index(found[2])
