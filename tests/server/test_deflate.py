"""Shared frames are deflated once for all who offer it; what comes in deflated stays bounded."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from server.graphql import frames
from server.protocols import DEFLATED
from server.security.bodies import BODY_LIMIT_BYTES
from tests.server import nodejs
from tests.server.console import Console
from tests.server.test_websocket import close_code, initialise, receive, send, subscribe

BIG = "subscription { beats(last: 4) { number text(sized: 50000) } }"
EMPTY_BLOCK = b"\x00\x00\xff\xff"


def offering(**parameters: Any) -> dict[str, Any]:
    return {"extensions": [ClientPerMessageDeflateFactory(**parameters)]}


@pytest.mark.spec("API-4")
@pytest.mark.parametrize("context_takeover", [True, False])
async def test_a_deflated_frame_says_what_the_plain_one_says(
    console: Console, context_takeover: bool
) -> None:
    takes = offering(server_no_context_takeover=not context_takeover)
    async with (
        console.connect(console.accounts.open()) as plain,
        console.connect(console.accounts.open(), **takes) as deflated,
    ):
        assert "permessage-deflate" in deflated.response.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in plain.response.headers
        for socket in (plain, deflated):
            await initialise(socket)
            await subscribe(socket, 'an "odd" id', BIG)
        seen = [[await receive(socket) for _ in range(5)] for socket in (plain, deflated)]
    for one, other in zip(*seen, strict=True):
        assert one["type"] == other["type"] and one["id"] == other["id"]
        if one["type"] == "next":
            beats = [each["payload"]["data"]["beats"] for each in (one, other)]
            assert beats[0]["text"] == beats[1]["text"] == "x" * 50_000


@pytest.mark.spec("API-4")
async def test_a_frame_is_deflated_once_for_all(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(text: bytes) -> bytes:
        made.append(len(text))
        return frames_deflate(text)

    frames_deflate = frames.deflate
    monkeypatch.setattr(frames, "deflate", counted)
    secret = console.accounts.open()
    sockets = [await console.connect(secret, **offering()) for _ in range(10)]
    try:
        for socket in sockets:
            await initialise(socket)
            await subscribe(socket, "1", "subscription { beats { number text(sized: 5000) } }")
        for socket in sockets:
            for _ in range(5):
                assert (await receive(socket))["type"] == "next"
        number = (await receive(sockets[0]))["payload"]["data"]["beats"]["number"]
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))
    # A first frame for newcomers and the next one for the others, of each beat at most.
    assert len(made) <= 2 * (number + 30)
    assert len(made) < 50 + number


async def test_small_messages_are_left_as_they_are(console: Console) -> None:
    async with console.connect(console.accounts.open(), **offering()) as socket:
        await initialise(socket)
        await subscribe(socket, "1", "subscription { beats { number } }")
        assert (await receive(socket))["type"] == "next"
        await subscribe(socket, "2", "{ me }")
        while (message := await receive(socket))["id"] != "2":
            pass
        assert message["payload"] == {"data": {"me": "ada"}}


async def test_a_client_that_offers_a_small_window_gets_plain_frames(console: Console) -> None:
    async with console.connect(
        console.accounts.open(), **offering(server_max_window_bits=10)
    ) as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await initialise(socket)
        await subscribe(socket, "1", BIG)
        assert (await receive(socket))["payload"]["data"]["beats"]["text"] == "x" * 50_000


@pytest.mark.spec("API-4")
async def test_the_ws_package_of_node_reads_deflated_frames(console: Console) -> None:
    cookie = console.cookie(console.accounts.open())
    url = f"ws://{console.authority}/graphql"
    report = json.loads(await nodejs.run("deflate.mjs", url, cookie, console.origin))
    assert "permessage-deflate" in report["extensions"]
    assert [len(frame["data"]["beats"]["text"]) for frame in report["frames"]] == [50_000] * 3


@pytest.mark.spec("T-35", "T-31")
@pytest.mark.parametrize("pieces", [1, 50])
async def test_a_message_that_grows_when_inflated_is_cut_off(console: Console, pieces: int) -> None:
    async with console.connect(console.accounts.open(), **offering()) as socket:
        await initialise(socket)
        message = {"type": "ping", "payload": {"text": "x" * 40 * BODY_LIMIT_BYTES}}
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = compressor.compress(json.dumps(message).encode())
        bomb = (bomb + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(EMPTY_BLOCK)
        assert len(bomb) < BODY_LIMIT_BYTES / 10
        write_fragments(socket, bomb, pieces)
        # What is still on its way when the server closes resets the connection: 1006.
        assert await close_code(socket) in (1009, 1006)


async def test_a_deflated_message_is_understood(console: Console) -> None:
    async with console.connect(console.accounts.open(), **offering()) as socket:
        await send(socket, type="ping")  # which this client deflates
        assert await receive(socket) == {"type": "pong"}


def write_fragments(socket: Any, message: bytes, pieces: int) -> None:
    size = -(-len(message) // pieces)
    for start in range(0, len(message), size):
        frame = Frame(
            Opcode.CONT if start else Opcode.TEXT,
            message[start : start + size],
            fin=start + size >= len(message),
        )
        first, *rest = frame.serialize(mask=True)
        is_deflated = 0 if start else DEFLATED
        socket.transport.write(bytes([first | is_deflated, *rest]))
