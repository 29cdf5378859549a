"""`quartermaster doctor`: the parts that the About screen shows, in a terminal, and this host's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from domain import database
from domain.components import Component, ComponentState, no_database
from domain.inventory import SEEN_AT_MOST_EVERY
from domain.licence import counted, standing_of
from domain.snapshot import NodeRow
from domain.snapshot_reader import read_snapshot
from resolvers.components import examine as examine_parts
from resolvers.components import of_bus, of_kubernetes
from server.app import STATIC
from server.build import built_from
from server.processes import open_bus
from server.settings import Settings
from telemetry.bus import Bus
from workers.nvml import has_gpus

SILENT_AFTER = SEEN_AT_MOST_EVERY + timedelta(minutes=1)
"""The tables are told that a node is heard now and then only."""
MARKS = {
    ComponentState.OK: "ok  ",
    ComponentState.WARNING: "warn",
    ComponentState.FAILED: "FAIL",
    ComponentState.OFF: "off ",
}


async def examine(settings: Settings, say: Callable[[str], None]) -> int:
    """One line per part, and what to do about a trouble; the exit status is 1 where a part fails.

    A warning (a silent node, a licence that runs out) is told and is no failure.
    """
    commit = built_from()
    say(
        f"Quartermaster {version('quartermaster')}, "
        + ("a plain checkout" if commit is None else f"built from {commit}")
    )
    bus = open_bus(settings)
    try:
        parts = await _parts(settings, bus)
    finally:
        await bus.close()
    parts += [await _gpus(), _dashboard()]
    for part in parts:
        say(_line(part))
        if part.remedy is not None:
            say(f"        {part.remedy}")
    return int(any(part.state is ComponentState.FAILED for part in parts))


async def _parts(settings: Settings, bus: Bus) -> list[Component]:
    """Those that every process has in common."""
    kind = "SQLite" if database.sqlite_file(settings.database_url) else "PostgreSQL"
    try:
        await database.open_database(settings.database_url, migrate=False)
    except database.SchemaMismatch as error:
        return [_not_current(kind, error), await of_bus(bus), await of_kubernetes()]
    except Exception as error:
        return [no_database(kind, error), await of_bus(bus), await of_kubernetes()]
    try:
        snapshot, now = await read_snapshot(), datetime.now(UTC)
        devices = counted(snapshot.devices.values())
        standing = standing_of(snapshot.licence, settings.licence_key, devices, now)

        def is_stale(node: NodeRow) -> bool:
            return now - node.last_seen_at > SILENT_AFTER

        ours = version("quartermaster")
        return await examine_parts(bus, snapshot, is_stale, standing, version=ours)
    finally:
        await database.close_database()


def _not_current(kind: str, error: Exception) -> Component:
    return Component(
        "Database",
        ComponentState.FAILED,
        kind,
        None,
        str(error),
        "Run `quartermaster migrate`, with the newest version that has used this database.",
    )


async def _gpus() -> Component:
    if await asyncio.to_thread(has_gpus):
        return Component("GPUs", ComponentState.OK, None, None, "the NVIDIA driver answers here")
    detail = "no NVIDIA driver answers here; `up` shows a demo fleet"
    return Component("GPUs", ComponentState.OFF, None, None, detail)


def _dashboard() -> Component:
    if (STATIC / "index.html").is_file():
        return Component("Dashboard", ComponentState.OK, None, None, "it is built")
    detail, remedy = "it is not built", "Run `make web`."
    return Component("Dashboard", ComponentState.FAILED, None, None, detail, remedy)


def _line(part: Component) -> str:
    what = " ".join(filter(None, (part.kind, part.version)))
    return f"{MARKS[part.state]}  {part.name}: " + (f"{what}, " if what else "") + part.detail
