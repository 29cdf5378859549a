"""Sign-in by a directory outside: the active backend, whom it knows, and who of them is here."""

from __future__ import annotations

from domain.database.ddl import create


async def apply() -> None:
    await create(IDENTITY)


IDENTITY = """
CREATE TABLE auth_backend (
  id INT PRIMARY KEY NOT NULL CHECK (id = 1),
  kind VARCHAR(20) NOT NULL CHECK (kind IN ('local', 'ldap', 'oidc', 'github')),
  issuer VARCHAR(500),
  settings {json},
  sealed_secrets {json} NOT NULL,
  is_local_allowed BOOL NOT NULL,
  awaits_first_user BOOL NOT NULL,
  activated_at {moment},
  tried_at {moment},
  version INT NOT NULL,
  CONSTRAINT a_backend_outside_has_an_issuer
    CHECK ((kind = 'local') = (issuer IS NULL) AND (kind = 'local') = (settings IS NULL)),
  CONSTRAINT somebody_can_sign_in CHECK (is_local_allowed OR kind <> 'local')
);
INSERT INTO auth_backend
  (id, kind, sealed_secrets, is_local_allowed, awaits_first_user, version)
  VALUES (1, 'local', '{{}}', {true}, {false}, 1);
CREATE TABLE known_person (
  id {id},
  provider VARCHAR(40) NOT NULL,
  issuer VARCHAR(500) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  name VARCHAR(120) NOT NULL,
  display_name VARCHAR(200),
  first_seen_at {moment} NOT NULL,
  last_seen_at {moment} NOT NULL,
  UNIQUE (provider, issuer, subject)
);
ALTER TABLE "user" ADD COLUMN issuer VARCHAR(500);
ALTER TABLE "user" ADD COLUMN subject VARCHAR(255);
ALTER TABLE "user" ADD COLUMN left_directory_at {moment};
CREATE UNIQUE INDEX user_by_subject ON "user" (provider, issuer, subject) WHERE subject IS NOT NULL;
"""
