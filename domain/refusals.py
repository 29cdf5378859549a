"""What the product refuses: expected, typed, said in words for people. Anything else is a fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.roles import Role


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


@dataclass(frozen=True, slots=True)
class Named:
    """An object that a refusal speaks of; its kind is "pool", "group", "user", "job" or "type"."""

    kind: str
    id: int
    name: str


@dataclass(eq=False)
class NotAllowed(Refusal):
    """Who asks lacks the role that this needs."""

    role: Role

    def message(self) -> str:
        return f"This needs the role {self.role.value}; ask an operator to give it to you."


@dataclass(eq=False)
class TokenOnlyReads(Refusal):
    """Asked with a token of the scope READ."""

    token_name: str

    def message(self) -> str:
        return f"The token {self.token_name} may only read; use one with the scope MANAGE."


@dataclass(eq=False)
class NotByToken(Refusal):
    """A stolen token must not outlive itself: this needs a person who has signed in."""

    token_name: str

    def message(self) -> str:
        return f"No token may do this, so {self.token_name} may not; sign in and do it there."


@dataclass(eq=False)
class BadName(Refusal):
    name: str
    max_length: int

    def message(self) -> str:
        return f"A name has 1 to {self.max_length} printable characters."


@dataclass(eq=False)
class NameTaken(Refusal):
    """Names are the same whatever their case, width and spacing."""

    name: str
    taken_by: Named

    def message(self) -> str:
        return f"The name {self.taken_by.name} is taken; choose another."


@dataclass(eq=False)
class Unknown(Refusal):
    """What was named does not exist, or no longer."""

    kind: str  # "pool"
    ids: tuple[int, ...]

    def message(self) -> str:
        kind = self.kind.replace("_", " ")
        if len(self.ids) == 1:
            return f"This {kind} does not exist any more; somebody may have deleted it."
        return f"{len(self.ids)} of these {kind}s do not exist any more; look again."


@dataclass(eq=False)
class StaleEdit(Refusal):
    """The object was changed after it was read: `entry_ids` are the audit entries that say how."""

    kind: str
    id: int
    version: int
    entry_ids: tuple[int, ...]
    changed_by: tuple[str, ...]

    def message(self) -> str:
        who = f" by {in_words(self.changed_by)}" if self.changed_by else ""
        kind = self.kind.replace("_", " ")
        return f"This {kind} was changed meanwhile{who}. Look at what is new, then save again."


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """Why one of several cannot be changed. `id` is null where it does not exist yet."""

    kind: str
    id: int | None
    name: str
    reasons: tuple[Refusal, ...]


@dataclass(eq=False)
class ItemsRefused(Refusal):
    """Of several at once all are changed or none: these are in the way."""

    of: int
    items: tuple[RefusedItem, ...]

    def message(self) -> str:
        if self.of == 1:
            return " ".join(reason.message() for reason in self.items[0].reasons)
        return f"Nothing was changed: {len(self.items)} of {self.of} cannot be."


@dataclass(eq=False)
class CommandReused(Refusal):
    """The same command id came with other wishes: nothing was done."""

    command_id: str

    def message(self) -> str:
        return "This command id was used for something else; make a new one for each change."


def in_words(names: Iterable[str], at_most: int = 5) -> str:
    """ "a, b and 7 more"."""
    names = list(names)
    if len(names) > at_most + 1:
        return f"{', '.join(names[:at_most])} and {len(names) - at_most} more"
    return ", ".join(names)
