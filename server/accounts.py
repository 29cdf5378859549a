"""What the edge asks of the domain about people: sessions, tokens and sign-in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from domain import sessions, tokens
from domain.backends import Backends
from domain.credentials import Credential, CredentialKind
from domain.roles import Role
from domain.sessions import Viewer
from domain.sign_in import sign_in, sign_out
from domain.sign_in_elsewhere import (
    TAKES_REDIRECTS,
    Entered,
    Methods,
    begin_sign_in,
    complete_sign_in,
    sign_in_methods,
    sign_out_url,
)


class Accounts(Protocol):
    async def find_session(self, secret: str) -> Viewer | None: ...

    async def find_token(self, secret: str, address: str) -> Viewer | int | None:
        """Who bears the token; null where it is none; seconds to wait after too many guesses."""
        ...

    async def roles_by_credential(
        self, credentials: Collection[Credential]
    ) -> Mapping[Credential, frozenset[Role]]:
        """The roles behind each of the sessions and tokens that is not over."""
        ...

    async def sign_in(
        self, name: str, password: str, address: str, *, former_secret: str | None = None
    ) -> tuple[Viewer, str]:
        """The viewer and the new session's secret; the former session is closed.

        Raises: SignInRefused, TooManyAttempts, NotOnBoard, DirectoryAway.
        """
        ...

    async def sign_out(self, secret: str) -> bool:
        """Whether they had come in at a provider, where they may be signed in still."""
        ...

    async def sign_out_url(self, return_to: str) -> str | None:
        """Where a browser ends that session too; None: nowhere."""
        ...

    async def methods(self) -> Methods: ...

    async def begin(
        self, redirect_uri: str, next: str, address: str, *, former_secret: str | None = None
    ) -> tuple[str, str]:
        """The provider's URL and the browser's key.

        Raises: NoProvider, ProviderAway, TooManyAttempts.
        """
        ...

    async def complete(self, key: str | None, query: Mapping[str, str], address: str) -> Entered:
        """Raises: NotTheSameBrowser, NotConfirmed, NotLetIn, NotOnBoard, NoProvider."""
        ...


class DomainAccounts:
    """The accounts of this installation: in its database, and in the backend that it asks."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    find_session = staticmethod(sessions.find_session)
    find_token = staticmethod(tokens.find_token)
    methods = staticmethod(sign_in_methods)

    async def roles_by_credential(
        self, credentials: Collection[Credential]
    ) -> Mapping[Credential, frozenset[Role]]:
        found: dict[Credential, frozenset[Role]] = {}
        for kind, read in (
            (CredentialKind.SESSION, sessions.roles_by_session),
            (CredentialKind.TOKEN, tokens.roles_by_token),
        ):
            roles = await read([one.id for one in credentials if one.kind is kind])
            found |= {Credential(kind, id): held for id, held in roles.items()}
        return found

    async def sign_in(
        self, name: str, password: str, address: str, *, former_secret: str | None = None
    ) -> tuple[Viewer, str]:
        return await sign_in(
            name, password, address, former_secret=former_secret, backends=self._backends
        )

    async def sign_out(self, secret: str) -> bool:
        return await sign_out(secret) in TAKES_REDIRECTS

    async def sign_out_url(self, return_to: str) -> str | None:
        return await sign_out_url(self._backends, return_to)

    async def begin(
        self, redirect_uri: str, next: str, address: str, *, former_secret: str | None = None
    ) -> tuple[str, str]:
        return await begin_sign_in(
            self._backends, redirect_uri, next, address, former_secret=former_secret
        )

    async def complete(self, key: str | None, query: Mapping[str, str], address: str) -> Entered:
        return await complete_sign_in(self._backends, key, query, address)
