"""Other clusters that jobs can be sent to, and when one was last contacted by hand."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(REMOTE_CLUSTERS)


REMOTE_CLUSTERS = """
CREATE TABLE remote_cluster (
  id {id},
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(63) NOT NULL UNIQUE CHECK (name_key <> ''),
  kind VARCHAR(20) NOT NULL CHECK (kind IN ('KUBERNETES', 'SLURM', 'QUARTERMASTER')),
  settings TEXT NOT NULL,
  sealed_secrets TEXT NOT NULL,
  created_at {moment} NOT NULL,
  version INT NOT NULL DEFAULT 1,
  state VARCHAR(20) NOT NULL CHECK (state IN ('CONNECTED', 'UNREACHABLE')),
  since {moment} NOT NULL,
  failed_step VARCHAR(20),
  failure VARCHAR(500),
  failures INT NOT NULL DEFAULT 0,
  tried_at {moment} NOT NULL,
  contacted_at {moment} NOT NULL,
  reading TEXT,
  CONSTRAINT unreachable_has_a_reason CHECK ((state = 'UNREACHABLE') <= (failure IS NOT NULL))
);
CREATE TABLE remote_cluster_contact (
  id {id},
  cluster_id INT NOT NULL REFERENCES remote_cluster (id),
  time {moment} NOT NULL,
  state VARCHAR(20) NOT NULL,
  step VARCHAR(20),
  reason VARCHAR(500)
);
CREATE INDEX remote_cluster_contact_by_cluster ON remote_cluster_contact (cluster_id, id);
ALTER TABLE installation ADD COLUMN cluster_tried_at {moment};
ALTER TABLE job ADD COLUMN remote_cluster_id INT REFERENCES remote_cluster (id);
CREATE INDEX job_by_remote_cluster ON job (remote_cluster_id);
"""
