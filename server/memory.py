"""How often Python looks for garbage that refers to itself: seldom, in a process that serves many.

What is made for a request or a frame is freed by counting references. The search for cycles, at its
defaults, walked all of a thousand sockets again and again while more came: half of the CPU that it
took to let them in, in pauses of up to a second.
"""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 100)
"""New objects before a search among the new; such searches before one among those that stayed."""


def settle() -> None:
    """Once the process is ready: what is there by now stays, and need not be walked any more."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
