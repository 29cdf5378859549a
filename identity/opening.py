"""From settings to the backend that they describe. Nothing is contacted yet."""

from __future__ import annotations

from collections.abc import Mapping

from identity.backend import Backend
from identity.github import GitHub
from identity.ldap import Ldap
from identity.oidc import Oidc
from identity.settings import BackendSettings, GitHubSettings, LdapSettings, OidcSettings
from outbound.policy import Policy


def open_backend(settings: BackendSettings, secrets: Mapping[str, str], policy: Policy) -> Backend:
    """`secrets`: by the names in `identity.settings.SECRETS`. Raises: Failed."""
    match settings:
        case LdapSettings():
            return Ldap(settings, secrets["bind_password"], policy)
        case OidcSettings():
            token = secrets.get("directory_token")
            return Oidc(settings, secrets["client_secret"], policy, directory_token=token)
        case GitHubSettings():
            return GitHub(settings, secrets["client_secret"], secrets["token"], policy)
