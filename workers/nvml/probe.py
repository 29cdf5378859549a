"""`python -m workers.nvml.probe` exits with 0 where NVML lists a GPU, else with 1."""

from __future__ import annotations

import sys

import pynvml


def main() -> int:
    try:
        pynvml.nvmlInit()
        return 0 if pynvml.nvmlDeviceGetCount() else 1
    except pynvml.NVMLError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
