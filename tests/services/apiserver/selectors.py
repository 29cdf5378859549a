"""Label and field selectors, as in the query of a list or watch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.services.apiserver.refusals import bad_request

Test = Callable[[dict[str, Any]], bool]

_SET = re.compile(r"^([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)$")
_EQUAL = re.compile(r"^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$")
_HAS = re.compile(r"^(!?)\s*([^\s!=,()]+)$")
_SPLIT = re.compile(r",(?![^(]*\))")

# Fields by which the real server selects, beside metadata.name and metadata.namespace.
FIELDS = {
    "pods": ("spec.nodeName", "status.phase", "spec.restartPolicy", "spec.schedulerName"),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "resourceslices": ("spec.nodeName", "spec.driver"),
    "events": ("involvedObject.name", "involvedObject.kind", "reason", "type"),
    "secrets": ("type",),
}


def by_labels(text: str) -> Test:
    tests = [_label_test(part.strip()) for part in _SPLIT.split(text) if part.strip()]
    return lambda body: all(test(body.get("metadata", {}).get("labels") or {}) for test in tests)


def _label_test(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(part):
        key, operator, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: key not in labels or labels[key] not in values
    if found := _EQUAL.match(part):
        key, operator, value = found.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _HAS.match(part):
        negated, key = found.groups()
        return lambda labels: (key in labels) != bool(negated)
    raise bad_request(f"unable to parse requirement: {part}")


def by_fields(text: str, plural: str) -> Test:
    known = ("metadata.name", "metadata.namespace", *FIELDS.get(plural, ()))
    tests = []
    for part in filter(None, text.split(",")):
        found = _EQUAL.match(part.strip())
        if not found:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        field, operator, value = found.groups()
        if field not in known:
            raise bad_request(f'"{field}" is not a known field selector: only {known}')
        tests.append((field.split("."), operator != "!=", value))
    return lambda body: all((_at(body, path) == value) == wanted for path, wanted, value in tests)


def _at(body: Any, path: list[str]) -> str:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    if isinstance(body, bool):
        return "true" if body else "false"
    return "" if body is None else str(body)
