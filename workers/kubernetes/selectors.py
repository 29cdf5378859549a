"""The expression by which a device class chooses the GPUs of a pool, and what one chooses now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from workers.kubernetes.objects import DRIVER, Body

LIMIT_BYTES = 10_240
"""Of one CEL expression (resource.k8s.io CELSelectorExpressionMaxLength)."""

NOTHING = "false"
_DRIVER = f'device.driver == "{DRIVER}"'
_UUID = f'device.attributes["{DRIVER}"].uuid'
_SHORT = slice(4, 12)
_OURS = re.compile(
    re.escape(f"{_DRIVER} && {_UUID}") + r'(\.substring\(4, 12\))? in \[((?:"[^"\\]*"(?:, )?)+)\]'
)
_QUOTED = re.compile(r'"([^"\\]*)"')
_NVIDIA = re.compile(r"(?:GPU|MIG)-[0-9a-f]{8}-")
_OF_A_DRIVER = re.compile(r"device\.driver\s*==\s*[\"']([^\"']+)[\"']")


class TooManyDevices(ValueError):
    """They do not fit into one expression."""


def choose(uuids: Collection[str], all_uuids: Iterable[str]) -> str:
    """The expression for these devices out of all of the cluster.

    Raises: TooManyDevices.
    """
    if not uuids:
        return NOTHING
    whole = _expression("", uuids)
    if len(whole.encode()) <= LIMIT_BYTES:
        return whole
    if all(_NVIDIA.match(uuid) for uuid in uuids):
        others = {uuid[_SHORT] for uuid in all_uuids if uuid not in set(uuids)}
        short = {uuid[_SHORT] for uuid in uuids}
        expression = _expression(".substring(4, 12)", short)
        is_exact = len(short) == len(set(uuids)) and not short & others
        if is_exact and len(expression.encode()) <= LIMIT_BYTES:
            return expression
    raise TooManyDevices(
        f"Its {len(uuids)} GPUs do not fit into one expression of a device class "
        f"({LIMIT_BYTES:,} bytes): divide the pool."
    )


def _expression(part: str, values: Iterable[str]) -> str:
    listed = ", ".join(f'"{value}"' for value in sorted(values))
    return f"{_DRIVER} && {_UUID}{part} in [{listed}]"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an expression of ours chooses: UUIDs, or the short form of them."""

    values: frozenset[str]
    is_short: bool

    def has(self, uuid: str) -> bool:
        return (uuid[_SHORT] if self.is_short else uuid) in self.values

    def is_within(self, uuids: Collection[str]) -> bool:
        return self.values <= {uuid[_SHORT] if self.is_short else uuid for uuid in uuids}


def chosen_by(device_class: Body) -> Chosen | None:
    """None: the class is not as we write one, and may choose anything."""
    expressions = _expressions(device_class)
    if len(expressions) != 1:
        return None
    if expressions[0] == NOTHING:
        return Chosen(frozenset(), False)
    found = _OURS.fullmatch(expressions[0])
    if found is None:
        return None
    return Chosen(frozenset(_QUOTED.findall(found[2])), found[1] is not None)


def may_choose_gpus(device_class: Body) -> bool:
    """Whether somebody else's class may choose GPUs: unless it plainly wants another driver."""
    for expression in _expressions(device_class):
        named = _OF_A_DRIVER.findall(expression)
        if named and DRIVER not in named and "||" not in expression and "?" not in expression:
            return False
    return True


def _expressions(device_class: Body) -> list[str]:
    selectors = (device_class.get("spec") or {}).get("selectors") or []
    return [one["cel"]["expression"] for one in selectors if one.get("cel")]
