"""An Entra ID tenant of our own: the shape of its tokens and of Microsoft Graph v1.0 (as documented
for listing users, groups and transitive members, 2025), on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.services.http_peer import Behaviour, Received, answers, peer
from tests.services.openid import OpenId

TENANT = "/8d2a7a6e-1111-4c4c-8888-0123456789ab/v2.0"
TOKEN = "canary-of-the-application"


@dataclass
class EntraTenant:
    """Accounts by id; of groups the ids of their members, those of groups within them too."""

    provider: OpenId
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    may_read: bool = True
    is_busy: bool = False
    next_page: str | None = None
    """In place of the right one."""
    per_page: int = 100

    def add(self, identifier: str, name: str, **more: Any) -> None:
        self.users[identifier] = {
            "id": identifier,
            "userPrincipalName": f"{name}@example.org",
            "displayName": name.title(),
            "accountEnabled": True,
            **more,
        }

    async def serve(self, received: Received, writer: Any) -> None:
        if received.target.startswith("/v1.0/"):
            await self._graph(received)(received, writer)
        else:
            await self.provider.serve(received, writer)

    def _graph(self, received: Received) -> Behaviour:
        url = urlsplit(received.target)
        query = dict(parse_qsl(url.query))
        if self.is_busy:
            return answers(429, b"{}", retry_after="17")
        if received.headers.get("authorization") != f"Bearer {TOKEN}":
            return answers(401, b'{"error": {"code": "InvalidAuthenticationToken"}}')
        if not self.may_read:
            return answers(403, b'{"error": {"code": "Authorization_RequestDenied"}}')
        is_advanced = "$search" in query or "$orderby" in query
        if is_advanced and (
            received.headers.get("consistencylevel") != "eventual" or query.get("$count") != "true"
        ):
            return answers(400, b'{"error": {"code": "Request_UnsupportedQuery"}}')
        match url.path.removeprefix("/v1.0/").split("/"):
            case ["users"]:
                return self._page(url.path, query, list(self.users.values()))
            case ["groups"]:
                named = [{"id": id, "displayName": name} for id, (name, _) in self.groups.items()]
                return self._page(url.path, query, named)
            case ["groups", group, "transitiveMembers", "microsoft.graph.user"]:
                if group in self.groups:
                    members = [self.users[each] for each in self.groups[group][1]]
                    return self._page(url.path, query, members)
        return answers(404, b'{"error": {"code": "Request_ResourceNotFound"}}')

    def _page(self, path: str, query: dict[str, str], items: list[dict[str, Any]]) -> Behaviour:
        wanted = re.findall(r'"(\w+):((?:[^"\\]|\\.)*)"', query.get("$search", ""))
        if wanted:
            items = [
                each
                for each in items
                if any(
                    re.sub(r"\\(.)", r"\1", text).lower() in str(each[name]).lower()
                    for name, text in wanted
                )
            ]
        if (only := query.get("$filter")) is not None:
            assert only.startswith("id in (")
            ids = re.findall(r"'([^']+)'", only)
            if len(ids) > 15:
                return answers(400, b'{"error": {"code": "Request_UnsupportedQuery"}}')
            items = [each for each in items if each["id"] in ids]
        first = int(query.get("$skiptoken", "0"))
        last = first + min(self.per_page, int(query["$top"]))
        document: dict[str, Any] = {"value": items[first:last]}
        if last < len(items):
            rest = urlencode({**query, "$skiptoken": str(last)})
            document["@odata.nextLink"] = self.next_page or f"{self.provider.peer.url}{path}?{rest}"
        return answers(200, json.dumps(document).encode(), content_type="application/json")


@asynccontextmanager
async def entra_tenant() -> AsyncIterator[EntraTenant]:
    async with peer() as running:
        provider = OpenId(running, path=TENANT, service_token=TOKEN)
        provider.service_scope = f"{running.url}/.default"
        tenant = EntraTenant(provider)
        running.behaviour = tenant.serve
        yield tenant
