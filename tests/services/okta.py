"""An Okta organisation of our own: the shape of its Core API v1 (as documented for users and
groups, with its Link headers), on this machine."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.services.http_peer import Behaviour, Received, answers, peer
from tests.services.openid import OpenId

TOKEN = "canary-of-the-api-token"
TERM = re.compile(r'([\w.]+) (eq|sw) "((?:[^"\\]|\\.)*)"')


@dataclass
class OktaOrganisation:
    provider: OpenId
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    status: int = 200
    """Of every answer, where it is another."""
    lags: set[str] = field(default_factory=set)
    """Who is not in lists yet."""
    next_page: str | None = None
    per_page: int = 200

    def add(self, identifier: str, name: str, status: str = "ACTIVE") -> None:
        profile = {
            "login": f"{name}@example.org",
            "firstName": name.title(),
            "lastName": "Lovelace",
        }
        self.users[identifier] = {"id": identifier, "status": status, "profile": profile}

    async def serve(self, received: Received, writer: asyncio.StreamWriter) -> None:
        if received.target.startswith("/api/v1/"):
            await self._api(received)(received, writer)
        else:
            await self.provider.serve(received, writer)

    def _api(self, received: Received) -> Behaviour:
        url = urlsplit(received.target)
        query = dict(parse_qsl(url.query))
        if self.status != 200:
            return answers(self.status, b'{"errorCode": "E0000047"}')
        if received.headers.get("authorization") != f"SSWS {TOKEN}":
            return answers(401, b'{"errorCode": "E0000011"}')
        listed = [one for identifier, one in self.users.items() if identifier not in self.lags]
        match url.path.removeprefix("/api/v1/").split("/"):
            case ["users"]:
                if "filter" not in query and "search" not in query:
                    listed = [one for one in listed if one["status"] != "DEPROVISIONED"]
                return self._page(url.path, query, listed)
            case ["users", identifier] if identifier in self.users:
                return answers(200, json.dumps(self.users[identifier]).encode())
            case ["groups"]:
                named = [{"id": id, "profile": {"name": n}} for id, (n, _) in self.groups.items()]
                return self._page(url.path, query, named)
            case ["groups", group, "users"] if group in self.groups:
                members = [self.users[each] for each in self.groups[group][1]]
                return self._page(url.path, query, members)
        return answers(404, b'{"errorCode": "E0000007"}')

    def _page(self, path: str, query: dict[str, str], items: list[dict[str, Any]]) -> Behaviour:
        wanted = TERM.findall(query.get("search", query.get("filter", "")))
        if wanted:
            items = [one for one in items if any(_fits(one, *term) for term in wanted)]
        first = int(query.get("after", "0"))
        last = first + min(self.per_page, int(query["limit"]))
        links = [f'<{self.provider.peer.url}{path}?{urlencode(query)}>; rel="self"']
        if last < len(items):
            rest = urlencode({**query, "after": str(last)})
            following = self.next_page or f"{self.provider.peer.url}{path}?{rest}"
            links.append(f'<{following}>; rel="next"')
        body = json.dumps(items[first:last]).encode()

        async def answer(received: Received, writer: asyncio.StreamWriter) -> None:
            """A header for each link, as Okta does."""
            lines = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", "connection: close"]
            lines += [f"link: {link}" for link in links]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)

        return answer


def _fits(item: dict[str, Any], name: str, how: str, text: str) -> bool:
    value: Any = item
    for part in name.split("."):
        value = value.get(part, "")
    said = re.sub(r"\\(.)", r"\1", text).lower()
    return bool(value.lower() == said if how == "eq" else value.lower().startswith(said))


@asynccontextmanager
async def okta_organisation() -> AsyncIterator[OktaOrganisation]:
    async with peer() as running:
        organisation = OktaOrganisation(OpenId(running))
        running.behaviour = organisation.serve
        yield organisation
