"""Which URLs and addresses may be called.

Refused unless the installation allows them: loopback, link-local (and with it the metadata of
clouds), shared address space (CGNAT), multicast, unspecified and reserved addresses, in whatever
IPv6 form they are wrapped; names that only a search list or a cluster's DNS completes. Private
addresses (RFC 1918, RFC 4193) are allowed: the clusters and servers of an installation live there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

from outbound.failures import Code, OutboundFailed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORBIDDEN: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network: 0.0.0.0 is this machine
        "100.64.0.0/10",  # shared address space; 100.100.100.200 is a cloud's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, at a public address
        "169.254.0.0/16",  # link-local; 169.254.169.254 is most clouds' metadata
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a cloud's metadata
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "64:ff9b:1::/48",  # local translation to IPv4
        "100::/64",  # discarded
        "2001::/32",  # Teredo: an IPv4 address within, masked
        "fd00:ec2::/32",  # a cloud's metadata and name servers
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
TRANSLATED = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")

CLUSTER_NAMES = (".svc", ".local", ".localhost", ".internal", ".localdomain")
"""Names that a cluster, a machine or a cloud answers itself."""
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
LOOKS_NUMERIC = re.compile(r"(\d+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Policy:
    """`allowed_*`: what is called although the rules above refuse it."""

    allowed_networks: tuple[Network, ...] = ()
    allowed_hosts: frozenset[str] = field(default=frozenset())
    allows_http: bool = False

    @classmethod
    def of(cls, allowed: str, *, allows_http: bool = False) -> Policy:
        """From a list such as `100.64.0.0/10, hooks.team.svc`, commas or spaces between.

        Raises: ValueError, which names the entry that is neither a network nor a host.
        """
        networks, hosts = list[Network](), set[str]()
        for entry in allowed.replace(",", " ").lower().split():
            try:
                networks.append(ip_network(entry))
            except ValueError:
                host = entry.rstrip(".")
                if not HOST_NAME.fullmatch(host) or _ends_in_a_number(host):
                    raise ValueError(f"{entry!r} is neither a network nor a host") from None
                hosts.add(host)
        return cls(tuple(networks), frozenset(hosts), allows_http)

    def require_url(self, url: httpx.URL) -> None:
        """What can be told of a URL before its name is looked up. Raises: OutboundFailed."""
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise OutboundFailed(Code.BAD_URL)
        if url.scheme == "http" and not self.allows_http:
            raise OutboundFailed(Code.HTTPS_REQUIRED)
        self.require_host(host_of(url))

    def require_host(self, host: str) -> None:
        """Raises: OutboundFailed."""
        literal = as_address(host)
        if literal is not None:
            self.require_address(host, literal)
            return
        if not HOST_NAME.fullmatch(host) or len(host) > 253 or _ends_in_a_number(host):
            raise OutboundFailed(Code.BAD_URL)
        if host in self.allowed_hosts:
            return
        if "." not in host or host.endswith(CLUSTER_NAMES):
            raise OutboundFailed(Code.HOST_FORBIDDEN)

    def require_address(self, host: str, address: Address) -> None:
        """Of a host that was found there. Raises: OutboundFailed."""
        if host in self.allowed_hosts:
            return
        for form in _forms(address):
            if any(form in network for network in self.allowed_networks):
                continue
            if any(form in network for network in FORBIDDEN):
                raise OutboundFailed(Code.ADDRESS_FORBIDDEN)


def parse(text: str) -> httpx.URL:
    """Raises: OutboundFailed where it is none, or not plainly written."""
    if not text.isprintable() or any(character in text for character in " \\"):
        raise OutboundFailed(Code.BAD_URL)
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise OutboundFailed(Code.BAD_URL) from None


def host_of(url: httpx.URL) -> str:
    """As it is looked up: in ASCII, lower case, without brackets and the dot at its end."""
    return url.raw_host.decode("ascii").lower().strip("[]").removesuffix(".")


def as_address(host: str) -> Address | None:
    """The address that a host is, where it is one; with a zone it is link-local and forbidden.

    Raises: OutboundFailed.
    """
    if "%" in host:
        raise OutboundFailed(Code.ADDRESS_FORBIDDEN)
    try:
        return ip_address(host)
    except ValueError:
        return None


def _forms(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address that it leads to."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in TRANSLATED or (address in COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _ends_in_a_number(host: str) -> bool:
    """As other spellings of IPv4 addresses do (2130706433, 0x7f.1), and no name of the DNS."""
    return LOOKS_NUMERIC.fullmatch(host.rpartition(".")[2]) is not None
