"""What Active Directory is asked: no such server runs here, so its questions are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from identity.ldap.entries import People
from identity.ldap.link import Entry, Link
from identity.ldap.members import ACTIVE_DIRECTORY, members
from identity.settings import LdapSettings

SETTINGS = LdapSettings(
    url="ldaps://dc1.example.org",
    bind_dn="cn=reader,dc=example,dc=org",
    base_dn="dc=example,dc=org",
    user_attribute="sAMAccountName",
    subject_attribute="objectGUID",
)
GUID = bytes(range(16))


class FakeLink:
    """Answers as a domain controller: what it can do, and one person for whatever is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, base: str, filter: str, *given: Any, **named: Any) -> Iterator[Entry]:
        if base == "":
            yield Entry("", {"supportedcapabilities": [ACTIVE_DIRECTORY.encode()]})
            return
        self.asked.append(filter)
        yield Entry("cn=ada", {"objectguid": [GUID], "samaccountname": [b"ada"]})


@pytest.mark.spec("USER-2")
async def test_the_server_itself_finds_the_members_of_members() -> None:
    link = FakeLink()
    group = r"cn=a\2c (b),dc=example,dc=org"
    found = list(members(cast(Link, link), SETTINGS, group, 10))
    assert len(found) == 1
    (asked,) = link.asked
    escaped = r"cn=a\5c2c \28b\29,dc=example,dc=org"
    assert f"(memberOf:1.2.840.113556.1.4.1941:={escaped})" in asked


async def test_a_binary_guid_is_known_by_the_text_that_windows_shows_and_found_by_it() -> None:
    people = People(SETTINGS)
    person = people.person(Entry("cn=ada", {"objectguid": [GUID], "samaccountname": [b"ada"]}))
    assert person is not None
    assert person.subject == "03020100-0504-0706-0809-0a0b0c0d0e0f"
    escaped = "".join(f"\\{byte:02x}" for byte in GUID)
    assert f"(objectGUID={escaped})" in people.of_subjects([person.subject])


@pytest.mark.parametrize(("control", "may"), [(b"512", True), (b"514", False), (b"66050", False)])
async def test_a_disabled_account_is_nobody(control: bytes, may: bool) -> None:
    entry = Entry(
        "cn=ada",
        {"objectguid": [GUID], "samaccountname": [b"ada"], "useraccountcontrol": [control]},
    )
    assert (People(SETTINGS).person(entry) is not None) is may
