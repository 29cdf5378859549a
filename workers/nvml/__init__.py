"""GPUs through NVML. Every NVML call is made in a child process that the parent can abandon."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from workers.nvml.reader import NvmlReader
from workers.nvml.supervisor import Patience
from workers.reader import Reader

__all__ = ["Patience", "has_gpus", "open_reader"]

_PROBE_SECONDS = 20.0


def open_reader(
    *,
    interval_seconds: float = 1.0,
    kubernetes_node: str | None = None,
    labels: Mapping[str, str] | None = None,
    patience: Patience | None = None,
) -> Reader:
    """The GPUs and the host of this machine. Nothing is started before the first call."""
    return NvmlReader(
        interval_seconds=interval_seconds,
        kubernetes_node=kubernetes_node,
        labels=labels or {},
        patience=patience or Patience(),
    )


def has_gpus(*, timeout_seconds: float = _PROBE_SECONDS) -> bool:
    """Whether NVML lists a GPU here. Blocks until the probe answers; one that hangs is abandoned,
    and says yes: a driver that hangs is there, and its node must not pass for a demo."""
    command = [sys.executable, "-m", "workers.nvml.probe"]
    probe = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return probe.wait(timeout_seconds) == 0
    except subprocess.TimeoutExpired:
        probe.terminate()
        return True
