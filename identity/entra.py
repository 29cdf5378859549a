"""The people and groups of an Entra ID tenant, by Microsoft Graph v1.0.

Asked as the very application that people sign in by, with permissions of its own (not delegated):
User.Read.All, and GroupMember.Read.All for groups, with an administrator's consent. Without them
people are told of when they knock. Who is listed there has another id than the `sub` of a token,
which differs for each application: so people are known by `oid`, which is Graph's id.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from identity.backend import DirectoryGroup, Failed, NotListed, People, Person
from identity.directory import MOST_PAGES, STEP, Redeem, ServiceToken, require_quota, rest_of
from identity.requests import Provider

T = TypeVar("T")

CLOUDS = {
    "login.microsoftonline.com": "https://graph.microsoft.com",
    "login.microsoftonline.us": "https://graph.microsoft.us",
    "login.partner.microsoftonline.cn": "https://microsoftgraph.chinacloudapi.cn",
}
"""By the issuer's host; the national clouds have their own."""
PER_PAGE = 500  # 999 are the most that Graph gives
IDS_AT_ONCE = 15  # the most that a filter by `in` takes
AT_ONCE = 4
FIELDS = "id,displayName,userPrincipalName,accountEnabled"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
ADVANCED = {"consistencylevel": "eventual"}
"""Searching and sorting need it, and $count=true."""


class Account(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    user_principal_name: str
    display_name: str | None = None
    account_enabled: bool | None = None

    @property
    def is_there(self) -> bool:
        """Also where the application may not see whether the account is enabled."""
        return self.account_enabled is not False


class Group(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    display_name: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    value: tuple[T, ...]
    next: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Entra:
    needs = (
        "give the application User.Read.All and GroupMember.Read.All of Microsoft Graph, as "
        "permissions of its own, with an administrator's consent"
    )
    subject_claim = "oid"

    def __init__(self, provider: Provider, url: str, redeem: Redeem) -> None:
        """`url`: of Graph in the tenant's cloud."""
        self._provider = provider
        self._url = f"{url}/v1.0"
        form = {"grant_type": "client_credentials", "scope": f"{url}/.default"}
        self._token = ServiceToken(provider, redeem, form)

    async def people(self, search: str | None, group: str | None, after: str | None) -> People:
        """Raises: Failed, NotListed."""
        path, query = "/users", _listed(FIELDS, search if group is None else None)
        if group is not None:
            path = f"/groups/{_guid(group)}/transitiveMembers/microsoft.graph.user"
        page = await self._read(f"{path}?{after or urlencode(query)}", Page[Account])
        wanted = (search or "").casefold() if group is not None else ""
        people = [_person(each) for each in page.value if each.is_there]
        found = [
            each for each in people if wanted in f"{each.name} {each.display_name or ''}".casefold()
        ]
        return People(found, self._rest(path, page.next))

    async def groups(self, search: str | None) -> Sequence[DirectoryGroup]:
        """Raises: Failed, NotListed."""
        query = _listed("id,displayName", search, "displayName")
        groups = self._all("/groups", query, Page[Group])
        return [DirectoryGroup(each.id, each.display_name or each.id) async for each in groups]

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """Of whom the subject is no id of Graph's, nothing is told. Raises: Failed, NotListed."""
        ids = [subject for subject in subjects if GUID.fullmatch(subject)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def some(part: Sequence[str]) -> dict[str, Person | None]:
            ids = ",".join(f"'{each}'" for each in part)
            query: dict[str, str | int] = {
                "$filter": f"id in ({ids})",
                "$select": FIELDS,
                "$top": len(part),
            }
            async with turns:
                listed = [each async for each in self._all("/users", query, Page[Account])]
            there = {each.id: _person(each) for each in listed if each.is_there}
            return {each: there.get(each) for each in part}

        parts = [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)]
        found = await asyncio.gather(*(some(part) for part in parts))
        return {subject: person for part in found for subject, person in part.items()}

    async def _all(
        self, path: str, query: Mapping[str, str | int], kind: type[Page[T]]
    ) -> AsyncIterator[T]:
        """Raises: Failed, rather than to end early; NotListed."""
        after: str | None = urlencode(query)
        for _ in range(MOST_PAGES):
            page = await self._read(f"{path}?{after}", kind)
            for each in page.value:
                yield each
            after = self._rest(path, page.next)
            if after is None:
                return
        raise Failed(STEP, f"{self._provider.name} lists more than {MOST_PAGES} pages there.")

    async def _read(self, path: str, kind: type[T]) -> T:
        """Raises: Failed; NotListed, where the application may not."""
        headers = {**ADVANCED, "authorization": f"Bearer {await self._token.get()}"}
        answer = await self._provider.get(STEP, self._url + path, headers)
        if answer.status == 401:
            self._token.forget()
            raise Failed(STEP, f"{self._provider.name} did not take its own token; try again.")
        if answer.status == 403:
            raise NotListed
        require_quota(self._provider, answer)
        return self._provider.read(STEP, answer, kind)

    def _rest(self, path: str, url: str | None) -> str | None:
        return rest_of(self._provider, self._url + path, url)


def graph_url(issuer: str) -> str | None:
    """Of the cloud of the tenant that an issuer is; None: it is no tenant of Entra ID's."""
    url = urlsplit(issuer)
    tenant, _, version = url.path.strip("/").partition("/")
    is_tenant = GUID.fullmatch(tenant) is not None and version == "v2.0"
    return CLOUDS.get(url.netloc.lower()) if is_tenant else None


def _listed(select: str, search: str | None, *also: str) -> dict[str, str | int]:
    query: dict[str, str | int] = {
        "$select": select,
        "$top": PER_PAGE,
        "$count": "true",
        "$orderby": "displayName",
    }
    if search is not None:
        text = search.replace("\\", "\\\\").replace('"', '\\"')
        names = also or ("displayName", "userPrincipalName")
        query["$search"] = " OR ".join(f'"{name}:{text}"' for name in names)
    return query


def _guid(key: str) -> str:
    """Raises: Failed."""
    if not GUID.fullmatch(key):
        raise Failed(STEP, "There is no such group.", is_missing=True)
    return key


def _person(account: Account) -> Person:
    return Person(account.id, account.user_principal_name, account.display_name)
