"""Bringing the tables up to date: one process at a time, each migration whole or not at all."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from tortoise import Tortoise

from domain.database import migrations
from domain.database.changes import transaction
from domain.database.errors import DatabaseUnavailable, SchemaMismatch
from domain.database.migrations import Migration
from domain.database.rows import execute, fetch, is_postgres

LOCK = 4_711_001
"""The key of the advisory lock on PostgreSQL; any number that nothing else uses."""
LOCK_TIMEOUT_SECONDS = 120.0
LOCK_POLL_SECONDS = 0.1


async def bring_up_to_date(file: Path | None) -> None:
    """Apply what is missing; an SQLite `file` that holds data is copied beside itself before."""
    async with _one_at_a_time(file):
        applied = await _applied()
        missing = [step for step in migrations.ALL if step.name not in applied]
        if missing and applied and file is not None:
            await asyncio.to_thread(
                _copy, file, file.with_name(f"{file.name}.before-{missing[0].name}")
            )
    for step in migrations.ALL:
        await _apply(step)


async def require_current_schema() -> None:
    """Raise SchemaMismatch unless the tables are this version's, column by column."""
    applied = await _applied()
    known = {step.name for step in migrations.ALL}
    if applied - known:
        raise SchemaMismatch(
            f"The database was migrated by a newer version ({', '.join(sorted(applied - known))})."
        )
    if known - applied:
        raise SchemaMismatch("The database is not up to date: run `quartermaster migrate`.")
    for model in (Tortoise.apps or {})["models"].values():
        expected = set(model._meta.fields_db_projection.values())
        found = await _columns(model._meta.db_table)
        if expected != found:
            odd = ", ".join(sorted(expected ^ found))
            raise SchemaMismatch(f"Table {model._meta.db_table} differs in: {odd}.")


@transaction
async def _apply(step: Migration) -> None:
    if is_postgres():
        await execute("SET LOCAL lock_timeout = '120s'")
        await fetch("SELECT pg_advisory_xact_lock(?)", LOCK)
    await execute(
        "CREATE TABLE IF NOT EXISTS migration"
        " (name VARCHAR(60) PRIMARY KEY NOT NULL, applied_at VARCHAR(40) NOT NULL)"
    )
    if step.name in await _applied():
        return
    await step.apply()
    await execute("INSERT INTO migration VALUES (?, ?)", step.name, datetime.now(UTC).isoformat())


async def _applied() -> set[str]:
    if not await _columns("migration"):
        return set()
    return {row["name"] for row in await fetch("SELECT name FROM migration")}


async def _columns(table: str) -> set[str]:
    if is_postgres():
        rows = await fetch(
            "SELECT column_name AS name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ?",
            table,
        )
    else:
        rows = await fetch("SELECT name FROM pragma_table_info(?)", table)
    return {row["name"] for row in rows}


@asynccontextmanager
async def _one_at_a_time(file: Path | None) -> AsyncIterator[None]:
    """Two that start at once must not both copy the file; PostgreSQL's lock is in `_apply`."""
    if file is None:
        yield
        return
    with file.with_name(f"{file.name}.migrating").open("w") as lock:
        try:
            async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
                while not _try_lock(lock.fileno()):  # noqa: ASYNC110  another process holds it
                    await asyncio.sleep(LOCK_POLL_SECONDS)
        except TimeoutError as error:
            raise DatabaseUnavailable("Another process has been migrating for too long.") from error
        yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _copy(file: Path, copy: Path) -> None:
    copy.touch(mode=0o600)
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
