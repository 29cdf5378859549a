"""Migrating: once, whole, one process at a time, with a copy to go back to, checked at start."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.fields.base import OnDelete
from tortoise.fields.relational import ForeignKeyFieldInstance

from domain.database import (
    DatabaseUnavailable,
    SchemaMismatch,
    close_database,
    execute,
    fetch,
    migrations,
    open_database,
    ping,
)
from domain.database.ddl import create
from domain.database.migrations import Migration
from domain.installation import install
from domain.users import User
from tests.services.database import Database


@pytest.fixture(autouse=True)
async def closed_afterwards() -> AsyncIterator[None]:
    yield
    await close_database()


async def columns(table: str, kind: str) -> dict[str, bool]:
    """Column names, and whether each may be null."""
    if kind == "sqlite":
        rows = await fetch('SELECT name, "notnull" FROM pragma_table_info(?)', table)
        return {row["name"]: not row["notnull"] for row in rows}
    rows = await fetch(
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = ?"
        " AND table_schema = current_schema()",
        table,
    )
    return {row["column_name"]: row["is_nullable"] == "YES" for row in rows}


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    await open_database(empty_url, migrate=True)
    await install("ada", cluster_name="lab")
    applied = [tuple(row) for row in await fetch("SELECT * FROM migration")]
    await close_database()
    await open_database(empty_url, migrate=True)
    assert [tuple(row) for row in await fetch("SELECT * FROM migration")] == applied
    assert await User.all().count() == 1


MIGRATE = """
import asyncio, sys
from domain.database import close_database, open_database
from domain.installation import install

async def main():
    await open_database(sys.argv[1], migrate=True)
    await install("ada", cluster_name="lab")
    await close_database()

asyncio.run(main())
"""


@pytest.mark.spec("INST-3")
async def test_replicas_that_start_at_once_migrate_and_install_once(empty_url: str) -> None:
    starts = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, empty_url)
        for _ in range(3)
    ]
    assert [await one.wait() for one in starts] == [0, 0, 0]
    await open_database(empty_url, migrate=False)
    assert await User.all().count() == 1


async def test_a_database_that_was_never_migrated_is_not_worked_with(empty_url: str) -> None:
    with pytest.raises(SchemaMismatch, match="quartermaster migrate"):
        await open_database(empty_url, migrate=False)
    with pytest.raises(RuntimeError):
        await fetch("SELECT 1")  # it was closed again


async def test_a_database_of_a_newer_version_is_not_worked_with(database: Database) -> None:
    await execute("INSERT INTO migration VALUES ('9999_future', 'then')")
    await close_database()
    with pytest.raises(SchemaMismatch, match="9999_future"):
        await open_database(database.url, migrate=True)


@pytest.mark.parametrize(
    "damage",
    ["ALTER TABLE node ADD COLUMN odd INT", "ALTER TABLE node RENAME COLUMN os_name TO odd"],
)
async def test_tables_that_were_altered_by_hand_are_noticed_at_start(
    database: Database, damage: str
) -> None:
    await execute(damage)
    await close_database()
    with pytest.raises(SchemaMismatch, match="node differs in: odd"):
        await open_database(database.url, migrate=True)


async def test_a_migration_that_fails_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def half() -> None:
        await create("CREATE TABLE extra (id {id});\nINSERT INTO pool (id) VALUES (1);\n")

    await close_database()
    monkeypatch.setattr(migrations, "ALL", (*migrations.ALL, Migration("0002_half", half)))
    with pytest.raises(Exception, match=r"(?i)null"):
        await open_database(database.url, migrate=True)
    monkeypatch.undo()
    await open_database(database.url, migrate=False)
    assert await columns("extra", database.kind) == {}


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("*.before-*"))


async def test_an_sqlite_file_is_copied_before_it_is_migrated_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def more() -> None:
        await create("CREATE TABLE extra (id {id});\n")

    file = tmp_path / "q.db"
    await open_database(f"sqlite:///{file}", migrate=True)
    await install("ada", cluster_name="lab")
    await close_database()
    assert copies(tmp_path) == []
    monkeypatch.setattr(migrations, "ALL", (*migrations.ALL, Migration("0002_more", more)))
    await open_database(f"sqlite:///{file}", migrate=True)
    (copy,) = copies(tmp_path)
    assert copy.name == "q.db.before-0002_more"
    old = sqlite3.connect(copy)
    assert old.execute('SELECT name FROM "user"').fetchall() == [("ada",)]
    assert old.execute("SELECT name FROM sqlite_master WHERE name = 'extra'").fetchall() == []
    old.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


async def test_every_column_may_be_null_exactly_where_its_table_says_so(
    database: Database,
) -> None:
    assert Tortoise.apps is not None
    for model in Tortoise.apps["models"].values():
        found = await columns(model._meta.db_table, database.kind)
        said = {
            column: model._meta.fields_map[name].null
            for name, column in model._meta.fields_db_projection.items()
        }
        assert found == said, model.__name__


async def test_nothing_is_deleted_by_cascade(database: Database) -> None:
    assert Tortoise.apps is not None
    for model in Tortoise.apps["models"].values():
        for name in model._meta.fk_fields | model._meta.o2o_fields:
            field = model._meta.fields_map[name]
            assert isinstance(field, ForeignKeyFieldInstance)
            assert field.on_delete == OnDelete.NO_ACTION, f"{model.__name__}.{name}"
    if database.kind == "sqlite":
        rows = await fetch("SELECT sql FROM sqlite_master WHERE sql LIKE '%CASCADE%'")
    else:
        rows = await fetch("SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'a'")
    assert len(rows) == 0


def modes_in(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


@pytest.mark.spec("T-16")
async def test_only_its_owner_may_read_an_sqlite_database(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "q.db"
    await open_database(f"sqlite:///{file}", migrate=True)
    await install("ada", cluster_name="lab")
    modes = modes_in(file.parent)
    assert modes.pop("q.db.migrating") & 0o022 == 0  # an empty file that is only locked
    assert set(modes.values()) == {0o600}
    assert "q.db-wal" in modes


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://host/path", "sqlite:///", "q.db", ""])
async def test_another_kind_of_url_is_refused_with_what_is_possible(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///PATH or postgresql://"):
        await open_database(url, migrate=True)


async def test_a_database_that_cannot_be_reached_is_said_to_be_unavailable(
    tmp_path: Path,
) -> None:
    with pytest.raises(DatabaseUnavailable):
        await open_database(f"postgresql:///none?host={tmp_path}", migrate=False)
    with pytest.raises(DatabaseUnavailable):
        await open_database(f"sqlite:///{tmp_path}", migrate=False)


async def test_an_open_database_answers(database: Database) -> None:
    await ping()
    await close_database()
    with pytest.raises(DatabaseUnavailable):
        await ping()
