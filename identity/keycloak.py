"""The people and groups of a Keycloak realm, by its Admin REST API (Keycloak 26).

Asked as the service account of the very client that people sign in by. It needs the role
`view-users` of `realm-management`; without it, or without a service account, people are told of
when they knock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from identity.backend import DirectoryGroup, Failed, NotListed, People, Person
from identity.directory import STEP, Redeem, ServiceToken
from identity.requests import Provider
from outbound.client import Answer

T = TypeVar("T")

PER_PAGE = 100
AT_ONCE = 8


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """`id` is what the realm's tokens have as `sub`."""

    id: str
    username: str
    first_name: str | None = None
    last_name: str | None = None
    enabled: bool = True


class Group(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    sub_groups: tuple[Group, ...] = ()


class Keycloak:
    needs = "give the client a service account with the role view-users of realm-management"
    subject_claim = "sub"

    def __init__(self, provider: Provider, url: str, redeem: Redeem) -> None:
        """`url`: of the realm, in the admin API."""
        self._provider = provider
        self._url = url
        self._token = ServiceToken(provider, redeem, {"grant_type": "client_credentials"})

    async def people(self, search: str | None, group: str | None, after: str | None) -> People:
        """Raises: Failed, NotListed."""
        first = int(after) if after is not None and after.isdecimal() else 0
        query: dict[str, str | int] = {"first": first, "max": PER_PAGE}
        path = "/users" if group is None else f"/groups/{quote(group, safe='')}/members"
        if search is not None and group is None:
            query["search"] = search
        accounts = await self._read(f"{path}?{urlencode(query)}", list[Account])
        has_more = len(accounts) == PER_PAGE
        if group is not None:  # of a group's members there is no search
            wanted = (search or "").casefold()
            accounts = [each for each in accounts if wanted in each.username.casefold()]
        people = [_person(each) for each in accounts if each.enabled]
        return People(people, str(first + PER_PAGE) if has_more else None)

    async def groups(self, search: str | None) -> Sequence[DirectoryGroup]:
        """Raises: Failed, NotListed."""
        query: dict[str, str | int] = {"first": 0, "max": 1000}
        if search:
            query["search"] = search
        groups = await self._read(f"/groups?{urlencode(query)}", list[Group])
        return [DirectoryGroup(each.id, each.name) for each in _flat(groups)]

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """Raises: Failed, NotListed."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(subject: str) -> Person | None:
            async with turns:
                answer = await self._ask(f"/users/{quote(subject, safe='')}")
            if answer.status == 404:
                return None
            account = self._provider.read(STEP, answer, Account)
            return _person(account) if account.enabled else None

        await self._read("/users?max=1", list[Account])  # a realm that is away has lost nobody
        found = await asyncio.gather(*(one(subject) for subject in subjects))
        return dict(zip(subjects, found, strict=True))

    async def _read(self, path: str, kind: type[T]) -> T:
        return self._provider.read(STEP, await self._ask(path), kind)

    async def _ask(self, path: str) -> Answer:
        """Raises: Failed; NotListed, where the client may not."""
        headers = {"authorization": f"Bearer {await self._token.get()}"}
        answer = await self._provider.get(STEP, self._url + path, headers)
        if answer.status == 401:
            self._token.forget()
            raise Failed(STEP, f"{self._provider.name} did not take its own token; try again.")
        if answer.status == 403:
            raise NotListed
        return answer


def admin_url(issuer: str) -> str | None:
    """Of the realm that an issuer is; None: it is no Keycloak's."""
    url = urlsplit(issuer)
    before, found, realm = url.path.rpartition("/realms/")
    if not found or not realm or "/" in realm:
        return None
    return f"{url.scheme}://{url.netloc}{before}/admin/realms/{realm}"


def _person(account: Account) -> Person:
    name = " ".join(part for part in (account.first_name, account.last_name) if part)
    return Person(account.id, account.username, name or None)


def _flat(groups: Sequence[Group]) -> list[Group]:
    return [each for group in groups for each in (group, *_flat(group.sub_groups))]
