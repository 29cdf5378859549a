"""What the product refuses: expected, typed, said in words for people. Anything else is a fault."""

from __future__ import annotations


class Refusal(Exception):
    """Base of all refusals. Subclasses are `@dataclass(eq=False)` that carry what went wrong.

    Not frozen: contextlib assigns `__traceback__` to what passes through it, which a frozen
    dataclass forbids.
    """

    def message(self) -> str:
        """What was wrong and what to do, in one or two sentences."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.message()
