"""From settings and secrets to the cluster that they lead to. Nobody is contacted yet."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

from outbound.client import Outbound
from outbound.network import Resolve, system_resolve
from outbound.policy import Policy
from remote.cluster import Failed, RemoteCluster, Step
from remote.kubernetes import RIGHTS, Kubernetes
from remote.link import Link
from remote.quartermaster import Quartermaster
from remote.settings import (
    CLIENT_CERTIFICATE,
    CLIENT_KEY,
    TOKEN,
    KubernetesSettings,
    QuartermasterSettings,
    Settings,
    SlurmSettings,
    require_sound,
)
from remote.slurm import Slurm


def open_cluster(
    settings: Settings,
    secrets: Mapping[str, str],
    policy: Policy,
    resolve: Resolve = system_resolve,
) -> RemoteCluster:
    """Raises: Failed, for what cannot be used."""
    require_sound(settings, secrets)
    outbound = Outbound(policy, tls=_tls(settings.ca_certificate, secrets), resolve=resolve)
    bearer = {"authorization": f"Bearer {secrets[TOKEN]}"} if TOKEN in secrets else {}
    match settings:
        case KubernetesSettings():
            return Kubernetes(Link(outbound, settings.url, bearer, RIGHTS))
        case SlurmSettings():
            signed = {
                "x-slurm-user-name": settings.user_name,
                "x-slurm-user-token": secrets[TOKEN],
            }
            return Slurm(Link(outbound, settings.url, signed, "its nodes and jobs to be read"))
        case QuartermasterSettings():
            named = {"quartermaster-client": "quartermaster", **bearer}
            return Quartermaster(Link(outbound, settings.url, named, "this token to read"))


def _tls(ca_certificate: str | None, secrets: Mapping[str, str]) -> ssl.SSLContext:
    """The system's authorities, or this one alone; with a client's certificate where there is one.

    Raises: Failed.
    """
    try:
        context = ssl.create_default_context(cadata=ca_certificate)
    except (ssl.SSLError, ValueError):
        raise Failed(Step.SETTINGS, "The CA certificate is not one in PEM format.") from None
    if CLIENT_KEY in secrets:
        _load_client(context, secrets[CLIENT_CERTIFICATE] + "\n" + secrets[CLIENT_KEY])
    return context


def _load_client(context: ssl.SSLContext, chain: str) -> None:
    """By way of a file in memory, for `ssl` reads files alone. Raises: Failed."""
    file = os.memfd_create("client", os.MFD_CLOEXEC)
    try:
        os.write(file, chain.encode())
        context.load_cert_chain(f"/proc/self/fd/{file}", password=lambda: b"")
    except (ssl.SSLError, ValueError):
        raise Failed(
            Step.SETTINGS, "The client's certificate and key do not belong together, or are none."
        ) from None
    finally:
        os.close(file)
