"""What the tests of the graph look at besides its answers."""

from __future__ import annotations

from typing import Any

import pytest

from domain.database import rows
from tests.services.database import Database


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[str]:
    """Every SQL statement that the process sends from now on."""
    sent: list[str] = []

    def spy_on(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def spy(*given: Any, **named: Any) -> Any:
            sent.append(next(str(one) for one in given if isinstance(one, str)))
            return original(*given, **named)

        monkeypatch.setattr(owner, name, spy)

    client = type(rows.connection())
    spy_on(client, "execute_query")
    spy_on(client, "execute_query_dict")
    if database.kind == "postgresql":
        spy_on(rows, "_bind")  # rows by SQL go to the driver directly there
    return sent
