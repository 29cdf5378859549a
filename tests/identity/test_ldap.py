"""LDAP against a real directory of 2,000 people: signing in, lists, groups, what goes wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from identity.backend import Failed
from identity.ldap import Ldap, backend
from identity.settings import LdapSettings
from outbound.policy import Policy
from tests.services.proxy import Proxy
from tests.services.slapd import (
    HOST,
    PASSWORD,
    PEOPLE,
    READER_PASSWORD,
    Directory,
    dn,
    group_dn,
)

HERE = Policy.of("127.0.0.0/8 ::1 localhost")


def ldap(settings: LdapSettings, password: str = READER_PASSWORD, policy: Policy = HERE) -> Ldap:
    return Ldap(settings, password, policy)


async def failure(settings: LdapSettings, password: str = READER_PASSWORD) -> Failed:
    with pytest.raises(Failed) as failed:
        await ldap(settings, password).check()
    return failed.value


async def everybody(listed: Ldap, search: str | None = None, group: str | None = None) -> list[str]:
    names, after = list[str](), None
    while True:
        page = await listed.people(search, group, after)
        names += [person.name for person in page.people]
        after = page.after
        if after is None:
            assert not page.is_cut
            return names


@pytest.mark.spec("CRED-1")
@pytest.mark.parametrize("way", ["ldaps", "start_tls"])
async def test_a_person_signs_in_over_ldaps_and_over_starttls(
    directory: Directory, way: str
) -> None:
    settings = directory.settings() if way == "ldaps" else directory.start_tls()
    person = await ldap(settings).authenticate("ADA", PASSWORD)
    assert person is not None
    assert (person.name, person.display_name) == ("ada", "Person ada")
    assert len(person.subject) == 36  # an entryUUID
    assert await ldap(settings).authenticate("ada", "wrong") is None
    assert await ldap(settings).authenticate("nobody", PASSWORD) is None


@pytest.mark.spec("T-10")
@pytest.mark.parametrize("password", ["", " ", "\t", "\0", "\0\0", "right\0", "\u00ad", "\u200b"])
async def test_an_empty_password_signs_nobody_in_where_the_directory_allows_it(
    directory: Directory, password: str
) -> None:
    name = dn("ada").encode()
    request = b"\x02\x01\x03\x04" + bytes([len(name)]) + name + b"\x80\x00"  # RFC 4511, 4.2
    message = b"\x02\x01\x01\x60" + bytes([len(request)]) + request
    trusting = ssl.create_default_context(cadata=directory.certificate)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", directory.tls_port, ssl=trusting, server_hostname=HOST
    )
    writer.write(b"\x30" + bytes([len(message)]) + message)
    assert b"\x61\x07\x0a\x01\x00" in await reader.read(100), "a success, says the directory"
    writer.close()
    assert await ldap(directory.settings()).authenticate("ada", password) is None


@pytest.mark.spec("T-11")
@pytest.mark.parametrize(
    "name",
    [
        "*",
        "a*",
        "ad*",
        "x)(uid=*",
        "ada)(|(uid=*",
        "ada)(objectClass=*",
        "\\00",
        "a\\64a",
        "(",
        ")",
    ],
)
async def test_a_name_is_a_name_and_no_filter(directory: Directory, name: str) -> None:
    assert await ldap(directory.settings()).authenticate(name, PASSWORD) is None


@pytest.mark.spec("T-11")
async def test_a_name_that_two_entries_bear_signs_neither_in(directory: Directory) -> None:
    assert await ldap(directory.settings()).authenticate("twin", PASSWORD) is None
    assert await ldap(directory.settings()).authenticate("twin2", PASSWORD) is not None


async def test_a_disabled_account_of_active_directory_cannot_sign_in_and_counts_as_gone(
    directory: Directory,
) -> None:
    active = ldap(directory.active())
    assert await active.authenticate("gone", PASSWORD) is None
    guids = {name: str(directory.guids[name]) for name in ("ada", "gone")}
    found = await active.look_up(
        [guids["ada"], guids["gone"], "00000000-0000-0000-0000-000000000000"]
    )
    assert [person and person.name for person in found.values()] == ["ada", None, None]
    person = await active.authenticate("ada", PASSWORD)
    assert person is not None
    assert person.subject == guids["ada"]


async def test_all_two_thousand_people_are_listed_page_by_page(directory: Directory) -> None:
    listed = ldap(directory.settings())
    names = await everybody(listed)
    assert len(names) == PEOPLE + 3  # without who is disabled
    assert names == sorted(names)
    first = await listed.people()
    assert len(first.people) == backend.PAGE
    assert await everybody(listed, "person u12") == [f"u12{n:02}" for n in range(100)]
    assert await everybody(listed, "*") == []


async def test_a_list_that_is_too_long_says_that_it_is_cut(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "MOST_LISTED", 700)
    listed = ldap(directory.settings())
    page = await listed.people()
    assert page.is_cut


@pytest.mark.spec("USER-2")
@pytest.mark.parametrize("member_attribute", ["member", "memberOf"])
async def test_the_people_of_a_group_are_those_of_the_groups_within_it_too(
    directory: Directory, member_attribute: str
) -> None:
    listed = ldap(directory.settings(member_attribute=member_attribute))
    names = await everybody(listed, group=group_dn("research"))
    assert names == ["ada", *(f"u{n:04}" for n in range(30)), "u0031", "u0032"]
    assert await everybody(listed, "u003", group_dn("research")) == ["u0031", "u0032"]


@pytest.mark.spec("USER-2")
async def test_large_posix_and_stale_groups_have_their_people(directory: Directory) -> None:
    assert len(await everybody(ldap(directory.settings()), group=group_dn("all"))) == PEOPLE
    unix = ldap(directory.settings(member_attribute="memberUid"))
    assert await everybody(unix, group=group_dn("unix")) == ["u0003", "u0004"]
    assert await everybody(ldap(directory.settings()), group=group_dn("stale")) == ["u0001"]


@pytest.mark.spec("USER-2")
async def test_groups_are_listed_and_searched(directory: Directory) -> None:
    listed = ldap(directory.settings())
    names = [group.name for group in await listed.groups()]
    assert names == ["all", "deep", "research", "stale", "unix", "vision"]
    assert [group.key for group in await listed.groups("sear")] == [group_dn("research")]


@pytest.mark.spec("CRED-2")
async def test_a_check_says_what_it_did(directory: Directory) -> None:
    done = await ldap(directory.settings()).check()
    assert len(done) == 5
    assert READER_PASSWORD not in " ".join(done)


@pytest.mark.spec("CRED-2")
async def test_a_failed_check_names_its_step_and_why(directory: Directory) -> None:
    wrong = await failure(directory.settings(), "not the reader's")
    assert (wrong.step, "password is wrong" in str(wrong)) == ("bind", True)
    assert (await failure(directory.settings(url=f"ldaps://{HOST}:1"))).step == "connect"
    assert (await failure(directory.settings(url="ldap://localhost/dc=x"))).step == "settings"
    assert (await failure(directory.settings(base_dn="dc=nowhere"))).step == "search users"
    nobody = await failure(directory.settings(user_filter="(objectClass=device)"))
    assert nobody.step == "search users"
    assert (await failure(directory.settings(user_filter="(uid=*))("))).step == "search users"
    assert (await failure(directory.settings(subject_attribute="objectGUIDx"))).step == (
        "search users"
    )
    assert (await failure(directory.settings(group_filter="((x"))).step == "search groups"


async def test_that_everybody_is_gone_is_not_believed_of_an_account_that_reads_nothing(
    directory: Directory,
) -> None:
    with pytest.raises(Failed):
        await ldap(directory.settings(user_filter="(objectClass=device)")).look_up(["x"])


@pytest.mark.spec("T-12")
@pytest.mark.parametrize("way", ["ldaps", "start_tls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    directory: Directory, way: str
) -> None:
    settings = directory.settings if way == "ldaps" else directory.start_tls
    failed = await failure(settings(ca_certificate=None))
    assert failed.step == "tls"
    assert "self-signed" in str(failed)


@pytest.mark.spec("T-12")
async def test_a_certificate_of_another_name_is_refused(
    directory: Directory, tmp_path: Path
) -> None:
    failed = await failure(directory.settings(url=f"ldaps://127.0.0.1:{directory.tls_port}"))
    assert failed.step == "tls"


@dataclass
class Stripper:
    """Stands in the way and says to StartTLS what it likes, with no TLS to follow."""

    code: int
    port: int = 0
    heard: bytearray = field(default_factory=bytearray)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            self.heard += data
            answer = bytes([0x78, 7, 0x0A, 1, self.code, 4, 0, 4, 0])  # RFC 4511: ExtendedResponse
            message = bytes([2, 1, data[4]]) + answer
            writer.write(bytes([0x30, len(message)]) + message)
        writer.close()


@asynccontextmanager
async def stripper(code: int) -> AsyncIterator[Stripper]:
    strips = Stripper(code)
    async with await asyncio.start_server(strips.talk, "127.0.0.1", 0) as server:
        strips.port = server.sockets[0].getsockname()[1]
        yield strips


@pytest.mark.spec("T-12")
@pytest.mark.parametrize("code", [0, 2])  # success, protocolError
async def test_where_starttls_is_stripped_nothing_is_sent_in_plain_text(
    directory: Directory, code: int
) -> None:
    async with stripper(code) as strips:
        failed = await failure(directory.start_tls(strips.port))
    assert failed.step == "tls"
    assert b"1.3.6.1.4.1.1466.20037" in strips.heard
    assert READER_PASSWORD.encode() not in strips.heard
    assert b"reader" not in strips.heard


@pytest.mark.spec("T-44")
async def test_a_directory_that_hangs_is_given_up_in_time_and_holds_no_thread(
    directory: Directory,
    proxy_to: Callable[[int | Path], Proxy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backend, "SIGN_IN_SECONDS", 0.5)
    proxy = proxy_to(directory.tls_port)
    proxy.hang()
    hung = ldap(directory.settings(url=f"ldaps://{HOST}:{proxy.port}"))
    attempts = (hung.authenticate("ada", PASSWORD) for _ in range(20))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert {type(one) for one in outcomes} == {Failed}
    monkeypatch.setattr(backend, "SIGN_IN_SECONDS", 8.0)
    assert await ldap(directory.settings()).authenticate("ada", PASSWORD) is not None


@pytest.mark.spec("T-42")
async def test_a_host_that_may_not_be_called_is_not(directory: Directory) -> None:
    for policy in (Policy(), Policy.of("localhost")):
        settings = directory.settings(url=f"ldaps://127.0.0.1:{directory.tls_port}")
        with pytest.raises(Failed) as failed:
            await ldap(settings, policy=policy).check()
        assert failed.value.step == "connect"
