"""Server-side apply: merging what is applied into what is there, and taking out what is not owned.

The algorithm is that of structured-merge-diff's `merge.Updater`: merge, remove what the manager
applied before and nobody applies now, compare, and refuse where a field of another manager's would
change.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from tests.services.apiserver.ownership import (
    Fields,
    Path,
    applied,
    children,
    compare,
    decode,
    encode,
    is_granular,
    item_key,
    told,
)
from tests.services.apiserver.refusals import Refused
from tests.services.apiserver.schema import Shape


@dataclass(frozen=True)
class Manager:
    name: str
    operation: str  # Apply or Update
    subresource: str = ""
    api_version: str = ""


Managers = dict[Manager, tuple[Fields, str]]
"""With the time of each one's last change."""


def read_managers(body: dict[str, Any]) -> Managers:
    found: Managers = {}
    for entry in body.get("metadata", {}).get("managedFields") or []:
        manager = Manager(
            entry.get("manager", ""),
            entry.get("operation", "Update"),
            entry.get("subresource", ""),
            entry.get("apiVersion", ""),
        )
        found[manager] = (decode(entry.get("fieldsV1") or {}), entry.get("time", ""))
    return found


def write_managers(body: dict[str, Any], managers: Managers) -> None:
    entries = [
        {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": time,
            "fieldsType": "FieldsV1",
            "fieldsV1": encode(fields),
            **({"subresource": manager.subresource} if manager.subresource else {}),
        }
        for manager, (fields, time) in managers.items()
        if fields
    ]
    entries.sort(key=lambda entry: (entry["operation"], entry["time"], entry["manager"]))
    body["metadata"]["managedFields"] = entries
    if not entries:
        del body["metadata"]["managedFields"]


def merge(live: Any, config: Any, shape: Shape) -> Any:
    """`live` with what `config` says put over it."""
    if isinstance(live, dict) and isinstance(config, dict) and not shape.is_atomic:
        merged = dict(live)
        for name, value in config.items():
            merged[name] = merge(live[name], value, shape.field(name)) if name in live else value
        return merged
    if isinstance(live, list) and isinstance(config, list) and is_granular(config, shape):
        if not is_granular(live, shape):
            return config
        return _merge_items(live, config, shape)
    return config


def _merge_items(live: list[Any], config: list[Any], shape: Shape) -> list[Any]:
    """Items of `config` in their order; those that only `live` has keep their place as they can."""
    there = {item_key(item, shape): item for item in live}
    wanted = {item_key(item, shape): item for item in config}
    order: list[str] = []
    pending = list(wanted)
    for key in there:
        if key not in wanted:
            order.append(key)
            continue
        while pending and key in pending:
            order.append(pending.pop(0))
    order += pending
    return [
        merge(there[key], wanted[key], shape.item)
        if key in there and key in wanted
        else wanted.get(key, there.get(key))
        for key in order
    ]


def without(value: Any, shape: Shape, gone: Fields, path: Path = ()) -> Any:
    """The value without what stands at the paths `gone`."""
    below = children(value, shape)
    if below is None:
        return value
    heads = {other[: len(path) + 1] for other in gone if other[: len(path)] == path}
    if isinstance(value, dict):
        kept = {}
        for element, child, child_shape in below:
            place = (*path, element)
            if place in gone:
                continue
            left = without(child, child_shape, gone, place) if place in heads else child
            if left in ({}, []) and child not in ({}, []):
                continue  # emptied by this removal: the struct goes with its last field
            kept[element[2:]] = left
        return kept
    return [
        without(child, child_shape, gone, (*path, element))
        for element, child, child_shape in below
        if (*path, element) not in gone
    ]


def _abandoned(last: Fields, others: set[Path]) -> Fields:
    """What the manager applied before and nobody owns now.

    A struct or map stays for what is owned below it; an item of a list goes with its last owner,
    whoever owns fields of it (Set.EnsureNamedFieldsAreMembers).
    """
    needed = others | {
        path[:length]
        for path in others
        for length in range(1, len(path))
        if path[length - 1].startswith("f:")
    }
    return last - needed


def apply(
    live: dict[str, Any],
    config: dict[str, Any],
    shape: Shape,
    manager: Manager,
    now: str,
    *,
    is_forced: bool,
    ignored: str | None,
) -> dict[str, Any]:
    """The object after `manager` applied `config`. `ignored`: a field that is not theirs to set.

    Raises: Refused (409) naming the managers whose fields would change.
    """
    managers = read_managers(live)
    bare = _bare(live)
    config = copy.deepcopy(config)
    if ignored:
        config.pop(ignored, None)
    last, last_time = managers.get(manager, (frozenset(), ""))
    own = applied(config, shape)
    merged = merge(bare, config, shape)
    others = {path for other, (f, _) in managers.items() if other != manager for path in f}
    if last:
        merged = without(merged, shape, _abandoned(last, others | own))
    changed, removed = compare(bare, merged, shape)
    conflicts = {
        other: fields & changed
        for other, (fields, _) in managers.items()
        if other != manager and fields & changed
    }
    if conflicts and not is_forced:
        raise _conflict(conflicts)
    for other, (fields, time) in list(managers.items()):
        if other != manager:
            managers[other] = (fields - conflicts.get(other, frozenset()) - removed, time)
    unchanged = own == last and not changed and not removed
    managers[manager] = (own, last_time if unchanged else now)
    write_managers(merged, managers)
    return merged


def update(
    live: dict[str, Any], new: dict[str, Any], shape: Shape, manager: Manager, now: str
) -> dict[str, Any]:
    """The object after a create, update or patch by `manager`, which takes what it changes."""
    managers = read_managers(live)
    cleared = new.get("metadata", {}).get("managedFields", None)
    if cleared == [{}] or (cleared == [] and live):
        managers = {}  # how a client resets ownership
    bare, after = _bare(live), _bare(new)
    changed, removed = compare(bare, after, shape)
    last, last_time = managers.get(manager, (frozenset(), ""))
    for other, (fields, time) in list(managers.items()):
        managers[other] = (fields - changed - removed, time)
    own = (last | changed) - removed
    if own:
        managers[manager] = (own, now if changed or removed else last_time)
    write_managers(after, managers)
    return after


def _bare(body: dict[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in body.get("metadata", {}).items() if k != "managedFields"}
    return {**body, "metadata": metadata}


def _conflict(conflicts: dict[Manager, Fields]) -> Refused:
    """With the words of the real one (managedfields/internal/conflict.go)."""
    told_of = {
        _named(manager): [told(path) for path in sorted(fields)]
        for manager, fields in sorted(conflicts.items(), key=lambda item: item[0].name)
    }
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": path}
        for who, paths in told_of.items()
        for path in paths
    ]
    if len(causes) == 1:
        ((who, (path,)),) = told_of.items()
        message = f"Apply failed with 1 conflict: conflict with {who}: {path}"
    else:
        lines = [
            line
            for who, paths in told_of.items()
            for line in (f"conflicts with {who}:", *(f"- {path}" for path in paths))
        ]
        message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
    return Refused(409, "Conflict", message, {"causes": causes})


def _named(manager: Manager) -> str:
    name = f'"{manager.name}"'
    if manager.subresource:
        name += f' with subresource "{manager.subresource}"'
    return name + (f" using {manager.api_version}" if manager.operation == "Update" else "")
