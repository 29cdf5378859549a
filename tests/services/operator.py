"""An operator's program: signs in to a running product, asks and subscribes, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.services.product import Product

PATIENCE_SECONDS = 30.0

Frame = dict[str, Any]


class Operator:
    """Keeps its cookie over restarts of the product."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self.http = httpx.AsyncClient(
            base_url=product.url, headers={"Quartermaster-Client": "tests"}, timeout=10
        )

    async def sign_in(self, password: str | None = None) -> httpx.Response:
        product = self._product
        who = {"name": product.name, "password": password or product.password}
        return await self.http.post("/auth/sign-in", json=who)

    async def ask(self, query: str, **variables: Any) -> Frame:
        """The data of a query; errors fail the test."""
        asked = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=asked)
        answer = response.json()
        assert "errors" not in answer, answer
        data: Frame = answer["data"]
        return data

    async def eventually(self, query: str, holds: Callable[[Frame], bool]) -> Frame:
        """Ask until the answer is as wanted; failing requests count as not yet."""
        answer: object = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    try:
                        answer = await self.ask(query)
                        if holds(answer):
                            return answer
                    except (httpx.HTTPError, AssertionError, ValueError) as error:
                        answer = error
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"The last answer was {answer!r}") from None

    @asynccontextmanager
    async def subscribe(self, query: str) -> AsyncIterator[Subscription]:
        async with connect(
            self._product.url.replace("http", "ws", 1) + "/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            origin=self._product.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": self._cookies()},
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            start = {"type": "subscribe", "id": "1", "payload": {"query": query}}
            await socket.send(json.dumps(start))
            yield Subscription(socket)

    async def close(self) -> None:
        await self.http.aclose()

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())


class Subscription:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def next(self) -> Frame:
        """The data of the next frame; errors fail the test."""
        while True:
            message = json.loads(await self._socket.recv())
            if message["type"] == "ping":
                continue
            assert message["type"] == "next", message
            assert not message["payload"].get("errors"), message
            data: Frame = message["payload"]["data"]
            return data

    async def until(self, holds: Callable[[Frame], bool]) -> Frame:
        """The first frame that is as wanted."""
        frame: object = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not holds(frame := await self.next()):
                    pass
                return frame
        except TimeoutError:
            raise AssertionError(f"The last frame was {frame!r}") from None

    async def close_code(self) -> int | None:
        """What the server closed the socket with."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._socket.wait_closed()
        return self._socket.close_code


@pytest.fixture
async def operator_of() -> AsyncIterator[Callable[[Product], Awaitable[Operator]]]:
    """Signs in to a product as its operator."""
    async with AsyncExitStack() as stack:

        async def sign_in(product: Product) -> Operator:
            operator = Operator(product)
            stack.push_async_callback(operator.close)
            assert (await operator.sign_in()).status_code == 200
            return operator

        yield sign_in
