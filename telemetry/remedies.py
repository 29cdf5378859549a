"""What advice is made of, and the steps that many pieces of it share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    title: str
    detail: str
    remedy: tuple[str, ...]
    source: str | None = None


RESET = "Stop the jobs on this GPU, then reset it: nvidia-smi -r -i <index>."
DIAGNOSE = "If it comes back, run the field diagnostic and replace the GPU."
DRAIN = "Drain the node, then power-cycle it (a warm reboot is often not enough)."
