"""How people sign in, for operators: the active backend, trying another, and activating it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import strawberry

import domain.authentication
from domain.authentication import Authentication, read_authentication
from domain.backend_trials import OwnSignIn, activate_backend, try_backend
from domain.backends import Backends
from domain.secrets import Secret
from identity.settings import BackendSettings, GitHubSettings, LdapSettings, OidcSettings
from resolvers.context import Info
from resolvers.mutations import Refused, carry_out


@dataclass
class LdapInput:
    """`bindPassword`: left out, the one that is kept for this host and authority."""

    url: str
    bind_dn: str
    base_dn: str
    bind_password: str | None = None
    ca_certificate: str | None = None
    scope: str | None = None
    user_filter: str | None = None
    user_attribute: str | None = None
    display_name_attribute: str | None = None
    subject_attribute: str | None = None
    group_filter: str | None = None
    group_attribute: str | None = None
    member_attribute: str | None = None


@dataclass
class OidcInput:
    """`clientSecret` and `directoryToken`: left out, those that are kept for this issuer and
    authority. The latter is a token of Okta's API, by which its people can be listed.

    `groupsClaim`: an empty one says that the provider tells of no groups.
    """

    issuer: str
    client_id: str
    client_secret: str | None = None
    directory_token: str | None = None
    scopes: str | None = None
    name_claim: str | None = None
    display_name_claim: str | None = None
    groups_claim: str | None = None
    required_group: str | None = None
    ca_certificate: str | None = None


@dataclass
class GitHubInput:
    """`clientSecret` and `token`: left out, those that are kept for these hosts."""

    client_id: str
    organisation: str
    client_secret: str | None = None
    token: str | None = None
    api_url: str | None = None
    web_url: str | None = None


@dataclass
class BackendInput:
    """Exactly one of them."""

    ldap: LdapInput | None = strawberry.UNSET
    oidc: OidcInput | None = strawberry.UNSET
    git_hub: GitHubInput | None = strawberry.UNSET


@dataclass
class TryAuthenticationInput:
    """`name` and `password` are the operator's own there, where people type theirs here (LDAP)."""

    backend: BackendInput
    name: str | None = None
    password: str | None = None


@dataclass
class ActivateAuthenticationInput:
    """`version`: of what it replaces. The rest as for trying."""

    version: int
    backend: BackendInput
    name: str | None = None
    password: str | None = None


@dataclass
class DeactivateAuthenticationInput:
    version: int


@dataclass
class SetLocalSignInInput:
    version: int
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class AuthenticationTried:
    steps: list[str]


async def authentication(info: Info) -> Authentication | None:
    return await read_authentication() if info.context.is_operator else None


def secrets_set(root: Authentication) -> list[str]:
    return sorted(root.secrets_set)


def ldap(root: Authentication) -> LdapSettings | None:
    return root.settings if isinstance(root.settings, LdapSettings) else None


def oidc(root: Authentication) -> OidcSettings | None:
    return root.settings if isinstance(root.settings, OidcSettings) else None


def git_hub(root: Authentication) -> GitHubSettings | None:
    return root.settings if isinstance(root.settings, GitHubSettings) else None


async def try_authentication(
    info: Info, input: TryAuthenticationInput
) -> AuthenticationTried | Refused:
    settings, secrets = _given(input.backend)
    tried = await carry_out(
        info,
        lambda actor: try_backend(
            actor, _backends(info), settings, secrets, _own(input.name, input.password)
        ),
        None,
    )
    return tried if isinstance(tried, Refused) else AuthenticationTried(list(tried.steps))


async def activate_authentication(
    info: Info, input: ActivateAuthenticationInput
) -> Authentication | Refused:
    settings, secrets = _given(input.backend)
    done = await carry_out(
        info,
        lambda actor: activate_backend(
            actor,
            _backends(info),
            input.version,
            settings,
            secrets,
            _own(input.name, input.password),
        ),
        None,
    )
    return done if isinstance(done, Refused) else await read_authentication()


async def deactivate_authentication(
    info: Info, input: DeactivateAuthenticationInput
) -> Authentication | Refused:
    done = await carry_out(
        info, lambda actor: domain.authentication.deactivate(actor, input.version), None
    )
    return done if isinstance(done, Refused) else await read_authentication()


async def set_local_sign_in(info: Info, input: SetLocalSignInInput) -> Authentication | Refused:
    done = await carry_out(
        info,
        lambda actor: domain.authentication.set_local_sign_in(
            actor, input.version, input.is_allowed
        ),
        None,
    )
    return done if isinstance(done, Refused) else await read_authentication()


def _given(input: BackendInput) -> tuple[BackendSettings, dict[str, Secret]]:
    """What is left out or empty has its default; secrets apart."""
    if input.ldap:
        return LdapSettings(**_texts(input.ldap, LdapSettings)), _secrets(
            bind_password=input.ldap.bind_password
        )
    if input.oidc:
        given: dict[str, Any] = _texts(input.oidc, OidcSettings)
        if input.oidc.groups_claim is not None and not input.oidc.groups_claim.strip():
            given["groups_claim"] = None  # the provider tells of none
        return OidcSettings(**given), _secrets(
            client_secret=input.oidc.client_secret, directory_token=input.oidc.directory_token
        )
    assert input.git_hub, "exactly one is given"
    return GitHubSettings(**_texts(input.git_hub, GitHubSettings)), _secrets(
        client_secret=input.git_hub.client_secret, token=input.git_hub.token
    )


def _texts(input: Any, settings: Any) -> dict[str, str]:
    known = set(settings.__struct_fields__)
    values = {one.name: getattr(input, one.name) for one in fields(input) if one.name in known}
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


def _secrets(**given: str | None) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in given.items() if text}


def _own(name: str | None, password: str | None) -> OwnSignIn | None:
    return OwnSignIn(name, Secret(password)) if name and password else None


def _backends(info: Info) -> Backends:
    backends = info.context.backends
    assert backends is not None, "mutations are carried out for a viewer"
    return backends
