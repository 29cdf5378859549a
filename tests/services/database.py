"""The database of a test: a new one each, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.database import close_database, open_database
from domain.installation import Installed, install
from tests.services.postgres import TEMPLATE, Postgres


@dataclass(frozen=True)
class Database:
    url: str
    kind: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres.start()
    in_own_loop(server.spare_the_disk())
    in_own_loop(server.run(f"CREATE DATABASE {TEMPLATE}"))
    in_own_loop(_migrate(server.url(TEMPLATE)))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    in_own_loop(_migrate(f"sqlite:///{file}"))
    return file


async def _migrate(url: str) -> None:
    await open_database(url, migrate=True)
    await close_database()


def in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """Session fixtures are made while the loop of the first test runs already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, not open."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return await server.empty_database()


@pytest.fixture
async def database(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Database]:
    """An open database with all tables and nothing in them."""
    if kind == "sqlite":
        file = tmp_path / "quartermaster.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        url = f"sqlite:///{file}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = await server.migrated_database()
    await open_database(url, migrate=False)
    yield Database(url, kind)
    await close_database()


@pytest.fixture
async def installed(database: Database) -> Installed:
    """A database after installation, with an operator named "ada"."""
    return await install("ada", cluster_name="lab")
