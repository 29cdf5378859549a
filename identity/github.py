"""Sign-in by GitHub, or GitHub Enterprise, for the members of one organisation."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from identity.backend import BackendKind, DirectoryGroup, Failed, NotAdmitted, People, Person
from identity.code_flow import Begun
from identity.requests import Provider, trust
from identity.settings import GitHubSettings
from outbound.client import Answer, Outbound
from outbound.network import Resolve, system_resolve
from outbound.policy import Policy

T = TypeVar("T")

VERSION = {"x-github-api-version": "2022-11-28", "accept": "application/vnd.github+json"}
PER_PAGE = 100  # the most that GitHub gives
MOST_PAGES = 200
NO_REDIRECT_URI = "https://quartermaster.invalid/auth/callback"


class Account(msgspec.Struct, frozen=True):
    """`id` is the account's for ever; a login can be given up, and taken by another."""

    id: int
    login: str
    name: str | None = None


class Organisation(msgspec.Struct, frozen=True):
    login: str


class Membership(msgspec.Struct, frozen=True):
    state: str  # "active", or "pending" for who was invited and has not come
    user: Account
    organization: Organisation


class Team(msgspec.Struct, frozen=True):
    slug: str
    name: str


class TokenAnswer(msgspec.Struct, frozen=True):
    """GitHub tells its errors with status 200."""

    access_token: str | None = None
    error: str | None = None


class GitHub:
    kind = BackendKind.GITHUB

    def __init__(
        self,
        settings: GitHubSettings,
        client_secret: str,
        token: str,
        policy: Policy,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._settings = settings
        self._secret = client_secret
        self._token = token
        self._api = settings.api_url.rstrip("/")
        self._web = settings.web_url.rstrip("/")
        self._organisation = quote(settings.organisation, safe="")
        outbound = Outbound(policy, tls=trust(None), resolve=resolve)
        self._provider = Provider(outbound, "GitHub")

    @property
    def issuer(self) -> str:
        return self._web.lower()

    async def begin(self, redirect_uri: str) -> tuple[str, str]:
        begun = Begun.new()
        # Without a scope: the token that comes of it may read what is public, which is enough.
        url = begun.url(
            f"{self._web}/login/oauth/authorize",
            self._settings.client_id,
            redirect_uri,
            allow_signup="false",
        )
        return url, begun.keep()

    async def complete(self, kept: str, redirect_uri: str, query: Mapping[str, str]) -> Person:
        begun = Begun.read(kept)
        answer = await self._redeem(begun, begun.require_code(query), redirect_uri)
        if answer.access_token is None:
            raise Failed("token", "GitHub did not take the code.")
        account = await self._get("user", "/user", Account, answer.access_token)
        await self._require_member(account)
        return _person(account)

    async def sign_out_url(self, return_to: str) -> str | None:
        return None

    async def check(self) -> Sequence[str]:
        begun = Begun.new()
        answer = await self._redeem(begun, "none", NO_REDIRECT_URI)
        if answer.error in ("incorrect_client_credentials", "Not Found", None):
            raise Failed("client", "The client id or the client secret is wrong.")
        owner = await self._require_whole_view()
        return [
            "The client id and secret are known to GitHub",
            f"The token is of {owner}, a member of {self._settings.organisation}",
            f"Found {len((await self.people()).people)} members on the first page",
        ]

    async def people(
        self, search: str | None = None, group: str | None = None, after: str | None = None
    ) -> People:
        """GitHub does not search in an organisation: with `search`, all pages are gone through."""
        if after is None:
            await self._require_whole_view()
        path = f"/orgs/{self._organisation}/members"
        if group is not None:
            path = f"/orgs/{self._organisation}/teams/{quote(group, safe='')}/members"
        if search is None:
            page = int(after) if after is not None and after.isdecimal() else 1
            accounts, has_more = await self._page("members", path, page, list[Account])
            return People([_person(each) for each in accounts], str(page + 1) if has_more else None)
        wanted = search.casefold()
        return People(
            [
                _person(each)
                async for each in self._all("members", path, list[Account])
                if wanted in each.login.casefold()
            ]
        )

    async def groups(self, search: str | None = None) -> Sequence[DirectoryGroup]:
        path, wanted = f"/orgs/{self._organisation}/teams", (search or "").casefold()
        return [
            DirectoryGroup(team.slug, team.name)
            async for team in self._all("teams", path, list[Team])
            if wanted in team.name.casefold()
        ]

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """By the whole list of members: what is not all there says nothing of who is missing."""
        await self._require_whole_view()
        path = f"/orgs/{self._organisation}/members"
        there = {
            str(each.id): _person(each) async for each in self._all("members", path, list[Account])
        }
        return {subject: there.get(subject) for subject in subjects}

    async def close(self) -> None:
        """No connection is kept."""

    async def _redeem(self, begun: Begun, code: str, redirect_uri: str) -> TokenAnswer:
        form = begun.code_form(code, redirect_uri)
        form |= {"client_id": self._settings.client_id, "client_secret": self._secret}
        url = f"{self._web}/login/oauth/access_token"
        answer = await self._provider.post("token", url, form)
        self._require_quota("token", answer)
        return self._provider.read("token", answer, TokenAnswer)

    async def _require_member(self, account: Account) -> None:
        """Raises: NotAdmitted; Failed, also where the login has become another's meanwhile."""
        path = f"/orgs/{self._organisation}/memberships/{quote(account.login, safe='')}"
        answer = await self._ask("organisation", path, self._token)
        if answer.status != 404:
            membership = self._provider.read("organisation", answer, Membership)
            is_this = membership.user.id == account.id and self._is_ours(membership)
            if is_this and membership.state == "active":
                return
        raise NotAdmitted(
            "organisation", f"This person is no member of {self._settings.organisation}."
        )

    async def _require_whole_view(self) -> str:
        """To who is no member GitHub shows the public members alone, as if there were no others.

        The login of the token's owner. Raises: Failed.
        """
        path = f"/user/memberships/orgs/{self._organisation}"
        answer = await self._ask("token", path, self._token)
        if answer.status == 401:
            raise Failed("token", "GitHub does not know the token; it may be over.")
        if answer.status not in (403, 404):
            membership = self._provider.read("token", answer, Membership)
            if membership.state == "active" and self._is_ours(membership):
                return membership.user.login
        raise Failed(
            "token",
            f"The token has to be a member's of {self._settings.organisation}, with the right to "
            "read the organisation (read:org).",
        )

    def _is_ours(self, membership: Membership) -> bool:
        return membership.organization.login.lower() == self._settings.organisation.lower()

    async def _all(self, step: str, path: str, kind: type[list[T]]) -> AsyncIterator[T]:
        """Raises: Failed, rather than to end early."""
        for page in range(1, MOST_PAGES + 1):
            each_of, has_more = await self._page(step, path, page, kind)
            for each in each_of:
                yield each
            if not has_more:
                return
        raise Failed(step, f"GitHub lists more than {MOST_PAGES * PER_PAGE} there.")

    async def _page(
        self, step: str, path: str, page: int, kind: type[list[T]]
    ) -> tuple[list[T], bool]:
        """The page, and whether there is another: its number is counted, its URL not followed."""
        query = urlencode({"per_page": PER_PAGE, "page": page})
        answer = await self._ask(step, f"{path}?{query}", self._token)
        return self._provider.read(step, answer, kind), 'rel="next"' in answer.headers.get(
            "link", ""
        )

    async def _get(self, step: str, path: str, kind: type[T], token: str) -> T:
        return self._provider.read(step, await self._ask(step, path, token), kind)

    async def _ask(self, step: str, path: str, token: str) -> Answer:
        headers = {**VERSION, "authorization": f"Bearer {token}"}
        answer = await self._provider.get(step, self._api + path, headers)
        self._require_quota(step, answer)
        return answer

    @staticmethod
    def _require_quota(step: str, answer: Answer) -> None:
        """Raises: Failed, with when to come back."""
        if answer.status not in (403, 429):
            return
        after, reset = answer.headers.get("retry-after"), answer.headers.get("x-ratelimit-reset")
        if after is not None and _is_number(after):
            seconds = int(after)
        elif answer.headers.get("x-ratelimit-remaining") == "0" and _is_number(reset):
            seconds = int(reset or 0) - int(time.time())
        elif answer.status == 429:
            seconds = 60
        else:
            return
        minutes = max(1, -(-seconds // 60))
        raise Failed(
            step,
            "GitHub takes no more requests for now: its limit is reached. "
            f"Try again in {minutes} min.",
        )


def _person(account: Account) -> Person:
    return Person(str(account.id), account.login, account.name)


def _is_number(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 12
