"""A GitHub of our own: the shape of its API, with pages and organisations, on this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.services.http_peer import Behaviour, Peer, Received, answers, peer

CLIENT_ID = "Iv1.quartermaster"
CLIENT_SECRET = "canary-of-the-github-secret"
TOKEN = "canary-of-the-organisation-token"
ORGANISATION = "gpu-lab"


@dataclass
class GitHubService:
    """API and web at one address, as GitHub Enterprise has them; `accounts` by login."""

    peer: Peer
    accounts: dict[str, int] = field(default_factory=lambda: {"ada": 1, "grace": 2, "eve": 3})
    members: list[str] = field(default_factory=lambda: ["ada", "grace"])
    pending: list[str] = field(default_factory=list)
    teams: dict[str, list[str]] = field(default_factory=lambda: {"research": ["grace"]})
    token_owner: str = "ada"
    page_size: int | None = None
    """Smaller pages than were asked for."""
    refuses: Behaviour | None = None
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By code, who it is and the challenge."""

    @property
    def web_url(self) -> str:
        return self.peer.url

    @property
    def api_url(self) -> str:
        return f"{self.peer.url}/api/v3"

    def sign_in(self, url: str, login: str) -> dict[str, str]:
        """What the browser of that account brings back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == CLIENT_ID
        code = f"code-{len(self.codes)}"
        self.codes[code] = (login, asked["code_challenge"])
        return {"code": code, "state": asked["state"]}

    async def serve(self, received: Received, writer: Any) -> None:
        behaviour = self._token(received)
        if urlsplit(received.target).path != "/login/oauth/access_token":
            behaviour = self.refuses or self._api(received)
        await behaviour(received, writer)

    def _token(self, received: Received) -> Behaviour:
        form = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _json({"error": "incorrect_client_credentials"})
        login, challenge = self.codes.pop(form.get("code", ""), (None, None))
        if login is None or challenge != create_s256_code_challenge(form["code_verifier"]):
            return _json({"error": "bad_verification_code"})
        return _json({"access_token": f"of-{login}", "token_type": "bearer", "scope": ""})

    def _api(self, received: Received) -> Behaviour:
        url = urlsplit(received.target)
        bearer = received.headers.get("authorization", "").removeprefix("Bearer ")
        caller = self.token_owner if bearer == TOKEN else bearer.removeprefix("of-")
        if caller not in self.accounts:
            return _json({"message": "Bad credentials"}, 401)
        match url.path.removeprefix("/api/v3").strip("/").split("/"):
            case ["user"]:
                return _json({**self._account(caller), "name": caller.title()})
            case ["user", "memberships", "orgs", organisation]:
                return self.membership(organisation, caller)
            case ["orgs", organisation, "memberships", login]:
                is_seen = caller in self.members
                return self.membership(organisation, login) if is_seen else _json({}, 403)
            case ["orgs", organisation, "members"] if organisation == ORGANISATION:
                # Others see the public members alone: here there are none.
                listed = self.members if caller in self.members else []
                return self._page(received, [self._account(login) for login in listed])
            case ["orgs", organisation, "teams"] if organisation == ORGANISATION:
                named = [{"slug": team, "name": team.title()} for team in self.teams]
                return self._page(received, named)
            case ["orgs", organisation, "teams", team, "members"] if organisation == ORGANISATION:
                return self._page(received, [self._account(login) for login in self.teams[team]])
        return _json({"message": "Not Found"}, 404)

    def membership(self, organisation: str, login: str) -> Behaviour:
        if organisation != ORGANISATION or login not in {*self.members, *self.pending}:
            return _json({"message": "Not Found"}, 404)
        return _json(
            {
                "state": "pending" if login in self.pending else "active",
                "user": self._account(login),
                "organization": {"login": ORGANISATION},
            }
        )

    def _account(self, login: str) -> dict[str, Any]:
        return {"login": login, "id": self.accounts[login], "type": "User"}

    def _page(self, received: Received, items: list[Any]) -> Behaviour:
        query = dict(parse_qsl(urlsplit(received.target).query))
        page, size = int(query["page"]), self.page_size or int(query["per_page"])
        headers = {}
        if page * size < len(items):
            # Whoever follows this instead of counting sends the token elsewhere.
            headers["link"] = f'<http://elsewhere.example.org/?page={page + 1}>; rel="next"'
        return _json(items[(page - 1) * size : page * size], 200, **headers)


def _json(document: Any, status: int = 200, **headers: str) -> Behaviour:
    body = json.dumps(document).encode()
    return answers(status, body, content_type="application/json", **headers)


@asynccontextmanager
async def github_service() -> AsyncIterator[GitHubService]:
    async with peer() as running:
        service = GitHubService(running)
        running.behaviour = service.serve
        yield service
