"""What each kind of backend has to be told; secrets apart, for they are kept sealed.

A key that is not known is an error: a misspelt restriction must not be no restriction.
"""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from identity.backend import BackendKind


class LdapSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ldap"
):
    """The secret is the password of `bind_dn`."""

    url: str  # ldaps://host[:port], or ldap://host[:port], which begins TLS before anything is sent
    ca_certificate: str | None = None  # PEM; None: the system's
    bind_dn: str
    base_dn: str
    scope: str = "SUBTREE"  # or LEVEL
    user_filter: str = "(|(objectClass=inetOrgPerson)(objectClass=user))"
    user_attribute: str = "uid"  # sAMAccountName in Active Directory
    display_name_attribute: str = "cn"
    subject_attribute: str = "entryUUID"  # objectGUID in Active Directory
    group_filter: str = "(|(objectClass=groupOfNames)(objectClass=group)(objectClass=posixGroup))"
    group_attribute: str = "cn"
    member_attribute: str = "member"  # or uniqueMember, memberUid


class OidcSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="oidc"
):
    """The secrets are the client's, and for Okta a token of its API."""

    issuer: str  # whose /.well-known/openid-configuration is read
    client_id: str
    scopes: str = "openid profile email"
    name_claim: str = "preferred_username"
    display_name_claim: str = "name"
    groups_claim: str | None = "groups"
    required_group: str | None = None  # only who is in it may sign in
    ca_certificate: str | None = None


class GitHubSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="github"
):
    """The secrets are the OAuth application's, and a token that may read the organisation."""

    client_id: str
    organisation: str  # only its members may sign in
    api_url: str = "https://api.github.com"
    web_url: str = "https://github.com"


BackendSettings: TypeAlias = LdapSettings | OidcSettings | GitHubSettings

SECRETS: dict[BackendKind, tuple[str, ...]] = {
    BackendKind.LOCAL: (),
    BackendKind.LDAP: ("bind_password",),
    BackendKind.OIDC: ("client_secret",),
    BackendKind.GITHUB: ("client_secret", "token"),
}
"""The names of the secrets that each kind needs."""
OPTIONAL_SECRETS: dict[BackendKind, tuple[str, ...]] = {BackendKind.OIDC: ("directory_token",)}
"""Those that it can do without."""


def kind_of(settings: BackendSettings) -> BackendKind:
    match settings:
        case LdapSettings():
            return BackendKind.LDAP
        case OidcSettings():
            return BackendKind.OIDC
        case GitHubSettings():
            return BackendKind.GITHUB


KNOWN_HOSTS = {"accounts.google.com": "Google", "login.microsoftonline.com": "Microsoft"}


def provider_name(settings: BackendSettings) -> str:
    """By what people know where they sign in."""
    match settings:
        case LdapSettings():
            host = urlsplit(settings.url).hostname
        case OidcSettings():
            host = urlsplit(settings.issuer).hostname
        case GitHubSettings():
            return "GitHub"
    return KNOWN_HOSTS.get(host or "", host or "the directory")


def destination(settings: BackendSettings) -> tuple[object, ...]:
    """Whom the secrets are sent to, and by what that one is known: a secret that was entered for
    one destination is never sent to another."""
    match settings:
        case LdapSettings():
            return "ldap", _origin(settings.url), settings.ca_certificate
        case OidcSettings():
            return "oidc", settings.issuer, settings.ca_certificate
        case GitHubSettings():
            return "github", _origin(settings.api_url), _origin(settings.web_url)


def _origin(url: str) -> tuple[str, str]:
    scheme, host, *_ = urlsplit(url)
    return scheme.lower(), host.lower()
