"""The open WebSockets of this process: how many each user has, and whose credential is over."""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from domain.credentials import Credential
from domain.roles import Role
from domain.sessions import Viewer
from server.accounts import Accounts
from server.refusals import Refused

log = structlog.get_logger("server.sockets")

K = TypeVar("K")

RECHECK_SECONDS = 1.5
"""So that with the query all of it is within 2 s."""
MOST_UNKNOWN = 100
"""WebSockets of programs that have not said their token yet; they have some seconds to."""
OPERATIONS_FOR_EACH_SOCKET = 10
"""Of those that one user may have open: twice what a dashboard keeps on one."""


class End(enum.Enum):
    """Why a socket must not stay open."""

    CREDENTIAL = enum.auto()  # its session or token is over
    ROLES = enum.auto()  # it was opened with roles that the user has no longer


@dataclass(eq=False, slots=True)
class LiveSocket:
    address: str
    end: Callable[[End], None]
    """Closes the socket, waits for nothing."""
    credential: Credential | None = None
    user_id: int | None = None
    roles: frozenset[Role] = frozenset()


@dataclass(slots=True)
class LiveSockets:
    """Verifies sessions and tokens for all sockets at once: a sign-out, a revocation or a lost role
    anywhere reaches every socket within RECHECK_SECONDS."""

    accounts: Accounts
    per_user: int = 50
    per_address: int = 200
    operations_per_user: int = 50 * OPERATIONS_FOR_EACH_SOCKET
    recheck_seconds: float = RECHECK_SECONDS
    _sockets: set[LiveSocket] = field(default_factory=set)
    _unknown: int = 0
    _of_user: Counter[int] = field(default_factory=Counter)
    _operations_of: Counter[int] = field(default_factory=Counter)
    _at_address: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self._sockets)

    def open(self, viewer: Viewer | None, address: str, end: Callable[[End], None]) -> LiveSocket:
        """Raises: Refused (429) when the user, the address or all who are unknown have too many."""
        if self._at_address[address] >= self.per_address:
            raise _too_many("your address", self.per_address, "SOCKETS_PER_ADDRESS")
        if viewer is not None:
            self._require_place(viewer)
        elif self._unknown >= MOST_UNKNOWN:
            raise Refused(429, "TOO_MANY_SOCKETS", "Too many WebSockets have to say who they are.")
        socket = LiveSocket(address, end)
        self._sockets.add(socket)
        self._at_address[address] += 1
        if viewer is None:
            self._unknown += 1
        else:
            self._take_place(socket, viewer)
        return socket

    def identify(self, socket: LiveSocket, viewer: Viewer) -> None:
        """Of a socket that was opened by nobody yet. Raises: Refused (429)."""
        self._require_place(viewer)
        self._unknown -= 1
        self._take_place(socket, viewer)

    def _require_place(self, viewer: Viewer) -> None:
        if self._of_user[viewer.user_id] >= self.per_user:
            raise _too_many("your user", self.per_user, "SOCKETS_PER_USER")

    def _take_place(self, socket: LiveSocket, viewer: Viewer) -> None:
        socket.credential, socket.user_id = viewer.credential, viewer.user_id
        socket.roles = viewer.roles
        self._of_user[viewer.user_id] += 1

    def close(self, socket: LiveSocket) -> None:
        """Once for each socket that was opened."""
        self._sockets.remove(socket)
        if socket.user_id is None:
            self._unknown -= 1
        else:
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

    def end_credential(self, credential: Credential) -> None:
        for socket in [one for one in self._sockets if one.credential == credential]:
            socket.end(End.CREDENTIAL)

    async def recheck(self) -> None:
        held = {one.credential for one in self._sockets if one.credential is not None}
        if not held:
            return
        roles = await self.accounts.roles_by_credential(held)
        for credential in held - roles.keys():
            log.info("credential.ended", kind=credential.kind.value, id=credential.id)
            self.end_credential(credential)
        for socket in list(self._sockets):
            if socket.credential and socket.roles - roles.get(socket.credential, socket.roles):
                log.info("credential.roles_lost", id=socket.credential.id)
                socket.end(End.ROLES)

    async def watch(self) -> None:
        """Recheck for ever. A database that is away closes nothing: it also answers nobody."""
        while True:
            await asyncio.sleep(self.recheck_seconds)
            try:
                await self.recheck()
            except Exception:
                log.exception("credentials.recheck_failed")


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
