"""The open WebSockets of this process: how many each user has, and whose session has ended."""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from domain.roles import Role
from domain.sessions import Viewer
from server.accounts import Accounts
from server.refusals import Refused

log = structlog.get_logger("server.sockets")

K = TypeVar("K")

RECHECK_SECONDS = 2.0
OPERATIONS_FOR_EACH_SOCKET = 10
"""Of those that one user may have open: twice what a dashboard keeps on one."""


class End(enum.Enum):
    """Why a socket must not stay open."""

    SESSION = enum.auto()
    ROLES = enum.auto()  # it was opened with roles that the user has no longer


@dataclass(eq=False, slots=True)
class LiveSocket:
    session_id: int
    user_id: int
    roles: frozenset[Role]
    address: str
    end: Callable[[End], None]
    """Closes the socket, waits for nothing."""


@dataclass(slots=True)
class LiveSockets:
    """Verifies sessions in one query for all sockets: a sign-out or a lost role anywhere reaches
    every socket within RECHECK_SECONDS."""

    accounts: Accounts
    per_user: int = 50
    per_address: int = 200
    operations_per_user: int = 50 * OPERATIONS_FOR_EACH_SOCKET
    recheck_seconds: float = RECHECK_SECONDS
    _sockets: set[LiveSocket] = field(default_factory=set)
    _of_user: Counter[int] = field(default_factory=Counter)
    _operations_of: Counter[int] = field(default_factory=Counter)
    _at_address: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self._sockets)

    def open(self, viewer: Viewer, address: str, end: Callable[[End], None]) -> LiveSocket:
        """Raises: Refused (429) when the user or the address has too many."""
        if self._of_user[viewer.user_id] >= self.per_user:
            raise _too_many("your user", self.per_user, "SOCKETS_PER_USER")
        if self._at_address[address] >= self.per_address:
            raise _too_many("your address", self.per_address, "SOCKETS_PER_ADDRESS")
        socket = LiveSocket(viewer.session_id, viewer.user_id, viewer.roles, address, end)
        self._sockets.add(socket)
        self._of_user[socket.user_id] += 1
        self._at_address[address] += 1
        return socket

    def close(self, socket: LiveSocket) -> None:
        """Once for each socket that was opened."""
        self._sockets.remove(socket)
        _count_down(self._of_user, socket.user_id)
        _count_down(self._at_address, socket.address)

    def may_begin(self, user_id: int) -> bool:
        """Whether one more operation of the user may run on a WebSocket."""
        return self._operations_of[user_id] < self.operations_per_user

    def begun(self, user_id: int) -> None:
        self._operations_of[user_id] += 1

    def ended(self, user_id: int) -> None:
        """Once for each operation that was begun."""
        _count_down(self._operations_of, user_id)

    def end_session(self, session_id: int) -> None:
        for socket in [socket for socket in self._sockets if socket.session_id == session_id]:
            socket.end(End.SESSION)

    async def recheck(self) -> None:
        held = {socket.session_id for socket in self._sockets}
        if not held:
            return
        roles = await self.accounts.roles_by_session(held)
        for session_id in held - roles.keys():
            log.info("session.ended", session_id=session_id)
            self.end_session(session_id)
        for socket in list(self._sockets):
            if socket.roles - roles.get(socket.session_id, socket.roles):
                log.info("session.roles_lost", session_id=socket.session_id)
                socket.end(End.ROLES)

    async def watch(self) -> None:
        """Recheck for ever. A database that is away closes nothing: it also answers nobody."""
        while True:
            await asyncio.sleep(self.recheck_seconds)
            try:
                await self.recheck()
            except Exception:
                log.exception("session.recheck_failed")


def _count_down(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _too_many(whose: str, limit: int, setting: str) -> Refused:
    return Refused(
        429,
        "TOO_MANY_SOCKETS",
        f"{limit} WebSockets are open for {whose} (QUARTERMASTER_{setting}); close some first.",
    )
