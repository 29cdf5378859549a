"""Runs the measurement that is named, or every one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import bench


def main(arguments: Sequence[str]) -> int:
    names = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    names = [name for name in names if name != "__main__"]
    unknown = [name for name in arguments if name not in names]
    if unknown:
        print(f"No measurement of this name: {', '.join(unknown)}. There are: {', '.join(names)}.")
        return 2
    for name in arguments or names:
        module = importlib.import_module(f"bench.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
