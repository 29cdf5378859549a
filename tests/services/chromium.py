"""A real Chromium, and for each test a profile of its own in it that reports what went wrong.

The browser comes from npm (@sparticuz/chromium) and is launched without the arguments which that
package proposes: they switch web security off and would blind the tests of it.
"""

from __future__ import annotations

import ctypes.util
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
NODE_FOLDER = REPOSITORY / "tests" / "web" / "node"
UNPACKED = REPOSITORY / ".cache" / "chromium"
NAME = "gpus.test"
"""A name of this machine that is not localhost: what a page may not do over plain HTTP there."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]

Axe = Callable[[Page], Awaitable[list[str]]]


@pytest.fixture(scope="session")
def chromium_program() -> Path:
    return program()


def program() -> Path:
    """The browser's program, unpacked once per checkout and version."""
    lock = NODE_FOLDER / "package-lock.json"
    installed = NODE_FOLDER / "node_modules" / ".installed"
    assert installed.exists(), "The packages of tests/web/node are missing: run `make packages`."
    program = UNPACKED / "chromium"
    UNPACKED.parent.mkdir(exist_ok=True)
    with UNPACKED.with_suffix(".lock").open("w") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)  # the tests may run in several processes
        if not program.exists() or program.stat().st_mtime < lock.stat().st_mtime:
            _unpack()
            program.touch()
    return program


def browser_environment() -> dict[str, str | float | bool]:
    """Its own libraries where the machine has none."""
    environment: dict[str, str | float | bool] = {**os.environ}
    if ctypes.util.find_library("nss3") is None:
        environment["LD_LIBRARY_PATH"] = str(UNPACKED / "al2023" / "lib")
    return environment


@pytest.fixture(scope="session")
async def chromium(chromium_program: Path) -> AsyncIterator[Browser]:
    """A running browser; tests share nothing in it but the clipboard, each has its own context."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program, args=ARGUMENTS, env=browser_environment()
        )
        yield browser
        await browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What the page complained about: script errors, console errors, refusals of the policy."""
    return []


@pytest.fixture
async def page(chromium: Browser, problems: list[str]) -> AsyncIterator[Page]:
    """A fresh page, English and in UTC, at the size of a laptop screen."""
    context = await chromium.new_context(
        locale="en-GB", timezone_id="UTC", viewport={"width": 1440, "height": 900}
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            problems.append(f"console: {message.text}") if message.type == "error" else None
        ),
    )
    yield page
    await context.close()


@pytest.fixture
def axe() -> Axe:
    """Checks a page against WCAG 2.2 AA and names each violation with the elements it is on.

    The rules are evaluated over the debugging protocol, which the page's policy does not govern:
    the policy stays in force.
    """
    source = (NODE_FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text()

    async def check(page: Page) -> list[str]:
        await page.evaluate(source)
        violations: list[str] = await page.evaluate(
            """async () => {
              const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
              const found = await axe.run(document, { runOnly: tags });
              const places = (nodes) => nodes.map((node) => node.target.join(" ")).join(", ");
              return found.violations.map(({ id, nodes }) => `${id}: ${places(nodes)}`);
            }"""
        )
        return violations

    return check


def _unpack() -> None:
    node = shutil.which("node")
    assert node, "No node on PATH: run the tests by `make test`, or put .venv/bin on PATH."
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as scratch:
        subprocess.run(
            [node, "unpack-chromium.js"],
            cwd=NODE_FOLDER,
            env={**os.environ, "TMPDIR": scratch},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        shutil.rmtree(UNPACKED, ignore_errors=True)
        Path(scratch).rename(UNPACKED)
        Path(scratch).mkdir()
