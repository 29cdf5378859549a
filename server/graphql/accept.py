"""Which of GraphQL's media types an Accept header asks for (RFC 9110, section 12.5.1)."""

from __future__ import annotations

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
OFFERED = (JSON, GRAPHQL_RESPONSE)
"""The older one first: it answers where the client has no preference."""


def choose_media_type(accept: str | None) -> str | None:
    """The best of what is offered; None where the client takes neither.

    Events only where they are preferred: there are clients (urql) that name them last in every
    header.
    """
    if accept is None or not accept.strip():
        return JSON
    ranges = [_parse(part) for part in accept.split(",")]
    weighed = [(_weight(media_type, ranges), media_type) for media_type in OFFERED]
    weight, best = max(weighed, key=lambda pair: pair[0])
    events = max((q for media_range, q in ranges if media_range == EVENT_STREAM), default=0.0)
    if events > weight[0]:
        return EVENT_STREAM
    return best if weight > (0.0, 0) else None


def _parse(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return media_range, quality


def _weight(media_type: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """Quality, then the place in the header counted from its end (the first named wins a tie)."""
    best = (0.0, 0)
    specificity = -1
    for place, (media_range, quality) in enumerate(reversed(ranges), start=1):
        found = (
            ("*/*", "application/*", media_type).index(media_range)
            if media_range
            in (
                "*/*",
                "application/*",
                media_type,
            )
            else -1
        )
        if found > specificity:
            specificity = found
            best = (quality, place if quality else 0)
    return best
