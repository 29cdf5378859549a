"""What a Kubernetes cluster does of pools and groups, and says of nodes, of jobs and of itself."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(ENFORCEMENT)


ENFORCEMENT = """
CREATE TABLE enforcement (
  kind VARCHAR(8) NOT NULL CHECK (kind IN ('pool', 'group')),
  target_id INT NOT NULL,
  state VARCHAR(16) NOT NULL,
  reason TEXT,
  object_name VARCHAR(253),
  since {moment} NOT NULL,
  PRIMARY KEY (kind, target_id)
);
CREATE TABLE kubernetes_cluster (
  id INT PRIMARY KEY NOT NULL CHECK (id = 1),
  version VARCHAR(64),
  error TEXT,
  seen_at {moment}
);
ALTER TABLE node ADD COLUMN kubernetes {json};
ALTER TABLE job ADD COLUMN waiting_for VARCHAR(500);
"""
