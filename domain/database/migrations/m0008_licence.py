"""The licence, whose installation this is, and since when a lease is held."""

from __future__ import annotations

import uuid

from domain.database.ddl import create
from domain.database.rows import execute


async def apply() -> None:
    await create(LICENCE)
    await execute("UPDATE installation SET cluster_id = ?", str(uuid.uuid4()))


LICENCE = """
CREATE TABLE licence (
  id INT PRIMARY KEY NOT NULL CHECK (id = 1),
  token TEXT NOT NULL,
  entered_at {moment} NOT NULL,
  entered_by VARCHAR(120) NOT NULL
);
ALTER TABLE installation ADD COLUMN cluster_id VARCHAR(36);
ALTER TABLE lease ADD COLUMN held_since_seconds {float};
"""
