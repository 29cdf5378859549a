"""The log is one JSON object a line, whatever a request holds, and holds no secret."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from tests.services.operator import Operator
from tests.services.product import Product

HOSTILE = "%1b[2J%0d%0a%7b%22event%22:%22forged%22%7d"
NAME = "\x1b[2J\r\n{}\u2028"


@pytest.mark.spec("T-57", "T-51")
async def test_control_characters_of_a_request_are_escaped_and_secrets_stay_out(
    start_product: Callable[..., Product], operator_of: Callable[[Product], Awaitable[Operator]]
) -> None:
    product = start_product("1x1", QUARTERMASTER_LOG_LEVEL="debug")
    operator = await operator_of(product)
    said_before = len(product.log.read_bytes())
    answer = _exchange(product, f"GET /nodes/{HOSTILE} HTTP/1.1\r\n")
    assert b"\r\nforged" not in answer.lower()
    refused = await operator.http.post("/auth/sign-in", json={"name": NAME, "password": NAME})
    assert refused.status_code == 401
    document = {"query": "query \x1b { me }", "operationName": NAME}
    assert "errors" in (await operator.http.post("/graphql", json=document)).json()

    lines = product.log.read_bytes()[said_before:].split(b"\n")
    events = [json.loads(line) for line in lines if line]
    assert any("forged" in str(event.get("path")) for event in events)
    assert not any(event["event"] == "forged" for event in events)
    assert not [line for line in lines if any(byte < 0x20 for byte in line)]
    said = product.log.read_text()
    for secret in (*operator.http.cookies.values(), product.password):
        assert said.count(secret) == (1 if secret == product.password else 0)


def _exchange(product: Product, head: str) -> bytes:
    address = urlsplit(product.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        request = f"{head}Host: {address.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b""))
