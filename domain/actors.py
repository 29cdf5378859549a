"""Who does something: a signed-in user, or a part of the system itself."""

from __future__ import annotations

from dataclasses import dataclass

from domain.credentials import TokenInUse

_SYSTEM = "system:"


@dataclass(frozen=True, slots=True)
class Actor:
    """The audit log's "who" and "from where".

    `user_id` is null for the system and for those not signed in. `command_id` is the caller's own
    id of what is asked: sent again, it is done once. `token`: by which it is asked, if by one.
    """

    user_id: int | None
    name: str
    address: str | None = None
    command_id: str | None = None
    token: TokenInUse | None = None

    @classmethod
    def system(cls, part: str) -> Actor:
        """A part of the product, such as "controller" or "install"."""
        return cls(user_id=None, name=f"{_SYSTEM}{part}")

    @property
    def is_system(self) -> bool:
        return self.user_id is None and self.name.startswith(_SYSTEM)
