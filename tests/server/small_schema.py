"""A small schema for tests of the edge: fields that answer, fail, wait and never end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import strawberry
from graphql import GraphQLError

from domain.sessions import Viewer

calls: Counter[str] = Counter()
"""How often each resolver ran, and how many subscriptions are open ("open")."""


audiences: dict[int, str] = {}
"""Of which audience a user is; without an entry one's own."""


@dataclass(frozen=True)
class Context:
    viewer: Viewer
    request_id: str
    address: str

    @property
    def audience(self) -> str:
        user_id = self.viewer.user_id
        return audiences.get(user_id, f"user {user_id}")

    def for_audience(self) -> AudienceContext:
        return AudienceContext(self.audience)


@dataclass(frozen=True)
class AudienceContext:
    audience: str


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def thing(self) -> Thing:
        return self

    @strawberry.field
    def text(self, sized: int = 1) -> str:
        return "x" * sized


@strawberry.type
class Query:
    @strawberry.field
    def me(self, info: strawberry.Info[Context, None]) -> str:
        calls["me"] += 1
        return info.context.viewer.name

    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="thing")

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the secret is hunter2")

    @strawberry.field
    def refused(self) -> str | None:
        raise GraphQLError("first must be 500 at most", extensions={"code": "BAD_INPUT"})

    @strawberry.field
    async def never(self) -> str:
        await asyncio.Event().wait()
        return "never"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> str:
        calls["change"] += 1
        return "changed"


@strawberry.type
class Beat:
    """The state of one moment, which is worked out when it is asked for."""

    number: int
    is_first: bool

    def for_newcomer(self) -> list[Beat]:
        return [Beat(number=self.number, is_first=True)]

    @strawberry.field
    def made(self) -> int:
        calls["made"] += 1
        return calls["made"]

    @strawberry.field
    def audience(self, info: strawberry.Info[AudienceContext, None]) -> str:
        return info.context.audience

    @strawberry.field
    def text(self, sized: int = 1) -> str:
        return "x" * sized

    @strawberry.field
    def broken_now_and_then(self) -> str:
        if self.number % 3 == 1:
            raise RuntimeError("the secret is hunter2")
        return "whole"


@strawberry.type
class Subscription:
    @strawberry.subscription(metadata={"is_shared": True})
    async def beats(self, last: int = 2**31 - 1) -> AsyncIterator[Beat]:
        calls["open"] += 1
        try:
            for number in range(last):
                yield Beat(number=number, is_first=number == 0)
                await asyncio.sleep(0.02)
        finally:
            calls["open"] -= 1

    @strawberry.subscription(metadata={"is_shared": True})
    async def breaking_beats(self) -> AsyncIterator[Beat]:
        yield Beat(number=0, is_first=True)
        await asyncio.sleep(0.05)
        raise RuntimeError("the secret is hunter2")

    @strawberry.subscription
    async def ticks(
        self, info: strawberry.Info[Context, None], size: int = 1, last: int = 2**31 - 1
    ) -> AsyncIterator[str]:
        """`<viewer> <number> <padding>`, as fast as the reader takes them."""
        calls["open"] += 1
        try:
            for number in range(last):
                yield f"{info.context.viewer.name} {number} {'x' * size}"
                await asyncio.sleep(0.01)
        finally:
            calls["open"] -= 1

    @strawberry.subscription
    async def quiet(self) -> AsyncIterator[str]:
        """One frame, then silence."""
        calls["open"] += 1
        try:
            yield "here"
            await asyncio.Event().wait()
        finally:
            calls["open"] -= 1

    @strawberry.subscription
    async def slow_to_end(self) -> AsyncIterator[str]:
        """Its finaliser takes long."""
        calls["open"] += 1
        try:
            yield "here"
            await asyncio.Event().wait()
        finally:
            calls["open"] -= 1
            await asyncio.sleep(30)

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[str]:
        yield "one"
        raise RuntimeError("the secret is hunter2")


schema = strawberry.Schema(Query, Mutation, Subscription)
