"""What this program was built from, as the image's build wrote it down beside the sources."""

from __future__ import annotations

from pathlib import Path

COMMIT = Path(__file__).with_name("commit.txt")


def built_from() -> str | None:
    """The commit; None in a plain checkout, where nobody wrote one down."""
    return COMMIT.read_text().strip() or None if COMMIT.is_file() else None
