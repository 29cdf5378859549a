"""The recent history of telemetry: what was said of late, and what of it is packed."""

from __future__ import annotations

from domain.database.ddl import create
from domain.database.rows import execute, is_postgres


async def apply() -> None:
    await create(HISTORY)
    if is_postgres():
        # They are compressed already.
        for table in ("history_batch", "history_chunk"):
            await execute(f"ALTER TABLE {table} ALTER COLUMN data SET STORAGE EXTERNAL")


HISTORY = """
CREATE TABLE history_roster (
  id {id},
  machine_id VARCHAR(64) NOT NULL,
  devices {json} NOT NULL,
  created_at_second BIGINT NOT NULL
);
CREATE TABLE history_batch (
  id {id},
  first_second BIGINT NOT NULL,
  last_second BIGINT NOT NULL,
  data {blob} NOT NULL
);
CREATE TABLE history_chunk (
  roster_id INT NOT NULL REFERENCES history_roster (id),
  metric INT NOT NULL,
  start_second BIGINT NOT NULL,
  data {blob} NOT NULL,
  PRIMARY KEY (roster_id, metric, start_second)
);
CREATE INDEX history_chunk_by_time ON history_chunk (start_second);
"""
