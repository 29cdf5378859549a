"""A kubeconfig that somebody pasted, read into the few fields that are used here, and no others.

A kubeconfig can name commands to run, files to read, proxies, and certificates not to be checked
(GHSA-vvmq-fwmg-2gjc). What is not on the lists below is refused by its name, in every user and
cluster of the file, so nothing of it is ever carried out or kept.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import yaml

from remote.cluster import Failed, Step
from remote.settings import CLIENT_CERTIFICATE, CLIENT_KEY, TOKEN, KubernetesSettings

MAX_LENGTH = 64 * 1024
DEEPEST = 12
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""By libyaml where it is there, which is many times as fast; plain values only, either way."""
MINIFY = "Make one with: kubectl config view --minify --flatten"

TOP = frozenset(
    {"apiVersion", "kind", "clusters", "contexts", "users", "current-context", "preferences"}
    | {"extensions"}
)
ENTRIES = {"clusters": "cluster", "users": "user", "contexts": "context"}
ALLOWED = {
    "cluster": frozenset(
        {"server", "certificate-authority-data", "disable-compression", "extensions"}
    ),
    "user": frozenset({"token", "client-certificate-data", "client-key-data", "extensions"}),
    "context": frozenset({"cluster", "user", "namespace", "extensions"}),
}
DANGEROUS = {
    "exec": "names a command to run",
    "auth-provider": "names a command to run",
    "certificate-authority": "names a file",
    "client-certificate": "names a file",
    "client-key": "names a file",
    "tokenFile": "names a file",
    "insecure-skip-tls-verify": "turns the check of the certificate off",
    "proxy-url": "leads through a proxy",
    "tls-server-name": "has the certificate checked for another name",
    "username": "signs in by password, which Kubernetes no longer does",
    "password": "signs in by password, which Kubernetes no longer does",
    "as": "acts as somebody else",
    "as-uid": "acts as somebody else",
    "as-groups": "acts as somebody else",
    "as-user-extra": "acts as somebody else",
}
_Map = dict[str, Any]


def read_kubeconfig(text: str) -> tuple[KubernetesSettings, dict[str, str]]:
    """The settings and secrets of its current context. Raises: Failed."""
    config = _parsed(text)
    _require_known(config, TOP, "The kubeconfig")
    found = {kind: _entries(config, listed, kind) for listed, kind in ENTRIES.items()}
    context = _named(found["context"], config.get("current-context"), "current-context")
    cluster = _named(found["cluster"], context.get("cluster"), "cluster")
    user = _named(found["user"], context.get("user"), "user")
    server = cluster.get("server")
    if not isinstance(server, str):
        raise _refused("The cluster has no server.")
    ca = cluster.get("certificate-authority-data")
    settings = KubernetesSettings(
        server, None if ca is None else _pem(ca, "certificate-authority-data")
    )
    return settings, _secrets(user)


def _parsed(text: str) -> _Map:
    if len(text) > MAX_LENGTH:
        raise _refused(f"It has more than {MAX_LENGTH // 1024} KiB.")
    try:
        _require_plain(text)
        config = yaml.load(text, Loader)  # noqa: S506 (a safe one)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _refused("It is not YAML, or has more in it than plain values.") from None
    if not isinstance(config, dict):
        raise _refused("It is no kubeconfig.")
    return config


def _require_plain(text: str) -> None:
    """Before anything is made of it: aliases multiply, and deep nesting takes a long time to read.

    Raises: Failed, yaml.YAMLError.
    """
    depth = 0
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused("It has YAML aliases, which no kubeconfig needs.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refused("It is nested deeper than any kubeconfig.")


def _entries(config: _Map, listed: str, kind: str) -> dict[str, _Map]:
    """By name. All are looked at, also those that are not used."""
    entries = config.get(listed)
    if not isinstance(entries, list):
        raise _refused(f"It has no list of {listed}.")
    found: dict[str, _Map] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise _refused(f"One of its {listed} has no name.")
        _require_known(entry, frozenset({"name", kind}), f"One of its {listed}")
        values = entry.get(kind)
        if not isinstance(values, dict):
            raise _refused(f"One of its {listed} is empty.")
        _require_known(values, ALLOWED[kind], f"Its {kind}")
        found[entry["name"]] = values
    return found


def _require_known(values: Mapping[Any, object], allowed: frozenset[str], what: str) -> None:
    for key in values:
        if key in allowed:
            continue
        if isinstance(key, str) and key in DANGEROUS:
            raise _refused(f'{what} has "{key}", which {DANGEROUS[key]}: that is not done here.')
        raise _refused(f"{what} has a field that is not used here.")


def _named(entries: Mapping[str, _Map], name: object, what: str) -> _Map:
    if not isinstance(name, str) or name not in entries:
        raise _refused(f"Its {what} names nothing that it has.")
    return entries[name]


def _secrets(user: _Map) -> dict[str, str]:
    token = user.get("token")
    if isinstance(token, str) and token:
        return {TOKEN: token.strip()}
    certificate, key = user.get("client-certificate-data"), user.get("client-key-data")
    if certificate is None or key is None:
        raise _refused("The user has neither a token nor a client certificate with its key.")
    return {
        CLIENT_CERTIFICATE: _pem(certificate, "client-certificate-data"),
        CLIENT_KEY: _pem(key, "client-key-data"),
    }


def _pem(data: object, what: str) -> str:
    try:
        text = base64.b64decode(data if isinstance(data, str) else "", validate=True).decode(
            "ascii"
        )
    except (binascii.Error, ValueError):
        text = ""
    if "-----BEGIN " not in text:
        raise _refused(f"Its {what} is no PEM in base64.")
    return text


def _refused(reason: str) -> Failed:
    return Failed(Step.SETTINGS, f"{reason} {MINIFY}")
