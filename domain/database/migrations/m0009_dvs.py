"""DVS targets, one of them the default from the start, and the Feature Store, which uses it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from domain.database.ddl import Trigger, create, forbid
from domain.database.rows import execute

OWN_FOLDER = '{"type":"folder"}'


async def apply() -> None:
    await create(DVS)
    await forbid(
        Trigger(
            "keep_default_target",
            "target",
            "DELETE",
            "The default DVS target stays while it is the default.",
            "OLD.is_default",
        )
    )
    await execute(
        "INSERT INTO target (uuid, name, name_key, is_default, metadata_settings,"
        " storage_settings, sealed_secrets, created_at)"
        " VALUES (?, 'Default', 'default', ?, ?, ?, '{}', ?)",
        str(uuid4()),
        True,
        OWN_FOLDER,
        OWN_FOLDER,
        datetime.now(UTC),
    )
    await execute("INSERT INTO feature_store (id, target_id, version) SELECT 1, id, 1 FROM target")


DVS = """
CREATE TABLE target (
  id {id},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(63) NOT NULL UNIQUE CHECK (name_key <> ''),
  is_default BOOL NOT NULL,
  metadata_settings TEXT NOT NULL,
  storage_settings TEXT NOT NULL,
  sealed_secrets TEXT NOT NULL,
  created_at {moment} NOT NULL,
  version INT NOT NULL DEFAULT 1,
  tried_at {moment},
  checked_at {moment},
  findings TEXT,
  failed_part VARCHAR(10) CHECK (failed_part IN ('METADATA', 'STORAGE')),
  failed_step VARCHAR(10),
  reason TEXT,
  failing_since {moment},
  CONSTRAINT a_failure_has_its_place_and_reason
    CHECK ((failed_part IS NULL) = (reason IS NULL)
      AND (failed_part IS NULL) = (failed_step IS NULL))
);
CREATE UNIQUE INDEX one_default_target ON target (is_default) WHERE is_default = {true};
CREATE TABLE feature_store (
  id INT PRIMARY KEY NOT NULL CHECK (id = 1),
  target_id INT NOT NULL REFERENCES target (id),
  used_at {moment},
  used_by VARCHAR(120),
  version INT NOT NULL,
  CONSTRAINT a_use_is_somebody_s CHECK ((used_at IS NULL) = (used_by IS NULL))
);
"""
