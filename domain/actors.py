"""Who does something: a signed-in user, or a part of the system itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The audit log's "who": `user_id` is null for the system and for those not signed in."""

    user_id: int | None
    name: str
    address: str | None = None

    @classmethod
    def system(cls, part: str) -> Actor:
        """A part of the product, such as "controller" or "install"."""
        return cls(user_id=None, name=f"system:{part}")
