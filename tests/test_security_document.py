"""docs/security.md claims what tests prove, all of it, and nothing else."""

from __future__ import annotations

import re

from tests.requirements import REPOSITORY, known

DOCUMENT = (REPOSITORY / "docs" / "security.md").read_text()
DEFENDED, OPEN = DOCUMENT.split("## Not built yet")
THREAT = re.compile(r"\bT-\d+")


def test_each_threat_is_either_defended_or_named_as_open() -> None:
    rows = re.findall(r"^\| (T-\d+) \|", DEFENDED, re.M)
    still_open = THREAT.findall(OPEN)
    threats = [identifier for identifier in known() if THREAT.fullmatch(identifier)]
    assert sorted(rows + still_open) == sorted(threats)


def test_the_defended_threats_are_those_that_tests_name() -> None:
    marks = re.compile(r"mark\.spec\(([^)]*)\)")
    named = {
        identifier
        for file in (REPOSITORY / "tests").rglob("test_*.py")
        for mark in marks.findall(file.read_text())
        for identifier in THREAT.findall(mark)
    }
    assert set(re.findall(r"^\| (T-\d+) \|", DEFENDED, re.M)) == named
