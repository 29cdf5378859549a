"""Which Xids say that a GPU is ill, by the immediate action that NVIDIA's Xid catalogue gives each.

https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html, read in November 2026. Those
that ask for the program only (RESTART_APP: 13, 31, 45 and their like) or for nothing (IGNORE: 43)
say nothing of the device's health, unless they tell of failing memory or links.
"""

from __future__ import annotations

CRITICAL_XIDS = frozenset(
    # RESET_GPU
    {46, 62, 64, 95, 109, 110, 119, 120, 136, 140, 143, 156, 158}
    # RESTART_BM, RESTART_VM: the node
    | {79, 151}
    # Work flows that end in a reset: ECC errors, NVLink errors up to Hopper and from Blackwell on
    | {48, 74, 145, 149, 150}
    # No action given; the GPU, its security processor or its memory failed for good
    | {167, 169, 171, 172}
)
WARNING_XIDS = frozenset(
    # IGNORE or RESTART_APP, and yet a sign of wear: the card works on
    {63, 92, 94, 121, 157, 160, 161}
    # CHECK_MECHANICALS, and what another Xid asks for
    | {54, 154}
    # NVLink errors from Blackwell on that often heal; 155 also tells of links put down on purpose
    | {144, 146, 147, 148, 155}
    # Older cards only; part of the memory not used
    | {61, 168}
)
