"""Several people signed in at once, each with a connection and a session of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.rules.states import State, number

SIGNED_OUT = "SignedOut"


@dataclass(frozen=True)
class Sending:
    user: int
    document: str
    input: Mapping[str, Any]
    action: str
    late_ms: int

    @property
    def command(self) -> tuple[int, str] | None:
        command_id = self.input.get("commandId")
        return None if command_id is None else (self.user, command_id)


@dataclass(frozen=True)
class Answer:
    """What came back: `kind` is the type of the answer, a success or a refusal."""

    to: Sending
    kind: str
    data: Mapping[str, Any]

    @property
    def user(self) -> int:
        return self.to.user

    @property
    def action(self) -> str:
        return self.to.action

    @property
    def ids(self) -> tuple[int, ...]:
        """Of what was made, changed or deleted; none for a refusal."""
        if "id" in self.data:
            return (number(self.data["id"]),)
        users = [one["user"]["id"] for one in self.data.get("users", ())]
        return tuple(number(id) for id in [*self.data.get("ids", ()), *users])

    @property
    def is_done(self) -> bool:
        return bool(self.ids)


@dataclass
class Operators:
    """Whoever is on board and whose password is known, by the user's id."""

    url: str
    passwords: dict[int, tuple[str, str]]
    clients: dict[int, httpx.AsyncClient] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def close(self) -> None:
        await self._stack.aclose()

    def forget(self, user: int) -> None:
        """Somebody who is on board no longer."""
        self.passwords.pop(user, None)
        self.clients.pop(user, None)

    def choose(self, state: State, by: int) -> int:
        """An operator; -1 is somebody who is none, if there is one."""
        known = [id for id in sorted(self.passwords) if id in state.users]
        operators = [id for id in known if state.users[id].is_operator]
        others = [id for id in known if not state.users[id].is_operator]
        among = others if by < 0 and others else operators
        return among[by % len(among)]

    async def sign_in(self, user: int) -> None:
        if user in self.clients:
            return
        client = httpx.AsyncClient(
            base_url=self.url,
            headers={"Quartermaster-Client": "tests", "Content-Type": "application/json"},
            timeout=60,
        )
        await self._stack.enter_async_context(client)
        name, password = self.passwords[user]
        answer = await client.post("/auth/sign-in", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.clients[user] = client

    async def send(self, sending: Sending) -> Answer:
        client = self.clients[sending.user]
        body = json.dumps({"query": sending.document, "variables": {"input": sending.input}})
        await asyncio.sleep(sending.late_ms / 1000)
        response = await client.post("/graphql", content=body)
        if response.status_code == 401:
            return Answer(sending, SIGNED_OUT, {})
        answer = response.json()
        assert "errors" not in answer, (sending, answer["errors"])
        data = answer["data"]["answer"]
        for one in data.get("users", ()):
            if one["password"] is not None:
                new = one["user"]
                self.passwords[number(new["id"])] = (new["name"], one["password"])
        return Answer(sending, data["__typename"], data)

    async def ask(self, user: int, query: str) -> dict[str, Any]:
        answer = (await self.clients[user].post("/graphql", json={"query": query})).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data
