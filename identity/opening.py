"""From settings to the backend that they describe. Nothing is contacted yet."""

from __future__ import annotations

from collections.abc import Mapping

from identity.backend import Backend, Failed
from identity.ldap import Ldap
from identity.settings import BackendSettings, LdapSettings, kind_of
from outbound.policy import Policy


def open_backend(settings: BackendSettings, secrets: Mapping[str, str], policy: Policy) -> Backend:
    """`secrets`: by the names in `identity.settings.SECRETS`. Raises: Failed."""
    if isinstance(settings, LdapSettings):
        return Ldap(settings, secrets["bind_password"], policy)
    raise Failed("settings", f"Sign-in by {kind_of(settings).value} is not part of this version.")
