"""How soon a dashboard is live again after Redis, the collector or the API was killed and is back.

`python -m bench.healing [--rounds N]`. Every part is a process of its own (Redis, PostgreSQL, API,
controller, a demo of 1,000 devices); one after the other is killed with SIGKILL under a running
dashboard and started again. Two times are told: until the part is back (Redis and the API answer,
the collector's first sample is on the bus), and from there until the dashboard in a real Chromium
shows its nodes as ready, on live data. The aim is for the second: 5 s.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from redis.asyncio import Redis

from tests.services.chromium import browser_environment, program
from tests.services.postgres import Postgres
from tests.services.process import end, free_port, spawn
from tests.services.product import OPERATOR
from tests.services.redis import RedisServer

DEMO = "125x8"
READY = 124  # the demo silences a node now and then
PATIENCE_S = 60
SHOWN = """() => [document.querySelector("[data-testid=live]")?.dataset.kind,
  parseInt(document.querySelector("[data-testid='reading-Nodes ready'] b")?.textContent ?? "0")]"""

Back = Callable[[], Coroutine[Any, Any, None]]
Taken = dict[str, list[tuple[float, float]]]


class Part:
    """One process of the deployment."""

    def __init__(self, name: str, arguments: Sequence[str], environment: dict[str, str], log: Path):
        self.name = name
        self._command = [sys.executable, "-m", "server.cli", *arguments]
        self._environment, self._log = {**os.environ, **environment}, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = spawn(self._command, self._log, self._environment)

    def kill(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGKILL)
        self._process = None


async def measure(rounds: int) -> Taken:
    postgres = Postgres.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return await _deployed(Path(folder), await postgres.empty_database(), rounds)
    finally:
        postgres.stop()


async def _deployed(folder: Path, database: str, rounds: int) -> Taken:
    redis, port, log = RedisServer(folder, free_port()), free_port(), folder / "log"
    environment = {
        "QUARTERMASTER_DATABASE_URL": database,
        "QUARTERMASTER_REDIS_URL": redis.url,
        "QUARTERMASTER_DATA_DIR": str(folder / "data"),
    }
    url = f"http://127.0.0.1:{port}"
    api = Part("api", ["api", "--port", str(port)], environment, log)
    collector = Part("collector", ["demo", DEMO], environment, log)
    controller = Part("controller", ["controller"], environment, log)
    redis.start()
    said = await asyncio.to_thread(_migrate, environment)
    operator = OPERATOR.search(said)
    assert operator, said
    try:
        for part in (controller, collector, api):
            part.start()
        await _answers("127.0.0.1", port)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=program(),
                args=["--no-sandbox", "--disable-gpu"],
                env=browser_environment(),
            )
            page = await browser.new_page()
            await page.goto(url)
            await page.get_by_label("Name", exact=True).fill(operator[1])
            await page.get_by_label("Password").fill(operator[2])
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_test_id("live").wait_for()  # the page is loaded anew
            await _until(page, lambda kind, ready: kind == "live" and ready >= READY)
            parts: tuple[tuple[Part | RedisServer, Back], ...] = (
                (redis, lambda: _answers("127.0.0.1", redis.port)),
                (collector, lambda: _first_sample(redis.url)),
                (api, lambda: _answers("127.0.0.1", port)),
            )
            taken = [[await _heal(page, *part) for _ in range(rounds)] for part in parts]
            await browser.close()
            return dict(zip(("redis", "collector", "api"), taken, strict=True))
    finally:
        for part in (api, collector, controller):
            part.kill()
        redis.close()


def _migrate(environment: dict[str, str]) -> str:
    """Returns: what it said, the operator's first password among it."""
    command = [sys.executable, "-m", "server.cli", "migrate"]
    return subprocess.check_output(command, env={**os.environ, **environment}, text=True)


async def _heal(page: Page, part: Part | RedisServer, back: Back) -> tuple[float, float]:
    """Kill it, see the dashboard say so, start it again and wait until all is live."""
    part.kill()
    await _until(page, lambda kind, ready: kind == "stale" or ready < READY)
    await asyncio.sleep(5)  # by now clients wait as long as they ever do between two tries
    begun = time.monotonic()
    is_back = asyncio.create_task(back())
    await asyncio.to_thread(part.start)
    await is_back
    was_back = time.monotonic()
    await _until(page, lambda kind, ready: kind == "live" and ready >= READY)
    return was_back - begun, time.monotonic() - was_back


async def _until(page: Page, is_so: Callable[[str | None, int], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so(*(await page.evaluate(SHOWN))):  # noqa: ASYNC110 (another process's state)
            await asyncio.sleep(0.02)


async def _answers(host: str, port: int) -> None:
    """Returns once somebody listens there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def _first_sample(url: str) -> None:
    async with Redis.from_url(url) as redis, redis.pubsub() as listener:
        await listener.psubscribe("qm:node:*:sample")
        async for message in listener.listen():
            if message["type"] == "pmessage":
                return


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.healing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="kills of each part")
    taken = asyncio.run(measure(parser.parse_args(arguments).rounds))
    for part, times in taken.items():
        told = "  ".join(f"{start:.1f} + {heal:.1f}" for start, heal in times)
        print(f"{part:10} start + healing, in s: {told}")
    worst = {part: max(heal for _, heal in times) for part, times in taken.items()}
    print("healing: " + " ".join(f"{part}_max_s={each:.2f}" for part, each in worst.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
