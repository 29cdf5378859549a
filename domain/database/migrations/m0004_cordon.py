"""Out of service: since when, why and by whom, of nodes and devices. Null: in service."""

from __future__ import annotations

from domain.database.ddl import create

TABLES = ("node", "device")


async def apply() -> None:
    for table in TABLES:
        await create(CORDON.replace("TABLE it", f"TABLE {table}"))


CORDON = """
ALTER TABLE it ADD COLUMN cordon_reason VARCHAR(200) CHECK (cordon_reason <> '');
ALTER TABLE it ADD COLUMN cordoned_by VARCHAR(120);
ALTER TABLE it ADD COLUMN cordoned_at {moment}
  CHECK ((cordoned_at IS NULL) = (cordon_reason IS NULL)
    AND (cordoned_at IS NULL) = (cordoned_by IS NULL));
"""
