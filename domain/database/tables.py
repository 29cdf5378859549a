"""The modules that hold tables: the list that the database is opened with."""

from __future__ import annotations

TABLES = (
    "domain.audit",
    "domain.authentication",
    "domain.clusters",
    "domain.commands",
    "domain.device_requests",
    "domain.devices",
    "domain.dvs",
    "domain.feature_store",
    "domain.groups",
    "domain.health_events",
    "domain.installation",
    "domain.jobs",
    "domain.known_people",
    "domain.leases",
    "domain.licence",
    "domain.nodes",
    "domain.outbox",
    "domain.pools",
    "domain.sessions",
    "domain.sign_in_redirects",
    "domain.tokens",
    "domain.users",
    "domain.webhooks",
)
