"""The active backend as something to call, opened from its row whenever that has changed."""

from __future__ import annotations

from collections.abc import Mapping

from domain.authentication import Authentication, kept_secrets, read_authentication
from domain.rosters import Rosters
from domain.secrets import Secret
from identity.backend import Backend, BackendKind, Failed
from identity.opening import open_backend
from identity.settings import BackendSettings
from outbound.policy import Policy


class Backends:
    """One of a process. Which backend is active is read anew each time: it is one small row, and
    no replica goes on with what another has replaced."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._version: int | None = None
        self._backend: Backend | None = None
        self._rosters: Rosters | None = None

    async def active(self) -> tuple[Authentication, Backend | None]:
        """None: people sign in locally alone. Raises: Failed, where it cannot be opened."""
        authentication = await read_authentication()
        if authentication.version != self._version:
            await self.close()
            self._backend = await self._open(authentication)
            self._rosters = None if self._backend is None else Rosters(self._backend)
            self._version = authentication.version
        return authentication, self._backend

    async def rosters(self) -> tuple[Authentication, Rosters | None]:
        """The same, to list its people and groups. Raises: Failed."""
        authentication, _ = await self.active()
        return authentication, self._rosters

    def to_try(self, settings: BackendSettings, secrets: Mapping[str, Secret]) -> Backend:
        """One that is not active; who tries it closes it. Raises: Failed."""
        revealed = {name: secret.reveal() for name, secret in secrets.items()}
        return open_backend(settings, revealed, self._policy)

    async def close(self) -> None:
        backend, self._backend, self._version = self._backend, None, None
        self._rosters = None
        if backend is not None:
            await backend.close()

    async def _open(self, authentication: Authentication) -> Backend | None:
        if authentication.kind is BackendKind.LOCAL:
            return None
        if authentication.settings is None:
            raise Failed(
                "settings", "These settings are of another version; activate the backend again."
            )
        return open_backend(
            authentication.settings, await kept_secrets(authentication.version), self._policy
        )
