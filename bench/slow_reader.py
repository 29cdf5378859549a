"""What a client gets that reads a fifth of the stream, and when one that reads nothing is closed.

`python -m bench.slow_reader [--nodes N] [--seconds N] [--share F]`. One whole-fleet dashboard at
full speed tells how much the stream is, and that nobody else suffers. The slow one reads that share
of it, evenly, over a connection with a small receive buffer, as over a narrow link; the stuck one
stops after its first frame. How old a frame is, is said when its last byte was read. There is no
peer in this run: the aims are absolute (no disconnect; values at most 5 s old).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import psutil
import uvloop

from bench.fanout import COLUMNS, REPOSITORY, Peer, close, peer, running
from bench.lean_websocket import Subscriber, subscribe
from server.logs import configure_logging
from tests.services.process import free_port
from tests.services.redis import RedisServer

LEARN_SECONDS = 10.0
READ_AT_ONCE = 1024
RECEIVE_BUFFER = 16 * 1024


@dataclass
class Straw:
    """A connection through which a client draws its bytes itself."""

    port: int
    socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.setblocking(False)

    def write(self, data: bytes) -> None:
        self.socket.send(data)

    async def draw(self, client: Subscriber) -> int:
        """Raises: OSError, when the server has dropped the connection."""
        data = await asyncio.get_running_loop().sock_recv(self.socket, READ_AT_ONCE)
        if not data:
            raise ConnectionResetError
        client.data_received(data)
        return len(data)

    def is_held_by(self, pid: int) -> bool:
        """Whether the server has it still: no word of its end gets past what was not read."""
        ours = self.socket.getsockname()
        return any(each.raddr == ours for each in psutil.Process(pid).net_connections("tcp"))


def drawn(api: Peer) -> tuple[Straw, Subscriber]:
    straw, client = Straw(api.port), Subscriber(api.port, api.cookie, COLUMNS)
    client.keeps_last = True
    client.connection_made(cast(asyncio.Transport, straw))
    return straw, client


def age(client: Subscriber) -> float:
    frame: dict[str, Any] = msgspec.json.decode(client.last)["payload"]["data"]["fleetTelemetry"]
    return time.time() - datetime.fromisoformat(frame["time"]).timestamp()


async def read_slowly(api: Peer, bytes_per_second: float, seconds: float) -> dict[str, float]:
    disconnects, ages = 0, list[float]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        straw, client = drawn(api)
        due, frames = time.monotonic(), 0
        try:
            while time.monotonic() < end:
                due += await straw.draw(client) / bytes_per_second
                if client.frames != frames:
                    frames = client.frames
                    ages.append(age(client))
                await asyncio.sleep(due - time.monotonic())
        except OSError:
            disconnects += 1
        finally:
            straw.socket.close()
    return {
        "slow_disconnects": disconnects,
        "slow_frames": len(ages),
        "slow_age_p50_s": statistics.median(ages),
        "slow_age_max_s": max(ages),
    }


async def read_nothing(api: Peer, patience_seconds: float) -> dict[str, float]:
    straw, client = drawn(api)
    while not client.frames:
        await straw.draw(client)
    begun = time.monotonic()
    end = begun + patience_seconds
    while straw.is_held_by(api.pid) and time.monotonic() < end:  # noqa: ASYNC110 (the server's)
        await asyncio.sleep(0.1)
    straw.socket.close()
    return {"stuck_closed_after_s": time.monotonic() - begun}


async def read_all(client: Subscriber, seconds: float) -> dict[str, float]:
    ages, frames, end = list[float](), client.frames, time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(0.002)
        if client.frames != frames:
            frames = client.frames
            ages.append(age(client))
    return {"quick_frames": len(ages), "quick_age_max_s": max(ages)}


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


async def measure(folder: Path, nodes: int, seconds: float, share: float) -> dict[str, float]:
    redis = RedisServer(folder, free_port())
    redis.start()
    try:
        async with (
            running(*peer("samples", str(nodes), redis.url)),
            running(*peer("ours", str(nodes), redis.url)) as api,
        ):
            (quick,) = await subscribe(1, api.port, api.cookie, COLUMNS)
            quick.keeps_last = True
            await asyncio.sleep(LEARN_SECONDS)
            before = quick.bytes
            await asyncio.sleep(LEARN_SECONDS)
            rate = (quick.bytes - before) / LEARN_SECONDS
            resident = resident_kib(api.pid)
            told = await asyncio.gather(
                read_all(quick, seconds),
                read_slowly(api, share * rate, seconds),
                read_nothing(api, seconds),
            )
            grown = resident_kib(api.pid) - resident
            await close([quick])
    finally:
        redis.close()
    figures = {"stream_bytes_per_s": rate, "api_grown_kib": grown}
    return figures | {name: value for each in told for name, value in each.items()}


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.slow_reader", description=__doc__)
    parser.add_argument("--nodes", type=int, default=125)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--share", type=float, default=0.2, help="of the stream that is read")
    given = parser.parse_args(arguments)
    configure_logging("error")
    os.environ["PATH"] = f"{REPOSITORY}/.venv/bin:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        figures = uvloop.run(measure(Path(folder), given.nodes, given.seconds, given.share))
    told = " ".join(f"{name}={value:.4g}" for name, value in figures.items())
    print(f"slow_reader: devices={given.nodes * 8} share={given.share} {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
