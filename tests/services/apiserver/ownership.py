"""Who owns which field: the sets of paths behind `metadata.managedFields`.

As in structured-merge-diff, whose Go code the real server uses: a path is a tuple of elements,
`f:name` for a field or a key of a map, `k:{...}` for an item of a list that is known by keys,
`v:...` for an item of a set. Sets are compared, never the objects themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.services.apiserver.schema import DEDUCED, Shape

Path = tuple[str, ...]
Fields = frozenset[Path]

# Fields that nobody owns (managedfields.stripSet in apimachinery).
STRIPPED = {
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
}


def item_key(item: Any, shape: Shape) -> str:
    """The element of a path that names this item of a list known by keys, or of a set."""
    if shape.list_type == "set":
        return f"v:{json.dumps(item, separators=(',', ':'))}"
    known = {}
    for key in shape.keys:
        value = item.get(key)
        if value is None:
            value = shape.item.default_of(key)
        if value is not None:
            known[key] = value
    return f"k:{json.dumps(dict(sorted(known.items())), separators=(',', ':'))}"


def is_granular(value: list[Any], shape: Shape) -> bool:
    if shape.list_type == "map":
        return bool(shape.keys) and all(isinstance(item, dict) for item in value)
    return shape.list_type == "set"


def children(value: Any, shape: Shape) -> list[tuple[str, Any, Shape]] | None:
    """(element, value, shape) of what stands below and is owned by itself; None: nothing does."""
    if isinstance(value, dict):
        if shape.is_atomic:
            return None
        return [(f"f:{name}", below, shape.field(name)) for name, below in value.items()]
    if isinstance(value, list) and is_granular(value, shape):
        return [(item_key(item, shape), item, shape.item) for item in value]
    return None


def applied(config: dict[str, Any], shape: Shape) -> Fields:
    """The fields that somebody owns who applies this."""
    return frozenset(_applied(config, shape, ())) - STRIPPED


def _applied(value: Any, shape: Shape, path: Path) -> Iterator[Path]:
    below = children(value, shape)
    if below is None:
        yield path
        return
    if not below and path:
        yield path  # an empty map or list is a value of its own
    declared = shape.properties if isinstance(value, dict) else {}
    for element, child, child_shape in below:
        place = (*path, element)
        if element[:2] in ("k:", "v:") or (declared and element[2:] not in declared):
            yield place
        elif not declared and isinstance(value, dict) and shape is not DEDUCED:
            yield place  # a key of a map, not a field of a struct
        yield from _applied(child, child_shape, place)


def all_fields(value: Any, shape: Shape, path: Path = ()) -> dict[Path, Any]:
    """Every path of an object with what stands there; of a map or list only that it is there."""
    found: dict[Path, Any] = {}
    below = children(value, shape)
    if below is None:
        found[path] = value
        return found
    if path:
        found[path] = type(value)
    for element, child, child_shape in below:
        found.update(all_fields(child, child_shape, (*path, element)))
    return found


def compare(before: Any, after: Any, shape: Shape) -> tuple[Fields, Fields]:
    """(changed or added, removed), without the fields that nobody owns."""
    old, new = all_fields(before, shape), all_fields(after, shape)
    changed = {path for path, value in new.items() if path not in old or old[path] != value}
    removed = old.keys() - new.keys()
    return frozenset(changed) - STRIPPED, frozenset(removed) - STRIPPED


def encode(fields: Fields) -> dict[str, Any]:
    """As FieldsV1."""
    tree: dict[str, Any] = {}
    for path in fields:
        at = tree
        for element in path:
            at = at.setdefault(element, {})
        at["."] = {}
    return {element: _without_leaf_dots(below) for element, below in sorted(tree.items())}


def _without_leaf_dots(tree: dict[str, Any]) -> dict[str, Any]:
    if tree.keys() == {"."}:
        return {}
    return {
        element: below if element == "." else _without_leaf_dots(below)
        for element, below in sorted(tree.items())
    }


def decode(tree: dict[str, Any], path: Path = ()) -> Fields:
    found: set[Path] = set()
    for element, below in tree.items():
        if element == ".":
            found.add(path)
        elif not below:
            found.add((*path, element))
        else:
            found |= decode(below, (*path, element))
    return frozenset(found)


def told(path: Path) -> str:
    """As the messages of conflicts have it: `.spec.containers[name="a"].image`."""
    text = ""
    for element in path:
        kind, rest = element[:2], element[2:]
        if kind == "f:":
            text += f".{rest}"
        elif kind == "v:":
            text += f"[={rest}]"
        else:
            keys = json.loads(rest)
            text += "[" + ",".join(f"{k}={json.dumps(v)}" for k, v in keys.items()) + "]"
    return text
