"""What the README tells a newcomer to type works, against the product as it is."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from server.settings import PREFIX, Settings
from tests.requirements import REPOSITORY
from tests.services.process import wait_until
from tests.services.product import Product
from tests.services.terminal import Terminal

README = (REPOSITORY / "README.md").read_text()
URL = "http://127.0.0.1:8080"


def example(language: str, containing: str, product: Product) -> str:
    """The README's block of that language, for the product that runs here."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    (block,) = [block for block in blocks if containing in block]
    assert URL in block
    return str(block).replace(URL, product.url).replace("PASSWORD", product.password)


def run(command: list[str], folder: Path) -> str:
    answer = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def wait_for_all_devices(product: Product, folder: Path) -> None:
    """By the README's first query."""
    script = example("sh", "auth/sign-in", product).replace("curl ", "curl --silent --fail ")

    def are_told() -> bool:
        printed = run(["sh", "-ec", script], folder).replace(" ", "")
        return '"isDemo":true' in printed and '"devices":16' in printed

    wait_until(are_told, "the 16 devices of the demo are counted", product.log)


@pytest.mark.spec("API-1")
@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_first_query_answers(product: Product, tmp_path: Path) -> None:
    wait_for_all_devices(product, tmp_path)


@pytest.mark.spec("API-3")
@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_first_change_is_made(product: Product, tmp_path: Path) -> None:
    script = example("sh", "auth/sign-in", product) + example("sh", "createGroup", product)
    printed = run(["sh", "-ec", script.replace("curl ", "curl --silent --fail ")], tmp_path)
    assert '"createGroup":{"__typename":"Group"' in printed.replace(" ", "")


@pytest.mark.spec("API-4")
def test_the_python_subscription_prints_live_frames(product: Product, tmp_path: Path) -> None:
    printed = run([sys.executable, "-c", example("python", "connect(", product)], tmp_path)
    times = re.findall(r"'time': '([^']+)'", printed)
    assert len(times) == 5
    assert times == sorted(set(times))


@pytest.mark.spec("API-4")
@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_javascript_subscription_prints_live_frames(product: Product, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "No node on PATH: run the tests by `make test`, or put .venv/bin on PATH."
    wait_for_all_devices(product, tmp_path)
    code = example("js", "createClient", product)
    packages = REPOSITORY / "tests" / "server" / "node"
    printed = run([node, "--input-type=module", "--eval", code], packages)
    assert printed.count("utilisationPercent") == 15


@pytest.mark.spec("TOKEN-1")
async def test_the_terminal_logs_in_asks_and_logs_out(product: Product, tmp_path: Path) -> None:
    (block,) = re.findall(r"```\n(quartermaster login .*?)```", README, re.S)
    login, query, logout = (
        shlex.split(line.removeprefix("quartermaster "))
        for line in block.replace(URL, product.url).splitlines()
    )
    terminal = Terminal(tmp_path)
    command = await terminal.start(*login)
    code = await command.code()
    headers = {"Quartermaster-Client": "tests"}
    async with httpx.AsyncClient(base_url=product.url, headers=headers) as browser:
        who = {"name": product.name, "password": product.password}
        (await browser.post("/auth/sign-in", json=who)).raise_for_status()
        wish = {"userCode": code, "isAllowed": True}
        document = """mutation ($input: AnswerDeviceInput!) {
          answerDevice(input: $input) { __typename } }"""
        answer = {"query": document, "variables": {"input": wish}}
        (await browser.post("/graphql", json=answer)).raise_for_status()
    assert await command.end() == 0, command.said
    status, said = await terminal.run(*query)
    assert status == 0, said
    viewer = json.loads(said)["data"]["viewer"]
    assert (viewer["name"], viewer["tokens"][0]["scope"]) == (product.name, "READ")
    assert (await terminal.run(*logout))[0] == 0
    assert (await terminal.run(*query))[0] != 0


def test_the_table_of_settings_is_the_programs_own() -> None:
    told = re.findall(rf"^\| `{PREFIX}([A-Z_]+)`", README, re.M)
    assert [name.lower() for name in told] == [field.name for field in dataclasses.fields(Settings)]
