"""`make spec`: each requirement, threat and fault with the tests that prove it, and how they went.

A requirement is proven when a test names it and every test that names it passed; a skipped test
proves nothing. The record of the last whole run is used when not one file changed since; otherwise
the suite runs first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from tests.requirements import kind, known
from tests.spec_record import FAILED, PASSED, RECORD, Record, tree_fingerprint


def main() -> int:
    record = _read()
    if record is None or record["tree"] != tree_fingerprint():
        print("Files changed since the last whole run: running the suite (its output follows).")
        RECORD.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "pytest", "-q"], check=False)
        record = _read()
    if record is None:
        print("The suite could not run, so nothing is proven.")
        return 1
    return _report(record)


def _report(record: Record) -> int:
    tests: dict[str, list[str]] = {identifier: [] for identifier in known()}
    for test, identifiers in record["ids"].items():
        for identifier in identifiers:
            tests[identifier].append(test)

    outcomes = record["outcomes"]
    proven: dict[str, list[bool]] = {"requirement": [], "T": [], "F": []}
    for identifier, title in known().items():
        is_proven = bool(tests[identifier]) and all(
            outcomes.get(test) == PASSED for test in tests[identifier]
        )
        proven[kind(identifier)].append(is_proven)
        print(f"{_word(is_proven, tests[identifier]):10} {identifier:8} {title}")
        for test in tests[identifier]:
            print(f"{'':19} {outcomes.get(test, 'did not run'):8} {test}")

    counts = {name: f"{sum(of)} of {len(of)}" for name, of in proven.items()}
    print(
        f"spec: proven={counts['requirement']} threats={counts['T']} faults={counts['F']}",
        flush=True,
    )
    return 1 if FAILED in outcomes.values() else 0


def _word(is_proven: bool, tests: Sequence[str]) -> str:
    if is_proven:
        return "proven"
    return "NOT PROVEN" if tests else "no test"


def _read() -> Record | None:
    try:
        record: Record = json.loads(RECORD.read_text())
    except FileNotFoundError:
        return None
    return record


if __name__ == "__main__":
    sys.exit(main())
