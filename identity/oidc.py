"""Sign-in by OpenID Connect: Keycloak, Okta, Entra ID, Google differ only in their settings."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from identity.backend import (
    BackendKind,
    DirectoryGroup,
    Failed,
    NotAdmitted,
    NotListed,
    People,
    Person,
)
from identity.code_flow import Begun
from identity.directory import Directory
from identity.discovery import Metadata, discover
from identity.entra import Entra, graph_url
from identity.id_tokens import Expected, require_subject, verified_claims
from identity.keycloak import Keycloak, admin_url
from identity.okta import Okta, is_okta
from identity.requests import Provider, trust
from identity.settings import OidcSettings, provider_name
from identity.signing_keys import SigningKeys
from outbound.client import Answer, Outbound
from outbound.network import Resolve, system_resolve
from outbound.policy import Policy

OLD_AFTER_SECONDS = 3600.0
AGAIN_AFTER_SECONDS = 5.0
"""Anybody can begin to sign in: a provider that is away is asked by one of them, for all."""
MOST_GROUPS = 1000
TEXT_MAX_LENGTH = 255
NO_REDIRECT_URI = "https://quartermaster.invalid/auth/callback"
"""Of a try with a code that nobody gave: no browser is ever sent there."""


class TokenAnswer(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str | None = None


class TokenError(msgspec.Struct, frozen=True):
    error: str


@dataclass(frozen=True, slots=True)
class Found:
    """What discovery told, and when it was asked."""

    metadata: Metadata
    keys: SigningKeys
    at: float


class Oidc:
    """One client at one provider."""

    kind = BackendKind.OIDC

    def __init__(
        self,
        settings: OidcSettings,
        client_secret: str,
        policy: Policy,
        resolve: Resolve = system_resolve,
        *,
        directory_token: str | None = None,
    ) -> None:
        """Raises: Failed, for a CA certificate that is none."""
        self._settings = settings
        self._secret = client_secret
        outbound = Outbound(policy, tls=trust(settings.ca_certificate), resolve=resolve)
        self._provider = Provider(outbound, provider_name(settings))
        self._directory = self._open_directory(directory_token)
        self._found: Found | None = None
        self._failed: tuple[Failed, float] | None = None
        self._finding = asyncio.Lock()

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    async def begin(self, redirect_uri: str) -> tuple[str, str]:
        metadata = (await self._discovered()).metadata
        begun = Begun.new()
        url = begun.url(
            metadata.authorization_endpoint,
            self._settings.client_id,
            redirect_uri,
            scope=self._scopes(),
            nonce=begun.nonce,
        )
        return url, begun.keep()

    async def complete(self, kept: str, redirect_uri: str, query: Mapping[str, str]) -> Person:
        found, begun = await self._discovered(), Begun.read(kept)
        self._require_issuer(found.metadata, query)
        code = begun.require_code(query)
        answer = await self._post_form(begun.code_form(code, redirect_uri))
        tokens = self._provider.read("token", answer, TokenAnswer)
        expected = Expected(
            self.issuer,
            self._settings.client_id,
            begun.nonce,
            found.metadata.algorithms,
            tokens.access_token,
        )
        claims = await verified_claims(tokens.id_token, found.keys, expected)
        return self._person(await self._with_user_info(found.metadata, claims, tokens.access_token))

    async def sign_out_url(self, return_to: str) -> str | None:
        """RP-Initiated Logout 1.0. The client is named, not the person: their ID token, which would
        do that, is not kept, so a provider may ask whether they want to."""
        endpoint = (await self._discovered()).metadata.end_session_endpoint
        if endpoint is None:
            return None
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": return_to}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def check(self) -> Sequence[str]:
        self._found = self._failed = None
        found = await self._discovered()
        count = await found.keys.read()
        return [
            "Found the provider, and it is this issuer",
            f"Found {count} keys to check signatures by",
            await self._check_client(),
            await self._check_directory(),
        ]

    async def people(
        self, search: str | None = None, group: str | None = None, after: str | None = None
    ) -> People:
        if self._directory is None:
            raise NotListed
        return await self._directory.people(search, group, after)

    async def groups(self, search: str | None = None) -> Sequence[DirectoryGroup]:
        if self._directory is None:
            raise NotListed
        return await self._directory.groups(search)

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        try:
            return {} if self._directory is None else await self._directory.look_up(subjects)
        except NotListed:
            return {}

    async def close(self) -> None:
        """No connection is kept."""

    def _open_directory(self, token: str | None) -> Directory | None:
        """By the issuer, which says whose it is; but an Okta organisation may have any name, and is
        known by the token, which no other needs."""
        issuer = self._settings.issuer
        if (url := admin_url(issuer)) is not None:
            return Keycloak(self._provider, url, self._post_form)
        if (url := graph_url(issuer)) is not None:
            return Entra(self._provider, url, self._post_form)
        if token is not None:
            scheme, host, *_ = urlsplit(issuer)
            return Okta(self._provider, f"{scheme}://{host}", token)
        return None

    async def _discovered(self) -> Found:
        """Raises: Failed."""
        async with self._finding:
            found = self._found
            if found is None or time.monotonic() - found.at > OLD_AFTER_SECONDS:
                metadata = await self._discover()
                is_same = found is not None and found.metadata.jwks_uri == metadata.jwks_uri
                keys = (
                    found.keys
                    if found is not None and is_same
                    else SigningKeys(self._provider, metadata.jwks_uri)
                )
                self._found = found = Found(metadata, keys, time.monotonic())
            return found

    async def _discover(self) -> Metadata:
        """Raises: Failed, for a while by itself once it has failed."""
        if self._failed is not None and time.monotonic() < self._failed[1]:
            raise Failed(self._failed[0].step, str(self._failed[0]))
        try:
            return await discover(self._provider, self.issuer)
        except Failed as failed:
            self._failed = failed, time.monotonic() + AGAIN_AFTER_SECONDS
            raise

    def _require_issuer(self, metadata: Metadata, query: Mapping[str, str]) -> None:
        """Of the answer in the browser's URL, where it names one (RFC 9207).

        Raises: Failed: it may be another provider's, whose code would be sent to this one.
        """
        named = query.get("iss")
        if named is None and not metadata.authorization_response_iss_parameter_supported:
            return
        if named != self.issuer:
            raise Failed("answer", "The answer is of another issuer.")

    async def _post_form(self, form: dict[str, str]) -> Answer:
        """To the token endpoint, as the client. Raises: Failed."""
        metadata = (await self._discovered()).metadata
        form, headers = metadata.authenticate(self._settings.client_id, self._secret, form)
        return await self._provider.post("token", metadata.token_endpoint, form, headers)

    async def _check_client(self) -> str:
        """By a code that nobody gave: only who knows the client looks at it. Raises: Failed."""
        begun = Begun.new()
        form = begun.code_form(f"none-{secrets.token_urlsafe(16)}", NO_REDIRECT_URI)
        answer = await self._post_form(form)
        if answer.status not in (400, 401, 403):
            raise Failed("token", f"{self._provider.name} answered with status {answer.status}.")
        error = self._provider.decode("token", answer.body, TokenError).error
        if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
            raise Failed("token", "The client id or the client secret is wrong.")
        if error == "invalid_grant":
            return "The client id and secret are known there"
        return "The provider does not tell whether the client secret is right"

    async def _check_directory(self) -> str:
        """Raises: Failed."""
        told = "People are listed once they have tried to sign in"
        if self._directory is None:
            return f"{told}; to list all, {Okta.needs}" if is_okta(self.issuer) else told
        try:
            await self._directory.people(None, None, None)
        except NotListed:
            return f"{told}; to list all, {self._directory.needs}"
        return "People can be listed"

    async def _with_user_info(
        self, metadata: Metadata, claims: dict[str, Any], access_token: str | None
    ) -> dict[str, Any]:
        """Some providers tell names and groups only there. Raises: Failed."""
        settings = self._settings
        wanted = {settings.name_claim, settings.display_name_claim, settings.groups_claim} - {None}
        if wanted <= claims.keys() or metadata.userinfo_endpoint is None or access_token is None:
            return claims
        answer = await self._provider.get(
            "user info",
            metadata.userinfo_endpoint,
            {"authorization": f"Bearer {access_token}"},
        )
        told = self._provider.read("user info", answer, dict[str, Any])
        if require_subject(told) != require_subject(claims):
            raise Failed("user info", "It is of another person than the ID token.")
        return {**told, **claims}

    def _person(self, claims: Mapping[str, Any]) -> Person:
        """Raises: NotAdmitted."""
        settings = self._settings
        groups = _texts(claims.get(settings.groups_claim)) if settings.groups_claim else ()
        required = settings.required_group
        if required is not None and required not in groups:
            raise NotAdmitted("group", "This person is not in the group that may sign in.")
        claim = "sub" if self._directory is None else self._directory.subject_claim
        subject = require_subject(claims, claim)
        display_name = _shown(claims, settings.display_name_claim)
        name = _shown(claims, settings.name_claim) or display_name or subject
        return Person(subject, name, display_name, groups[:MOST_GROUPS])

    def _scopes(self) -> str:
        scopes = self._settings.scopes.split()
        return " ".join(scopes if "openid" in scopes else ["openid", *scopes])


def _shown(claims: Mapping[str, Any], name: str) -> str | None:
    """For people to read. An address that is not verified may be anybody's."""
    if name == "email" and claims.get("email_verified") is not True:
        return None
    value = claims.get(name)
    return value[:TEXT_MAX_LENGTH].strip() or None if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and each)
