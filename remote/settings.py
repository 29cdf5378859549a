"""What each kind of cluster needs to be reached. Secrets travel beside it, under their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from remote.cluster import ClusterKind, Failed, Step

URL_MAX_LENGTH = 2000
CA_MAX_LENGTH = 64 * 1024


class KubernetesSettings(msgspec.Struct, frozen=True, tag="KUBERNETES", forbid_unknown_fields=True):
    """`ca_certificate`: PEM; null for those that the system trusts."""

    url: str
    ca_certificate: str | None = None


class SlurmSettings(msgspec.Struct, frozen=True, tag="SLURM", forbid_unknown_fields=True):
    """Of slurmrestd."""

    url: str
    user_name: str
    ca_certificate: str | None = None


class QuartermasterSettings(
    msgspec.Struct, frozen=True, tag="QUARTERMASTER", forbid_unknown_fields=True
):
    url: str
    ca_certificate: str | None = None


Settings: TypeAlias = KubernetesSettings | SlurmSettings | QuartermasterSettings

TOKEN = "token"  # noqa: S105 (the name of a secret)
CLIENT_CERTIFICATE = "client_certificate"
CLIENT_KEY = "client_key"
NAMES_OF_SECRETS = (frozenset({TOKEN}), frozenset({CLIENT_CERTIFICATE, CLIENT_KEY}))
"""A token; or, for Kubernetes alone, a certificate with its key."""


def kind_of(settings: Settings) -> ClusterKind:
    return ClusterKind(type(settings).__struct_config__.tag)


def destination(settings: Settings) -> tuple[str, str | None]:
    """Whom secrets are sent to: with another of these they have to be entered again."""
    return settings.url, settings.ca_certificate


def require_sound(settings: Settings, secrets: Mapping[str, str]) -> None:
    """Raises: Failed, for what can be told without contacting anybody."""
    names = frozenset(secrets)
    is_certificate = names == NAMES_OF_SECRETS[1]
    if names not in NAMES_OF_SECRETS or (
        is_certificate and not isinstance(settings, KubernetesSettings)
    ):
        raise Failed(Step.SETTINGS, "It has to be said by which secret to sign in.")
    token = secrets.get(TOKEN)
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise Failed(Step.SETTINGS, "A token is one line of plain characters.")
    if len(settings.url) > URL_MAX_LENGTH or len(settings.ca_certificate or "") > CA_MAX_LENGTH:
        raise Failed(Step.SETTINGS, "The URL or the CA certificate is too long.")
    if isinstance(settings, SlurmSettings):
        name = settings.user_name
        if not (name.isascii() and name.isprintable() and name.strip() and len(name) <= 120):
            raise Failed(Step.SETTINGS, "A Slurm user's name is 1 to 120 plain characters.")


def encode(settings: Settings) -> str:
    return msgspec.json.encode(settings).decode()


def decode(text: str) -> Settings:
    """Raises: Failed where it holds anything but what is known here."""
    try:
        decoded: Settings = msgspec.json.decode(text, type=Settings)
    except msgspec.MsgspecError:
        raise Failed(
            Step.SETTINGS, "What is kept of this cluster cannot be used; edit it and enter it anew."
        ) from None
    return decoded
