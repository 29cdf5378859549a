"""Kubeconfigs as data: only the fields on a list of ours are read, all others are refused.

One may name a program that whoever loads it runs, and files that whoever loads it reads (T-52).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

LIMIT_BYTES = 256 * 1024

_CLUSTER = {"server", "certificate-authority-data", "tls-server-name"}
_USER = {"token", "client-certificate-data", "client-key-data"}
_REFUSED = {
    "exec": "names a program to run",
    "auth-provider": "names a program to run",
    "certificate-authority": "names a file; put its content into certificate-authority-data",
    "client-certificate": "names a file; put its content into client-certificate-data",
    "client-key": "names a file; put its content into client-key-data",
    "tokenFile": "names a file; put its content into token",
    "insecure-skip-tls-verify": "would let anyone pose as the cluster",
    "proxy-url": "would send the credentials through a proxy",
    "username": "is a password, which no API server takes any more",
    "password": "is a password, which no API server takes any more",
    "as": "acts as somebody else",
    "as-uid": "acts as somebody else",
    "as-groups": "acts as somebody else",
    "as-user-extra": "acts as somebody else",
}


class BadKubeconfig(ValueError):
    """What is wrong, in words for who gave it; never what it holds."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach an API server, and as whom."""

    server: str
    authority: str | None = None  # PEM; None: the machine's own
    token: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    tls_server_name: str | None = None


def read_kubeconfig(text: str) -> Credentials:
    """Those of the current context. Raises: BadKubeconfig."""
    if len(text.encode()) > LIMIT_BYTES:
        raise BadKubeconfig(f"It is larger than {LIMIT_BYTES // 1024} KiB.")
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        raise BadKubeconfig("It is no YAML.") from None
    document = _mapping(document, "It")
    context = _named(document, "contexts", "context", document.get("current-context"))
    cluster = _named(document, "clusters", "cluster", context.get("cluster"))
    user = _named(document, "users", "user", context.get("user"))
    _require_only(cluster, _CLUSTER, "cluster")
    _require_only(user, _USER, "user")
    authority = _decoded(cluster, "certificate-authority-data")
    credentials = Credentials(
        _server(cluster),
        None if authority is None else authority.decode("ascii", "replace"),
        _text(user, "token"),
        _decoded(user, "client-certificate-data"),
        _decoded(user, "client-key-data"),
        _text(cluster, "tls-server-name"),
    )
    if (credentials.certificate is None) != (credentials.key is None):
        raise BadKubeconfig("A client certificate needs its key, and a key its certificate.")
    if credentials.token is None and credentials.certificate is None:
        raise BadKubeconfig("It has neither a token nor a client certificate.")
    return credentials


def _require_only(fields: Mapping[str, Any], known: set[str], what: str) -> None:
    """What is set to nothing is not set."""
    for name, value in fields.items():
        if name not in known and name != "extensions" and value not in (None, False, ""):
            reason = _REFUSED.get(name, "is not known here")
            raise BadKubeconfig(f"Its {what} has “{str(name)[:40]}”, which {reason}.")


def _server(cluster: Mapping[str, Any]) -> str:
    server = _text(cluster, "server") or ""
    url = urlsplit(server)
    if url.scheme != "https" or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        raise BadKubeconfig("Its server must be an https:// URL.")
    return server.rstrip("/")


def _named(document: Mapping[str, Any], many: str, one: str, name: Any) -> Mapping[str, Any]:
    entries = document.get(many)
    if isinstance(name, str) and isinstance(entries, list):
        for entry in entries:
            if isinstance(entry, dict) and entry.get("name") == name:
                return _mapping(entry.get(one), f"Its {one}")
    raise BadKubeconfig(f"It has no {one} of the name that its current context asks for.")


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadKubeconfig(f"{what} is no mapping of names to values.")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise BadKubeconfig(f"Its {name} is no text.")
    return value


def _decoded(fields: Mapping[str, Any], name: str) -> bytes | None:
    text = _text(fields, name)
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadKubeconfig(f"Its {name} is not in base64.") from None
