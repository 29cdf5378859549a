"""Which part of a target does not work, at which step, and how to mend it."""

from __future__ import annotations

import enum


class Part(enum.Enum):
    METADATA = "METADATA"
    STORAGE = "STORAGE"


class Step(enum.Enum):
    ADDRESS = "ADDRESS"
    """The URL, endpoint or folder: whether it is one that may be used, and is there."""
    SIGN_IN = "SIGN_IN"
    BUCKET = "BUCKET"
    PUSH = "PUSH"
    WRITE = "WRITE"
    READ = "READ"
    DELETE = "DELETE"


class SourceFailed(Exception):
    """In our own words: nothing of an answer is in them."""

    def __init__(self, step: Step, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


class TargetFailed(SourceFailed):
    def __init__(self, part: Part, failed: SourceFailed) -> None:
        super().__init__(failed.step, failed.reason)
        self.part = part
