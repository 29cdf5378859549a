"""The other three kinds of patch: JSON merge (RFC 7386), JSON (RFC 6902) and strategic merge."""

from __future__ import annotations

import copy
from typing import Any

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
    patched = {"": copy.deepcopy(target)}  # so that the whole object has a parent, too
    for step in patch:
        try:
            _step(patched, step)
        except (KeyError, IndexError, ValueError, TypeError) as why:
            message = f"the server rejected our request due to an error in our request: {why!r}"
            raise Refused(422, "Invalid", message) from why
    return patched[""]


def _step(document: Any, step: dict[str, Any]) -> None:
    operation, path = step["op"], step["path"]
    if operation in ("move", "copy"):
        value = copy.deepcopy(_found(document, step["from"]))
        if operation == "move":
            _step(document, {"op": "remove", "path": step["from"]})
        _step(document, {"op": "add", "path": path, "value": value})
    elif operation == "test":
        if _found(document, path) != step["value"]:
            raise ValueError(f"testing value {path} failed")
    else:
        _change(document, operation, path, step.get("value"))


def _change(document: Any, operation: str, path: str, value: Any) -> None:
    *parents, last = _tokens(path)
    holder = document
    for token in parents:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    at = int(last) if isinstance(holder, list) and last != "-" else last
    if operation == "add":
        if not isinstance(holder, list):
            holder[at] = value
        else:
            holder.insert(len(holder) if at == "-" else at, value)
        return
    _ = holder[at]  # replace and remove want it to be there
    if operation == "replace":
        holder[at] = value
    elif operation == "remove":
        del holder[at]
    else:
        raise ValueError(f"Unexpected kind: {operation}")


def _found(document: Any, path: str) -> Any:
    for token in _tokens(path):
        document = document[int(token)] if isinstance(document, list) else document[token]
    return document


def _tokens(path: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")]


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
