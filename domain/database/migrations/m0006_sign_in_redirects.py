"""Sign-ins that are away at a provider: one row each, until the browser comes back."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(SIGN_IN_REDIRECTS)


SIGN_IN_REDIRECTS = """
CREATE TABLE sign_in_redirect (
  id {id},
  key_hash VARCHAR(64) NOT NULL UNIQUE,
  sealed VARCHAR(8000) NOT NULL,
  address VARCHAR(140) NOT NULL,
  begun_at {moment} NOT NULL,
  used_at {moment}
);
CREATE INDEX sign_in_redirect_by_address ON sign_in_redirect (address, begun_at);
"""
