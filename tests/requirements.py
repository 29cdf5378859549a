"""The ids that a test can prove: requirements, threats (T-n) and faults (F-n), each with a title.

They come from the folder shared/ beside the checkout where there is one, else from the copy in
docs/requirements.txt, which `python -m tests.requirements` renews.
"""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
COMMITTED = REPOSITORY / "docs" / "requirements.txt"
TITLE_LENGTH = 100

REQUIREMENT = re.compile(r"^- ([A-Z]+-\d+) (.+)$", re.MULTILINE)
THREAT = re.compile(r"^\| (T-\d+) \|[^|]*\| ([^|]+) \|", re.MULTILINE)  # id, met by, what happened
FAULT = re.compile(r"^\| (F-\d+) \| ([^|]+) \|", re.MULTILINE)  # id, fault


def known() -> dict[str, str]:
    """Every id with its title, in the order of the documents."""
    return from_shared() if SHARED.is_dir() else committed()


def from_shared() -> dict[str, str]:
    """What the documents beside the checkout say now."""
    sources = (("spec.md", REQUIREMENT), ("threats.md", THREAT), ("faults.md", FAULT))
    return {
        identifier: _shortened(text)
        for file, pattern in sources
        for identifier, text in pattern.findall((SHARED / file).read_text())
    }


def committed() -> dict[str, str]:
    """What the copy in the repository says."""
    lines = COMMITTED.read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)


def kind(identifier: str) -> str:
    """The family of an id: "T" for a threat, "F" for a fault, else "requirement"."""
    prefix = identifier.split("-")[0]
    return prefix if prefix in ("T", "F") else "requirement"


def _shortened(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


if __name__ == "__main__":
    COMMITTED.write_text("".join(f"{key} {title}\n" for key, title in from_shared().items()))
