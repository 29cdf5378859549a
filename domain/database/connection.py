"""Opening and closing the one database of the process, and asking whether it answers."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext

from domain.database.errors import DatabaseUnavailable
from domain.database.migrate import bring_up_to_date, require_current_schema
from domain.database.ownership import all_ended
from domain.database.rows import CONNECTION, connection, execute, fetch, is_postgres
from domain.database.tables import TABLES

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "busy_timeout": "5000",  # milliseconds
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # INSERT OR REPLACE must fire the triggers against deleting
    "journal_size_limit": str(64 * 1024 * 1024),
}
POOL_SIZE = 10

_context: TortoiseContext | None = None


async def open_database(url: str, *, migrate: bool, pool_size: int = POOL_SIZE) -> None:
    """Open `sqlite:///path` or `postgresql://...`, with its tables made current or checked.

    Raises: DatabaseUnavailable, SchemaMismatch, ValueError for any other URL.
    """
    global _context
    if _context is not None:
        raise RuntimeError("The database is open already.")
    file = sqlite_file(url)
    if file is not None:
        _make_private(file)
    EXECUTOR_CACHE.clear()  # statements written for the kind of database that was open before
    context = TortoiseContext()
    config = {
        "connections": {CONNECTION: _engine(url, file, pool_size)},
        "apps": {"models": {"models": list(TABLES), "default_connection": CONNECTION}},
    }
    with context:  # for init alone: afterwards every task finds it as the process's own
        await context.init(config=config, use_tz=True, timezone="UTC", _enable_global_fallback=True)
    _context = context
    try:
        await _connect()
        if migrate:
            await bring_up_to_date(file)
        await require_current_schema()
    except BaseException:
        await close_database()
        raise


async def close_database() -> None:
    """Close it after what cancelled callers have left to be committed or rolled back."""
    global _context
    if _context is None:
        return
    await all_ended()
    context, _context = _context, None
    await context.close_connections()


async def outlast_power_cuts() -> None:
    """From now on what is committed here is on the disk, as it always is on PostgreSQL. SQLite in
    WAL mode else leaves that to the next checkpoint, and lets a power cut undo the last changes."""
    if not is_postgres():
        await execute("PRAGMA synchronous = FULL")


async def ping(timeout_seconds: float = 2.0) -> None:
    """Raise DatabaseUnavailable unless the database answers in time: for readiness."""
    try:
        async with asyncio.timeout(timeout_seconds):
            await fetch("SELECT 1")
    except DatabaseUnavailable:
        raise
    except Exception as error:
        raise DatabaseUnavailable(f"The database does not answer: {error!r}") from error


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL (`sqlite:///relative` or `sqlite:////absolute`), else null."""
    parts = urlsplit(url)
    if parts.scheme in ("postgresql", "postgres"):
        return None
    if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:
        raise ValueError("The database is sqlite:///PATH or postgresql://USER@HOST/NAME.")
    return Path(url.removeprefix("sqlite:///"))


async def _connect() -> None:
    try:
        await connection().create_connection(with_db=True)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailable(f"The database cannot be opened: {error}") from error


def _engine(url: str, file: Path | None, pool_size: int) -> dict[str, Any]:
    if file is None:
        return {
            "engine": "domain.database.engine_asyncpg",
            "credentials": {"dsn": url, "minsize": 1, "maxsize": pool_size},
        }
    return {
        "engine": "domain.database.engine_sqlite",
        "credentials": {"file_path": str(file), **SQLITE_PRAGMAS},
    }


def _make_private(file: Path) -> None:
    """The file holds password hashes: only its owner may read it and what SQLite puts beside it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(f"The database cannot be opened: {error}") from error
