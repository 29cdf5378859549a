"""What the edge asks of the domain about people: sessions and sign-in, nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from domain import sessions
from domain.backends import Backends
from domain.roles import Role
from domain.sessions import Viewer
from domain.sign_in import sign_in, sign_out


class Accounts(Protocol):
    async def find_session(self, secret: str) -> Viewer | None: ...

    async def roles_by_session(self, session_ids: Collection[int]) -> Mapping[int, frozenset[Role]]:
        """The roles behind each of the sessions that is not over."""
        ...

    async def sign_in(
        self, name: str, password: str, address: str, *, former_secret: str | None = None
    ) -> tuple[Viewer, str]:
        """The viewer and the new session's secret; the former session is closed.

        Raises: SignInRefused, TooManyAttempts, NotOnBoard, DirectoryAway.
        """
        ...

    async def sign_out(self, secret: str) -> None: ...


class DomainAccounts:
    """The accounts of this installation: in its database, and in the backend that it asks."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    find_session = staticmethod(sessions.find_session)
    roles_by_session = staticmethod(sessions.roles_by_session)
    sign_out = staticmethod(sign_out)

    async def sign_in(
        self, name: str, password: str, address: str, *, former_secret: str | None = None
    ) -> tuple[Viewer, str]:
        return await sign_in(
            name, password, address, former_secret=former_secret, backends=self._backends
        )
