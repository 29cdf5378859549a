"""What this process counts of itself, in a registry of `prometheus-client`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from server.metrics.text import Format

REGISTRY = CollectorRegistry()

ProcessCollector(registry=REGISTRY)
HTTP_RESPONSES = Counter(
    "quartermaster_http_responses", "Answers over HTTP, by status.", ["status"], registry=REGISTRY
)
HTTP_REFUSALS = Counter(
    "quartermaster_http_refusals", "Requests refused, by code.", ["code"], registry=REGISTRY
)
GRAPHQL_OPERATIONS = Counter(
    "quartermaster_graphql_operations",
    "GraphQL operations begun, by kind.",
    ["kind"],
    registry=REGISTRY,
)
GRAPHQL_ERRORS = Counter(
    "quartermaster_graphql_errors",
    "GraphQL errors answered: refused (the client's), internal (ours).",
    ["kind"],
    registry=REGISTRY,
)


def written_process(format: Format) -> str:
    """With the end that OpenMetrics asks for."""
    if format is Format.OPENMETRICS:
        written: bytes = generate_openmetrics(REGISTRY)  # type: ignore[no-untyped-call]
        return written.decode()
    return generate_latest(REGISTRY).decode()
