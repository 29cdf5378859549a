"""How people sign in. A secret goes in, and never comes out."""

from __future__ import annotations

from typing import Any

import strawberry

import domain.authentication
from identity.backend import BackendKind
from resolvers import authentication as resolve
from schema.fields import field
from schema.scalars import DateTime

strawberry.enum(BackendKind, name="AuthenticationKind")
LdapInput = strawberry.input(resolve.LdapInput)
OidcInput = strawberry.input(resolve.OidcInput)
GitHubInput = strawberry.input(resolve.GitHubInput)
BackendInput = strawberry.input(resolve.BackendInput, one_of=True)
TryAuthenticationInput = strawberry.input(resolve.TryAuthenticationInput)
ActivateAuthenticationInput = strawberry.input(resolve.ActivateAuthenticationInput)
DeactivateAuthenticationInput = strawberry.input(resolve.DeactivateAuthenticationInput)
SetLocalSignInInput = strawberry.input(resolve.SetLocalSignInInput)


@strawberry.type(description="An LDAP directory, Active Directory among them, but for its secret.")
class LdapSettings:
    url: str = strawberry.field(
        description="ldaps://HOST, or ldap://HOST, where TLS begins before anything is sent."
    )
    ca_certificate: str | None = strawberry.field(
        description="PEM of the authority; null: those that the system trusts."
    )
    bind_dn: str
    base_dn: str
    scope: str
    user_filter: str
    user_attribute: str
    display_name_attribute: str
    subject_attribute: str = strawberry.field(
        description="By which a person is the same for ever: entryUUID, or objectGUID."
    )
    group_filter: str
    group_attribute: str
    member_attribute: str


@strawberry.type(description="A provider of OpenID Connect, but for its secret.")
class OidcSettings:
    issuer: str
    client_id: str
    scopes: str
    name_claim: str
    display_name_claim: str
    groups_claim: str | None
    required_group: str | None
    ca_certificate: str | None


@strawberry.type(description="GitHub, but for its secrets.")
class GitHubSettings:
    client_id: str
    organisation: str
    api_url: str
    web_url: str


@strawberry.type(description="Who decides whether somebody may sign in.")
class Authentication:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, domain.authentication.Authentication)

    kind: BackendKind
    version: int = strawberry.field(description="To be sent with a change; it grows with each.")
    is_local_allowed: bool = strawberry.field(
        description="Whether local users sign in too, the installation's operator among them."
    )
    awaits_first_user: bool = strawberry.field(
        description="Whoever comes on board next is an operator."
    )
    activated_at: DateTime | None
    secrets_set: list[str] = field(resolve.secrets_set, description="The names of those kept.")
    ldap: LdapSettings | None = field(resolve.ldap)
    oidc: OidcSettings | None = field(resolve.oidc)
    git_hub: GitHubSettings | None = field(resolve.git_hub)


@strawberry.type(description="All steps were done for real, and nothing was changed.")
class AuthenticationTried:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, resolve.AuthenticationTried)

    steps: list[str]
