"""OpenLDAP's own server from Debian's package, with people and groups in it, on ports of its own.

It allows the unauthenticated bind (RFC 4513, 5.1.2), as careless directories do, and answers on
plain LDAP with StartTLS and on LDAPS, under a certificate of the tests' own authority.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ldap3
import pytest

from identity.settings import LdapSettings
from tests.services.certificates import server_certificate
from tests.services.debian import unpacked
from tests.services.process import end, free_port, spawn, wait_until

PACKAGES = (
    "slapd",
    "libldap-2.5-0",
    "libltdl7",
    "libodbc2",
    "libperl5.36",
    "libsasl2-2",
    "libwrap0",
    "libargon2-1",
)
BASE = "dc=example,dc=org"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "the reader's own"
PASSWORD = "right"
PEOPLE = 2_000
HOST = "localhost"
DISABLED = 0x200 | 0x2

SCHEMA = """
attributetype ( 1.3.6.1.4.1.55555.1.1 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.3 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.55555.2.1 NAME 'activePerson' SUP top AUXILIARY
  MAY ( sAMAccountName $ objectGUID $ userAccountControl ) )
"""
"""What of Active Directory's schema we read, with the matching rules that it has there."""

CONFIGURATION = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
include {root}/etc/ldap/schema/nis.schema
include {folder}/active.schema
pidfile {folder}/pid
argsfile {folder}/args
modulepath {root}/usr/lib/ldap
moduleload back_mdb
moduleload memberof
allow bind_anon_cred bind_anon_dn
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited
TLSCertificateFile {folder}/{host}.crt
TLSCertificateKeyFile {folder}/{host}.key
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root
directory {folder}/data
maxsize 268435456
dbnosync
index objectClass,uid,cn,entryUUID,sAMAccountName,objectGUID,memberOf eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn="{reader}" read by self read by * none
overlay memberof
"""


@dataclass
class Directory:
    """2,000 people, u0000 to u1999, and ada; groups within groups; some odd ones."""

    port: int
    tls_port: int
    certificate: str
    guids: dict[str, uuid.UUID]

    def settings(self, **given: Any) -> LdapSettings:
        """LDAPS, with the tests' authority."""
        return LdapSettings(
            **{
                "url": f"ldaps://{HOST}:{self.tls_port}",
                "ca_certificate": self.certificate,
                "bind_dn": READER,
                "base_dn": BASE,
                "user_filter": "(objectClass=inetOrgPerson)",
                **given,
            }
        )

    def start_tls(self, port: int | None = None, **given: Any) -> LdapSettings:
        return self.settings(url=f"ldap://{HOST}:{port or self.port}", **given)

    def active(self, **given: Any) -> LdapSettings:
        """As an Active Directory is described."""
        return self.settings(
            user_attribute="sAMAccountName", subject_attribute="objectGUID", **given
        )


def dn(name: str) -> str:
    return f"uid={name},ou=people,{BASE}"


def group_dn(name: str) -> str:
    return f"cn={name},ou=groups,{BASE}"


def _content(guids: dict[str, uuid.UUID]) -> str:
    entries = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example",
        f"dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
        f"cn: reader\nuserPassword: {READER_PASSWORD}",
        *(f"dn: ou={one},{BASE}\nobjectClass: organizationalUnit" for one in ("people", "groups")),
    ]
    names = [f"u{number:04}" for number in range(PEOPLE)] + ["ada", "gone", "twin", "twin2"]
    for name in names:
        guids[name] = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        control = DISABLED if name == "gone" else 0x200
        account = "twin" if name.startswith("twin") else name
        other = "\nuid: twin" if name == "twin2" else ""
        guid = "".join(f"{byte:02x}" for byte in guids[name].bytes_le)
        entries.append(
            f"dn: {dn(name)}\nobjectClass: inetOrgPerson\nobjectClass: activePerson\n"
            f"uid: {name}{other}\ncn: Person {name}\nsn: {name}\nuserPassword: {PASSWORD}\n"
            f"sAMAccountName: {account}\nuserAccountControl: {control}\n"
            f"objectGUID:: {_base64(bytes.fromhex(guid))}"
        )
    return "\n\n".join(entries) + "\n"


GROUPS = {
    "deep": [dn("u0032")],
    "vision": [dn("ada"), dn("u0031"), group_dn("deep")],
    "research": [*(dn(f"u{number:04}") for number in range(30)), group_dn("vision")],
    "all": [dn(f"u{number:04}") for number in range(PEOPLE)],
    "stale": [dn("u0001"), dn("who-left")],
}


def _add_groups(port: int) -> None:
    """By the server itself, whose overlay writes memberOf beside each member."""
    tls = ldap3.Tls(validate=ssl.CERT_NONE)
    server = ldap3.Server("127.0.0.1", port, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    with ldap3.Connection(server, f"cn=root,{BASE}", "root", raise_exceptions=True) as root:
        for name, members in GROUPS.items():
            root.add(group_dn(name), "groupOfNames", {"cn": name, "member": members})
        ring = {"member": [(ldap3.MODIFY_ADD, [group_dn("research")])]}
        root.modify(group_dn("deep"), ring)
        unix = {"cn": "unix", "gidNumber": 7, "memberUid": ["u0003", "u0004", "nobody"]}
        root.add(group_dn("unix"), "posixGroup", unix)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """Nobody changes it: it is shared by all tests of a run."""
    root, folder = unpacked(*PACKAGES), tmp_path_factory.mktemp("slapd")
    libraries = root / "usr" / "lib" / f"{os.uname().machine}-linux-gnu"
    environment = {"LD_LIBRARY_PATH": str(libraries), "PATH": os.environ["PATH"]}
    (folder / "data").mkdir()
    _, certificate = server_certificate(folder, HOST)
    guids: dict[str, uuid.UUID] = {}
    (folder / "active.schema").write_text(SCHEMA)
    configuration = folder / "slapd.conf"
    configuration.write_text(
        CONFIGURATION.format(root=root, folder=folder, host=HOST, base=BASE, reader=READER)
    )
    content = folder / "content.ldif"
    content.write_text(_content(guids))
    # One program under several names: the name says what it does.
    slapadd = folder / "slapadd"
    slapadd.symlink_to(root / "usr" / "sbin" / "slapd")
    _run([str(slapadd), "-q", "-f", str(configuration), "-l", str(content)], environment)
    port, tls_port = free_port(), free_port()
    urls = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    command = [str(root / "usr" / "sbin" / "slapd"), "-f", str(configuration), "-h", urls, "-d0"]
    log = folder / "log"
    process = spawn(command, log, environment)
    try:
        wait_until(lambda: _accepts(port) and _accepts(tls_port), "slapd listens", log)
        _add_groups(tls_port)
        yield Directory(port, tls_port, certificate.read_text(), guids)
    finally:
        end(process, signal.SIGTERM)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
