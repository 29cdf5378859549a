"""What somebody else has changed in an object of ours: what it is, and who."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workers.kubernetes.objects import APPLIED, MANAGER, Body, annotations_of, is_in_place


def changed_by_others(wanted: Body, actual: Body | None) -> str | None:
    """In words, or None: as it was applied, or something else is wanted than was applied."""
    if actual is None or is_in_place(wanted, actual):
        return None
    if annotations_of(actual).get(APPLIED) != annotations_of(wanted)[APPLIED]:
        return None
    fields = ", ".join(sorted(set(_differing(wanted, actual)))[:3])
    who = last_other_manager(actual)
    return f"{name_of(wanted)}: {fields} was changed by {who}"


def name_of(body: Body) -> str:
    metadata = body["metadata"]
    inside = f" in {metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{body['kind']} {metadata['name']}{inside}"


def last_other_manager(actual: Body) -> str:
    """Of those whose changes the API server has on record."""
    others = [
        entry
        for entry in actual["metadata"].get("managedFields") or []
        if entry.get("manager") != MANAGER and entry.get("subresource") != "status"
    ]
    latest = max(others, key=lambda entry: entry.get("time") or "", default=None)
    return "somebody unknown" if latest is None else str(latest.get("manager"))


def _differing(wanted: Any, actual: Any, path: str = "") -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(actual, dict):
        for name, value in wanted.items():
            if path == "" and name == "metadata":
                inner = {k: v for k, v in value.items() if k in ("labels", "annotations")}
                yield from _differing(inner, actual.get(name) or {}, "metadata")
            else:
                yield from _differing(value, actual.get(name), f"{path}.{name}" if path else name)
    elif wanted != actual:
        parts = path.split(".")
        yield ".".join(parts[:2])
