"""The first tables, and the rules that the database itself holds. Nothing cascades."""

from __future__ import annotations

from domain.database.ddl import Trigger, create, forbid


async def apply() -> None:
    await create(CLUSTER)
    await create(PEOPLE)
    await create(WORK)
    await create(RECORDS)
    await forbid(*KEPT)


CLUSTER = """
CREATE TABLE installation (
  id INT PRIMARY KEY NOT NULL CHECK (id = 1),
  cluster_name VARCHAR(120) NOT NULL,
  operator_name VARCHAR(120) NOT NULL,
  installed_at {moment} NOT NULL
);
CREATE TABLE node (
  id {id},
  machine_id VARCHAR(64) NOT NULL UNIQUE,
  host_name VARCHAR(253) NOT NULL,
  is_demo BOOL NOT NULL,
  addresses {json} NOT NULL,
  mac_address VARCHAR(17),
  os_name VARCHAR(200),
  kernel_version VARCHAR(200),
  driver_version VARCHAR(80),
  cuda_version VARCHAR(20),
  collector_version VARCHAR(40),
  cpu_model VARCHAR(200),
  cpu_count INT,
  memory_total_bytes BIGINT,
  kubernetes_node VARCHAR(253),
  labels {json} NOT NULL,
  booted_at {moment},
  first_seen_at {moment} NOT NULL,
  last_seen_at {moment} NOT NULL
);
CREATE TABLE device_type (
  id {id},
  vendor VARCHAR(40) NOT NULL,
  product VARCHAR(120) NOT NULL,
  memory_total_bytes BIGINT,
  mig_profile VARCHAR(40),
  key VARCHAR(240) NOT NULL UNIQUE
);
CREATE TABLE pool (
  id {id},
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(63) NOT NULL UNIQUE CHECK (name_key <> ''),
  is_default BOOL NOT NULL,
  type_id INT REFERENCES device_type (id),
  type_key INT NOT NULL DEFAULT 0,
  created_at {moment} NOT NULL,
  version INT NOT NULL DEFAULT 1,
  UNIQUE (id, type_key),
  CONSTRAINT pool_type_key_is_its_type CHECK (type_key = COALESCE(type_id, 0)),
  CONSTRAINT only_the_default_pool_has_no_type
    CHECK ((is_default AND type_id IS NULL) OR (NOT is_default AND type_id IS NOT NULL))
);
CREATE UNIQUE INDEX one_default_pool ON pool (is_default) WHERE is_default = {true};
CREATE TABLE device (
  id {id},
  uuid VARCHAR(96) NOT NULL UNIQUE,
  node_id INT NOT NULL REFERENCES node (id),
  type_id INT NOT NULL REFERENCES device_type (id),
  pool_id INT NOT NULL,
  pool_type_key INT NOT NULL DEFAULT 0,
  "index" INT NOT NULL,
  serial VARCHAR(80),
  pci_bus_id VARCHAR(32),
  architecture VARCHAR(40),
  vbios_version VARCHAR(40),
  mig_enabled BOOL,
  mig_parent_uuid VARCHAR(96),
  mig_profile VARCHAR(40),
  temperature_slowdown_celsius {float},
  temperature_shutdown_celsius {float},
  temperature_memory_max_celsius {float},
  power_limit_max_watts {float},
  pcie_generation_max INT,
  pcie_width_max INT,
  nvlink_links INT,
  first_seen_at {moment} NOT NULL,
  last_seen_at {moment} NOT NULL,
  pooled_at {moment},
  missing_since {moment},
  FOREIGN KEY (pool_id, pool_type_key) REFERENCES pool (id, type_key),
  CONSTRAINT a_typed_pool_holds_its_type_only CHECK (pool_type_key = 0 OR pool_type_key = type_id)
);
CREATE INDEX device_by_node ON device (node_id);
CREATE INDEX device_by_pool ON device (pool_id);
CREATE INDEX device_by_type ON device (type_id);
"""

PEOPLE = """
CREATE TABLE "group" (
  id {id},
  name VARCHAR(63) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(63) NOT NULL UNIQUE CHECK (name_key <> ''),
  is_default BOOL NOT NULL,
  pool_id INT UNIQUE REFERENCES pool (id),
  created_at {moment} NOT NULL,
  version INT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX one_default_group ON "group" (is_default) WHERE is_default = {true};
CREATE TABLE "user" (
  id {id},
  name VARCHAR(120) NOT NULL CHECK (name <> ''),
  name_key VARCHAR(120) NOT NULL UNIQUE CHECK (name_key <> ''),
  display_name VARCHAR(200),
  provider VARCHAR(40) NOT NULL,
  password_hash VARCHAR(200),
  group_id INT REFERENCES "group" (id),
  created_at {moment} NOT NULL,
  last_sign_in_at {moment},
  version INT NOT NULL DEFAULT 1
);
CREATE INDEX user_by_group ON "user" (group_id);
CREATE TABLE user_role (
  id {id},
  user_id INT NOT NULL REFERENCES "user" (id),
  role VARCHAR(20) NOT NULL,
  UNIQUE (user_id, role)
);
CREATE TABLE session (
  id {id},
  secret_hash VARCHAR(64) NOT NULL UNIQUE,
  user_id INT NOT NULL REFERENCES "user" (id),
  created_at {moment} NOT NULL,
  last_used_at {moment} NOT NULL,
  expires_at {moment} NOT NULL,
  address VARCHAR(64)
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE TABLE sign_in_failure (
  id {id},
  subject VARCHAR(140) NOT NULL UNIQUE,
  failures INT NOT NULL,
  last_at {moment} NOT NULL
);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (last_at);
"""

WORK = """
CREATE TABLE job (
  id {id},
  source VARCHAR(10) NOT NULL,
  key VARCHAR(200) NOT NULL,
  name VARCHAR(200) NOT NULL,
  state VARCHAR(10) NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'ENDED')),
  owner VARCHAR(120),
  user_id INT REFERENCES "user" (id),
  pool_id INT REFERENCES pool (id),
  requested_devices INT,
  submitted_at {moment},
  started_at {moment},
  ended_at {moment},
  UNIQUE (source, key),
  CONSTRAINT ended_jobs_have_an_end CHECK ((state = 'ENDED') = (ended_at IS NOT NULL))
);
CREATE INDEX job_by_state ON job (state);
CREATE INDEX job_by_user ON job (user_id);
CREATE INDEX job_by_pool ON job (pool_id);
CREATE INDEX job_by_end ON job (ended_at);
CREATE TABLE job_device (
  id {id},
  job_id INT NOT NULL REFERENCES job (id),
  device_id INT NOT NULL REFERENCES device (id),
  since {moment} NOT NULL,
  until {moment},
  UNIQUE (job_id, device_id)
);
CREATE INDEX job_device_by_device ON job_device (device_id, until);
"""

RECORDS = """
CREATE TABLE health_event (
  id {id},
  time {moment} NOT NULL,
  node_id INT NOT NULL REFERENCES node (id),
  device_id INT REFERENCES device (id),
  level VARCHAR(10) NOT NULL CHECK (level IN ('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')),
  previous_level VARCHAR(10) NOT NULL
    CHECK (previous_level IN ('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')),
  reasons {json} NOT NULL
);
CREATE INDEX health_event_by_time ON health_event (time);
CREATE INDEX health_event_by_device ON health_event (device_id, id);
CREATE INDEX health_event_by_node ON health_event (node_id, id);
CREATE TABLE audit_entry (
  id {id},
  time {moment} NOT NULL,
  actor VARCHAR(120) NOT NULL,
  actor_user_id INT,
  action VARCHAR(60) NOT NULL,
  object_kind VARCHAR(20) NOT NULL,
  object_id INT,
  object_name VARCHAR(200) NOT NULL,
  before {json},
  after {json},
  outcome VARCHAR(60) NOT NULL,
  message TEXT,
  address VARCHAR(64)
);
CREATE INDEX audit_entry_by_time ON audit_entry (time);
CREATE INDEX audit_entry_by_object ON audit_entry (object_kind, object_id, id);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, id);
CREATE TABLE command (
  id {id},
  user_id INT NOT NULL,
  command_id VARCHAR(64) NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  result {json} NOT NULL,
  created_at {moment} NOT NULL,
  UNIQUE (user_id, command_id)
);
CREATE INDEX command_by_time ON command (created_at);
CREATE TABLE outbox (
  id {id},
  kind VARCHAR(60) NOT NULL,
  ids {json} NOT NULL,
  created_at {moment} NOT NULL,
  sent_at {moment}
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
CREATE TABLE lease (
  name VARCHAR(40) PRIMARY KEY NOT NULL,
  holder VARCHAR(200) NOT NULL,
  ends_at_seconds {float} NOT NULL
);
"""

KEPT = (
    Trigger("keep_default_pool", "pool", "DELETE", "The Default pool stays.", "OLD.is_default"),
    Trigger(
        "keep_default_pool_name",
        "pool",
        "UPDATE OF name, name_key, is_default",
        "The Default pool keeps its name.",
        "OLD.is_default",
    ),
    Trigger("keep_default_group", "group", "DELETE", "The Default group stays.", "OLD.is_default"),
    Trigger(
        "keep_default_group_default",
        "group",
        "UPDATE OF is_default",
        "The Default group stays the default.",
        "OLD.is_default",
    ),
    Trigger("keep_audit_entries", "audit_entry", "DELETE", "The audit log is append-only."),
    Trigger("keep_audit_as_written", "audit_entry", "UPDATE", "The audit log is append-only."),
)
