"""The types of Kubernetes 1.36 as its own OpenAPI describes them: what a list's items are known by.

Server-side apply, strategic merge patches and the check of fields all ask here. A kind that has no
definition (a custom resource) is "deduced", as in the real server: its maps merge and its lists
are replaced as one.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services.apiserver.quantities import BadQuantity, parse_quantity

DEFINITIONS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("kubernetes-1.36.json").read_text()
)["definitions"]
UNTYPED = ("RawExtension", ".FieldsV1", ".JSON")
SCALARS = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


def definition_of(group: str, version: str, kind: str) -> str | None:
    return _by_kind().get((group, version, kind))


@functools.cache
def _by_kind() -> dict[tuple[str, str, str], str]:
    return {
        (known["group"], known["version"], known["kind"]): name
        for name, definition in DEFINITIONS.items()
        for known in definition.get("x-kubernetes-group-version-kind", [])
    }


@dataclass(frozen=True, eq=False)
class Shape:
    """What may stand at one place of an object."""

    raw: Mapping[str, Any]

    @functools.cached_property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.raw.get("properties", {})
        return found

    @property
    def is_deduced(self) -> bool:
        return not self.raw

    @property
    def is_atomic(self) -> bool:
        """Whether a map here is replaced as one."""
        return self.raw.get("x-kubernetes-map-type") == "atomic"

    @property
    def is_free(self) -> bool:
        """Whether a map here may have any key."""
        return not self.properties

    @property
    def list_type(self) -> str:
        found: str = self.raw.get("x-kubernetes-list-type", "atomic")
        return found

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.raw.get("x-kubernetes-list-map-keys", ()))

    @property
    def merge_key(self) -> str | None:
        """By which a strategic merge patch merges a list; None: it replaces the list."""
        if "merge" not in self.raw.get("x-kubernetes-patch-strategy", ""):
            return None
        return str(self.raw.get("x-kubernetes-patch-merge-key", ""))

    def field(self, name: str) -> Shape:
        if name in self.properties:
            return resolve(self.properties[name])
        extra = self.raw.get("additionalProperties")
        return resolve(extra) if isinstance(extra, dict) else DEDUCED

    @functools.cached_property
    def item(self) -> Shape:
        return resolve(self.raw.get("items", {}))

    def default_of(self, key: str) -> Any:
        return self.properties.get(key, {}).get("default", _KEY_DEFAULTS.get(key))


# Defaults that the JSON schema of the definitions does not carry (core/v1 defaults.go).
_KEY_DEFAULTS = {"protocol": "TCP"}

DEDUCED = Shape({})


def resolve(raw: Mapping[str, Any]) -> Shape:
    reference = raw.get("$ref")
    if reference is None:
        return Shape(raw) if raw else DEDUCED
    if reference.endswith(UNTYPED):
        return DEDUCED
    beside = {name: value for name, value in raw.items() if name != "$ref"}
    return _named(reference) if not beside else _joined(reference, json.dumps(beside))


@functools.cache
def _named(reference: str) -> Shape:
    return Shape(DEFINITIONS[reference])


@functools.cache
def _joined(reference: str, beside: str) -> Shape:
    return Shape({**DEFINITIONS[reference], **json.loads(beside)})


def shape_of(group: str, version: str, kind: str) -> Shape:
    name = definition_of(group, version, kind)
    return _named(name) if name else DEDUCED


def is_quantity(shape: Shape) -> bool:
    return any(choice.get("type") == "number" for choice in shape.raw.get("oneOf", ()))


def faults(value: Any, shape: Shape, path: str = "") -> Iterator[tuple[str, bool]]:
    """What does not fit, and whether it is only that the field is unknown."""
    raw = shape.raw
    if value is None or not raw:
        return
    if is_quantity(shape):
        try:
            parse_quantity(value)
        except BadQuantity:
            yield f"{path}: quantities must match the regular expression, got {value!r}", False
        return
    if "oneOf" in raw:  # an integer or a string
        if isinstance(value, (dict, list, bool)):
            yield f"{path}: cannot be {type(value).__name__}", False
        return
    wanted = raw.get("type")
    if wanted == "object":
        if not isinstance(value, dict):
            yield f"{path}: expected map, got {value!r}", False
            return
        for name in raw.get("required", ()):
            if value.get(name) is None:
                yield f"{path}.{name}: Required value".removeprefix("."), False
        closed = bool(shape.properties) and "additionalProperties" not in raw
        for name, below in value.items():
            place = f"{path}.{name}".removeprefix(".")
            if closed and name not in shape.properties:
                yield f'unknown field "{place}"', True
            else:
                yield from faults(below, shape.field(name), place)
    elif wanted == "array":
        if not isinstance(value, list):
            yield f"{path}: expected list, got {value!r}", False
            return
        for index, below in enumerate(value):
            yield from faults(below, shape.item, f"{path}[{index}]")
    elif wanted in SCALARS and (
        not isinstance(value, SCALARS[wanted]) or (isinstance(value, bool) and wanted != "boolean")
    ):
        yield f"{path}: expected {wanted}, got {value!r}", False
