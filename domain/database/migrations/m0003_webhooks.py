"""Webhooks: where changes of health are posted, and how far each has come."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(WEBHOOKS)


WEBHOOKS = """
CREATE TABLE webhook (
  id {id},
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(63) NOT NULL UNIQUE CHECK (name_key <> ''),
  url VARCHAR(2000) NOT NULL,
  sealed_secret TEXT NOT NULL,
  minimum_level VARCHAR(10) NOT NULL
    CHECK (minimum_level IN ('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')),
  is_enabled BOOL NOT NULL,
  created_at {moment} NOT NULL,
  version INT NOT NULL DEFAULT 1,
  passed_event_id INT NOT NULL,
  missed INT NOT NULL DEFAULT 0,
  attempts INT NOT NULL DEFAULT 0,
  attempted_at {moment},
  delivered_at {moment},
  failing_since {moment},
  next_attempt_at {moment},
  failure VARCHAR(40),
  tested_at {moment}
);
"""
