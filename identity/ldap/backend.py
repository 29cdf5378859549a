"""The backend: each call opens a connection of its own, on a thread, within a deadline."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

from ldap3.core.exceptions import LDAPException
from ldap3.utils.dn import parse_dn

from identity.backend import BackendKind, DirectoryGroup, Failed, People, Person
from identity.ldap import entries
from identity.ldap.entries import like_group
from identity.ldap.link import Cut, Entry, Link, Target, is_dn
from identity.ldap.members import members
from identity.settings import LdapSettings
from outbound.failures import OutboundFailed
from outbound.network import Resolve, checked_addresses, system_resolve
from outbound.policy import Policy

T = TypeVar("T")

DEFAULT_PORTS = {"ldaps": 636, "ldap": 389}
SIGN_IN_SECONDS = 8.0
LIST_SECONDS = 30.0
MOST_LISTED = 20_000
MOST_GROUPS_LISTED = 5_000
PAGE = 200
KEPT_SECONDS = 120.0
"""A list that is being paged through stays as it was when its first page was read."""
AT_ONCE = 100

_sign_ins = ThreadPoolExecutor(max_workers=8, thread_name_prefix="ldap-sign-in")
_lists = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ldap-list")
"""Apart, so that a slow list keeps nobody from signing in."""


class Ldap:
    kind = BackendKind.LDAP

    def __init__(
        self,
        settings: LdapSettings,
        bind_password: str,
        policy: Policy,
        *,
        resolve: Resolve = system_resolve,
    ) -> None:
        """Raises: Failed, for settings that cannot work."""
        self._settings = settings
        self._password = bind_password
        self._policy = policy
        self._resolve = resolve
        self._people = entries.People(settings)
        self._host, self._port, self._is_ldaps = _place(settings.url)
        self._context = _trusting(settings.ca_certificate)
        self.issuer = _directory(settings)
        self._kept: dict[tuple[str | None, str | None], tuple[float, list[Person], bool]] = {}

    async def authenticate(self, name: str, password: str) -> Person | None:
        """Raises: Failed."""
        if not password.strip() or "\0" in password:
            return None

        def work(link: Link) -> Person | None:
            self._bind(link)
            found = self._found(link, name)
            # Who is not there is bound as too, so that it takes as long.
            nobody = f"cn={secrets.token_hex(8)},{self._settings.base_dn}"
            person = None if found is None else self._people.person(found)
            dn = found.dn if found is not None else nobody
            return person if link.bind(dn, password) else None

        return await self._on_thread(_sign_ins, SIGN_IN_SECONDS, work)

    async def check(self) -> Sequence[str]:
        """Raises: Failed."""

        def work(link: Link) -> list[str]:
            where = f"{self._host}:{self._port}"
            done = [f"Connected to {where}", f"The certificate is {self._host}'s, by TLS"]
            self._bind(link)
            done.append(f"Bound as {self._settings.bind_dn}")
            people = self._some(link, self._people.all(), 50)
            self._require_people(people)
            done.append(f"Found people, {_examples(people, self._settings.user_attribute)}")
            groups = self._groups(link, like_group(self._settings, None), 50)
            names = _examples(groups, self._settings.group_attribute)
            done.append(f"Found groups, {names}" if groups else "Found no groups")
            return done

        return await self._on_thread(_sign_ins, SIGN_IN_SECONDS, work)

    async def people(
        self, search: str | None = None, group: str | None = None, after: str | None = None
    ) -> People:
        """By name. A first page is read anew, the next ones go on in what was read then."""
        key = (search, group)
        read_at, listed, is_cut = self._kept.get(key, (0.0, [], False))
        if after is None or time.monotonic() - read_at > KEPT_SECONDS:
            listed, is_cut = await self._on_thread(
                _lists, LIST_SECONDS, lambda link: self._list(link, search, group)
            )
            now = time.monotonic()
            self._kept = {
                one: kept for one, kept in self._kept.items() if now - kept[0] < KEPT_SECONDS
            } | {key: (now, listed, is_cut)}
        start = int(after) if after is not None and after.isdecimal() else 0
        rest = start + PAGE
        return People(listed[start:rest], str(rest) if rest < len(listed) else None, is_cut)

    async def groups(self, search: str | None = None) -> Sequence[DirectoryGroup]:
        def work(link: Link) -> list[DirectoryGroup]:
            self._bind(link)
            found = self._groups(link, like_group(self._settings, search), MOST_GROUPS_LISTED)
            named = ((one.dn, one.text(self._settings.group_attribute)) for one in found)
            return sorted(
                (DirectoryGroup(dn, name) for dn, name in named if name is not None),
                key=lambda group: (group.name.casefold(), group.key),
            )

        return await self._on_thread(_lists, LIST_SECONDS, work)

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        def work(link: Link) -> Mapping[str, Person | None]:
            self._bind(link)
            found: dict[str, Person | None] = dict.fromkeys(subjects)
            for start in range(0, len(subjects), AT_ONCE):
                some = self._people.of_subjects(subjects[start : start + AT_ONCE])
                for entry in self._some(link, some, 2 * AT_ONCE):
                    person = self._people.person(entry)
                    if person is not None and person.subject in found:
                        found[person.subject] = person
            if not any(found.values()):
                # That all have left is more likely an account that may not read any more.
                self._require_people(self._some(link, self._people.all(), 50))
            return found

        return await self._on_thread(_lists, LIST_SECONDS, work) if subjects else {}

    async def close(self) -> None:
        self._kept = {}

    def _bind(self, link: Link) -> None:
        if not link.bind(self._settings.bind_dn, self._password):
            raise Failed("bind", f"{self._settings.bind_dn} or its password is wrong.")

    def _found(self, link: Link, name: str) -> Entry | None:
        """Exactly one, else nobody."""
        found = self._some(link, self._people.named(name), 1)
        return found[0] if len(found) == 1 else None

    def _list(self, link: Link, search: str | None, group: str | None) -> tuple[list[Person], bool]:
        self._bind(link)
        people, is_cut = dict[str, Person](), False
        sought = self._people.like(search) if search and search.strip() else self._people.all()
        found = (
            link.search(
                self._settings.base_dn,
                sought,
                self._people.attributes,
                scope=self._settings.scope,
                most=MOST_LISTED,
                step="search users",
            )
            if group is None
            else members(link, self._settings, group, MOST_LISTED)
        )
        try:
            for entry in found:
                person = self._people.person(entry)
                if person is not None and (group is None or _is_like(person, search)):
                    people[person.subject] = person
        except Cut:
            is_cut = True
        return sorted(people.values(), key=lambda one: (one.name.casefold(), one.subject)), is_cut

    def _some(self, link: Link, filter: str, most: int) -> list[Entry]:
        """Up to one more than `most`: that there are more is told by their number."""
        found = list[Entry]()
        try:
            for entry in link.search(
                self._settings.base_dn,
                filter,
                self._people.attributes,
                scope=self._settings.scope,
                most=most + 1,
                step="search users",
            ):
                found.append(entry)
        except Cut:
            pass
        return found

    def _groups(self, link: Link, filter: str, most: int) -> list[Entry]:
        found = list[Entry]()
        try:
            for entry in link.search(
                self._settings.base_dn,
                filter,
                [self._settings.group_attribute],
                most=most,
                step="search groups",
            ):
                found.append(entry)
        except Cut:
            pass
        return found

    def _require_people(self, found: Sequence[Entry]) -> None:
        settings = self._settings
        if not found:
            raise Failed(
                "search users",
                f"Nobody is found below {settings.base_dn} by the filter {settings.user_filter}.",
            )
        if not any(self._people.person(entry) for entry in found):
            raise Failed(
                "search users",
                f"People are found, but none who may sign in and has {settings.user_attribute} "
                f"and {settings.subject_attribute}.",
            )

    async def _on_thread(
        self, threads: ThreadPoolExecutor, seconds: float, work: Callable[[Link], T]
    ) -> T:
        """Raises: Failed."""
        link: Link | None = None
        try:
            async with asyncio.timeout(seconds):
                link = Link(await self._target())
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(threads, _carry_out, link, work)
        except TimeoutError:
            where = f"{self._host}:{self._port}"
            step = link.step if link else "connect"
            raise Failed(step, f"{where} did not answer in time.") from None
        finally:
            if link is not None:
                link.cut()  # the thread, if it is still at it, ends with its connection

    async def _target(self) -> Target:
        try:
            found = await checked_addresses(self._policy, self._resolve, self._host, self._port)
        except OutboundFailed as failed:
            raise Failed("connect", failed.code.value) from None
        addresses = [str(address) for address in found]
        return Target(self._host, self._port, addresses, self._is_ldaps, self._context)


def _carry_out(link: Link, work: Callable[[Link], T]) -> T:
    try:
        link.open()
        return work(link)
    finally:
        link.close()


def _place(url: str) -> tuple[str, int, bool]:
    """Raises: Failed."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        host = parts.hostname
    except ValueError:
        host, port = None, 0
    if not host or not port or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise Failed("settings", "The URL is ldaps://HOST, or ldap://HOST, which begins TLS.")
    return host.lower().removesuffix("."), port, parts.scheme == "ldaps"


def _trusting(certificate: str | None) -> ssl.SSLContext:
    """Raises: Failed."""
    try:
        return ssl.create_default_context(cadata=certificate or None)
    except (ssl.SSLError, ValueError):
        raise Failed("settings", "The authority's certificate is not one in PEM.") from None


def _directory(settings: LdapSettings) -> str:
    """Its suffix and what tells people apart there: the same whichever of its servers answers.

    Raises: Failed.
    """
    if not is_dn(settings.base_dn) or not is_dn(settings.bind_dn):
        raise Failed("settings", "The base and the account to bind as are DNs: dc=example,dc=org.")
    try:
        parts = parse_dn(settings.base_dn.lower())
    except LDAPException:
        parts = []
    domain = [f"dc={value}" for name, value, _ in parts if name == "dc"]
    suffix = ",".join(domain) or settings.base_dn.lower()
    return f"ldap:{suffix}?{settings.subject_attribute.lower()}"


def _is_like(person: Person, search: str | None) -> bool:
    sought = (search or "").strip().casefold()
    return sought in f"{person.name}\n{person.display_name or ''}".casefold()


def _examples(found: Sequence[Entry], attribute: str) -> str:
    names = [name for name in (entry.text(attribute) for entry in found[:3]) if name is not None]
    return f"such as {', '.join(names)}" if names else f"none of them with {attribute}"
