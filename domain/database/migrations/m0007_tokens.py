"""Tokens for programs, terminals that ask for one, and by which token a change was made."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(TOKENS)


TOKENS = """
CREATE TABLE api_token (
  id {id},
  secret_hash VARCHAR(64) NOT NULL UNIQUE,
  user_id INT NOT NULL REFERENCES "user" (id),
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  scope VARCHAR(10) NOT NULL CHECK (scope IN ('READ', 'MANAGE')),
  created_at {moment} NOT NULL,
  expires_at {moment} NOT NULL,
  last_used_at {moment},
  last_used_from VARCHAR(64),
  revoked_at {moment}
);
CREATE INDEX api_token_by_user ON api_token (user_id);
CREATE TABLE device_request (
  id {id},
  device_hash VARCHAR(64) NOT NULL UNIQUE,
  user_code VARCHAR(8) NOT NULL UNIQUE,
  scope VARCHAR(10) NOT NULL CHECK (scope IN ('READ', 'MANAGE')),
  host_name VARCHAR(63) NOT NULL,
  address VARCHAR(64) NOT NULL,
  created_at {moment} NOT NULL,
  expires_at {moment} NOT NULL,
  interval_seconds INT NOT NULL,
  polled_at {moment},
  is_denied BOOL NOT NULL DEFAULT {false},
  user_id INT REFERENCES "user" (id)
);
ALTER TABLE audit_entry ADD COLUMN token VARCHAR(63);
ALTER TABLE audit_entry ADD COLUMN token_id INT;
"""
