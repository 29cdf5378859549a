"""The other three kinds of patch: JSON merge (RFC 7386), JSON (RFC 6902) and strategic merge."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch

from tests.services.apiserver.refusals import Refused, bad_request
from tests.services.apiserver.schema import Shape


def json_merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = json_merge(merged.get(name), value)
    return merged


def json_patch(target: dict[str, Any], patch: Any) -> dict[str, Any]:
    if not isinstance(patch, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value")
    try:
        patched: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(target), patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as why:
        raise Refused(422, "Invalid", f"the server rejected our request: {why}") from why
    return patched


def strategic(target: Any, patch: Any, shape: Shape) -> Any:
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        below = shape.field(name)
        if name.startswith("$setElementOrder/") or name == "$retainKeys":
            continue
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.split("/", 1)[1]
            merged[field] = [item for item in merged.get(field, []) if item not in value]
        elif value is None:
            merged.pop(name, None)
        elif isinstance(value, list):
            merged[name] = _list(merged.get(name) or [], value, below)
        elif isinstance(value, dict):
            if value.get("$patch") == "delete":
                merged.pop(name, None)
            else:
                merged[name] = strategic(merged.get(name), value, below)
        else:
            merged[name] = value
    return merged


def _list(target: list[Any], patch: list[Any], shape: Shape) -> list[Any]:
    key = shape.merge_key
    if any(isinstance(item, dict) and item == {"$patch": "replace"} for item in patch):
        return [item for item in patch if item != {"$patch": "replace"}]
    if key is None:
        return patch
    if not key:  # a set of plain values
        return target + [item for item in patch if item not in target]
    merged = list(target)
    for item in patch:
        at = next((i for i, there in enumerate(merged) if there.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del merged[at]
        elif at is None:
            merged.append(item)
        else:
            merged[at] = strategic(merged[at], item, shape.item)
    return merged
