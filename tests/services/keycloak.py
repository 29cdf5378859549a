"""A Keycloak realm of our own: the shape of its tokens and of its admin API, on this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.services.http_peer import Behaviour, Received, answers, peer
from tests.services.openid import OpenId

REALM = "/realms/lab"
TOKEN = "canary-of-the-service-account"


@dataclass
class KeycloakRealm:
    provider: OpenId
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    may_view_users: bool = True
    is_away: bool = False

    def add(self, identifier: str, username: str, **more: Any) -> None:
        self.users[identifier] = {"id": identifier, "username": username, **more}

    async def serve(self, received: Received, writer: Any) -> None:
        if received.target.startswith("/admin/"):
            await self._admin(received)(received, writer)
        else:
            await self.provider.serve(received, writer)

    def _admin(self, received: Received) -> Behaviour:
        url = urlsplit(received.target)
        query = dict(parse_qsl(url.query))
        if self.is_away:
            return answers(404, b'{"error": "Realm not found."}')
        if received.headers.get("authorization") != f"Bearer {TOKEN}":
            return answers(401)
        if not self.may_view_users:
            return answers(403)
        match url.path.removeprefix(f"/admin{REALM}").strip("/").split("/"):
            case ["users"]:
                wanted = query.get("search", "")
                return _page(query, [u for u in self.users.values() if wanted in u["username"]])
            case ["users", identifier] if identifier in self.users:
                return _json(self.users[identifier])
            case ["groups"]:
                child = [{"id": f"{name}-child", "name": f"{name} child"} for name in self.groups]
                named = [{"id": name, "name": name, "subGroups": child} for name in self.groups]
                return _page(query, named)
            case ["groups", name, "members"]:
                return _page(query, [self.users[each] for each in self.groups[name]])
        return answers(404, b'{"error": "not found"}')


def _page(query: dict[str, str], items: list[Any]) -> Behaviour:
    first = int(query.get("first", "0"))
    return _json(items[first : first + int(query["max"])])


def _json(document: Any) -> Behaviour:
    return answers(200, json.dumps(document).encode(), content_type="application/json")


@asynccontextmanager
async def keycloak_realm() -> AsyncIterator[KeycloakRealm]:
    async with peer() as running:
        provider = OpenId(running, path=REALM, service_token=TOKEN)
        realm = KeycloakRealm(provider)
        running.behaviour = realm.serve
        yield realm
