"""When a provider last said that somebody is there; until now, at their last sign-in."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(CONFIRMATIONS)


CONFIRMATIONS = """
ALTER TABLE "user" ADD COLUMN confirmed_at {moment};
UPDATE "user" SET confirmed_at = last_sign_in_at;
"""
