"""`quartermaster` as somebody types it in a terminal: a real process, a home of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

CODE = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")


@dataclass
class Command:
    process: asyncio.subprocess.Process
    said: str = ""

    async def code(self) -> str:
        """What it shows to be typed in the browser."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while not (found := CODE.search(self.said)):
                line = await self.process.stdout.readline()
                assert line, self.said
                self.said += line.decode()
        return found.group()

    async def end(self) -> int:
        async with asyncio.timeout(30):
            rest, _ = await self.process.communicate()
        self.said += rest.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@dataclass
class Terminal:
    home: Path

    @property
    def file(self) -> Path:
        return self.home / "quartermaster" / "tokens.json"

    async def start(self, *arguments: str) -> Command:
        return Command(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server.cli",
                *arguments,
                env={**os.environ, "XDG_CONFIG_HOME": str(self.home), "PYTHONUNBUFFERED": "1"},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        )

    async def run(self, *arguments: str) -> tuple[int, str]:
        command = await self.start(*arguments)
        return await command.end(), command.said
