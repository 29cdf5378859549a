"""`make test` and `make lint`: every check in order, then a summary that names each of them.

A step that cannot run, because a part of the product is not there, is named; with CI=true it fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import spec_record
from tests.requirements import REPOSITORY
from tests.spec_record import tree_fingerprint

# A test waits for its servers half of its time; each process has a range of ports (process.py).
PROCESSES = min(max(2, os.cpu_count() or 2), 5)

PASSED, FAILED, MISSING = "passed", "FAILED", "MISSING"


@dataclass(frozen=True)
class Step:
    name: str
    command: Sequence[str]
    is_lint: bool = False
    folder: str = "."
    needs: str = "pyproject.toml"  # the file without which the step cannot run


def _npm(name: str, script: str, *, is_lint: bool = False) -> Step:
    command = ["npm", "run", "--silent", script]
    return Step(f"web: {name}", command, is_lint, folder="web", needs="web/package.json")


STEPS = (
    Step("ruff: rules", ["ruff", "check", "--quiet", "."], is_lint=True),
    Step("ruff: format", ["ruff", "format", "--check", "--quiet", "."], is_lint=True),
    Step("mypy", ["mypy", "--no-error-summary"], is_lint=True),
    Step("import contracts", ["lint-imports", "--no-logo"], is_lint=True),
    Step("npm packages", ["make", "packages"], is_lint=True),
    _npm("lint", "lint", is_lint=True),
    _npm("types", "typecheck", is_lint=True),
    _npm("unit tests", "test"),
    Step("web: build", ["make", "web"], needs="web/package.json"),
    Step(
        "pytest",
        ["pytest", "-n", str(PROCESSES), "--dist", "worksteal", "--continue-on-collection-errors"],
        needs="tests/conftest.py",
    ),
)


@dataclass(frozen=True)
class Result:
    step: Step
    outcome: str
    seconds: float


def main(arguments: Sequence[str]) -> int:
    only_lint = list(arguments) == ["lint"]
    steps = [step for step in STEPS if step.is_lint or not only_lint]
    before = tree_fingerprint()
    if not only_lint:
        spec_record.RECORD.unlink(missing_ok=True)
    results = [_run(step) for step in steps]

    is_clean = tree_fingerprint() == before

    print("\nSummary")
    for result in results:
        print(f"  {result.outcome:8} {result.step.name} ({result.seconds:.0f} s)")
        if result.outcome == MISSING:
            print(f"           {result.step.needs} is not there, so this was not checked")
    if not is_clean:
        print("  FAILED   a step changed a file that is tracked, or left one that is not ignored")

    bad = (FAILED, MISSING) if os.environ.get("CI") == "true" else (FAILED,)
    is_good = is_clean and not any(result.outcome in bad for result in results)
    if not only_lint:
        tests = _test_outcomes()
        failed = tests.count(spec_record.FAILED) + (not is_good)
        print(f"{tests.count(spec_record.PASSED)} passed, {failed} failed", flush=True)
    return 0 if is_good else 1


def _test_outcomes() -> list[str]:
    """The outcome of each Python test of the run that just ended."""
    if not spec_record.RECORD.exists():
        return []
    return list(json.loads(spec_record.RECORD.read_text())["outcomes"].values())


def _run(step: Step) -> Result:
    print(f"\n== {step.name}", flush=True)
    if not Path(REPOSITORY, step.needs).exists():
        return Result(step, MISSING, 0)
    start = time.monotonic()
    code = subprocess.run(step.command, cwd=REPOSITORY / step.folder, check=False).returncode
    return Result(step, FAILED if code else PASSED, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
