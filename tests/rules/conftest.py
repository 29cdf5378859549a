"""Fixtures of the state machine, which makes a database for each of its runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.services.database import in_own_loop
from tests.services.postgres import Postgres


@pytest.fixture
def new_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes a database with all tables and nothing in them; its URL. The former one goes."""
    numbers = count(1)
    if kind == "sqlite":
        template = request.getfixturevalue("migrated_file")

        def copy() -> str:
            file = tmp_path / f"{next(numbers)}.db"
            shutil.copy(template, file)
            return f"sqlite:///{file}"

        return copy
    server: Postgres = request.getfixturevalue("postgres")

    def create() -> str:
        name = f"rules_{next(numbers)}"
        in_own_loop(server.run(f"CREATE DATABASE {name} TEMPLATE quartermaster_template"))
        return server.url(name)

    return create
