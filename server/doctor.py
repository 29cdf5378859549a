"""`quartermaster doctor`: asks everything that the product depends on, and says what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from domain import database
from server.app import STATIC
from server.processes import open_bus
from server.settings import Settings
from workers.nvml import has_gpus


async def examine(settings: Settings, say: Callable[[str], None]) -> int:
    """One line per dependency; the exit status is 0 when all are well."""
    checks: dict[str, Callable[[], Awaitable[str]]] = {
        "database": lambda: _database(settings),
        "bus": lambda: _bus(settings),
        "GPUs": _gpus,
        "dashboard": _dashboard,
    }
    failed = 0
    for name, check in checks.items():
        try:
            say(f"ok    {name}: {await check()}")
        except Exception as error:
            failed += 1
            say(f"FAIL  {name}: {error}")
    return 1 if failed else 0


async def _database(settings: Settings) -> str:
    await database.open_database(settings.database_url, migrate=False)
    try:
        await database.ping()
    finally:
        await database.close_database()
    return "it answers and its tables are current"


async def _bus(settings: Settings) -> str:
    bus = open_bus(settings)
    try:
        await bus.ping()
    finally:
        await bus.close()
    return "it answers"


async def _gpus() -> str:
    if await asyncio.to_thread(has_gpus):
        return "the NVIDIA driver answers"
    return "no NVIDIA driver answers here; `up` shows a demo fleet"


async def _dashboard() -> str:
    if not (STATIC / "index.html").is_file():
        raise FileNotFoundError("the dashboard is not built; run `make web`")
    return "it is built"
