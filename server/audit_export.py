"""The audit log as JSON lines, oldest first: one entry a line, for whoever keeps it elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.audit_log import EntriesWanted, all_entries
from server.refusals import Refused


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """The query string: each narrows the others, as in the graph's `AuditFilter`."""

    actor: str | None = None
    action: list[str] | None = None
    kind: list[str] | None = None
    search: str | None = None
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


MANY = ("action", "kind")
"""What may be given several times: any of them is meant."""


async def export_audit(request: Request) -> Response:
    """GET /audit.jsonl, for operators; times have an offset, such as `2026-03-01T12:00:00Z`."""
    given: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1")):
        if name in MANY:
            given[name] = [*given.get(name, []), value]
        else:
            given[name] = value
    try:
        wanted = msgspec.convert(given, Wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, "BAD_REQUEST", f"This cannot be searched for: {error}.") from None
    for name in ("since", "until"):
        moment = getattr(wanted, name)
        if moment is not None and moment.tzinfo is None:
            raise Refused(400, "BAD_REQUEST", f"`{name}` needs an offset: end it with Z for UTC.")
    sought = EntriesWanted(
        actor=wanted.actor,
        actions=None if wanted.action is None else tuple(wanted.action),
        object_kinds=None if wanted.kind is None else tuple(wanted.kind),
        search=wanted.search,
        is_refused=wanted.refused,
        since=wanted.since,
        until=wanted.until,
    )
    name = f"audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl"
    return StreamingResponse(
        _lines(sought),
        media_type="application/jsonl",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _lines(wanted: EntriesWanted) -> AsyncIterator[bytes]:
    async for entry in all_entries(wanted):
        yield msgspec.json.encode(entry) + b"\n"
