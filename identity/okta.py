"""The people and groups of an Okta organisation, by its Core API v1.

Okta gives a client no right to it by a secret, so an API token is entered beside it: of an
administrator who may read people and groups (Read-only Administrator), and who is not one who
leaves. The `sub` of a token is the id of a person here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from identity.backend import DirectoryGroup, Failed, NotListed, People, Person
from identity.directory import MOST_PAGES, STEP, require_quota, rest_of
from identity.requests import Provider
from outbound.client import Answer

T = TypeVar("T")

PER_PAGE = 200  # the most that Okta gives
IDS_AT_ONCE = 50
AT_ONCE = 4
ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
NOT_THERE = frozenset({"SUSPENDED", "DEPROVISIONED"})


class Profile(msgspec.Struct, frozen=True, rename="camel"):
    login: str
    display_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class Account(msgspec.Struct, frozen=True):
    id: str
    status: str
    profile: Profile


class GroupProfile(msgspec.Struct, frozen=True):
    name: str


class Group(msgspec.Struct, frozen=True):
    id: str
    profile: GroupProfile


class Okta:
    needs = "enter an API token of an administrator who may read people and groups"
    subject_claim = "sub"

    def __init__(self, provider: Provider, url: str, token: str) -> None:
        """`url`: of the organisation."""
        self._provider = provider
        self._url = f"{url}/api/v1"
        self._token = token

    async def people(self, search: str | None, group: str | None, after: str | None) -> People:
        """Raises: Failed, NotListed."""
        path, query = "/users", {"limit": str(PER_PAGE)}
        if group is not None:
            path = f"/groups/{_id(group)}/users"
        elif search:
            names = ("login", "displayName", "firstName", "lastName")
            query["search"] = " or ".join(f"profile.{name} sw {_quoted(search)}" for name in names)
        answer = await self._ask(f"{path}?{after or urlencode(query)}")
        accounts = self._provider.read(STEP, answer, list[Account])
        people = [_person(each) for each in accounts if each.status not in NOT_THERE]
        if group is not None:  # of a group's members there is no search
            wanted = (search or "").casefold()
            people = [each for each in people if wanted in each.name.casefold()]
        return People(people, self._rest(path, answer))

    async def groups(self, search: str | None) -> Sequence[DirectoryGroup]:
        """Raises: Failed, NotListed."""
        query = {"limit": str(PER_PAGE)}
        if search:
            query["search"] = f"profile.name sw {_quoted(search)}"
        groups = self._all("/groups", query, list[Group])
        return [DirectoryGroup(each.id, each.profile.name) async for each in groups]

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """Whom a list does not tell is asked for alone, for lists may lag. Raises: Failed,
        NotListed."""
        ids = [subject for subject in subjects if ID.fullmatch(subject)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def some(part: Sequence[str]) -> dict[str, Person | None]:
            query = {
                "filter": " or ".join(f"id eq {_quoted(each)}" for each in part),
                "limit": str(PER_PAGE),
            }
            async with turns:
                listed = [each async for each in self._all("/users", query, list[Account])]
                told = {each.id: _if_there(each) for each in listed}
                for missing in [each for each in part if each not in told]:
                    told[missing] = await self._one(missing)
            return told

        parts = [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)]
        found = await asyncio.gather(*(some(part) for part in parts))
        return {subject: person for part in found for subject, person in part.items()}

    async def _one(self, subject: str) -> Person | None:
        answer = await self._ask(f"/users/{subject}")
        if answer.status == 404:
            return None
        return _if_there(self._provider.read(STEP, answer, Account))

    async def _all(
        self, path: str, query: Mapping[str, str], kind: type[list[T]]
    ) -> AsyncIterator[T]:
        """Raises: Failed, rather than to end early; NotListed."""
        after: str | None = urlencode(query)
        for _ in range(MOST_PAGES):
            answer = await self._ask(f"{path}?{after}")
            for each in self._provider.read(STEP, answer, kind):
                yield each
            after = self._rest(path, answer)
            if after is None:
                return
        raise Failed(STEP, f"{self._provider.name} lists more than {MOST_PAGES} pages there.")

    async def _ask(self, path: str) -> Answer:
        """Raises: Failed; NotListed, where the token's owner may not."""
        headers = {"authorization": f"SSWS {self._token}"}
        answer = await self._provider.get(STEP, self._url + path, headers)
        if answer.status == 401:
            raise Failed(
                STEP, f"{self._provider.name} does not know the API token; it may be over."
            )
        if answer.status == 403:
            raise NotListed
        require_quota(self._provider, answer)
        return answer

    def _rest(self, path: str, answer: Answer) -> str | None:
        found = NEXT.search(answer.headers.get("link", ""))
        return rest_of(self._provider, self._url + path, found[1] if found else None)


def is_okta(issuer: str) -> bool:
    """By the host of an organisation that has no domain of its own."""
    host = urlsplit(issuer).hostname or ""
    return host.endswith((".okta.com", ".okta-emea.com", ".okta-gov.com", ".oktapreview.com"))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _id(key: str) -> str:
    """Raises: Failed."""
    if not ID.fullmatch(key):
        raise Failed(STEP, "There is no such group.", is_missing=True)
    return key


def _if_there(account: Account) -> Person | None:
    return None if account.status in NOT_THERE else _person(account)


def _person(account: Account) -> Person:
    profile = account.profile
    full = " ".join(part for part in (profile.first_name, profile.last_name) if part)
    return Person(account.id, profile.login, profile.display_name or full or None)
